"""
The queue API as a phone sees it: fetch what waits, tell what became of it.
"""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import attrs
import httpx2
import msgspec

from smscore.ports.clock import Clock

__all__ = ["DELIVERED", "FAILED", "Handout", "QueueServer", "Trouble", "Unreadable"]

_log = logging.getLogger(__name__)

DELIVERED, FAILED = 2, 3
"""What may be told of a message."""

_LONGEST_ANSWER = 8 * 1024 * 1024
_LONGEST_HASH = 200
_FOR_A_PERSON = {301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 410}
"""Answers that do not change unless somebody does something."""


@attrs.frozen(kw_only=True)
class Handout:
    """A message handed out to us; without a recipient and a text, if we understand none."""

    hash: str
    phone: str | None
    text: str | None


class Trouble(Exception):
    """
    The server did not do what it was asked for, or not that we know.

    ``retry_after`` are the seconds for which it wants to be left alone.
    """

    def __init__(
        self, said: str, *, retry_after: float | None = None, needs_person: bool = False
    ) -> None:
        super().__init__(said)
        self.retry_after = retry_after
        self.needs_person = needs_person


class Unreadable(Trouble):
    """The server understood the request, and refuses what it holds: again it would do so again."""


class QueueServer:
    """
    One server, for one thread.

    The token is part of every address, so no address leaves this module: it goes around the HTTP
    library's own client, which logs addresses.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str],
        device: str | None,
        timeout: float,
        clock: Clock,
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._device = device
        self._timeout = timeout
        self._clock = clock
        self._socket: socket.socket | None = None
        self._transport = httpx2.HTTPTransport(limits=httpx2.Limits(max_connections=1))

    def close(self) -> None:
        """Give the connection back."""
        self._transport.close()

    def fetch(self, limit: int) -> Sequence[Handout]:
        """
        Have messages handed out: they are ours from then on.

        Raises:
            Trouble: they were not, or the answer was lost, and they with it.
            ConfigurationError: there is no token.
        """
        query = {"limit": str(limit), **({"device": self._device} if self._device else {})}
        found = self._ask("GET", f"get_messages?{urlencode(query)}")
        if not isinstance(found, list):
            raise Trouble("get_messages was answered by something that is no list of messages")
        handouts = [handout for one in found if (handout := _handout(one)) is not None]
        if nameless := len(found) - len(handouts):
            _log.error("messages handed out without a hash, which nobody can report: %d", nameless)
        return handouts

    def tell(self, outcomes: Mapping[str, int]) -> None:
        """
        Tell what became of messages, by their hashes; telling it again changes nothing.

        Raises:
            Unreadable: the report was refused, and would be again.
            Trouble: it may not have been heard.
            ConfigurationError: there is no token.
        """
        report: dict[str, object] = {"device": self._device} if self._device else {}
        report["messages"] = [{"hash": key, "status": one} for key, one in outcomes.items()]
        found = self._ask("POST", "status", msgspec.json.encode(report))
        if not isinstance(found, dict) or found.get("ok") is not True:
            raise Trouble("a report was answered by something that does not say ok")
        known = found.get("updated")
        if isinstance(known, int) and (unknown := len(outcomes) - known) > 0:
            _log.error(
                "the server does not know %d of the messages that it was told of: %s; "
                "is it still the same account's token?",
                unknown,
                ", ".join(outcomes),
            )

    def _ask(self, method: str, call: str, body: bytes = b"") -> object:
        token = self._token()
        try:
            with self._in_time():
                status, headers, content = self._exchange(method, token, call, body)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            said = _without(token, f"{type(error).__name__}: {error}")
            # `from None`: the error of the library may know the address.
            raise Trouble(f"the server did not answer: {said}") from None
        if status != HTTPStatus.OK:
            raise self._refusal(status, headers, call.partition("?")[0])
        try:
            # What is not Unicode in one text must not lose the others: they are ours by now.
            return json.loads(content.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError) as error:
            raise Trouble(f"an answer that is no JSON: {error}") from error

    def _exchange(
        self, method: str, token: str, call: str, body: bytes
    ) -> tuple[int, httpx2.Headers, bytes]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if body:
            headers["Content-Type"] = "application/json"
        request = httpx2.Request(
            method,
            f"{self._url}/{quote(token, safe='')}/{call}",
            content=body,
            headers=headers,
            extensions={
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._timeout),
                "trace": self._trace,
            },
        )
        response = self._transport.handle_request(request)
        try:
            content = bytearray()
            for piece in response.iter_raw():
                content += piece
                if len(content) > _LONGEST_ANSWER:
                    raise httpx2.ReadError("the answer is too long")
            return response.status_code, response.headers, bytes(content)
        finally:
            response.close()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """The library's times are for each piece of an answer, which may come byte by byte."""
        is_late = threading.Event()
        timer = threading.Timer(self._timeout, self._cut_off, (is_late,))
        timer.start()
        try:
            yield
        except (httpx2.HTTPError, OSError):
            if is_late.is_set():
                raise httpx2.ReadTimeout("the answer takes too long") from None
            raise
        finally:
            timer.cancel()
            timer.join()

    def _cut_off(self, is_late: threading.Event) -> None:
        is_late.set()
        if self._socket is not None:
            with suppress(OSError):  # nothing is connected
                # Not as TLS would say goodbye: somebody reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def _refusal(self, status: int, headers: httpx2.Headers, call: str) -> Trouble:
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return Unreadable(f"{call} was answered {status}")
        return Trouble(
            f"{call} was answered {status}{_MEANING.get(status, '')}",
            retry_after=_seconds(headers.get("Retry-After", ""), now=self._clock.now()),
            needs_person=status in _FOR_A_PERSON,
        )


_MEANING = dict.fromkeys(
    (301, 302, 303, 307, 308), ": [agent] server has to be the address to which it sends others"
) | {
    401: ": the token is wrong",
    403: ": the account may not, such as without a subscription",
    404: ": [agent] server is not the address of a queue API, which ends in /api as a rule",
}


def _handout(found: object) -> Handout | None:
    if not isinstance(found, dict):
        return None
    key, phone, text = found.get("hash"), found.get("phone"), found.get("text")
    if not (isinstance(key, str) and 0 < len(key) <= _LONGEST_HASH and key.isprintable()):
        return None
    if not (isinstance(phone, str) and isinstance(text, str)):
        return Handout(hash=key, phone=None, text=None)
    return Handout(hash=key, phone=phone, text=text)


def _seconds(said: str, *, now: datetime) -> float | None:
    """A ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3)."""
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
        return max(0.0, (moment - now).total_seconds())
    except (OverflowError, TypeError, ValueError):  # such as of a date without a zone
        return None


def _without(token: str, said: str) -> str:
    return said.replace(token, "…").replace(quote(token, safe=""), "…")
