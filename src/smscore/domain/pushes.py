"""
Pushes: the calls that rules make for inbound messages, as bytes, and what their answers mean.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import attrs

from smscore.domain.destinations import HttpCall, IsmsPush, fill_in, placeholders
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, clean_text
from smscore.domain.webhooks import Posting, PostingId, push_endpoint

__all__ = ["SERVER", "Verdict", "http_url", "isms_form", "push_of", "verdict_of"]

SERVER = AccountId(0)
"""Whose pushes are, for rules are no account's."""

_ENCODING = "iso-8859-1"

# XML 1.0, 2.2: what no document may hold, not even as a reference.
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# XML 1.0, 2.11: a bare carriage return would be read as a line feed. The others are letters to
# whoever takes ISO 8859-1 for Windows' own.
_AS_REFERENCE = re.compile("[\r\x7f-\x9f]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

_KEPT = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_IN_FORMS = [chr(one) if one in _KEPT else f"%{one:02X}" for one in range(256)]


@attrs.frozen(kw_only=True)
class Verdict:
    """What an answer means: what is wrong with it, and whether another one is asked for."""

    is_final: bool
    fault: str | None = None


def push_of(
    destination: HttpCall | IsmsPush,
    message: InboundMessage,
    *,
    text: str,
    zone: str,
    posting: PostingId,
    sequence: int,
    at: datetime,
) -> Posting:
    """
    The call that a rule makes for a message; ``sequence`` is the number of the event that tells it.

    ``text`` is the message's own or what a rule made of it; ``zone`` is that of the clocks that
    receivers look at.
    """
    if isinstance(destination, HttpCall):
        url, body = http_url(destination, placeholders(message, text, zone=zone)), b""
    else:
        url, body = destination.url, isms_form(destination, message, text=text, zone=zone)
    return Posting(
        id=posting,
        account=SERVER,
        endpoint=push_endpoint(destination.url),
        webhook=None,
        url=url,
        event_id=0,
        event=destination.kind,
        message=message.id,
        sequence=sequence,
        body=body,
        created_at=at,
        due_at=at,
    )


def http_url(destination: HttpCall, values: Mapping[str, str]) -> str:
    """The address that is got: none of the placeholders' values can end its place in it."""
    encoded = {name: quote(clean_text(value), safe="") for name, value in values.items()}
    return fill_in(destination.url, encoded)


def isms_form(destination: IsmsPush, message: InboundMessage, *, text: str, zone: str) -> bytes:
    """The form that is posted; what comes last is the XML document, as receivers expect it."""
    logins = {"username": destination.username, "password": destination.password}
    pairs = [f"{name}={_form(value.encode())}" for name, value in logins.items() if value]
    document = _form(_xml(message, text=text, zone=zone))
    return "&".join([*pairs, f"XMLDATA={document}"]).encode("ascii")


def verdict_of(posting: Posting, *, status: int | None, answer: bytes) -> Verdict:
    """What one has said who was told of an event or a message; ``status`` is None if nothing."""
    is_success = status is not None and 200 <= status < 300
    if posting.event != "isms_push" or status is None:
        return Verdict(is_final=is_success)
    words = answer.strip()
    if words == b"NOT ACCEPTED":
        return Verdict(is_final=True, fault="the receiver answered NOT ACCEPTED")
    if is_success and words != b"ACCEPTED":
        return Verdict(is_final=False, fault="the receiver did not answer ACCEPTED")
    return Verdict(is_final=is_success)


def _xml(message: InboundMessage, *, text: str, zone: str) -> bytes:
    at = message.received_at.astimezone(ZoneInfo(zone))
    elements = {
        "ModemNumber": message.channel,
        "SenderNumber": message.sender,
        "Date": f"{at:%y/%m/%d}",
        "Time": f"{at:%H:%M:%S}",
        "Message": text,
    }
    lines = [
        '<?xml version="1.0" encoding="ISO-8859-1"?>',
        "<MessageNotification>",
        *(f"<{name}>{_escaped(value)}</{name}>" for name, value in elements.items()),
        "</MessageNotification>",
        "",
    ]
    return "\r\n".join(lines).encode(_ENCODING, "xmlcharrefreplace")


def _escaped(value: str) -> str:
    escaped = _FORBIDDEN.sub("\ufffd", value).translate(_ENTITIES)
    return _AS_REFERENCE.sub(lambda found: f"&#{ord(found[0])};", escaped)


def _form(content: bytes) -> str:
    return "".join([_IN_FORMS[one] for one in content])
