"""
Every exception that the client raises on purpose, sorted by who must act.
"""

from typing import ClassVar

import attrs

__all__ = [
    "AccountProblem",
    "AuthenticationFailed",
    "Circumstances",
    "IdempotencyConflict",
    "InsufficientCredits",
    "InternalError",
    "InvalidNumber",
    "InvalidRequest",
    "InvalidSignature",
    "LimitExceeded",
    "MessageTooLong",
    "NoAnswer",
    "NoRoute",
    "NotCancellable",
    "NotFound",
    "RateLimited",
    "RecipientOptedOut",
    "Refused",
    "ServerFault",
    "ServiceUnavailable",
    "SmscoreError",
    "SubscriptionRequired",
    "Unavailable",
    "UnexpectedAnswer",
    "UnreadableEvent",
]


@attrs.frozen(kw_only=True)
class Circumstances:
    """What is known about a call that came to nothing."""

    request: str = ""  # method and path, such as `POST /v1/messages`; never a number or a text
    status: int | None = None  # of HTTP; None: there was no answer
    correlation_id: str | None = None  # by which the server's log knows the fault
    retry_after: float | None = None  # seconds that the server asked for
    idempotency_key: str | None = None
    tries: int = 0
    is_uncertain: bool = False


class SmscoreError(Exception):
    """
    The root: whatever this client raises on purpose is one of these.

    ``code`` is the server's word for what is wrong, and stays what it is when texts change.
    ``is_uncertain`` says that a try was sent whose answer got lost: the server may have done what
    it was asked. ``idempotency_key`` is then the key under which a submission can be repeated, an
    hour later too, without sending twice.
    """

    default_code: ClassVar[str] = "error"
    is_retryable: ClassVar[bool] = False
    """Whether the same call may succeed later though nobody changes anything."""

    def __init__(
        self, message: str, code: str = "", circumstances: Circumstances | None = None
    ) -> None:
        # All of it is in `args`, so that the error survives being pickled.
        super().__init__(message, code, circumstances)
        known = circumstances or Circumstances()
        self.message = message
        self.code = code or self.default_code
        self.request = known.request
        self.status = known.status
        self.correlation_id = known.correlation_id
        self.retry_after = known.retry_after
        self.idempotency_key = known.idempotency_key
        self.tries = known.tries
        self.is_uncertain = known.is_uncertain

    def __str__(self) -> str:
        told = f"{self.message} ({self.code})"
        if self.request:
            status = "no answer" if self.status is None else f"status {self.status}"
            tries = "" if self.tries < 2 else f", {self.tries} tries"
            told += f", {self.request}: {status}{tries}"
        if self.is_uncertain:
            told += "; an answer was lost, so it may have been done"
        if self.correlation_id:
            told += f"; correlation id {self.correlation_id}"
        return told


# The application must act.


class Refused(SmscoreError):
    """The call asks for something that is refused; nothing was sent and nothing changed."""

    default_code = "refused"


class InvalidRequest(Refused):
    """A field is missing or wrong; the message says which."""

    default_code = "invalid_request"


class InvalidNumber(Refused):
    """One of the numbers is not written like +491701234567."""

    default_code = "invalid_phone_number"


class MessageTooLong(Refused):
    """The text is longer than a message may be."""

    default_code = "message_too_long"


class RecipientOptedOut(Refused):
    """One of the recipients does not want to be written to."""

    default_code = "recipient_opted_out"


class NoRoute(Refused):
    """The server has no channel that may carry it."""

    default_code = "no_route"


class NotFound(Refused):
    """There is no such thing in the account of the key."""

    default_code = "not_found"


class NotCancellable(Refused):
    """
    The message is being sent, or has ended.

    With ``is_uncertain`` an earlier try of the same call may have cancelled it.
    """

    default_code = "not_cancellable"


class IdempotencyConflict(Refused):
    """The key was used for other content."""

    default_code = "idempotency_conflict"


# Whoever holds the account must act.


class AccountProblem(SmscoreError):
    """The account, or its key, does not allow it; nothing was sent."""

    default_code = "account_problem"


class AuthenticationFailed(AccountProblem):
    """The API key is wrong."""

    default_code = "authentication_failed"


class InsufficientCredits(AccountProblem):
    """The whole call costs more than is left; nothing of it was sent."""

    default_code = "insufficient_credits"


class SubscriptionRequired(AccountProblem):
    """The account's subscription has ended."""

    default_code = "subscription_required"


class LimitExceeded(AccountProblem):
    """The month's messages are used up."""

    default_code = "limit_exceeded"


# Nobody must act: later it may work.


class Unavailable(SmscoreError):
    """It did not work for as long as the client may try. The same call may succeed later."""

    default_code = "unavailable"
    is_retryable = True


class RateLimited(Unavailable):
    """Too many calls for the account's plan; this one was not done."""

    default_code = "rate_limit_exceeded"


class ServiceUnavailable(Unavailable):
    """The server, or something in front of it, cannot answer now."""

    default_code = "service_unavailable"


class NoAnswer(Unavailable):
    """The server was not reached, or its answer did not arrive."""

    default_code = "no_answer"


# Whoever runs the server must act.


class ServerFault(SmscoreError):
    """The server did not do as its API says."""

    default_code = "server_fault"


class InternalError(ServerFault):
    """A fault of the server; its log has more under the correlation id."""

    default_code = "internal_error"


class UnexpectedAnswer(ServerFault):
    """What answered is no provider API, or one that this client does not understand."""

    default_code = "unexpected_answer"


class UnreadableEvent(ServerFault):
    """A webhook was signed with the secret, and is not what its name says."""

    default_code = "unreadable_event"


# Nobody must act: it is somebody else's post.


class InvalidSignature(SmscoreError):
    """A webhook was not signed with the secret, or its signature is too old."""

    default_code = "invalid_signature"
