"""
Messages are accepted: paid for and stored, in the unit of work of whoever makes them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from smscore.domain.accounts import Account
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.planning import Plan
from smscore.domain.receipts import AcceptedItem, Receipt, RefusedItem
from smscore.errors import InvalidRequest
from smscore.ports.storage import UnitOfWork

__all__ = ["accept"]


def accept(
    work: UnitOfWork,
    plans: Sequence[tuple[int, Plan]],
    *,
    account: AccountId,
    now: datetime,
    refused: Sequence[RefusedItem] = (),
    left_out: str | None = None,
) -> Receipt:
    """
    Take what planned messages cost from their account, and queue them: all of them or none.

    Each has its place in the request; ``refused`` are those of it that have no plan, ``left_out``
    what the story of the first message tells of some of them.

    Raises:
        SubscriptionRequired, LimitExceeded, InsufficientCredits: as of the account.
        InvalidRequest: the account is gone.
    """
    payer = work.accounts.get(account)
    if payer is None:
        raise InvalidRequest(f"account {account} is gone")
    credits = sum([plan.way.charge for _, plan in plans])
    first = plans[0][1].message.id
    spent, entry = payer.spend(messages=len(plans), credits=credits, first=first, now=now)
    work.accounts.save(spent)
    if entry is not None:
        work.ledger.add(entry)
    return Receipt(
        accepted=_store(work, plans, spent=spent, left_out=left_out, now=now),
        refused=tuple(refused),
        credits_used=credits,
        credits_remaining=spent.credits,
    )


def _store(
    work: UnitOfWork,
    plans: Sequence[tuple[int, Plan]],
    *,
    spent: Account,
    left_out: str | None,
    now: datetime,
) -> tuple[AcceptedItem, ...]:
    first = plans[0][1].message.id
    is_metered = spent.credits is not None
    # The same for all, and written once.
    quota, request = None, f"{first:016x}" if len(plans) > 1 else None
    if spent.monthly_limit is not None:
        quota = f"{spent.used} of {spent.monthly_limit} in {spent.month}"
    turns = _take_turns(work, plans, now=now)
    stored = []
    for index, planned in plans:
        message, charge = planned.message, planned.way.charge
        delivery, event = planned.begin(
            charged=charge if is_metered else 0,
            quota=quota,
            request=None if message.id == first else request,
            turn=turns.get(message.id) if turns else None,
            left_out=left_out if message.id == first else None,
        )
        work.outbox.add(message, delivery)
        work.events.add(event)
        stored.append(
            AcceptedItem(
                index=index,
                message=message.id,
                to=message.recipient_as_given,
                status=delivery.status,
                credits=charge,
            )
        )
    return tuple(stored)


def _take_turns(
    work: UnitOfWork, plans: Sequence[tuple[int, Plan]], *, now: datetime
) -> Mapping[MessageId, datetime]:
    """When those may leave whose rule has a pace; what is for later anyway takes no turn."""
    paced: dict[tuple[str, int], list[MessageId]] = {}
    for _, one in plans:
        if one.pace is not None and one.message.not_before is None:
            paced.setdefault((one.rule, one.pace), []).append(one.message.id)
    turns: dict[MessageId, datetime] = {}
    for (rule, pace), messages in paced.items():
        gap = timedelta(minutes=1) / pace
        first = work.routing.take_turns(rule, count=len(messages), gap=gap, now=now)
        turns.update((one, first + place * gap) for place, one in enumerate(messages))
    return turns
