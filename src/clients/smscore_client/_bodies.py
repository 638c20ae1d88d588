"""
What the calls have in common: bodies, times in them, pages.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from smscore_client._fields import Fields
from smscore_client._values import Page

__all__ = ["json_body", "page_of", "page_query", "written_time"]

T = TypeVar("T")


def json_body(**content: object) -> bytes:
    """A JSON object of the fields that are given; None is none."""
    given = {name: value for name, value in content.items() if value is not None}
    return json.dumps(given, separators=(",", ":")).encode()


def page_query(
    after: str | None, page_size: int | None, **filters: str | None
) -> Mapping[str, str]:
    """What selects a page of a list."""
    given = {**filters, "after": after, "limit": None if page_size is None else str(page_size)}
    return {name: value for name, value in given.items() if value is not None}


def page_of(name: str, read: Callable[[Fields], T]) -> Callable[[Fields], Page[T]]:
    """Reads a page whose entries are below a name."""
    return lambda fields: Page(items=fields.objects(name, read), next=fields.text_or_none("next"))


def written_time(at: datetime | None, *, name: str) -> str | None:
    """
    A time as the API reads it.

    Raises:
        TypeError: it is no time, such as a text.
        ValueError: it has no zone, so that it means another moment to the server.
    """
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise TypeError(f"{name} must be a datetime, not {at!r}")
    if at.utcoffset() is None:
        raise ValueError(f"{name} must have a zone, such as datetime.now(UTC) has")
    return at.isoformat()
