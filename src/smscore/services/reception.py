"""
What arrives from channels: inbound parts become messages, reports move deliveries on.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from smscore.domain.deliveries import DeliveryReport, choose
from smscore.domain.events import Event
from smscore.domain.inbound import TELEGRAM_SENDER, InboundKind, InboundMessage, InboundPart
from smscore.domain.joining import Joined, join
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, MessageId, Priority, clean_text
from smscore.errors import ConfigurationError, NotFound, PluginError, Rejected
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.policy import Screen
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.services._addressees import Arrival
from smscore.services._consent import Objections
from smscore.services._forwarding import Forwarding
from smscore.services._heeding import Heeding
from smscore.services._openings import Openings
from smscore.services._progress import record_report
from smscore.services._rules import Compiled, RulesInForce
from smscore.services._ruling import Ruling, TooFewIds
from smscore.services._settings import Settings

__all__ = ["Reception"]

_logger = logging.getLogger(__name__)

_GROWTH = 8
"""How many times as many ids are taken if they were too few."""

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
        heeding: Heeding,
        openings: Openings,
        settings: Settings,
        rules: RulesInForce,
        objections: Objections,
        screens: Sequence[Screen] = (),
        owners: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._heeding = heeding
        self._openings = openings
        self._settings = settings
        self._rules = rules
        self._objections = objections
        self._screens = screens
        self._owners = owners or {}

    def received(self, part: InboundPart, *, owner: str | None = None) -> None:
        """
        Keep a part; with its last one the message is whole, and does what the rules say.

        ``owner`` is the account whose it is if no configured channel brought it.
        """
        whose = owner or self._owners.get(part.channel)
        now = self._clock.now()
        ruling = self._ruling(now)
        accounts = self._accounts(ruling, whose)
        count = 2 + ruling.likely
        while True:
            work = partial(
                self._receive,
                part=part,
                ids=self._ids.several(count, now=now),
                owner=whose,
                ruling=ruling,
            )
            try:
                self._store.run(work, accounts=accounts, lane=Lane.CUSTODY).result()
            except TooFewIds:
                count *= _GROWTH  # nothing was kept, and the same is done once more
            else:
                return

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

    def _ruling(self, now: datetime) -> Ruling:
        """What is to be done by the rules; if they cannot be asked, a message is kept anyway."""
        fault = ""
        try:
            rules = self._rules.now()
        except (Rejected, ConfigurationError, PluginError) as cause:
            _logger.exception("the rules cannot be asked")
            rules, fault = Compiled(), str(cause)
        forwarding = Forwarding(
            routes=rules.routes,
            topology=self._openings.topology(Priority.NORMAL, now=now),
            objections=self._objections,
            screens=self._screens,
            now=now,
        )
        return Ruling(rules=rules.inbound, forwarding=forwarding, fault=fault)

    def _accounts(self, ruling: Ruling, owner: str | None) -> Sequence[AccountId]:
        """Those that may have to pay."""
        found = []
        for name in {rule.account for rule in ruling.rules.rules} | {owner, self._heeding.payer}:
            with suppress(NotFound):
                if name is not None:
                    found.append(self._settings.account(name).id)
        return sorted(found)

    def _receive(
        self,
        work: UnitOfWork,
        *,
        part: InboundPart,
        ids: Sequence[MessageId],
        owner: str | None,
        ruling: Ruling,
    ) -> None:
        arrival = _keep(work, part, ids[0], owner=owner, ruling=ruling)
        if arrival is None:
            return
        if not self._heeding.heed(work, arrival, answer=ids[1], now=ruling.forwarding.now):
            ruling.carry_out(work, arrival, ids=ids[2:])


def _keep(
    work: UnitOfWork,
    part: InboundPart,
    number: MessageId,
    *,
    owner: str | None,
    ruling: Ruling,
) -> Arrival | None:
    """The message, if the part makes it whole."""
    if not work.inbox.add_part(part):
        return None  # offered again, since the modem did not hear that it was stored
    joined = _joined_with(part, work)
    if not joined.is_complete:
        return None
    account = work.accounts.named(owner) if owner else None
    account_id = account.id if account else None
    message = InboundMessage(
        id=number,
        account=account_id,
        channel=part.channel,
        sender=_sender_of(part, work),
        text=clean_text(joined.text),
        received_at=part.received_at,
        sent_at=part.sent_at,
        kind=part.kind,
    )
    arrival = Arrival.of(work, message, is_automatic=part.is_automatic, now=ruling.forwarding.now)
    work.inbox.add(message)
    work.inbox.joined([*joined.parts, *joined.duplicates])
    work.events.add(
        Event(
            message=number,
            account=account_id,
            sequence=1,
            kind="message.received",
            at=part.received_at,
            detail={
                "channel": part.channel,
                "parts": len(joined.parts),
                "kind": part.kind.value,
                **({"subject": clean_text(part.subject)} if part.subject else {}),
                **ruling.seen(arrival),
            },
        )
    )
    return arrival


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
