"""
The course of a call: which answer ends it, which error does, and when it is tried again.

Nothing here waits or knows a clock. A runner makes the exchanges and pauses, and tells the time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeGuard, TypeVar

import attrs

from smscore_client import _errors as errors
from smscore_client._call import Call, Reply, Silence
from smscore_client._fields import Fields, Unreadable, read_object
from smscore_client._values import Page

__all__ = [
    "LONGEST_TRY",
    "Answer",
    "Course",
    "Patience",
    "Pause",
    "following",
    "pause_before",
    "retry_after",
]

T = TypeVar("T")

LONGEST_TRY = 10.0
"""Seconds after which an exchange is given up, so that there is time left for another one."""

_SHORTEST_TRY = 0.1  # seconds; a pause may have taken longer than it should
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_OF_PROXIES = (502, 503, 504)
_FOR_EVER = 1e9  # seconds; nobody waits for what is asked beyond

_ERRORS: Mapping[str, type[errors.SmscoreError]] = {
    kind.default_code: kind
    for kind in (
        errors.AuthenticationFailed,
        errors.IdempotencyConflict,
        errors.InsufficientCredits,
        errors.InternalError,
        errors.InvalidNumber,
        errors.InvalidRequest,
        errors.LimitExceeded,
        errors.MessageTooLong,
        errors.NoRoute,
        errors.NotCancellable,
        errors.NotFound,
        errors.RateLimited,
        errors.RecipientOptedOut,
        errors.ServiceUnavailable,
        errors.SubscriptionRequired,
    )
}
# For codes that are newer than this client.
_BY_STATUS: Mapping[int, type[errors.SmscoreError]] = {
    400: errors.InvalidRequest,
    402: errors.AccountProblem,
    403: errors.AccountProblem,
    404: errors.NotFound,
}
# Also without a code: what answers in the server's place says no more.
_OF_ANYBODY: Mapping[int, type[errors.SmscoreError]] = {
    401: errors.AuthenticationFailed,
    413: errors.InvalidRequest,
    429: errors.RateLimited,
    500: errors.InternalError,
    **dict.fromkeys(_OF_PROXIES, errors.ServiceUnavailable),
}
_BARE_CODES = {413: "payload_too_large"}  # where the error has more than one


@attrs.frozen(kw_only=True)
class Patience:
    """How long, in seconds, and how often a call may be tried."""

    timeout: float = attrs.field(validator=attrs.validators.gt(0))
    attempts: int = attrs.field(validator=attrs.validators.ge(1))


@attrs.frozen(kw_only=True)
class Answer(Generic[T]):
    """The call is over: this is what it came to."""

    value: T


@attrs.frozen(kw_only=True)
class Pause:
    """The call is tried again after so many seconds, because of what went wrong."""

    seconds: float
    reason: errors.SmscoreError


class Course(Generic[T]):
    """One call, from its first try to its end."""

    def __init__(self, call: Call[T], *, patience: Patience, now: float) -> None:
        self._call = call
        self._attempts = patience.attempts
        self._deadline = now + patience.timeout
        self._tries = 0
        self._failures = 0  # tries that count: being told to come later does not
        self._is_uncertain = False

    def time_for_try(self, *, now: float) -> float:
        """How many seconds the next exchange may take."""
        return max(_SHORTEST_TRY, min(LONGEST_TRY, self._deadline - now))

    def judge(self, outcome: Reply | Silence, *, now: float, chance: float) -> Answer[T] | Pause:
        """
        What follows from an exchange. ``chance`` is from 0 to 1, so that clients spread.

        Raises:
            SmscoreError: the call has failed.
        """
        self._tries += 1
        unreadable = ""
        if _is_yes(outcome):
            try:
                return Answer(value=self._call.read(read_object(outcome.body)))
            except Unreadable as cause:
                unreadable = f"the answer is not that of a provider API: {cause}"
        elif self._is_gone_as_asked(outcome):
            return Answer(value=self._call.read(Fields({})))
        self._is_uncertain |= not self._call.is_question and _may_have_been_done(outcome)
        error = self._error(outcome, unreadable=unreadable)
        if not self._is_worth_repeating(error, outcome):
            raise error
        self._failures += not isinstance(error, errors.RateLimited)
        pause = pause_before(self._failures, asked=error.retry_after, chance=chance)
        if self._failures >= self._attempts or now + pause >= self._deadline:
            raise error
        return Pause(seconds=pause, reason=error)

    def _is_gone_as_asked(self, outcome: Reply | Silence) -> bool:
        """Whether a try whose answer was lost has removed what is not found now."""
        if isinstance(outcome, Silence) or not (self._call.is_removal and self._is_uncertain):
            return False
        return _told(outcome)[0] == errors.NotFound.default_code

    def _is_worth_repeating(self, error: errors.SmscoreError, outcome: Reply | Silence) -> bool:
        # A yes that cannot be read may be one that stopped half-way.
        if not (error.is_retryable or _is_yes(outcome)):
            return False
        return self._call.is_repeatable or not _may_have_been_done(outcome)

    def _error(self, outcome: Reply | Silence, *, unreadable: str) -> errors.SmscoreError:
        if isinstance(outcome, Silence):
            return errors.NoAnswer(
                f"the server did not answer: {outcome.reason}",
                circumstances=self._circumstances(None),
            )
        if unreadable:
            known = self._circumstances(outcome)
            return errors.UnexpectedAnswer(unreadable, circumstances=known)
        code, message = _told(outcome)
        kind = _ERRORS.get(code) or _of_status(outcome.status, is_coded=bool(code))
        return kind(
            message or f"the server answered {outcome.status}",
            code or _BARE_CODES.get(outcome.status, ""),
            self._circumstances(outcome),
        )

    def _circumstances(self, reply: Reply | None) -> errors.Circumstances:
        headers = reply.headers if reply else {}
        return errors.Circumstances(
            request=self._call.name,
            status=reply.status if reply else None,
            correlation_id=headers.get("x-correlation-id"),
            retry_after=retry_after(headers),
            idempotency_key=self._call.idempotency_key,
            tries=self._tries,
            is_uncertain=self._is_uncertain,
        )


def following(page: Page[object], *, after: str | None) -> tuple[str | None, bool]:
    """
    Where the next page begins, and whether there is none.

    Raises:
        UnexpectedAnswer: it is the same one again, and would be for ever.
    """
    if page.next is not None and page.next == after:
        raise errors.UnexpectedAnswer("a page says that the next one is itself")
    return page.next, page.next is None


def pause_before(failures: int, *, asked: float | None, chance: float) -> float:
    """
    Seconds until the next try: twice as long after each failure, shortened by chance.

    What the server has asked for comes first, and whole: who is told a second comes back a little
    later, and not all at once.
    """
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(max(failures - 1, 0), 10))
    return (asked or 0.0) + longest * (1 + chance) / 2


def retry_after(headers: Mapping[str, str]) -> float | None:
    """What a reply asks for: seconds, or a date (RFC 9110, 10.2.3) by the reply's own clock."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _FOR_EVER)
    until, sent = _date(said), _date(headers.get("date", ""))
    if until is None or sent is None:
        return None
    return min(max(0.0, (until - sent).total_seconds()), _FOR_EVER)


def _date(said: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(said)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _is_yes(outcome: Reply | Silence) -> TypeGuard[Reply]:
    return isinstance(outcome, Reply) and 200 <= outcome.status < 300


def _may_have_been_done(outcome: Reply | Silence) -> bool:
    """
    Whether the server may have done what it was asked, and only its answer is missing.

    Its own 503 says that nothing was kept. The same status of a proxy says nothing of the kind, nor
    does a yes that cannot be read.
    """
    if isinstance(outcome, Silence):
        return outcome.was_sent
    if _is_yes(outcome):
        return True
    is_own = _told(outcome)[0] == errors.ServiceUnavailable.default_code
    return outcome.status >= 500 and not is_own


def _told(reply: Reply) -> tuple[str, str]:
    """Code and message of a refusal, as far as it has them."""
    try:
        error = read_object(reply.body).object_or_empty("error")
        return error.text("code"), error.text_or_none("message") or ""
    except Unreadable:
        return "", ""


def _of_status(status: int, *, is_coded: bool) -> type[errors.SmscoreError]:
    if status in _OF_ANYBODY:
        return _OF_ANYBODY[status]
    if is_coded and 400 <= status < 500:
        return _BY_STATUS.get(status, errors.Refused)
    return errors.UnexpectedAnswer
