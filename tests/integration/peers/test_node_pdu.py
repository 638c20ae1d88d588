"""
What we write, read by node-pdu: text, number, place in the message, coding, class, validity.

Where it is known to be wrong a test says what it reads instead, and cites the standard.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import attrs
import pytest

from smscore.domain.description import describe
from smscore.domain.languages import Language
from smscore.domain.segments import DEFAULT_OPTIONS, Encoding, EncodingOptions, Segments
from smscore_modem._pdu import RelativeValidity, Scheme, Submit, encode_submit

pytestmark = pytest.mark.peers


@attrs.frozen(kw_only=True)
class Message:
    """What is written, and what should be read."""

    text: str
    recipient: str = "+491701234567"
    reference: int = 7
    message_class: int | None = None
    validity: timedelta | None = None
    options: EncodingOptions = DEFAULT_OPTIONS

    @property
    def segments(self) -> Segments:
        return describe(self.text, options=self.options).segments

    def written(self) -> list[str]:
        """One PDU for each part, written as the modem channel writes them."""
        segments = self.segments
        parts = range(1, segments.count + 1)
        contents = [segments.user_data(part, reference=self.reference) for part in parts]
        return [
            encode_submit(
                Submit(
                    recipient=self.recipient,
                    user_data=content,
                    scheme=Scheme.of(content.coding, self.message_class),
                    validity=self.validity and RelativeValidity.of(self.validity),
                    wants_report=True,
                )
            ).hex()
            for content in contents
        ]

    def read(self) -> list[dict[str, Any]]:
        """What node-pdu should say of each."""
        segments = self.segments
        coding = segments.encoding
        return [
            {
                "text": as_node_pdu_shows(part, coding),
                "to": self.recipient.removeprefix("+"),
                "is_international": self.recipient.startswith("+"),
                "coding": coding,
                "message_class": self.message_class,
                "validity": self.validity and self.validity.total_seconds(),
                "place": self.place(number) if segments.count > 1 else None,
            }
            for number, part in enumerate(segments.parts, start=1)
        ]

    def place(self, number: int) -> dict[str, Any]:
        return {
            "is_wide": self.options.wide_reference,
            "reference": self.reference,
            "total": self.segments.count,
            "number": number,
        }


def as_node_pdu_shows(text: str, coding: Encoding) -> str:
    # Its default alphabet has a grave accent at 0x5F, where 23.038, 6.2.1 has the section sign;
    # its extension table has one at 0x0A, where 6.2.1.1 has the form feed.
    return text.replace("§", "`").replace("\f", "`") if coding is Encoding.GSM7 else text


def a_message(text: str, source: Random) -> Message:
    is_wide = source.random() < 0.5
    digits = source.choices("0123456789", k=source.randint(3, 15))
    return Message(
        text=text,
        recipient=source.choice(("+", "")) + "".join(digits),
        reference=source.randrange(0x10000 if is_wide else 0x100),
        message_class=source.choice((None, 0, 1, 2, 3)),
        # It is wrong about more than 12 hours, see below.
        validity=source.choice((None, timedelta(minutes=5 * source.randint(1, 144)))),
        options=EncodingOptions(wide_reference=is_wide),
    )


def test_node_pdu_reads_and_joins_what_we_write(
    texts: Iterator[tuple[str, Random]], node_pdu: Any
) -> None:
    for text, source in texts:
        message = a_message(text, source)
        parts = list(zip(message.written(), message.read(), strict=True))
        source.shuffle(parts)

        told = node_pdu.ask([pdu for pdu, _ in parts])

        assert told["parts"] == [expected for _, expected in parts]
        assert told["text"] == as_node_pdu_shows(text, message.segments.encoding)


# What it is wrong about. A fault that was mended fails here, and its exception can go.


@pytest.mark.parametrize("char", ["§", "\f"])
def test_node_pdu_shows_a_grave_accent_that_no_table_has(char: str, node_pdu: Any) -> None:
    """23.038, 6.2.1 has the section sign at 0x5F and 6.2.1.1 the form feed at 0x0A."""
    assert node_pdu.ask(Message(text=f"a{char}b").written())["text"] == "a`b"


@pytest.mark.parametrize(("recipient", "shown"), [("*100#", "A100B"), ("#21", "B21")])
def test_node_pdu_reads_stars_and_hashes_of_a_number_as_letters(
    recipient: str, shown: str, node_pdu: Any
) -> None:
    """23.040, 9.1.2.3: the semi-octets 1010 and 1011 are ``*`` and ``#``."""
    told = node_pdu.ask(Message(text="hello", recipient=recipient).written())

    assert told["parts"][0]["to"] == shown


@pytest.mark.parametrize(
    ("validity", "shown"),
    [
        (timedelta(hours=12, minutes=30), timedelta(days=12, minutes=30)),
        (timedelta(days=2), timedelta(days=1)),
        (timedelta(weeks=5), timedelta(weeks=1)),
    ],
)
def test_node_pdu_miscounts_a_validity_of_more_than_12_hours(
    validity: timedelta, shown: timedelta, node_pdu: Any
) -> None:
    """
    23.040, 9.2.3.12.1: 144 to 167 add half hours to 12 hours, not to 12 days; 168 to 196 are the
    value less 166 in days; 197 to 255 the value less 192 in weeks.
    """
    told = node_pdu.ask(Message(text="hello", validity=validity).written())

    assert told["parts"][0]["validity"] == shown.total_seconds()


def test_node_pdu_reads_national_tables_as_the_default_ones(node_pdu: Any) -> None:
    """23.040, 9.2.3.24.15: the element 0x24 puts a national table behind the escape."""
    options = EncodingOptions(languages=(Language.TURKISH,))
    message = Message(text="Bugün yağmur yağabilir", options=options)

    told = node_pdu.ask(message.written())

    assert message.segments.encoding is Encoding.GSM7
    assert told["text"] != message.text
