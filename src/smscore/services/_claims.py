"""
Putting back what phones were handed and have said nothing of, in bounded steps.
"""

from datetime import datetime

from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId
from smscore.domain.policies import CustodyPolicy, DoubtPolicy
from smscore.ports.storage import UnitOfWork
from smscore.services._progress import record

__all__ = ["STEP", "end_leases", "put_back"]

STEP = 200
"""Messages in one unit of work: others want to write within 50 ms."""

_AGAIN = CustodyPolicy(in_doubt=DoubtPolicy.RESEND)
_SILENT = "no phone has said what became of it"


def put_back(work: UnitOfWork, account: AccountId, *, before: datetime, now: datetime) -> int:
    """An operator wants what was handed out before then to be up again; says how many that were."""
    claimed = work.outbox.claimed(account, before=before, limit=STEP)
    for delivery in claimed:
        detail = {"channel": delivery.channel, "why": "operator"}
        record(work, delivery.requeued(), at=now, kind="message.requeued", detail=detail)
    return len(claimed)


def end_leases(work: UnitOfWork, account: AccountId, *, before: datetime, now: datetime) -> int:
    """
    The account's lease has ended for what was handed out before then; says for how many.

    They are up again as often as anything is tried: phones that never tell must not send the same
    text for ever.
    """
    claimed = work.outbox.claimed(account, before=before, limit=STEP)
    for delivery in claimed:
        after = delivery.in_doubt(at=now, error=_SILENT, policy=_AGAIN)
        kind = "message.requeued" if after.status is Status.QUEUED else None
        detail = {"channel": delivery.channel, "why": "lease", "error": _SILENT}
        record(work, after, at=now, kind=kind, detail=detail)
    return len(claimed)
