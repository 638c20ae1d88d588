"""
Webhooks: who is told of what, and how far we got with telling each endpoint of each event.
"""

import enum
import re
from datetime import datetime, timedelta
from typing import NewType, Self
from urllib.parse import urlsplit

import attrs
from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.messages import AccountId, MessageId
from smscore.errors import InvalidRequest

__all__ = [
    "CALLBACK_EVENTS",
    "KEPT_ATTEMPTS",
    "LIFE",
    "LONGEST_PAUSE",
    "LONGEST_URL",
    "OVERLAP",
    "URL_PATTERN",
    "Attempt",
    "Generation",
    "Posting",
    "PostingId",
    "PostingState",
    "Webhook",
    "WebhookId",
    "callback_endpoint",
    "callback_place",
    "check_url",
    "origin_of",
    "push_endpoint",
    "push_place",
    "retry_delay",
    "webhook_endpoint",
]

WebhookId = NewType("WebhookId", int)
PostingId = NewType("PostingId", int)

CALLBACK_EVENTS = frozenset(
    {"message.sent", "message.delivered", "message.failed", "message.expired"}
)
"""What the callback address of a message is told."""

LIFE = timedelta(hours=24)
"""For how long an event is offered to an endpoint, from the first attempt on."""

KEPT_ATTEMPTS = 50
"""
How many attempts at a posting are remembered, the newest ones: a day has about twenty. Without a
bound, whoever replays without end would fill the disk.
"""

OVERLAP = timedelta(hours=24)
"""For how long a secret signs beside the one that took its place."""

LONGEST_PAUSE = timedelta(hours=4)
"""How long an endpoint is left alone at most, by us or because it asks for that."""

LONGEST_URL = 2048
_CHARACTER = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}"  # RFC 3986, 3.3
URL_PATTERN = (
    r"https?://([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?"
    rf"(/({_CHARACTER})*)?(\?({_CHARACTER}|\?)*)?(#({_CHARACTER}|\?)*)?"
)
"""How an address is written to which something is posted; in capitals as well."""

_PUSH = "push"  # no hexadecimal number, as an account's is

_URL = re.compile(URL_PATTERN, re.IGNORECASE)
_BEGINNING = re.compile(r"https?://.", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Generation:
    """Which of its secrets somebody has: each is derived from its number."""

    number: int = 1
    since: datetime | None = None  # None: it is the first one

    def next(self, *, at: datetime) -> Self:
        """The one that takes its place."""
        return attrs.evolve(self, number=self.number + 1, since=at)

    def valid(self, *, at: datetime) -> tuple[int, ...]:
        """The numbers that sign then, the current one first."""
        if self.since is None or at - self.since >= OVERLAP:
            return (self.number,)
        return (self.number, self.number - 1)


@attrs.frozen(kw_only=True)
class Webhook:
    """An address that an account wants to have told of some events."""

    id: WebhookId
    account: AccountId
    url: str
    events: tuple[str, ...]
    created_at: datetime
    is_active: bool = True
    secret: Generation = Generation()
    failing_since: datetime | None = None  # None: it answered the last time, or was never asked

    @property
    def endpoint(self) -> str:
        """Under which name its postings wait."""
        return webhook_endpoint(self.id)


def webhook_endpoint(webhook: WebhookId) -> str:
    """Under which name a webhook's postings wait."""
    return f"wh_{webhook:016x}"


def callback_endpoint(account: AccountId, url: str) -> str:
    """
    The same for a message's callback address.

    Those of one host wait together, since addresses that differ for each message would have
    nothing in common by which their host were spared.
    """
    return f"{account:016x} {origin_of(url)}"


def callback_place(endpoint: str) -> tuple[AccountId, str] | None:
    """Whose callbacks wait under the name, and for which host; None: no callbacks do."""
    account, blank, host = endpoint.partition(" ")
    return (AccountId(int(account, 16)), host) if blank and account != _PUSH else None


def push_endpoint(url: str) -> str:
    """Under which name the pushes to an address wait: those to one host together."""
    return f"{_PUSH} {origin_of(url)}"


def push_place(endpoint: str) -> str | None:
    """For which host pushes wait under the name; None: no pushes do."""
    push, _, host = endpoint.partition(" ")
    return host if push == _PUSH else None


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: what of it is no secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


class PostingState(enum.StrEnum):
    """What has become of an event for an endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; it can be replayed


@attrs.frozen(kw_only=True)
class Attempt:
    """One try, and what came of it. ``answer`` is the beginning of the body."""

    number: int
    at: datetime
    seconds: float
    status: int | None = None  # None: there was no answer
    error: str | None = None
    answer: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the endpoint has it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


class Posting(Struct, frozen=True, kw_only=True):
    """
    One event for one endpoint, or a push: the call that a rule makes for an inbound message.

    ``body`` stays the same in every attempt. Those of one message wait for one another at an
    endpoint: one that is pending without ``due_at`` waits for the one before it.
    """

    id: PostingId
    account: AccountId
    endpoint: str
    webhook: WebhookId | None  # None: for the callback address
    url: str | None  # None: the webhook's own
    event_id: int  # 0: it is a push
    event: str  # of a push its kind: "http" is got, "isms_push" is a form
    message: MessageId
    sequence: (
        int  # 1, 2, 3 … of the events that the message's endpoints may hear; of a push its own
    )
    body: bytes
    created_at: datetime
    state: PostingState = PostingState.PENDING
    attempts: int = 0
    due_at: datetime | None = None
    ends_at: datetime | None = None  # given up then; None: not tried yet
    last_status: int | None = None
    last_error: str | None = None

    def attempted(
        self, attempt: Attempt, *, jitter: float, asked_until: datetime | None = None
    ) -> Self:
        """
        It was tried: delivered, or up again later, or given up.

        ``jitter`` is from 0 to 1. ``asked_until`` is when the endpoint wants to see it again: not
        earlier, unless it would be given up by then.
        """
        ends_at = self.ends_at or attempt.at + LIFE
        after = replace(
            self,
            attempts=attempt.number,
            due_at=None,
            ends_at=ends_at,
            last_status=attempt.status,
            last_error=attempt.error,
        )
        if attempt.is_success:
            return replace(after, state=PostingState.DELIVERED)
        due_at = attempt.at + retry_delay(attempt.number, jitter=jitter)
        if due_at > ends_at:
            return replace(after, state=PostingState.DEAD)
        return replace(after, due_at=min(max(due_at, asked_until or due_at), ends_at))

    def given_up(self, *, why: str) -> Self:
        """Nobody tries any more."""
        return replace(
            self, state=PostingState.DEAD, due_at=None, last_error=self.last_error or why
        )

    def replayed(self, *, at: datetime) -> Self:
        """Up again as if it had never been tried, or at once if it still waits."""
        return replace(self, state=PostingState.PENDING, due_at=at, ends_at=None)


def retry_delay(attempts: int, *, jitter: float) -> timedelta:
    """
    How long to wait after so many attempts: from 5 seconds on three times as long, at most 4 hours.

    ``jitter``, from 0 to 1, takes up to a half of it away, so that not all come back at once.
    """
    longest = min(5.0 * 3.0 ** min(attempts - 1, 20), LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=longest * (1 - jitter / 2))


def check_url(url: str) -> str:
    """
    The address, if it can be one.

    Raises:
        InvalidRequest: it is none of http or https, has no host, or more than an address may have.
    """
    if len(url) > LONGEST_URL:
        raise InvalidRequest(f"url must have at most {LONGEST_URL} characters")
    if not _BEGINNING.match(url):
        raise InvalidRequest("url must be an http or https address")
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise InvalidRequest(
            "url has characters that must be percent-encoded, or in its host be written as xn--"
        )
    try:
        parts = urlsplit(url)
        is_url = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_url = urlsplit(""), False
    if not is_url:
        raise InvalidRequest("url must be an http or https address")
    if "@" in parts.netloc:
        raise InvalidRequest("url must not hold a user name or a password")
    if not _URL.fullmatch(url):
        raise InvalidRequest("url has characters that must be percent-encoded")
    return url
