"""
What clients of the provider API put into bodies: one text for one recipient or several.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec

from smscore.domain.messages import AccountId, Priority, Surface
from smscore.domain.numbers import SenderId
from smscore.domain.webhooks import LONGEST_URL, URL_PATTERN
from smscore.errors import InvalidNumber, InvalidRequest, MessageTooLong
from smscore.ports.clock import Clock
from smscore.services.submission import Item, Submission
from smscore_http._schemas import Sender, Time, said, spelt
from smscore_http._wire import BATCH_LIMIT, NotJson, WrongShape, decode_json

__all__ = ["NewMessage", "Url", "read_body", "read_time", "submission_of"]

T = TypeVar("T")

_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_LONGEST_MESSAGE = 1600
_FURTHEST = timedelta(days=366)
_PROVIDER, _NORMAL = Surface.PROVIDER, Priority.NORMAL  # members are found by calls: only once
_PRIORITIES = {"low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH}


_Number = Annotated[str, spelt(_NUMBER.pattern, examples=["+491701234567"])]
_Numbers = Annotated[list[_Number], said("One message each.", minItems=1, maxItems=BATCH_LIMIT)]
Url = Annotated[str, spelt(URL_PATTERN, format="uri", maxLength=LONGEST_URL)]


class NewMessage(msgspec.Struct):
    """One text to one number, or to several."""

    to: Annotated[
        _Number | _Numbers | None, said("A number, or an array of them.", required=True)
    ] = None
    message: Annotated[
        str | None, said("The text.", required=True, minLength=1, maxLength=_LONGEST_MESSAGE)
    ] = None
    sender: Annotated[
        Sender | None,
        said("What recipients see as the sender, where the channel can; else the account's own."),
    ] = msgspec.field(default=None, name="from")
    scheduled_at: Annotated[
        Time | None,
        said("When to send, at most a year ahead; in UTC without an offset. The past means now."),
    ] = None
    callback_url: Annotated[
        Url | None, said("What is called when it was sent, delivered, has failed or expired.")
    ] = None
    priority: Annotated[
        str | None, said("Who goes first where messages wait.", enum=[*_PRIORITIES, None])
    ] = None


def read_body(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """
    What a body asks for.

    Raises:
        InvalidRequest: it is not JSON, or a field has the wrong type.
    """
    try:
        return decode_json(body, decoder)
    except NotJson as cause:
        raise InvalidRequest("The body is not valid JSON") from cause
    except WrongShape as cause:
        if not cause.field:
            raise InvalidRequest("The body must be a JSON object") from cause
        raise InvalidRequest(f"{cause.field} has the wrong type") from cause


def read_time(written: str, field: str) -> datetime:
    """
    The moment that a field tells; without an offset it is UTC.

    Raises:
        InvalidRequest: it tells none.
    """
    try:
        at = datetime.fromisoformat(written)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise InvalidRequest(
            f"{field} must be an ISO 8601 time such as 2026-03-01T12:00:00Z"
        ) from cause


def submission_of(
    wish: NewMessage,
    *,
    account: AccountId,
    idempotency_key: str | None,
    clock: Clock,
    check_url: Callable[[str], str],
    traceparent: str | None = None,
) -> Submission:
    """
    The request in the core's words; duplicate recipients are sent to once.

    ``check_url`` lets an address pass that may be called.

    Raises:
        InvalidRequest, InvalidNumber, MessageTooLong: a field is missing or out of its range.
    """
    if not wish.to:
        raise InvalidRequest("to is required")
    if not wish.message:
        raise InvalidRequest("message is required")
    return Submission(
        account=account,
        surface=_PROVIDER,
        items=_items(wish.to, wish.message),
        sender=None if wish.sender is None else _sender(wish.sender),
        priority=_NORMAL if wish.priority is None else _priority(wish.priority),
        not_before=None
        if wish.scheduled_at is None
        else _begin(wish.scheduled_at, now=clock.now()),
        callback_url=_url(wish.callback_url, check=check_url),
        idempotency_key=idempotency_key,
        fingerprint="" if isinstance(wish.to, str) else "list",
        traceparent=traceparent,
    )


def _items(to: str | list[str], text: str) -> tuple[Item, ...]:
    if isinstance(to, str):
        _check_number(to)
        _check_length(text)
        return (Item(to=to, text=text, index=0),)
    if len(to) > BATCH_LIMIT:
        raise InvalidRequest(f"to has more than {BATCH_LIMIT} numbers")
    recipients = dict.fromkeys(to)
    for recipient in recipients:
        _check_number(recipient)
    _check_length(text)
    return tuple(
        [Item(to=recipient, text=text, index=index) for index, recipient in enumerate(recipients)]
    )


def _check_number(recipient: str) -> None:
    if not _NUMBER.fullmatch(recipient):
        raise InvalidNumber(f"{recipient[:40]!r} is not written like +491701234567")


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_MESSAGE:
        raise MessageTooLong(f"{len(text)} characters, at most {_LONGEST_MESSAGE} are allowed")


def _sender(sender: str) -> SenderId:
    try:
        return SenderId.parse(sender)
    except InvalidNumber as cause:
        raise InvalidRequest(
            "from must be a number, or 1 to 11 letters, digits, blanks, '-' and '_'"
        ) from cause


def _priority(priority: str) -> Priority:
    if priority not in _PRIORITIES:
        raise InvalidRequest(f"priority must be one of {', '.join(_PRIORITIES)}")
    return _PRIORITIES[priority]


def _begin(written: str, *, now: datetime) -> datetime:
    """One in the past means at once, which the plan sees to."""
    at = read_time(written, "scheduled_at")
    if at - now > _FURTHEST:
        raise InvalidRequest("scheduled_at must be at most 1 year ahead")
    return at


def _url(url: str | None, *, check: Callable[[str], str]) -> str | None:
    try:
        return None if url is None else check(url)
    except InvalidRequest as cause:
        raise InvalidRequest(f"callback_{cause}") from cause
