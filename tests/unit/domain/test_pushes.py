"""The calls that rules make: no value ends its place, and receivers read what was received."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smscore.domain.destinations import HttpCall, IsmsPush, placeholders
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId
from smscore.domain.pushes import SERVER, Verdict, http_url, isms_form, push_of, verdict_of
from smscore.domain.webhooks import Posting, PostingId, callback_place, push_place

AT = datetime(2026, 3, 1, 12, 0, 3, 999_999, tzinfo=UTC)
URL = "http://10.0.0.9:8080/in"

texts = st.text() | st.text(st.sampled_from("$NUMBERTX&=?#%+/;<>]'\"\r\n\t\0\x85ä€😀\ufffe \x1b"))


def a_message(**changes: Any) -> InboundMessage:
    return InboundMessage(
        **{
            "id": MessageId(0x1234),
            "account": None,
            "channel": "modem-1",
            "sender": "+919845346160",
            "text": "hello",
            "received_at": AT,
            **changes,
        }
    )


def url_of(call: HttpCall, message: InboundMessage, *, zone: str = "UTC") -> str:
    return http_url(call, placeholders(message, message.text, zone=zone))


def form_of(push: IsmsPush, message: InboundMessage, *, zone: str = "UTC") -> bytes:
    return isms_form(push, message, text=message.text, zone=zone)


def posting_of(destination: HttpCall | IsmsPush) -> Posting:
    return push_of(
        destination, a_message(), text="hi", zone="UTC", posting=PostingId(7), sequence=2, at=AT
    )


def the_message_in(form: bytes) -> dict[str, str]:
    """As a receiver reads it, who takes the document for what comes last."""
    document = unquote_to_bytes(form.rpartition(b"XMLDATA=")[2])
    root = ElementTree.fromstring(document)
    assert root.tag == "MessageNotification"
    return {element.tag: element.text or "" for element in root}


def test_an_address_says_who_wrote_what_when_and_by_which_way() -> None:
    call = HttpCall(url=f"{URL}?key=k&from=$NUMBER$&text=$TXT$&at=$TIME$&by=$MODEM$&again=$TXT$#x")

    assert url_of(call, a_message(text="a b&c=ü"), zone="Asia/Kolkata") == (
        f"{URL}?key=k&from=%2B919845346160&text=a%20b%26c%3D%C3%BC&at=2026-03-01%2017%3A30%3A03"
        "&by=modem-1&again=a%20b%26c%3D%C3%BC#x"
    )


@given(text=texts, sender=texts)
@example(text="$NUMBER$", sender="$TXT$")
def test_no_value_ends_its_place_in_the_address(text: str, sender: str) -> None:
    call = HttpCall(url=f"{URL}?a=$TXT$&b=x$NUMBER$y&c=1")

    parts = urlsplit(url_of(call, a_message(text=text, sender=sender)))

    read = [value.replace("\0", "\ufffd") for value in (text, f"x{sender}y")]
    assert parts._replace(query="").geturl() == URL
    assert parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) == [
        ("a", read[0]),
        ("b", read[1]),
        ("c", "1"),
    ]


def test_a_form_is_what_receivers_of_modems_expect() -> None:
    push = IsmsPush(url=URL, username="monitor", password="a b&ü")

    form = form_of(
        push, a_message(text="Grüße, 3 < 4 & €\n😀", sender="+4917012"), zone="America/New_York"
    )

    fields, _, document = form.rpartition(b"&")
    assert fields == b"username=monitor&password=a%20b%26%C3%BC"
    assert unquote_to_bytes(document.removeprefix(b"XMLDATA=")) == (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\r\n'
        b"<MessageNotification>\r\n"
        b"<ModemNumber>modem-1</ModemNumber>\r\n"
        b"<SenderNumber>+4917012</SenderNumber>\r\n"
        b"<Date>26/03/01</Date>\r\n"
        b"<Time>07:00:03</Time>\r\n"
        b"<Message>Gr\xfc\xdfe, 3 &lt; 4 &amp; &#8364;\n&#128512;</Message>\r\n"
        b"</MessageNotification>\r\n"
    )


def test_a_form_without_a_login_is_the_document_alone() -> None:
    assert form_of(IsmsPush(url=URL), a_message()).startswith(b"XMLDATA=%3C%3Fxml%20version")


@given(text=texts, sender=texts, word=texts)
@example(
    text="".join(map(chr, range(0x20))), sender="\ud7ff\ue000\ufffd\ufffe\uffff\U0010ffff", word=""
)
def test_a_receiver_reads_what_was_received(text: str, sender: str, word: str) -> None:
    push = IsmsPush(url=URL, username=word, password=word)

    form = form_of(push, a_message(text=text, sender=sender))

    assert re.fullmatch(rb"(?:[A-Za-z0-9=&]|%[0-9A-F]{2})*", form)
    read = the_message_in(form)
    assert read["Message"] == _without_what_xml_forbids(text)
    assert read["SenderNumber"] == _without_what_xml_forbids(sender)
    logins = [b""] if not word else [b"username", b"password", b""]
    fields = [pair.partition(b"=") for pair in form.rpartition(b"XMLDATA=")[0].split(b"&")]
    assert [name for name, *_ in fields] == logins
    assert {unquote_to_bytes(value).decode() for _, _, value in fields if value} <= {word}


def _without_what_xml_forbids(text: str) -> str:
    return "".join("\ufffd" if _is_forbidden(ord(one)) else one for one in text)


def _is_forbidden(code: int) -> bool:
    return (code < 32 and chr(code) not in "\t\r\n") or code in (0xFFFE, 0xFFFF)


def test_a_push_waits_for_its_host_and_belongs_to_nobody() -> None:
    made = [posting_of(HttpCall(url=f"{URL}?t=$TXT$")), posting_of(IsmsPush(url=URL))]

    assert {push_place(one.endpoint) for one in made} == {"http://10.0.0.9:8080"}
    assert {callback_place(one.endpoint) for one in made} == {None}
    assert {(one.account, one.message, one.sequence, one.due_at) for one in made} == {
        (SERVER, MessageId(0x1234), 2, AT)
    }
    assert [(one.url, bool(one.body)) for one in made] == [(f"{URL}?t=hi", False), (URL, True)]


DONE, AGAIN = Verdict(is_final=True), Verdict(is_final=False)
UNCLEAR = Verdict(is_final=False, fault="the receiver did not answer ACCEPTED")
REFUSED = Verdict(is_final=True, fault="the receiver answered NOT ACCEPTED")


@pytest.mark.parametrize(
    ("status", "answer", "of_call", "of_push"),
    [
        (200, b"ACCEPTED", DONE, DONE),
        (200, b" ACCEPTED\r\n", DONE, DONE),
        (200, b"NOT ACCEPTED\n", DONE, REFUSED),
        (200, b"", DONE, UNCLEAR),
        (200, b"<html>ACCEPTED</html>", DONE, UNCLEAR),
        (302, b"ACCEPTED", AGAIN, AGAIN),
        (500, b"NOT ACCEPTED", AGAIN, REFUSED),
        (500, b"oops", AGAIN, AGAIN),
        (None, b"", AGAIN, AGAIN),
    ],
)
def test_an_answer_is_understood(
    status: int | None, answer: bytes, of_call: Verdict, of_push: Verdict
) -> None:
    verdicts = [
        verdict_of(posting_of(destination), status=status, answer=answer)
        for destination in (HttpCall(url=URL), IsmsPush(url=URL))
    ]

    assert verdicts == [of_call, of_push]
