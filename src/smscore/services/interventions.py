"""
Stepping in: a customer calls a message back, an operator has one sent again.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.planning import Plan, describe_accepted, plan
from smscore.domain.receipts import Receipt
from smscore.errors import Conflict, NotCancellable, NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork, View, commit
from smscore.services._auditing import Auditor
from smscore.services._consent import Objections
from smscore.services._openings import Openings
from smscore.services._progress import record
from smscore.services._rules import RulesInForce
from smscore.services._settings import Settings

__all__ = ["Interventions"]

T = TypeVar("T")

_LONG_AGO = timedelta(days=365)


class Interventions:
    """
    The use cases *cancel*, *withdraw* and *resend*. Any thread may call.

    All but *withdraw* block until they are durable.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
        openings: Openings,
        settings: Settings,
        rules: RulesInForce,
        objections: Objections,
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._openings = openings
        self._settings = settings
        self._rules = rules
        self._objections = objections

    def cancel(self, message: MessageId, *, account: AccountId | None = None) -> Tracked:
        """
        Call a message back that is not being sent yet, and give its credits back.

        Raises:
            NotFound: there is none, or it is not the account's.
            NotCancellable: it is being sent, was sent, or has ended.
        """
        now = self._clock.now()
        if account is not None:  # its owner's own affair, and told by the story
            return self._run(lambda work: _cancel(work, message, account=account, now=now))
        return self._decide(
            lambda work: _cancel(work, message, account=None, now=now), "message.cancelled", message
        )

    def withdraw(
        self,
        receipt: Receipt,
        *,
        account: AccountId,
        surface: Surface,
        idempotency_key: str | None = None,
    ) -> Future[Sequence[MessageId]]:
        """
        Take back what was accepted when its caller had been told that it was not.

        Its messages are called back before anybody can begin to send them, the month has room for
        them and their key is free again: the caller may repeat the request. The future tells the
        messages for which it was too late; then the key stays known. Does not block, and may be
        called from a callback of the submission's own future: only then it is sure to come first.

        Raises:
            ValueError: it is a replay: somebody was told that these messages were accepted.
            StoreUnavailable: the store is closed.
        """
        now = self._clock.now()
        if receipt.is_replay:
            raise ValueError("the messages of a replay were acknowledged to somebody before")

        def work(work: UnitOfWork) -> Sequence[MessageId]:
            left = [one.message for one in receipt.accepted if not _recall(work, one.message, now)]
            _make_room(work, account, messages=len(receipt.accepted) - len(left), now=now)
            if idempotency_key is not None and not left:
                _free_key(work, account=account, surface=surface, key=idempotency_key)
            return left

        return self._store.run(work, accounts=(account,), lane=Lane.RECALL)

    def resend(self, message: MessageId) -> Tracked:
        """
        Have a message sent again that failed, or that may have left; the decision is an operator's.

        It is a new attempt of the same message, planned anew by the rules of today, and paid for
        again as far as credits were given back. A message that waits for a channel gets its way
        anew; one that a phone has claimed goes back to the phone queue.

        Raises:
            NotFound: there is none.
            Conflict: it waits for its time, is being sent, was sent or called back, or its time is
                over.
            Rejected: planning refuses it now, its recipient opted out, or the account does not
                have the credits.
        """
        tracked, linked = self._store.read(lambda view: _look_up(view, message))
        now = self._clock.now()
        if _is_at_a_phone(tracked.delivery):
            return self._decide(
                lambda work: _put_back(work, message, now=now), "message.requeued", message
            )
        _check_resendable(tracked.delivery, now=now)
        account = self._settings.account(tracked.message.account)
        planned = self._plan(tracked, account, linked=linked, now=now)
        return self._decide(
            lambda work: self._resend(work, planned, now=now), "message.resent", message
        )

    def _resend(self, work: UnitOfWork, planned: Plan, *, now: datetime) -> Tracked:
        self._objections.check(work, planned.message)
        return _resend(work, planned, now=now)

    def _plan(
        self, tracked: Tracked, account: Account, *, linked: Collection[str], now: datetime
    ) -> Plan:
        """As planning would today, but for the text, which stays as it was accepted."""
        message = tracked.message
        return plan(
            message,
            account=account,
            routes=self._rules.routes(),
            topology=self._openings.topology(message.priority, now=now),
            now=now,
            description=describe_accepted(message),
            linked=linked,
        )

    def _decide(self, work: Callable[[UnitOfWork], T], what: str, message: MessageId) -> T:
        """As an operator does; the story says what came of it, and the audit log who it was."""
        return self._run(self._auditor.with_entry(work, what, f"{message:016x}"))

    def _run(self, work: Callable[[UnitOfWork], T]) -> T:
        return commit(self._store, work)


def _look_up(view: View, message: MessageId) -> tuple[Tracked, Collection[str]]:
    """A message, and the channels on which its recipient is linked."""
    tracked = view.outbox.get(message)
    if tracked is None:
        raise _no_message(message)
    return tracked, [link.channel for link in view.links.of(tracked.message.recipient)]


def _cancel(
    work: UnitOfWork, message: MessageId, *, account: AccountId | None, now: datetime
) -> Tracked:
    tracked = work.outbox.get(message)
    if tracked is None or account not in (None, tracked.message.account):
        raise _no_message(message)
    if not tracked.delivery.can_be_cancelled:
        begun = " and has begun to leave" if tracked.delivery.parts else ""
        raise NotCancellable(
            f"message {message:016x} is {tracked.delivery.status}{begun}; only one that waits can "
            "be cancelled"
        )
    cancelled = record(work, tracked.delivery.cancelled(at=now), at=now)
    return Tracked(message=tracked.message, delivery=cancelled)


def _recall(work: UnitOfWork, message: MessageId, now: datetime) -> bool:
    """Whether the message was called back in time."""
    tracked = work.outbox.get(message)
    if tracked is None or not tracked.delivery.can_be_cancelled:
        return False
    record(work, tracked.delivery.cancelled(at=now), at=now, detail={"why": "not acknowledged"})
    return True


def _make_room(work: UnitOfWork, account: AccountId, *, messages: int, now: datetime) -> None:
    counted = work.accounts.get(account)
    if counted is not None and messages:
        work.accounts.save(counted.uncounted(messages=messages, now=now))


def _free_key(work: UnitOfWork, *, account: AccountId, surface: Surface, key: str) -> None:
    """A record that has lived its life is replaced by the next one."""
    known = work.idempotency.get(account=account, surface=surface, key=key)
    if known is not None:
        work.idempotency.add(attrs.evolve(known, at=known.at - _LONG_AGO))


def _put_back(work: UnitOfWork, message: MessageId, *, now: datetime) -> Tracked:
    tracked = _found(work, message)
    if not _is_at_a_phone(tracked.delivery):
        raise _unfit(tracked.delivery)
    detail = {"channel": tracked.delivery.channel, "why": "operator"}
    requeued = record(
        work, tracked.delivery.requeued(), at=now, kind="message.requeued", detail=detail
    )
    return Tracked(message=tracked.message, delivery=requeued)


def _resend(work: UnitOfWork, planned: Plan, *, now: datetime) -> Tracked:
    tracked = _found(work, planned.message.id)
    _check_resendable(tracked.delivery, now=now)
    account = work.accounts.get(tracked.message.account)
    if account is None:
        raise NotFound(f"account {tracked.message.account} is gone")
    charged = tracked.delivery.charged
    owed = 0 if account.credits is None else max(0, planned.charge - charged)
    paid, entry = account.charge(
        credits=owed, message=tracked.message.id, now=now, why="sent again"
    )
    if entry is not None:
        work.accounts.save(paid)
        work.ledger.add(entry)
    resent = tracked.delivery.resent(at=now, route=planned.route, charged=charged + owed)
    detail: dict[str, str | int | None] = {
        "rule": planned.rule,
        "channels": ", ".join(leg.channel for leg in planned.route),
        "credits": owed,
    }
    return Tracked(
        message=tracked.message,
        delivery=record(work, resent, at=now, kind="message.resent", detail=detail),
    )


def _check_resendable(delivery: Delivery, *, now: datetime) -> None:
    can_be_resent = delivery.status in (Status.FAILED, Status.INDETERMINATE)
    if not (can_be_resent or delivery.can_be_rerouted):
        raise _unfit(delivery)
    if delivery.expires_at is not None and delivery.expires_at <= now:
        raise Conflict(
            f"message {delivery.message:016x} was to be sent before "
            f"{delivery.expires_at:%Y-%m-%d %H:%M:%S %Z}; submit it anew"
        )


def _is_at_a_phone(delivery: Delivery) -> bool:
    return delivery.claimed_at is not None


def _found(work: UnitOfWork, message: MessageId) -> Tracked:
    tracked = work.outbox.get(message)
    if tracked is None:
        raise _no_message(message)
    return tracked


def _unfit(delivery: Delivery) -> Conflict:
    return Conflict(
        f"message {delivery.message:016x} is {delivery.status}; only one that failed, is "
        "indeterminate, waits for a channel, or is claimed by a phone can be sent anew"
    )


def _no_message(message: MessageId) -> NotFound:
    return NotFound(f"there is no message {message:016x}")
