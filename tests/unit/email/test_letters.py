"""
Messages as mail: whatever is written, a mailer reads it back, and nobody adds a header.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import MessageId, clean_text
from smscore.domain.numbers import SenderId
from smscore.domain.recipients import EmailAddress
from smscore.errors import InvalidRequest
from smscore.ports.transport import SendJob
from smscore.testing import a_job
from smscore_email import EmailOptions
from smscore_email._letters import Letter, compose

ADA = EmailAddress("ada@reader.example")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
MIME = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]

texts = st.text(min_size=1).map(clean_text)
lines = st.text(max_size=40).filter(str.isprintable)


def composed(
    text: str = "hello", *, to: EmailAddress = ADA, number: int = 1, **changes: Any
) -> Letter:
    options = EmailOptions(
        host="relay.example",
        from_address="gateway@sender.example",
        from_name=changes.pop("from_name", ""),
        subject=changes.pop("subject", "{text}"),
    )
    job = a_job(text, **{"recipient": to, "text": text, **changes})
    return compose(job, number, to, options=options, at=AT)


def received(letter: Letter) -> EmailMessage:
    """What a mailer reads, after the relay has taken the dots away (RFC 5321, 4.5.2)."""
    *lines, dot = letter.on_the_wire.split(b"\r\n")[:-1]
    assert dot == b"."
    assert b"." not in lines  # else it would end there
    content = b"\r\n".join(line.removeprefix(b".") for line in lines) + b"\r\n"
    message = BytesParser(policy=default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def without_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


@given(texts)
def test_any_text_arrives_as_it_was_but_for_its_line_ends(text: str) -> None:
    read: str = received(composed(text)).get_content()

    assert without_line_ends(read) == without_line_ends(text)


@given(texts, lines, lines, st.sampled_from([None, "ACME", "+491701234567", "a - b_c"]))
def test_nobody_adds_a_header_or_a_line(
    text: str, name: str, subject: str, sender: str | None
) -> None:
    subject = subject.replace("{", "(")
    letter = composed(
        text,
        from_name=name,
        subject=f"{{text}} {subject} {{sender}}",
        sender=sender and SenderId(sender),
    )

    message = received(letter)
    assert sorted(message.keys()) == sorted([*HEADERS, *MIME])
    assert not message.defects
    assert [one.addr_spec for one in message["To"].addresses] == ["ada@reader.example"]
    assert [one.addr_spec for one in message["From"].addresses] == ["gateway@sender.example"]
    assert not message.is_multipart()


@given(texts, lines)
def test_it_is_made_of_short_lines_in_ascii(text: str, name: str) -> None:
    content = composed(text, from_name=name).content

    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_an_address_is_the_only_one_in_its_header(local: str, domain: str) -> None:
    try:
        address = EmailAddress.parse(f"{local}@{domain}")
    except InvalidRequest:
        return

    letter = composed(to=address)
    assert letter.recipient == address.value
    assert letter.is_international is not address.value.isascii()
    (read,) = (one.addr_spec for one in received(letter)["To"].addresses)
    # Octets of headers that are not in ASCII are kept in halves of surrogate pairs (RFC 6532).
    assert read.encode(errors="surrogateescape").decode() == address.value


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Your parcel\nis here", "Your parcel"),
        ("\r\n  Your \t parcel  \r\nis here", "Your parcel"),
        ("Grüße aus Łódź", "Grüße aus Łódź"),
        ("x" * 200, "x" * 69 + "…"),
        (" \n ", ""),
    ],
)
def test_the_subject_is_the_beginning_of_the_first_line(text: str, subject: str) -> None:
    assert str(received(composed(text))["Subject"]) == subject


def test_a_subject_is_filled_in_once() -> None:
    letter = composed(
        "{id}", subject="[{id}] {sender}: {text}", sender=SenderId("ACME"), message=MessageId(255)
    )

    assert received(letter)["Subject"] == "[00000000000000ff] ACME: {id}"


def test_the_sender_of_a_message_takes_the_place_of_the_configured_name() -> None:
    assert str(received(composed(from_name="Alerts, all"))["From"]) == (
        '"Alerts, all" <gateway@sender.example>'
    )
    assert str(received(composed(from_name="Alerts", sender=SenderId("ACME")))["From"]) == (
        "ACME <gateway@sender.example>"
    )


def test_all_tries_of_a_message_are_told_by_one_id_and_each_part_by_its_own() -> None:
    job = a_job("one", "two", recipient=ADA, message=MessageId(255))

    def reference(number: int, job: SendJob = job) -> str:
        options = EmailOptions(host="h", from_address="gateway@sender.example")
        return compose(job, number, ADA, options=options, at=AT).reference

    assert [reference(1), reference(1), reference(2)] == [
        "00000000000000ff.1@sender.example",
        "00000000000000ff.1@sender.example",
        "00000000000000ff.2@sender.example",
    ]
    letter = composed(message=MessageId(255))
    assert letter.reference == "00000000000000ff@sender.example"
    assert received(letter)["Message-ID"] == "<00000000000000ff@sender.example>"


def test_machines_are_asked_not_to_answer() -> None:
    message = received(composed())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT
