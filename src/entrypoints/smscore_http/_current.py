"""
The request that is being answered, for lines that are logged meanwhile: its id, whose it is, and
what must not be told of it.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cached_property
from urllib.parse import parse_qsl, unquote_plus

from smscore_http._requests import Request

__all__ = ["CurrentRequest", "current_request", "keep_secret", "now_for"]

_SECRETS = frozenset({"password", "token", "secret", "key", "api_key", "apikey"})
_SHORTEST = 4  # characters; what is shorter is in every other word

_current: ContextVar["CurrentRequest | None"] = ContextVar("request", default=None)


class CurrentRequest:
    """
    One request. Nothing is found out about it before somebody logs a line.

    ``account`` is the name of the account that has logged in; None: nobody has, so far.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._told: list[str] = []
        self.account: str | None = None

    @cached_property
    def id(self) -> str:
        """What is the same on all lines about it, and in the header ``X-Correlation-Id``."""
        return secrets.token_hex(8)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords, keys and tokens that came with it, as far as they were told so far."""
        found = (*self._in_request, *self._told)
        return tuple(dict.fromkeys(one for one in found if len(one) >= _SHORTEST))

    def keep_secret(self, word: str) -> None:
        """Let it be in no line from now on."""
        self._told.append(word)

    @cached_property
    def _in_request(self) -> tuple[str, ...]:
        headers = self._request.headers
        given = headers.get(b"authorization", b"").decode("latin-1")
        return (*_of_login(given), *_of_query(self._request.query), *_of_path(self._request.path))


def now_for(request: Request) -> CurrentRequest:
    """From now on, in this task and what it starts, lines are about the request."""
    current = CurrentRequest(request)
    _current.set(current)
    return current


def current_request() -> CurrentRequest | None:
    """The request that is being answered here; None: none is."""
    return _current.get()


def keep_secret(word: str) -> None:
    """Let no line about the current request have this word."""
    if (current := _current.get()) is not None:
        current.keep_secret(word)


def _of_login(header: str) -> Iterator[str]:
    scheme, _, credentials = header.strip().partition(" ")
    credentials = credentials.strip()
    if not credentials:
        yield scheme
        return
    yield credentials
    if scheme.lower() == "basic":
        try:
            login = base64.b64decode(credentials, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            return
        yield login.partition(":")[2]


def _of_query(query: bytes) -> Iterator[str]:
    if not query:
        return
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=False):
        if name.lower() in _SECRETS:
            yield value
    for pair in query.decode("latin-1").split("&"):  # as it came, too
        name, _, value = pair.partition("=")
        if unquote_plus(name).lower() in _SECRETS:
            yield value


def _of_path(path: str) -> Iterator[str]:
    """The token of ``/api/TOKEN/CALL``."""
    segments = path.split("/")
    if len(segments) == 4 and segments[1] == "api":
        yield segments[2]
