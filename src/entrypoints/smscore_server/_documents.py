"""
Messages as the commands show them.
"""

from collections.abc import Mapping

from smscore import Gateway
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId
from smscore.ports.storage import Tracked
from smscore_server._moments import MILLISECONDS
from smscore_server._output import instant, printable

__all__ = ["account_names", "as_document", "event_as_document", "preview", "received_as_document"]

_PREVIEW = 40


def account_names(gateway: Gateway) -> Mapping[AccountId, str]:
    """Every account's name by its id."""
    return {account.id: account.name for account in gateway.inquiry.accounts()}


def as_document(
    tracked: Tracked, names: Mapping[AccountId, str], *, precision: str = "seconds"
) -> dict[str, str | int | None]:
    """A message and how far it got, as JSON shows it."""
    message, delivery = tracked.message, tracked.delivery
    return {
        "id": f"{message.id:016x}",
        "status": delivery.status.value,
        "account": names.get(message.account),
        "to": message.recipient.value,
        "from": message.sender.value if message.sender else None,
        "text": message.text,
        "medium": message.medium.value,
        "via": message.surface.value,
        "channel": delivery.channel,
        "parts": delivery.segments,
        "credits": delivery.charged,
        "priority": message.priority.name.lower(),
        "accepted_at": instant(message.accepted_at, precision=precision),
        "due_at": instant(delivery.due_at, precision=precision),
        "expires_at": instant(delivery.expires_at, precision=precision),
        "sent_at": instant(delivery.sent_at, precision=precision),
        "finished_at": instant(delivery.finished_at, precision=precision),
        "error_code": delivery.error_code,
        "error": delivery.error,
    }


def received_as_document(
    message: InboundMessage, names: Mapping[AccountId, str], *, precision: str = "seconds"
) -> dict[str, object]:
    """A message that arrived, as JSON shows it."""
    return {
        "id": f"in_{message.id:016x}",
        "account": None if message.account is None else names.get(message.account),
        "channel": message.channel,
        "kind": message.kind.value,
        "from": message.sender,
        "text": message.text,
        "received_at": instant(message.received_at, precision=precision),
        "missing_parts": list(message.missing),
    }


def preview(text: str) -> str:
    """The beginning of a text, on one line."""
    shown = printable(text)
    return shown if len(shown) <= _PREVIEW else shown[: _PREVIEW - 1] + "…"


def event_as_document(event: Event) -> dict[str, object]:
    """An event of a message's story."""
    return {
        "sequence": event.sequence,
        "at": instant(event.at, precision=MILLISECONDS),
        "kind": event.kind,
        "detail": dict(event.detail),
    }
