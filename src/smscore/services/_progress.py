"""
What follows from a changed delivery: it is saved, its event is written, credits go back.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from smscore.domain.deliveries import Delivery, DeliveryReport, ReportOutcome
from smscore.domain.events import next_event
from smscore.errors import Rejected
from smscore.ports.storage import UnitOfWork

__all__ = ["record", "record_report", "withhold"]


def record(
    work: UnitOfWork,
    delivery: Delivery,
    *,
    at: datetime,
    kind: str | None = None,
    detail: Mapping[str, str | int | None] | None = None,
) -> Delivery:
    """
    Keep a delivery that has just moved, in the unit of work that moved it.

    ``kind`` is the event's, ``message.<status>`` unless the move is not told by the status.
    """
    told = dict(detail or {})
    if refund := delivery.refundable:
        account = work.accounts.get(delivery.account)
        if account is not None:
            refunded, entry = account.refund(
                credits=refund, message=delivery.message, now=at, why=str(delivery.status)
            )
            if entry is not None:
                work.accounts.save(refunded)
                work.ledger.add(entry)
                told["refunded"] = refund
        delivery = replace(delivery, charged=delivery.charged - refund)
    if delivery.error and "error" not in told and delivery.error_code:
        told["error"] = delivery.error
    counted, event = next_event(
        delivery, kind=kind or f"message.{delivery.status}", at=at, detail=told
    )
    work.outbox.save(counted)
    work.events.add(event)
    settled = counted.settled(at=at)
    if settled.status is counted.status:
        return counted
    return record(work, settled, at=at)  # reports were faster than the receipt


def record_report(
    work: UnitOfWork, delivery: Delivery, report: DeliveryReport, *, at: datetime
) -> Delivery:
    """
    Fold a report into its delivery, and keep what it said for the story.

    One that says what was known already is not worth a word.
    """
    after = delivery.reported(report)
    is_news = report.outcome is ReportOutcome.PENDING and not delivery.status.is_final
    if after == delivery and not is_news:
        return delivery
    part = delivery.part_of(report)
    told: dict[str, str | int | None] = {
        "channel": report.channel,
        "part": None if part is None else part.number,
        "outcome": report.outcome.value,
        "report": report.detail,
    }
    moved = after.status is not delivery.status
    return record(work, after, at=at, kind=None if moved else "message.reported", detail=told)


def withhold(work: UnitOfWork, delivery: Delivery, reason: Rejected, *, at: datetime) -> Delivery:
    """Its recipient must not be written to any more: it is called back, whoever's turn it was."""
    withheld = delivery.withheld(at=at, code=reason.code, error=str(reason))
    return record(work, withheld, at=at, detail={"why": reason.code})
