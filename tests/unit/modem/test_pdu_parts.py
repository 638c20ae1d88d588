"""
Writing a whole message at once: the same octets as part by part.
"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.languages import Language
from smscore.domain.segments import Encoding, EncodingOptions, Segments, split
from smscore_modem._pdu import RelativeValidity, Scheme, Submit, encode_parts, encode_submit

texts = st.one_of(
    st.text(max_size=300), st.text("aä€[", min_size=100), st.text("ağ😀", min_size=60)
)
options = st.builds(
    EncodingOptions,
    languages=st.sampled_from([(), (Language.TURKISH,), (Language.TURKISH, Language.HINDI)]),
    wide_reference=st.booleans(),
)
recipients = st.one_of(
    st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"\+?[0-9*#]{1,20}", fullmatch=True),
)


@given(
    texts,
    options,
    recipients,
    st.none() | st.integers(0, 3),
    st.none() | st.builds(RelativeValidity, octet=st.integers(0, 255)),
    st.booleans(),
)
def test_a_message_is_written_as_its_parts_are(
    text: str,
    options: EncodingOptions,
    recipient: str,
    message_class: int | None,
    validity: RelativeValidity | None,
    wants_report: bool,  # noqa: FBT001  # Hypothesis hands it in
) -> None:
    segments = split(text, options=options)
    parts = [segments.user_data(number, reference=0xA5) for number in range(1, segments.count + 1)]

    assert encode_parts(
        segments,
        recipient=recipient,
        concat_reference=0xA5,
        message_class=message_class,
        validity=validity,
        wants_report=wants_report,
    ) == tuple(
        encode_submit(
            Submit(
                recipient=recipient,
                user_data=data,
                scheme=Scheme.of(data.coding, message_class),
                validity=validity,
                wants_report=wants_report,
            )
        )
        for data in parts
    )


def test_parts_that_were_made_too_long_are_refused() -> None:
    segments = Segments(encoding=Encoding.GSM7, parts=("a" * 153, "a" * 154))

    with pytest.raises(ValueError, match="part 2 takes 141 octets, and a message has 140"):
        encode_parts(segments, recipient="+491701234567", concat_reference=1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"concat_reference": 256}, "reference is 0 to 255, not 256"),
        ({"message_class": 4}, "a message class is 0 to 3 or None, not 4"),
    ],
)
def test_what_does_not_fit_into_a_pdu_is_refused(change: dict[str, object], told: str) -> None:
    usual: dict[str, object] = {"recipient": "+491701234567", "concat_reference": 1}

    with pytest.raises(ValueError, match=told):
        encode_parts(split("a" * 200), **usual | change)


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "+",
        "Vodacom",
        "abc",
        "+49 170",
        "++49",
        "49+",
        "1\n",
        "Ж",
        "١٢٣",
        "1" * 21,
        "+" + "1" * 21,
    ],
)
def test_a_message_goes_to_a_number_and_to_nothing_else(recipient: str) -> None:
    # An address can be a name, but only that of a sender.
    with pytest.raises(ValueError, match=r"a message goes to a number, .* not to ") as caught:
        encode_parts(split("hi"), recipient=recipient, concat_reference=0)

    assert repr(recipient) in str(caught.value)


def test_an_expiring_message_asks_the_centre_for_at_least_its_time() -> None:
    (pdu,) = encode_parts(
        split("hi"),
        recipient="12345",
        concat_reference=0,
        validity=RelativeValidity.of(timedelta(minutes=61)),
    )

    # Relative format, 65 minutes.
    assert pdu.hex() == "00110005812143f500000c02e834"
