"""
The harness is able to find what it looks for: each question, asked of a world that is wrong.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from callers import Attempt, Item
from checks import CHECKS, findings, the_next_life_decides_by_the_marks
from evidence import Evidence, Sending
from installation import CREDITS
from msgspec.structs import replace
from trial import stumbles
from witness import Verdict

from smscore.domain.deliveries import Delivery, Leg, Status
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.testing.builders import NOON, a_delivery, a_message, an_account

BY_MODEM, BY_PHONE, INBOUND = "+491700000001", "+491730000002", 3
SENDING = Sending(recipient=BY_MODEM, pdu="00", life=1, is_last=True)


def delivery_of(number: int, recipient: str, channel: str, **changes: Any) -> Delivery:
    message = a_message(id=MessageId(number), recipient=PhoneNumber(recipient))
    changes = {"status": Status.DELIVERED, "sequence": 3, **changes}
    return a_delivery(message, route=(Leg(channel=channel, price=1),), **changes)


def events_of(number: int, count: int) -> list[Event]:
    return [
        Event(message=MessageId(number), account=AccountId(1), sequence=sequence, kind="x", at=NOON)
        for sequence in range(1, count + 1)
    ]


def an_entry(credits: int, balance: int) -> Entry:
    kind = EntryKind.TOPUP if credits > 0 else EntryKind.CHARGE
    return Entry(account=AccountId(1), kind=kind, credits=credits, balance=balance, at=NOON)


def an_attempt(recipient: str, number: int) -> Attempt:
    return Attempt(
        surface="queue",
        items=(Item(recipient=recipient, text="x", parts=1),),
        key=f"key-{number}",
        answer=b"",
        messages=(number,),
    )


def an_evidence(**changes: Any) -> Evidence:
    """One message by a modem, one by a phone, one that arrived; all of it in order."""
    return Evidence(
        **{
            "lives": 2,
            "attempts": [an_attempt(BY_MODEM, 1), an_attempt(BY_PHONE, 2)],
            "handed_out": [2],
            "told": {2: True},
            "faults": [],
            "written": ["hi"],
            "notes": [],
            "verdicts": [],
            "sendings": [SENDING],
            "sent": {BY_MODEM: Counter({"00": 1})},
            "deliveries": {
                1: delivery_of(1, BY_MODEM, "modem-1", charged=1),
                2: delivery_of(2, BY_PHONE, "phones/acme"),
            },
            "account": an_account(credits=CREDITS - 1, used=2),
            "entries": [an_entry(CREDITS, CREDITS), an_entry(-1, CREDITS - 1)],
            "events": {1: events_of(1, 3), 2: events_of(2, 3), INBOUND: events_of(INBOUND, 1)},
            "inbound": [
                InboundMessage(
                    id=MessageId(INBOUND),
                    account=None,
                    channel="modem-1",
                    sender="+491609999999",
                    text="hi",
                    received_at=NOON,
                )
            ],
            **changes,
        }
    )


def a_verdict(point: str, **changes: Any) -> Verdict:
    note = {"point": point, "channel": "modem-1", "message": 1, "part": 1, "parts": 1}
    outcome = {"status": Status.INDETERMINATE, "error_code": "indeterminate", "is_news": True}
    note["channel"] = changes.pop("channel", note["channel"])
    return Verdict(note=note, message=1, **{**outcome, "attempts": 1, **changes})


def with_delivery(evidence: Evidence, number: int, **changes: Any) -> Evidence:
    changed = replace(evidence.deliveries[number], **changes)
    return attrs.evolve(evidence, deliveries={**evidence.deliveries, number: changed})


GOOD = an_evidence()
LOST = attrs.evolve(GOOD, deliveries={2: GOOD.deliveries[2]})
AGAIN = attrs.evolve(SENDING, life=2)
DOUBTS = {
    number: delivery_of(number, BY_MODEM, "modem-1", status=Status.INDETERMINATE)
    for number in range(1, 5)
}
UNREPORTED = {
    number: delivery_of(number, BY_MODEM, "modem-1", status=Status.SENT) for number in range(20)
}

WRONG: dict[str, list[Evidence]] = {
    "every_promise_is_kept": [LOST],
    "nothing_is_stored_twice": [
        LOST,
        attrs.evolve(GOOD, attempts=GOOD.attempts[:1]),
        attrs.evolve(GOOD, deliveries={**GOOD.deliveries, 9: delivery_of(9, BY_MODEM, "modem-1")}),
    ],
    "keys_replay_their_first_answer": [attrs.evolve(GOOD, faults=["another answer"])],
    "every_status_is_legal": [
        with_delivery(GOOD, 1, status=Status.QUEUED),
        with_delivery(GOOD, 1, status=Status.FAILED),
        with_delivery(GOOD, 1, route=(Leg(channel="modem-3", price=1),), status=Status.QUEUED),
    ],
    "doubt_needs_a_death": [attrs.evolve(GOOD, deliveries=DOUBTS)],
    "no_part_is_sent_twice": [attrs.evolve(GOOD, sendings=[SENDING, AGAIN])],
    "what_is_said_to_be_sent_was_sent": [attrs.evolve(GOOD, sent={})],
    "most_reports_are_kept": [attrs.evolve(GOOD, deliveries=UNREPORTED)],
    "the_ledger_adds_up": [
        attrs.evolve(GOOD, entries=GOOD.entries[:1]),
        attrs.evolve(GOOD, account=an_account(credits=CREDITS, used=2)),
    ],
    "messages_cost_what_they_should": [with_delivery(GOOD, 1, charged=2)],
    "quota_counts_each_message_once": [
        attrs.evolve(GOOD, account=an_account(credits=CREDITS - 1, used=3))
    ],
    "events_have_no_gaps": [
        attrs.evolve(GOOD, events={**GOOD.events, 1: [*events_of(1, 1), events_of(1, 3)[2]]}),
        attrs.evolve(GOOD, events={**GOOD.events, INBOUND: []}),
        attrs.evolve(GOOD, events={**GOOD.events, 0: events_of(0, 2)[1:]}),
    ],
    "phones_got_each_message_once": [attrs.evolve(GOOD, handed_out=[2, 2])],
    "phones_are_believed": [attrs.evolve(GOOD, told={2: False})],
    "inbound_messages_arrive_once": [
        attrs.evolve(GOOD, inbound=[]),
        attrs.evolve(GOOD, inbound=[*GOOD.inbound, *GOOD.inbound]),
    ],
    "a_unit_is_all_or_nothing": [
        attrs.evolve(GOOD, notes=[{"point": "inside-submission", "messages": [1]}]),
        attrs.evolve(GOOD, notes=[{"point": "after-submission", "messages": [7]}]),
    ],
    "the_next_life_decides_by_the_marks": [
        attrs.evolve(GOOD, verdicts=[a_verdict("after-claim")]),
        attrs.evolve(GOOD, verdicts=[a_verdict("after-submitting", status=Status.QUEUED)]),
        attrs.evolve(GOOD, verdicts=[a_verdict("after-submitting", is_news=False)]),
        attrs.evolve(
            GOOD,
            verdicts=[
                a_verdict("after-submitting", channel="modem-2", attempts=6, status=Status.QUEUED)
            ],
        ),
    ],
    "what_was_in_doubt_is_left_alone": [
        attrs.evolve(GOOD, verdicts=[a_verdict("after-submitting")])
    ],
}


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert findings(GOOD) == []


def test_a_channel_may_be_down_for_long_enough_to_be_told_of() -> None:
    assert findings(attrs.evolve(GOOD, events={**GOOD.events, 0: events_of(0, 2)})) == []


def test_a_part_in_doubt_may_be_sent_again_where_the_policy_says_so() -> None:
    route = (Leg(channel="modem-2", price=2),)
    evidence = with_delivery(GOOD, 1, route=route, charged=2)
    evidence = attrs.evolve(
        evidence,
        sendings=[SENDING, AGAIN],
        account=an_account(credits=CREDITS - 2, used=2),
        entries=[an_entry(CREDITS, CREDITS), an_entry(-2, CREDITS - 2)],
    )

    assert findings(evidence) == []


def test_a_message_resent_may_use_up_its_tries_on_another_channel_later() -> None:
    verdict = a_verdict(
        "after-submitting", channel="modem-2", status=Status.QUEUED, error_code=None
    )
    evidence = with_delivery(GOOD, 1, route=(Leg(channel="modem-3", price=1),), attempts=2)

    assert not [*the_next_life_decides_by_the_marks(attrs.evolve(evidence, verdicts=[verdict]))]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_each_question_finds_what_it_asks_for(check: Callable[[Evidence], Any]) -> None:
    for evidence in WRONG[check.__name__]:
        assert list(check(evidence))


def test_a_stumble_is_named_by_what_it_came_to() -> None:
    log = """== life 1
2026-03-01 ERROR smscore.runner: stumbled
Traceback (most recent call last):
  File "x.py", line 1, in x
    x()
psycopg.OperationalError: the connection is lost
\tThis probably means the server terminated

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "y.py", line 1, in y
smscore.errors.StoreUnavailable: the database failed
2026-03-01 INFO smscore: and on
Traceback (most recent call last):
  File "z.py", line 1, in z
KeyError: 'z'
"""

    assert stumbles(log) == [
        "smscore.errors.StoreUnavailable: the database failed",
        "KeyError: 'z'",
    ]
