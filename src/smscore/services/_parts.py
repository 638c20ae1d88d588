"""
What becomes of parts: a whole message, one with gaps, or more of one that had some.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.events import Event
from smscore.domain.gaps import MOST_REUSES, OpenGroup, Turn, turn_of
from smscore.domain.inbound import TELEGRAM_SENDER, InboundKind, InboundMessage, InboundPart
from smscore.domain.inbound_rules import InboundRules
from smscore.domain.joining import LONGEST_WAIT, Joined, join
from smscore.domain.messages import MessageId, clean_text
from smscore.ports.storage import UnitOfWork
from smscore.services._addressees import Arrival
from smscore.services._ruling import Ruling

__all__ = ["keep", "publish_next"]

_MOST_LOOKED_AT = 2000
"""Parts under one reference; what is more has its turn when these are no longer open."""


def keep(
    work: UnitOfWork, part: InboundPart, number: MessageId, *, owner: str | None, ruling: Ruling
) -> Arrival | None:
    """
    Keep a part: the message, with its first event, if it is whole with it and nobody has seen it.

    Of one that was published with gaps it fills one, and nothing else is done.
    """
    if not work.inbox.add_part(part):
        return None  # offered again, since the modem did not hear that it was stored
    joined = _joined_with(part, work)
    seen = _seen(work, joined)
    if seen is not None:
        _fill(work, seen, joined, part, now=ruling.forwarding.now)
        return None
    if not joined.is_complete:
        return None
    arrival = _publish(
        work, joined, number, last=part, at=part.received_at, owner=owner, ruling=ruling
    )
    work.inbox.joined([*joined.parts, *joined.duplicates])
    return arrival


def publish_next(
    work: UnitOfWork,
    *,
    group: OpenGroup,
    ids: Sequence[MessageId],
    owner: str | None,
    ruling: Ruling,
    wait: timedelta,
    is_too_many: bool,
) -> bool:
    """
    Publish one message of a group as it is, or close one; whether anything was to be done.

    It does what the rules say. A word to us it is not: nobody knows what stood beside it.

    Raises:
        TooFewIds: nothing is to be kept.
    """
    now = ruling.forwarding.now
    for age, joined in enumerate(reversed(join(work.inbox.parts_of(group, limit=_MOST_LOOKED_AT)))):
        turn = turn_of(joined, now=now, wait=wait, is_too_many=is_too_many or age >= MOST_REUSES)
        parts = [*joined.parts, *joined.duplicates]
        if turn is Turn.CLOSED:
            work.inbox.joined(parts)
            return True
        if turn is Turn.PUBLISHED:
            asked = _asked(ruling, joined)
            arrival = _publish(
                work, joined, ids[0], last=joined.newest, at=now, owner=owner, ruling=asked
            )
            work.inbox.published(parts, arrival.message.id)
            if joined.is_complete:
                work.inbox.joined(parts)
            asked.carry_out(work, arrival, ids=ids[1:])
            return True
    return False


def _asked(ruling: Ruling, joined: Joined) -> Ruling:
    """No rules for what lay about for days, as before an upgrade: whoever is written to wonders."""
    if joined.newest.received_at > ruling.forwarding.now - LONGEST_WAIT:
        return ruling
    fault = f"it is older than {LONGEST_WAIT // timedelta(hours=1)} hours"
    return attrs.evolve(ruling, rules=InboundRules(), fault=fault)


def _publish(
    work: UnitOfWork,
    joined: Joined,
    number: MessageId,
    *,
    last: InboundPart,
    at: datetime,
    owner: str | None,
    ruling: Ruling,
) -> Arrival:
    """Make a message of what there is, and begin its story."""
    account = work.accounts.named(owner) if owner else None
    account_id = account.id if account else None
    message = InboundMessage(
        id=number,
        account=account_id,
        channel=last.channel,
        sender=_sender_of(last, work),
        text=clean_text(joined.text),
        received_at=last.received_at,
        sent_at=last.sent_at,
        kind=last.kind,
        missing=joined.missing,
    )
    arrival = Arrival.of(work, message, is_automatic=last.is_automatic, now=ruling.forwarding.now)
    work.inbox.add(message)
    work.events.add(
        Event(
            message=number,
            account=account_id,
            sequence=1,
            kind="message.received",
            at=at,
            detail={
                "channel": last.channel,
                **_told(joined),
                "kind": last.kind.value,
                **({"subject": clean_text(last.subject)} if last.subject else {}),
                **ruling.seen(arrival),
            },
        )
    )
    return arrival


def _fill(
    work: UnitOfWork, seen: InboundMessage, joined: Joined, part: InboundPart, *, now: datetime
) -> None:
    """More of a message that was published with gaps."""
    work.inbox.published([part], seen.id)
    if part in joined.parts:
        text = clean_text(joined.text)
        work.inbox.complete(attrs.evolve(seen, text=text, missing=joined.missing))
        work.events.add(
            Event(
                message=seen.id,
                account=seen.account,
                sequence=len(work.events.of(seen.id)) + 1,
                kind="message.updated",
                at=now,
                detail=_told(joined),
            )
        )
    if joined.is_complete:
        work.inbox.joined([*joined.parts, *joined.duplicates])


def _told(joined: Joined) -> Mapping[str, str | int]:
    """How many parts there are; of a message with gaps, of how many and which ones are missing."""
    told: dict[str, str | int] = {"parts": len(joined.parts)}
    if joined.missing:
        told |= {"of": joined.total, "missing": " ".join(map(str, joined.missing))}
    return told


def _seen(work: UnitOfWork, joined: Joined) -> InboundMessage | None:
    """The message that was made of it, unless that is gone."""
    number = joined.published_as
    if number is None:
        return None
    found = work.inbox.find(before=MessageId(number + 1), limit=1)
    return found[0] if found and found[0].id == number else None


def _sender_of(part: InboundPart, work: UnitOfWork) -> str:
    """Who wrote: by Telegram, the number that is linked to the chat, if one is."""
    if part.kind is not InboundKind.TELEGRAM:
        return part.sender
    link = work.links.at(part.channel, part.sender.removeprefix(TELEGRAM_SENDER))
    return part.sender if link is None else link.number.value


def _joined_with(part: InboundPart, work: UnitOfWork) -> Joined:
    """The message, whole or not, to which a part that was just stored belongs."""
    siblings = [part]
    if part.concatenation is not None:
        limit = MOST_REUSES * part.concatenation.total
        siblings = list(work.inbox.siblings(part, limit=limit))
    return next(
        joined for joined in join(siblings) if part in joined.parts or part in joined.duplicates
    )
