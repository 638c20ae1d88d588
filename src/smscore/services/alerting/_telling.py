"""
Handing a notice over: by a signed call, or as a mail through the relay of a channel.
"""

from collections.abc import Callable, Mapping

from smscore.config import AlertReceiver
from smscore.errors import ConfigurationError, TransportError
from smscore.ports.transport import Postal
from smscore.ports.webhooks import Call, WebhookSender
from smscore.services.alerting._notices import Notice

__all__ = ["Teller", "make_teller"]

Teller = Callable[[Notice], str | None]
"""Hands a notice over, blocks, and says why that failed."""

_LONGEST_CALL = 60.0  # seconds; the sender has its own, shorter patience


def make_teller(
    name: str,
    receiver: AlertReceiver,
    *,
    sender: Callable[[], WebhookSender] | None,
    secret: Callable[[], str],
    transports: Mapping[str, object],
) -> Teller:
    """
    How one receiver is reached.

    Raises:
        ConfigurationError: it cannot be: a plugin is not enabled, or the channel takes no mail.
    """
    if receiver.url is not None:
        if sender is None:
            raise ConfigurationError(
                f"[alerts.receivers.{name}] has a url, and nobody calls any; "
                "enable the plugin 'webhook'"
            )
        return _calling(receiver.url, sender=sender, secret=secret)
    return _mailing(receiver.to or "", _postal(name, receiver, transports))


def _calling(url: str, *, sender: Callable[[], WebhookSender], secret: Callable[[], str]) -> Teller:
    def call(notice: Notice) -> str | None:
        answer = sender().send(
            Call(
                url=url,
                event_id=notice.id,
                sequence=notice.sequence,
                body=notice.body,
                secrets=(secret(),),
                at=notice.at,
                is_operators=True,
            )
        )
        return answer.result(timeout=_LONGEST_CALL).error

    return call


def _mailing(to: str, transport: Postal) -> Teller:
    def mail(notice: Notice) -> str | None:
        try:
            transport.post(to=to, subject=notice.subject, text=notice.text, mail_id=notice.id)
        except TransportError as fault:
            return str(fault)
        return None

    return mail


def _postal(name: str, receiver: AlertReceiver, transports: Mapping[str, object]) -> Postal:
    where = f"[alerts.receivers.{name}]"
    postal = {name: one for name, one in transports.items() if isinstance(one, Postal)}
    if receiver.channel is None and len(postal) != 1:
        found = ", ".join(postal) or "none"
        raise ConfigurationError(
            f"{where} sends mail: name a channel of e-mail with channel; there are: {found}"
        )
    channel = receiver.channel or next(iter(postal))
    if channel not in postal:
        raise ConfigurationError(f"{where} channel {channel!r} takes no mail; name one of e-mail")
    return postal[channel]
