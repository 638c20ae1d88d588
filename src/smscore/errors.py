"""
Every exception that smscore raises on purpose, sorted by who must act.

Each class has a stable ``code``; the surfaces map codes and never parse messages. A message
names the thing, the value and the way out.
"""

from typing import ClassVar

__all__ = [
    "AuthenticationFailed",
    "ConfigurationError",
    "Conflict",
    "DeadlinePassed",
    "GatewayError",
    "GoesRound",
    "IdempotencyConflict",
    "IllegalMove",
    "Indeterminate",
    "InsufficientCredits",
    "InvalidNumber",
    "InvalidRequest",
    "LeaseLost",
    "LimitExceeded",
    "MessageTooLong",
    "NoRoute",
    "NotCancellable",
    "NotFound",
    "NotLinked",
    "NotOnTheList",
    "NotReady",
    "Overloaded",
    "PermanentFailure",
    "PermissionDenied",
    "PluginError",
    "RecipientOptedOut",
    "RefusedByRule",
    "Rejected",
    "RejectedItems",
    "StoreError",
    "StoreUnavailable",
    "SubscriptionRequired",
    "TemporaryFailure",
    "TransportError",
    "Unlinked",
]


class GatewayError(Exception):
    """The root: whatever smscore raises on purpose is one of these."""

    code: ClassVar[str] = "internal_error"


# The caller must act.


class Rejected(GatewayError):
    """The caller asked for something that is refused; nothing was stored."""

    code = "invalid_request"


class InvalidRequest(Rejected):
    """A value is missing, of the wrong type or out of its range."""


class InvalidNumber(Rejected):
    """The recipient or sender is not shaped like a telephone number."""

    code = "invalid_phone_number"


class MessageTooLong(Rejected):
    """The text needs more parts than allowed."""

    code = "message_too_long"


class NoRoute(Rejected):
    """No configured channel may carry a message to this recipient."""

    code = "no_route"


class RefusedByRule(NoRoute):
    """A routing rule refuses the message; the reason is the operator's."""


class NotLinked(NoRoute):
    """The recipient has not let any channel of the medium write to them."""

    code = "not_linked"


class NotOnTheList(NoRoute):
    """The account may not write to this recipient, by the lists that its operator keeps."""


class RecipientOptedOut(Rejected):
    """The recipient does not want to be written to: nobody may, until they say otherwise."""

    code = "recipient_opted_out"


class GoesRound(Rejected):
    """It may have been sent because of itself, by gateways that answer one another."""

    code = "goes_round"


class InsufficientCredits(Rejected):
    """The account's balance does not cover the whole request."""

    code = "insufficient_credits"


class SubscriptionRequired(Rejected):
    """The account's subscription has ended."""

    code = "subscription_required"


class LimitExceeded(Rejected):
    """
    The request does not fit into what is left of the account's month.

    ``limit`` and ``used`` count messages.
    """

    code = "limit_exceeded"

    def __init__(self, message: str, *, limit: int, used: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.used = used


class IdempotencyConflict(Rejected):
    """The idempotency key was used before, with other content."""

    code = "idempotency_conflict"


class RejectedItems(Rejected):
    """
    No item of a request was acceptable.

    ``reasons`` holds one :class:`Rejected` per refused item, by its index in the request.
    """

    def __init__(self, message: str, *, reasons: dict[int, Rejected]) -> None:
        super().__init__(message)
        self.reasons = reasons


class NotFound(Rejected):
    """There is no such thing, or it belongs to another account."""

    code = "not_found"


class Conflict(Rejected):
    """The thing exists already, or is not in a state that allows this."""

    code = "conflict"


class NotCancellable(Conflict):
    """The message is being sent, was sent, or has ended: nobody can call it back."""

    code = "not_cancellable"


class AuthenticationFailed(Rejected):
    """The credentials are missing or wrong; which of the two is never said."""

    code = "authentication_failed"


class PermissionDenied(Rejected):
    """The credentials are right, but do not allow this."""

    code = "permission_denied"


# The gateway itself must act: a transport's verdict on one message.


class TransportError(GatewayError):
    """
    A transport could not carry a message.

    ``cause`` is the network's or the modem's own word for it, such as ``"+CMS ERROR: 38"``.
    """

    code = "transport_error"

    def __init__(self, message: str, *, cause: str | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class TemporaryFailure(TransportError):
    """Certainly not sent; the same channel may succeed later."""

    code = "temporary_failure"


class NotReady(TemporaryFailure):
    """The channel can send nothing at the moment; nothing is wrong with this message."""

    code = "not_ready"


class PermanentFailure(TransportError):
    """Certainly not sent, and this channel never will: another one may."""

    code = "permanent_failure"


class Unlinked(PermanentFailure):
    """The recipient does not let the channel write to them, or not any more."""

    code = "not_linked"


class Indeterminate(TransportError):
    """The message may or may not have left: nobody knows, and nobody may send it again unasked."""

    code = "indeterminate"


# The operator must act.


class ConfigurationError(GatewayError):
    """The configuration is wrong; the message says where and what would be right."""

    code = "configuration_error"


class PluginError(GatewayError):
    """A plugin is missing, broken or clashes with another."""

    code = "plugin_error"


class StoreError(GatewayError):
    """The store did not do the work; nothing of it was kept."""

    code = "service_unavailable"


class StoreUnavailable(StoreError):
    """The store cannot be written or reached."""


class LeaseLost(StoreError):
    """The message is no longer this process's to send: it was given up for dead."""


class Overloaded(StoreError):
    """More submissions wait than the store can take; try again later."""


class DeadlinePassed(StoreError):
    """The work was not begun before its deadline, and was dropped."""


# A mistake in the code.


class IllegalMove(GatewayError):
    """A delivery was asked to make a move that its table does not have."""

    code = "illegal_move"
