"""
What arrives from channels: inbound parts become messages, reports move deliveries on.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from smscore.domain.deliveries import DeliveryReport, choose
from smscore.domain.gaps import MOST_OPEN, OpenGroup, groups_to_see
from smscore.domain.inbound import InboundPart
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, MessageId, Priority
from smscore.errors import ConfigurationError, NotFound, PluginError, Rejected
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.policy import Screen
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._consent import Objections
from smscore.services._forwarding import Forwarding
from smscore.services._heeding import Heeding
from smscore.services._openings import Openings
from smscore.services._parts import keep, publish_next
from smscore.services._progress import record_report
from smscore.services._rules import Compiled, RulesInForce
from smscore.services._ruling import Ruling, TooFewIds
from smscore.services._settings import Settings

__all__ = ["Reception"]

_logger = logging.getLogger(__name__)

_GROWTH = 8
"""How many times as many ids are taken if they were too few."""


class _Keeping(Protocol):
    """What is done in a unit of work with ids; says whether anything came of it."""

    def __call__(self, work: UnitOfWork, *, ids: Sequence[MessageId]) -> bool: ...


class Reception:
    """
    The sink of every transport: a call that returns means *stored*.

    ``owners`` names the account, if any, to which a channel's inbound messages belong;
    ``wait_for_parts`` are the seconds after which a message is kept as it is, with its gaps.
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
        wait_for_parts: float = 3600.0,
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
        self._wait = timedelta(seconds=wait_for_parts)

    def received(self, part: InboundPart, *, owner: str | None = None) -> None:
        """
        Keep a part; with its last one the message is whole, and does what the rules say.

        ``owner`` is the account whose it is if no configured channel brought it.
        """
        whose = owner or self._owners.get(part.channel)
        now = self._clock.now()
        ruling = self._ruling(now)
        accounts = self._accounts(ruling, whose)
        work = partial(self._receive, part=part.with_fingerprint(), owner=whose, ruling=ruling)
        self._run(work, accounts=accounts, count=2 + ruling.likely, now=now)

    def publish_overdue(self) -> int:
        """
        Keep as they are the messages of which parts do not come; says about how many was decided.

        Call it every few seconds; several servers may, for each is looked at again where nobody
        else adds a part to it.
        """
        now = self._clock.now()
        groups = self._store.read(lambda view: view.inbox.open_groups(limit=2 * MOST_OPEN))
        return sum(
            self._publish(group, is_too_many=is_too_many, now=now)
            for group, is_too_many in groups_to_see(groups, now=now, wait=self._wait)
        )

    def reported(self, report: DeliveryReport) -> None:
        """Fold a report into its delivery, or park it until its reference is known."""
        now = self._clock.now()
        commit(self._store, lambda work: _report(work, report, now=now))

    def linked(self, link: Link) -> None:
        """From now on the owner of the number is written to at the link's address."""
        commit(self._store, lambda work: work.links.put(link))

    def unlinked(self, *, channel: str, address: str) -> None:
        """The owner of the address is not written to any more."""
        commit(self._store, lambda work: _unlink(work, channel, address))

    def _publish(self, group: OpenGroup, *, is_too_many: bool, now: datetime) -> int:
        """Decide about the messages of a group, each in a unit of its own."""
        owner = self._owners.get(group.channel)
        ruling = self._ruling(now)
        work = partial(
            publish_next,
            group=group,
            owner=owner,
            ruling=ruling,
            wait=self._wait,
            is_too_many=is_too_many,
        )
        accounts, count = self._accounts(ruling, owner), 1 + ruling.likely
        done = 0
        while self._run(work, accounts=accounts, count=count, now=now):
            done += 1
        return done

    def _run(
        self,
        work: "_Keeping",
        *,
        accounts: Sequence[AccountId],
        count: int,
        now: datetime,
    ) -> bool:
        """Do it with so many ids, or with as many as it takes."""
        while True:
            ids = self._ids.several(count, now=now)
            try:
                unit = partial(work, ids=ids)
                return commit(self._store, unit, accounts=accounts)
            except TooFewIds:
                count *= _GROWTH  # nothing was kept, and the same is done once more

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
    ) -> bool:
        arrival = keep(work, part, ids[0], owner=owner, ruling=ruling)
        if arrival is None:
            return False
        if not self._heeding.heed(work, arrival, answer=ids[1], now=ruling.forwarding.now):
            ruling.carry_out(work, arrival, ids=ids[2:])
        return True


def _unlink(work: UnitOfWork, channel: str, address: str) -> None:
    if link := work.links.at(channel, address):
        work.links.remove(channel, link.number)


def _report(work: UnitOfWork, report: DeliveryReport, *, now: datetime) -> None:
    before = choose(work.outbox.awaiting(report), report)
    if before is None:
        work.outbox.park(report)
        return
    record_report(work, before, report, at=now)
