"""
One call of the API as a value, and what can come back: a reply, or silence.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

import attrs

from smscore_client._fields import Fields

__all__ = ["Call", "Reply", "Silence", "path_of"]

T_co = TypeVar("T_co", covariant=True)


@attrs.frozen(kw_only=True)
class Call(Generic[T_co]):
    """
    What is asked, and how its answer is read.

    ``is_repeatable``: asked twice it comes to the same as asked once, so that it can be asked
    again when nobody knows whether it was heard.
    """

    method: str
    path: str
    read: Callable[[Fields], T_co]
    query: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    idempotency_key: str | None = None
    is_question: bool = False  # it changes nothing
    is_repeatable: bool = True
    is_removal: bool = False  # what is gone when it is asked again has been removed

    @property
    def name(self) -> str:
        """What errors call it; numbers are in the query, and stay out of it."""
        return f"{self.method} {self.path}"

    @property
    def target(self) -> str:
        """Path and query. Of the query, ``+`` is encoded: it begins numbers."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def headers(self) -> dict[str, str]:
        """Those of this call alone."""
        headers = {} if self.body is None else {"Content-Type": "application/json"}
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        return headers


@attrs.frozen(kw_only=True)
class Reply:
    """A whole answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Silence:
    """There was no answer. ``was_sent``: the server may have got the request, or a part of it."""

    reason: str
    was_sent: bool


def path_of(*parts: str) -> str:
    """
    A path below the base URL.

    Raises:
        ValueError: a part is empty, or only dots: it would be another path.
    """
    for part in parts:
        if not part.strip("."):
            raise ValueError(f"{part!r} is no id")
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)
