"""
What must hold after the last life, one question after another; each yields what it found wrong.

Longer than most modules, so that all that the harness asks is read in one place.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

from callers import Attempt, Item
from evidence import Evidence
from installation import ATTEMPTS, CREDITS, FAILING, POLICIES, PRICES, REFUSED
from witness import AT_A_PART, Verdict

from smscore.domain.deliveries import Delivery, Status
from smscore.domain.events import NO_MESSAGE

__all__ = ["CHECKS", "findings"]

_ARRIVED = {Status.SENT, Status.DELIVERED}
_MOST_SHOWN = 5
_LOST_REPORTS = 8  # with each life, by a machine on which everything takes long
_ID = re.compile(r"\b[0-9a-f]{16}\b")


def findings(evidence: Evidence) -> list[str]:
    """Everything that is wrong, the first few of each kind."""
    found = []
    for check in CHECKS:
        wrong = list(check(evidence))
        found += [f"{check.__name__}: {one}{_story(evidence, one)}" for one in wrong[:_MOST_SHOWN]]
        if len(wrong) > _MOST_SHOWN:
            found.append(f"{check.__name__}: and {len(wrong) - _MOST_SHOWN} more")
    return found


def every_promise_is_kept(evidence: Evidence) -> Iterator[str]:
    """What was acknowledged is stored, under that id, for that recipient."""
    for attempt, item, message in _promises(evidence):
        delivery = evidence.deliveries.get(message)
        if delivery is None:
            yield f"{message:016x} was promised by {attempt.surface} and is not there"
        elif delivery.recipient.value != item.recipient:
            yield f"{message:016x} is for another recipient than promised"


def nothing_is_stored_twice(evidence: Evidence) -> Iterator[str]:
    """A request is stored once, or, if it was never answered and bore no key, maybe not at all."""
    stored = Counter(delivery.recipient.value for delivery in evidence.deliveries.values())
    for attempt in evidence.attempts:
        counts = {stored.pop(item.recipient, 0) for item in attempt.items}
        what = f"{attempt.surface} {attempt.key} {[item.recipient for item in attempt.items]}"
        if attempt.key and attempt.answer is None:
            yield f"{what} was repeated and never answered"
        if counts not in ({1}, {0}):
            yield f"{what} is stored in parts or more than once: {counts}"
        elif counts == {0} and attempt.answer is not None:
            yield f"{what} was answered and is not there"
    for recipient in stored:
        yield f"{recipient}: nobody asked for that"


def keys_replay_their_first_answer(evidence: Evidence) -> Iterator[str]:
    """An answer under a key is the same in every life, to the byte."""
    yield from evidence.faults


def every_status_is_legal(evidence: Evidence) -> Iterator[str]:
    """Every message has reached an end, or an in-between that is honest under its policy."""
    for message, delivery in evidence.deliveries.items():
        legal = _legal(delivery)
        if delivery.status not in legal:
            yield (
                f"{message:016x} to {delivery.recipient} by {delivery.channel} is "
                f"{delivery.status}: {delivery.error}"
            )
        if delivery.owner is not None:
            yield f"{message:016x} is {delivery.status} and held by {delivery.owner}"


def doubt_needs_a_death(evidence: Evidence) -> Iterator[str]:
    """A channel hands over one part at a time: a life leaves at most one of them in doubt."""
    doubtful = Counter(
        delivery.channel
        for delivery in evidence.deliveries.values()
        if delivery.status is Status.INDETERMINATE or delivery.error_code == "in_doubt"
    )
    for channel, count in doubtful.items():
        if count > evidence.lives:
            yield f"{count} messages of {channel} are in doubt after {evidence.lives} lives"


def no_part_is_sent_twice(evidence: Evidence) -> Iterator[str]:
    """Unless the policy says so, and only the one that was on its way when a life ended."""
    channels = {
        delivery.recipient.value: delivery.channel for delivery in evidence.deliveries.values()
    }
    copies = defaultdict(list)
    for sending in evidence.sendings:
        copies[sending.recipient, sending.pdu].append(sending)
    for (recipient, _), sendings in copies.items():
        if len(sendings) > 1 and POLICIES.get(channels.get(recipient, "")) != "resend":
            yield f"a part to {recipient} was sent in the lives {[s.life for s in sendings]}"
        for one, other in pairwise(sendings):
            if one.life == other.life:
                yield f"a part to {recipient} was sent twice in life {one.life}"
            elif not one.is_last:
                yield f"a part to {recipient} of life {one.life} was not in doubt and sent again"


def what_is_said_to_be_sent_was_sent(evidence: Evidence) -> Iterator[str]:
    """And what failed before a modem took it was not."""
    parts = {item.recipient: item.parts for one in evidence.attempts for item in one.items}
    for message, delivery in evidence.deliveries.items():
        if not delivery.channel.startswith("modem"):
            continue
        recipient = delivery.recipient.value
        taken, wanted = len(evidence.sent_to(recipient)), parts.get(recipient, 0)
        if delivery.status in _ARRIVED and taken != wanted:
            yield f"{message:016x} is {delivery.status} with {taken} of {wanted} parts"
        if recipient.startswith(REFUSED) and taken:
            yield f"{message:016x} was taken by a network that refuses it"
    for recipient in set(evidence.sent) - set(parts):
        yield f"{recipient} got a message that nobody submitted"


def most_reports_are_kept(evidence: Evidence) -> Iterator[str]:
    """A modem keeps no copy of a report, so each death may lose some, but not most of all."""
    counts = Counter(
        delivery.status
        for delivery in evidence.deliveries.values()
        if delivery.channel.startswith("modem")
    )
    if counts[Status.SENT] > counts[Status.DELIVERED] + _LOST_REPORTS * evidence.lives:
        yield f"{counts[Status.SENT]} are sent, only {counts[Status.DELIVERED]} delivered"


def the_ledger_adds_up(evidence: Evidence) -> Iterator[str]:
    """Entries, their running balance, the account and what the messages cost are one sum."""
    balance = 0
    for entry in evidence.entries:
        balance += entry.credits
        if entry.balance != balance:
            yield f"an entry says {entry.balance} and the entries before it {balance}"
            balance = entry.balance
    if evidence.account.credits != sum(entry.credits for entry in evidence.entries):
        yield f"the balance is {evidence.account.credits}, the entries say otherwise"
    charged = sum(delivery.charged for delivery in evidence.deliveries.values())
    if evidence.account.credits != CREDITS - charged:
        yield f"the balance is {evidence.account.credits}, the messages cost {charged}"


def messages_cost_what_they_should(evidence: Evidence) -> Iterator[str]:
    """The parts at the price of the channel that carried them; nothing if nobody did."""
    for message, delivery in evidence.deliveries.items():
        expected = _cost(delivery)
        if expected is not None and delivery.charged != expected:
            yield f"{message:016x} is {delivery.status}, cost {delivery.charged}, not {expected}"


def quota_counts_each_message_once(evidence: Evidence) -> Iterator[str]:
    """What was accepted this month is what is stored."""
    if evidence.account.used != len(evidence.deliveries):
        yield f"{evidence.account.used} are counted, {len(evidence.deliveries)} are stored"


def events_have_no_gaps(evidence: Evidence) -> Iterator[str]:
    """Each message's events count from 1, and the last is the one its delivery knows of."""
    newest = {message: delivery.sequence for message, delivery in evidence.deliveries.items()}
    newest |= {message.id: 1 for message in evidence.inbound}
    # On a busy machine a modem may be down for long enough to be told of.
    newest[NO_MESSAGE] = len(evidence.events.get(NO_MESSAGE, ()))
    for message in {*newest, *evidence.events}:
        numbers = [event.sequence for event in evidence.events.get(message, ())]
        if numbers != list(range(1, newest.get(message, 0) + 1)):
            yield f"{message:016x} has the events {numbers} of {newest.get(message)}"


def phones_got_each_message_once(evidence: Evidence) -> Iterator[str]:
    """What one phone has, no other gets."""
    for message, times in Counter(evidence.handed_out).items():
        if times > 1:
            yield f"{message:016x} was handed out {times} times"
        if message not in evidence.deliveries:
            yield f"{message:016x} was handed out and is not there"


def phones_are_believed(evidence: Evidence) -> Iterator[str]:
    """A phone's word that was acknowledged is there."""
    for message, is_delivered in evidence.told.items():
        delivery = evidence.deliveries.get(message)
        expected = Status.DELIVERED if is_delivered else Status.FAILED
        if delivery is not None and delivery.status is not expected:
            yield f"{message:016x} is {delivery.status}, and the phone said {expected}"


def inbound_messages_arrive_once(evidence: Evidence) -> Iterator[str]:
    """However often a modem offers them."""
    arrived = Counter(message.text for message in evidence.inbound)
    for text in evidence.written:
        if arrived[text] != 1:
            yield f"{text[:20]!r} arrived {arrived[text]} times"
    for text in set(arrived) - set(evidence.written):
        yield f"{text[:20]!r} was never written"


def a_unit_is_all_or_nothing(evidence: Evidence) -> Iterator[str]:
    """A submission that died before its commit left nothing, one that died after it all."""
    for note in evidence.notes:
        for message in note.get("messages", ()):
            is_there = message in evidence.deliveries
            if is_there is not note["point"].startswith("after"):
                yield f"{note['point']}: {message:016x} is {'there' if is_there else 'missing'}"


def the_next_life_decides_by_the_marks(evidence: Evidence) -> Iterator[str]:
    """Of the message at whose part a life ended, and as its channel's policy has it."""
    for verdict in evidence.verdicts:
        policy = POLICIES[verdict.note["channel"]]
        is_in_doubt, _ = AT_A_PART[verdict.note["point"]]
        in_doubt = verdict.status is Status.INDETERMINATE or verdict.error_code == "in_doubt"
        is_used_up = verdict.attempts >= ATTEMPTS[verdict.note["channel"]]
        is_resent = policy == "resend" and not is_used_up
        is_right = in_doubt is (is_in_doubt and not is_resent)
        if in_doubt:
            is_right &= (verdict.error_code == "in_doubt") is (policy == "fail")
        if not is_right or not verdict.is_news:
            yield f"{_place(verdict)}, {policy}: {verdict.status} {verdict.error_code or ''}"


def what_was_in_doubt_is_left_alone(evidence: Evidence) -> Iterator[str]:
    """The network has what it had when the life ended, if nobody wants it sent again."""
    for verdict in evidence.verdicts:
        note, delivery = verdict.note, evidence.deliveries[verdict.message]
        is_in_doubt, is_taken = AT_A_PART[note["point"]]
        if is_in_doubt and POLICIES[note["channel"]] != "resend":
            taken = len(evidence.sent_to(delivery.recipient.value))
            if taken != note["part"] - 1 + is_taken:
                yield f"{_place(verdict)}: the network has {taken} of its parts"


CHECKS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    every_promise_is_kept,
    nothing_is_stored_twice,
    keys_replay_their_first_answer,
    every_status_is_legal,
    doubt_needs_a_death,
    no_part_is_sent_twice,
    what_is_said_to_be_sent_was_sent,
    most_reports_are_kept,
    the_ledger_adds_up,
    messages_cost_what_they_should,
    quota_counts_each_message_once,
    events_have_no_gaps,
    phones_got_each_message_once,
    phones_are_believed,
    inbound_messages_arrive_once,
    a_unit_is_all_or_nothing,
    the_next_life_decides_by_the_marks,
    what_was_in_doubt_is_left_alone,
)


def _story(evidence: Evidence, finding: str) -> str:
    """What happened to the messages that a finding names."""
    told = [
        f"\n    {event.at:%H:%M:%S.%f} {event.message:016x} {event.sequence} {event.kind} "
        f"{dict(event.detail)}"
        for message in _ID.findall(finding)
        for event in evidence.events.get(int(message, 16), ())
    ]
    return "".join(told)


def _place(verdict: Verdict) -> str:
    note = verdict.note
    return f"{verdict.message:016x} {note['point']}, part {note['part']} of {note['parts']}"


def _legal(delivery: Delivery) -> set[Status]:
    """The statuses in which a message may be left."""
    recipient = delivery.recipient.value
    if not delivery.channel.startswith("modem"):
        return {Status.SENDING, Status.DELIVERED, Status.FAILED}  # a phone need not tell
    if delivery.error_code == "in_doubt":
        return {Status.FAILED} if POLICIES[delivery.channel] == "fail" else set()
    legal = {Status.FAILED} if recipient.startswith(REFUSED) else set(_ARRIVED)
    if recipient.startswith(FAILING):
        legal = {Status.SENT, Status.FAILED}  # without its report if a life ended with it
    policy = POLICIES[delivery.channel]
    if policy == "indeterminate" or (policy == "resend" and _is_used_up(delivery)):
        legal.add(Status.INDETERMINATE)
    return legal


def _cost(delivery: Delivery) -> int | None:
    """What a message should have cost in the end; None: it is in doubt."""
    if not delivery.channel.startswith("modem"):
        return 0
    if delivery.status is Status.INDETERMINATE or delivery.error_code == "in_doubt":
        return None
    if delivery.recipient.value.startswith(REFUSED):
        return 0
    return delivery.segments * PRICES[delivery.channel]


def _promises(evidence: Evidence) -> Iterator[tuple[Attempt, Item, int]]:
    for attempt in evidence.attempts:
        if attempt.answer is not None:
            for item, message in zip(attempt.items, attempt.messages, strict=True):
                yield attempt, item, message


def _is_used_up(delivery: Delivery) -> bool:
    """Whether it was tried as often as anything is, so that a doubt stays one."""
    return delivery.attempts >= ATTEMPTS.get(delivery.channel, math.inf)
