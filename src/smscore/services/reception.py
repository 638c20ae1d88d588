"""
What arrives from channels: inbound parts become messages, reports move deliveries on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from smscore.domain.deliveries import DeliveryReport, choose
from smscore.domain.events import Event
from smscore.domain.inbound import TELEGRAM_SENDER, InboundKind, InboundMessage, InboundPart
from smscore.domain.joining import Joined, join
from smscore.domain.links import Link
from smscore.domain.messages import MessageId, clean_text
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.services._progress import record_report

__all__ = ["Reception"]

_REUSES = 4
"""How many messages of one sender under one reference are looked through for a part's own."""


class Reception:
    """
    The sink of every transport: a call that returns means *stored*.

    ``owners`` names the account, if any, to which a channel's inbound messages belong.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        owners: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._owners = owners or {}

    def received(self, part: InboundPart) -> None:
        """Keep a part; with its last one the message is whole."""
        message = self._ids()
        self._store.run(
            lambda work: _receive(work, part, message, owner=self._owners.get(part.channel)),
            lane=Lane.CUSTODY,
        ).result()

    def reported(self, report: DeliveryReport) -> None:
        """Fold a report into its delivery, or park it until its reference is known."""
        now = self._clock.now()
        self._store.run(lambda work: _report(work, report, now=now), lane=Lane.CUSTODY).result()

    def linked(self, link: Link) -> None:
        """From now on the owner of the number is written to at the link's address."""
        self._store.run(lambda work: work.links.put(link), lane=Lane.CUSTODY).result()

    def unlinked(self, *, channel: str, address: str) -> None:
        """The owner of the address is not written to any more."""
        self._store.run(lambda work: _unlink(work, channel, address), lane=Lane.CUSTODY).result()


def _receive(work: UnitOfWork, part: InboundPart, message: MessageId, *, owner: str | None) -> None:
    if not work.inbox.add_part(part):
        return  # offered again, since the modem did not hear that it was stored
    joined = _joined_with(part, work)
    if not joined.is_complete:
        return
    account = work.accounts.named(owner) if owner else None
    account_id = account.id if account else None
    work.inbox.add(
        InboundMessage(
            id=message,
            account=account_id,
            channel=part.channel,
            sender=_sender_of(part, work),
            text=clean_text(joined.text),
            received_at=part.received_at,
            sent_at=part.sent_at,
            kind=part.kind,
        )
    )
    work.inbox.joined([*joined.parts, *joined.duplicates])
    work.events.add(
        Event(
            message=message,
            account=account_id,
            sequence=1,
            kind="message.received",
            at=part.received_at,
            detail={"channel": part.channel, "parts": len(joined.parts), "kind": part.kind.value},
        )
    )


def _sender_of(part: InboundPart, work: UnitOfWork) -> str:
    """Who wrote: by Telegram, the number that is linked to the chat, if one is."""
    if part.kind is not InboundKind.TELEGRAM:
        return part.sender
    link = work.links.at(part.channel, part.sender.removeprefix(TELEGRAM_SENDER))
    return part.sender if link is None else link.number.value


def _joined_with(part: InboundPart, work: UnitOfWork) -> Joined:
    """The message, whole or not, to which a part that was just stored belongs."""
    siblings: Sequence[InboundPart] = [part]
    if part.concatenation is not None:
        siblings = work.inbox.siblings(part, limit=_REUSES * part.concatenation.total)
    return next(
        joined for joined in join(siblings) if part in joined.parts or part in joined.duplicates
    )


def _unlink(work: UnitOfWork, channel: str, address: str) -> None:
    if link := work.links.at(channel, address):
        work.links.remove(channel, link.number)


def _report(work: UnitOfWork, report: DeliveryReport, *, now: datetime) -> None:
    before = choose(work.outbox.awaiting(report), report)
    if before is None:
        work.outbox.park(report)
        return
    record_report(work, before, report, at=now)
