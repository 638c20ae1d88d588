"""
What clients of the queue API put into bodies: batches of messages, reports of phones.
"""

from typing import Any

import attrs
import msgspec
from msgspec import Struct

from smscore.domain.devices import LONGEST_NAME
from smscore.domain.messages import MessageId, clean_text
from smscore.services.submission import Item
from smscore_http._requests import Reply
from smscore_http._wire import BATCH_LIMIT, NotJson, decode_json, parse_hex_id
from smscore_http.queue_api._replies import (
    bad_batch,
    bad_report,
    refused_batch,
    refused_report,
)
from smscore_http.queue_api._shapes import LONGEST_MESSAGE, PHONE, ItemError

__all__ = ["Batch", "Report", "read_batch", "read_device", "read_report"]

_OUTCOMES = {2: True, "2": True, 3: False, "3": False}
_TOO_MANY = f"Too many messages (max {BATCH_LIMIT})"

_decoder = msgspec.json.Decoder()


class Batch(Struct, frozen=True):
    """The good items of a request, and what is wrong with the others."""

    items: tuple[Item, ...]
    errors: list[ItemError]


@attrs.frozen
class Report:
    """What a phone says: True for delivered, False for failed."""

    outcomes: dict[MessageId, bool]
    errors: list[ItemError]
    device: str | None


def read_batch(body: bytes) -> Batch | Reply:
    """The batch in a body, or the refusal of all of it."""
    try:
        content = decode_json(body, _decoder)
    except NotJson:
        return refused_batch("Invalid JSON")
    if isinstance(content, dict):
        content = [content]  # a well-known notifier can only post an object
    if not isinstance(content, list):
        return refused_batch("Body must be an array of messages")
    if not content:
        return refused_batch("No messages given")
    if len(content) > BATCH_LIMIT:
        return refused_batch(_TOO_MANY)
    items: list[Item] = []
    errors: list[ItemError] = []
    for index, entry in enumerate(content):
        item = _read_item(index, entry)
        if isinstance(item, Item):
            items.append(item)
        else:
            errors.append({"index": index, "error": item})
    return Batch(tuple(items), errors) if items else bad_batch(errors)


def read_device(text: str | None) -> str | None:
    """The name under which a phone polls; None: it gives none that could be one."""
    return clean_text(text) if text and len(text) <= LONGEST_NAME else None


def read_report(body: bytes) -> Report | Reply:
    """The report in a body, or the refusal of all of it."""
    try:
        content = decode_json(body, _decoder)
    except NotJson:
        return refused_report("Invalid JSON")
    fields = content if isinstance(content, dict) else {}
    device = _text(fields.get("device"))
    if device is not None and len(device) > LONGEST_NAME:
        error = f"Device name exceeds {LONGEST_NAME} characters"
        return bad_report([{"index": 0, "error": error}])
    entries = fields.get("messages")
    if not isinstance(entries, list) or not entries:
        return bad_report([{"index": 0, "error": "No messages given"}])
    if len(entries) > BATCH_LIMIT:
        return refused_report(_TOO_MANY)
    return _read_entries(entries, device)


def _read_item(index: int, entry: Any) -> Item | str:
    """The item, or what is wrong with it: one thing, the phone first."""
    if not isinstance(entry, dict):
        return "Item must be an object"
    phone, message = entry.get("phone"), entry.get("message")
    if (
        type(phone) is type(message) is str
        and 0 < len(message) <= LONGEST_MESSAGE
        and PHONE.fullmatch(phone)
    ):
        return Item(to=phone, text=message, index=index)  # nearly all: nothing to mend or to tell
    if message is None or message == "":
        message = entry.get("text")
    if (fault := _fault_of_phone(phone) or _fault_of_message(message)) is not None:
        return fault
    return Item(to=str(phone), text=str(message), index=index)


def _fault_of_phone(phone: Any) -> str | None:
    if phone is None or phone == "":
        return "Phone is required"
    return None if PHONE.fullmatch(_text(phone) or "") else "Invalid phone format"


def _fault_of_message(message: Any) -> str | None:
    if message is None or message == "":
        return "Message is required"
    if not isinstance(message, str):
        return "Message must be a string"
    if len(message) > LONGEST_MESSAGE:
        return f"Message exceeds {LONGEST_MESSAGE} characters"
    return None


def _read_entries(entries: list[Any], device: str | None) -> Report | Reply:
    outcomes: dict[MessageId, bool] = {}
    errors: list[ItemError] = []
    for index, entry in enumerate(entries):
        fields = entry if isinstance(entry, dict) else {}
        written, status = _text(fields.get("hash")), fields.get("status")
        if not written:
            errors.append({"index": index, "error": "Hash is required"})
        elif not _is_outcome(status):
            errors.append({"index": index, "error": "Invalid status"})
        elif (message := parse_hex_id(written)) is not None:
            # In one report a success outweighs a failure, in whatever order they stand.
            outcomes[message] = _OUTCOMES[status] or outcomes.get(message, False)
    if len(errors) == len(entries):
        return bad_report(errors)
    return Report(outcomes, errors, device)


def _is_outcome(status: Any) -> bool:
    return type(status) in (int, str) and status in _OUTCOMES


def _text(value: Any) -> str | None:
    """A string, or a whole number as its digits; ``true`` is no number."""
    if type(value) is int:
        return str(value)
    return clean_text(value) if isinstance(value, str) else None
