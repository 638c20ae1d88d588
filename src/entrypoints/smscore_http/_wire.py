"""
What the surfaces have in common on the wire: ids, times, texts, numbers of items, JSON both ways.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar, overload

import msgspec

from smscore.domain.messages import MessageId, Surface, clean_text
from smscore.ports.storage import Tracked

__all__ = [
    "BATCH_LIMIT",
    "HEX_ID",
    "NotJson",
    "WrongShape",
    "decode_json",
    "decode_text",
    "encode_json",
    "hex_id",
    "inbound_id",
    "is_whole_number",
    "message_id",
    "parse_hex_id",
    "parse_inbound_id",
    "parse_limit",
    "parse_message_id",
    "recipient_for",
    "utc_seconds",
]

T = TypeVar("T")

BATCH_LIMIT = 10_000  # items in one request

HEX_ID = r"[0-7][0-9a-f]{15}"  # the top bit of an id is 0

_HEX_ID = re.compile(HEX_ID)
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_PATH = re.compile(r"at `\$\.([^`]+)`")  # as the decoder's errors end
_BOM = b"\xef\xbb\xbf"

_MOST_DIGITS = 4300  # of an integer that Python converts
_STRIDE = 64
_MANY_DIGITS = re.compile(rb"[0-9]{%d}" % (_MOST_DIGITS // _STRIDE))
"""Every ``_STRIDE``-th byte of a body that may hold an over-long integer matches somewhere."""

encode_json = msgspec.json.Encoder().encode
"""Compact, UTF-8, keys in the order they were put in."""


class NotJson(Exception):
    """The body is not JSON."""


class WrongShape(Exception):
    """The body is JSON, but its ``field`` has the wrong type; an empty one stands for all of it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def hex_id(message: MessageId) -> str:
    """An id as 16 lower-case hexadecimal digits."""
    return message.to_bytes(8).hex()


def parse_hex_id(text: str) -> MessageId | None:
    """The id that :func:`hex_id` writes like this; any other spelling is none."""
    return MessageId(int(text, 16)) if _HEX_ID.fullmatch(text) else None


@overload
def utc_seconds(at: datetime) -> str: ...


@overload
def utc_seconds(at: datetime | None) -> str | None: ...


def utc_seconds(at: datetime | None) -> str | None:
    """A time with ``Z`` and whole seconds."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def recipient_for(surface: Surface, tracked: Tracked) -> str:
    """As the surface's own caller wrote it; of messages from elsewhere the normal form."""
    message = tracked.message
    return message.recipient_as_given if message.surface is surface else message.recipient.value


def message_id(message: MessageId) -> str:
    """An id as the provider API and its webhooks show it."""
    return "msg_" + message.to_bytes(8).hex()


def parse_message_id(text: str) -> MessageId | None:
    """The id that :func:`message_id` writes like this; any other spelling is none."""
    return parse_hex_id(text.removeprefix("msg_")) if text.startswith("msg_") else None


def inbound_id(message: MessageId) -> str:
    """The id of a received message as the provider API and its webhooks show it."""
    return "in_" + hex_id(message)


def parse_inbound_id(text: str) -> MessageId | None:
    """The id that :func:`inbound_id` writes like this; any other spelling is none."""
    return parse_hex_id(text.removeprefix("in_")) if text.startswith("in_") else None


def is_whole_number(text: str) -> bool:
    """Whether it is one, of whatever size and sign."""
    return _WHOLE_NUMBER.fullmatch(text) is not None


def parse_limit(text: str, *, default: int, most: int) -> int:
    """A page size from 1 to ``most``; what is no whole number means the default."""
    if not is_whole_number(text):
        return default
    if len(text) > 9:  # beyond every limit, and Python refuses to convert very long ones
        return 1 if text.startswith("-") else most
    return min(max(int(text), 1), most)


def decode_text(encoded: bytes) -> str:
    """Text from bytes that should be UTF-8; what is not is replaced."""
    return encoded.decode("utf-8", "replace")


def decode_json(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """
    What a JSON body holds, as the decoder's type.

    Raises:
        NotJson: it is no JSON: nor are NaN, over-long integers and too deep nesting.
        WrongShape: it does not fit the type.
    """
    body = body.removeprefix(_BOM)
    # The fast decoder does not look at the integers of fields that it skips.
    if len(body) <= _MOST_DIGITS or not _MANY_DIGITS.search(body[::_STRIDE]):
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # it also refuses texts that are not quite UTF-8, which we have to mend
    return _convert(_decode_patiently(body), decoder.type)


def _convert(content: Any, shape: type[T]) -> T:
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as cause:
        path = _PATH.search(str(cause))
        raise WrongShape(path[1] if path else "") from cause


def _decode_patiently(body: bytes) -> Any:
    try:
        return _mended(json.loads(decode_text(body), parse_constant=_refuse))
    except (ValueError, RecursionError) as cause:
        raise NotJson(str(cause)) from cause


def _mended(content: Any) -> Any:
    if isinstance(content, str):
        return clean_text(content)
    if isinstance(content, list):
        return [_mended(item) for item in content]
    if isinstance(content, dict):
        return {clean_text(key): _mended(value) for key, value in content.items()}
    return content


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
