"""
The shapes of the queue API's JSON, keys in their order.

The description of the API is made from them. Batches and reports are not decoded into theirs, since
each bad item is told apart from the good ones; but by the same numbers and patterns.
"""

import re
from typing import Annotated, TypedDict

from msgspec import UNSET, Meta, Struct, UnsetType, field

from smscore.domain.devices import LONGEST_NAME
from smscore_http._schemas import Time, said, spelt
from smscore_http._wire import BATCH_LIMIT, HEX_ID

__all__ = [
    "LONGEST_MESSAGE",
    "PHONE",
    "ActiveApp",
    "App",
    "AppList",
    "Batch",
    "BatchAnswer",
    "FetchedMessage",
    "ItemError",
    "Limited",
    "QueuedItem",
    "QueuedMessage",
    "Report",
    "ReportAnswer",
    "ReportEntry",
    "Unknown",
]

PHONE = re.compile(r"\+?[0-9]{6,20}")
LONGEST_MESSAGE = 1000

_Phone = Annotated[str, spelt(PHONE.pattern, examples=["+1234567890"])]
_Text = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_MESSAGE})]
_Hash = Annotated[str, spelt(HEX_ID)]


class QueuedMessage(Struct, kw_only=True):
    """A text for a phone to send. `text` will do for `message`."""

    phone: Annotated[_Phone, said("The recipient. A whole number will do as well.")]
    message: Annotated[_Text, said("What to send.")] | UnsetType = UNSET
    text: Annotated[_Text, said("The same, if there is no `message`.")] | UnsetType = UNSET


_WithText = Annotated[
    QueuedMessage,
    Meta(extra_json_schema={"anyOf": [{"required": ["message"]}, {"required": ["text"]}]}),
]
_Many = Annotated[list[_WithText], Meta(extra_json_schema={"minItems": 1, "maxItems": BATCH_LIMIT})]
Batch = (_Many, _WithText)
"""A body is one or the other."""


class ItemError(TypedDict):
    """What is wrong with one item; without an index, with the whole request."""

    index: int | None
    error: str


class QueuedItem(Struct, kw_only=True):
    """One that was queued, by its place in the request."""

    index: Annotated[int, Meta(extra_json_schema={"minimum": 0})]
    hash: _Hash
    phone: Annotated[str, said("As it was written.")]


class BatchAnswer(Struct, kw_only=True):
    """What was queued, and what is wrong with the rest."""

    ok: bool
    queued: Annotated[int, said("How many were queued.", minimum=0)]
    failed: Annotated[int, said("How many were not.", minimum=0)]
    items: list[QueuedItem]
    errors: list[ItemError]


class FetchedMessage(Struct, kw_only=True):
    """A message that is the phone's own from now on."""

    phone: str
    text: str
    hash: _Hash


class ReportEntry(Struct, kw_only=True):
    """What became of one message."""

    hash: Annotated[str, said("As it was fetched.", minLength=1)]
    status: Annotated[int, said("2: it was delivered; 3: it failed.", enum=[2, 3])]


class Report(Struct, kw_only=True):
    """What a phone says of the messages that it fetched."""

    messages: Annotated[
        list[ReportEntry], Meta(extra_json_schema={"minItems": 1, "maxItems": BATCH_LIMIT})
    ]
    device: Annotated[
        str | None, said("Which phone, where there are several.", maxLength=LONGEST_NAME)
    ] = None


class ReportAnswer(Struct, kw_only=True):
    """What was kept of a report. `errors` is there if some entries were bad."""

    ok: bool
    updated: Annotated[int, said("How many different messages are known.", minimum=0)]
    errors: list[ItemError] | UnsetType = UNSET


class Limited(Struct, kw_only=True):
    """Too many calls; or, with `limit` and `used`, too many messages for this month."""

    error: str
    code: str
    limit: int | UnsetType = UNSET
    used: int | UnsetType = UNSET


class Unknown(Struct, kw_only=True):
    """Nobody has this token."""

    error: str


class ActiveApp(Struct, kw_only=True):
    """The version of the app that phones are to have."""

    version: str
    code: Annotated[int, said("Grows with each version.")] = field(name="versionCode")
    download_url: str = field(name="downloadUrl")
    notes: str = field(name="releaseNotes")
    size: Annotated[int, said("In bytes.")] = field(name="fileSize")
    published_at: Time = field(name="publishedAt")


class App(Struct, kw_only=True):
    """A version of the app that can be downloaded."""

    version: str
    code: Annotated[int, said("Grows with each version.")] = field(name="versionCode")
    is_active: Annotated[bool, said("Whether phones are to have it.")] = field(name="isActive")
    download_url: str = field(name="downloadUrl")
    notes: str = field(name="releaseNotes")
    size: Annotated[int, said("In bytes.")] = field(name="fileSize")
    published_at: Time = field(name="publishedAt")


class AppList(Struct, kw_only=True):
    """All versions that can be downloaded, the newest first."""

    versions: list[App]
