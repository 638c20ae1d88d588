"""
Messages as the commands show them.
"""

from collections.abc import Mapping

from smscore import Gateway
from smscore.domain.messages import AccountId
from smscore.ports.storage import Tracked
from smscore_server._output import instant, printable

__all__ = ["account_names", "as_document", "preview"]

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


def preview(text: str) -> str:
    """The beginning of a text, on one line."""
    shown = printable(text)
    return shown if len(shown) <= _PREVIEW else shown[: _PREVIEW - 1] + "…"
