"""Pushes are made until they are heard, refused or given up, and hold up nobody else."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from telling import advance, open_gateway, settle, submit

from smscore import Gateway
from smscore.domain.destinations import HttpCall, IsmsPush
from smscore.domain.inbound_rules import InboundRule, Replacing
from smscore.domain.messages import MessageId
from smscore.ports.webhooks import Answer, Push
from smscore.services.webhooks import Deliveries
from smscore.testing import FakeSender, ManualClock, MemoryStore, a_part

HOST = "http://10.0.0.9:8080"
CALL = HttpCall(url=f"{HOST}/in?key=hush-word&text=$TXT$")
FORM = IsmsPush(url=f"{HOST}/cgi-bin/sms?key=hush-word", username="horst", password="push-word")
BROKEN = Answer(seconds=0.1, status=500, error="the endpoint answered 500", body=b"oops")
DAY = timedelta(days=1)


def answered(body: bytes) -> Answer:
    return Answer(seconds=0.1, status=200, body=body)


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender(lambda _: answered(b"ACCEPTED"))


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore, sender: FakeSender) -> Iterator[Gateway]:
    with open_gateway(clock, store, sender) as gateway:
        gateway.administration.create_account("acme")
        yield gateway


def push(gateway: Gateway, *destinations: HttpCall | IsmsPush, **values: Any) -> MessageId:
    """A message arrives, for which a rule makes these calls."""
    rule = InboundRule(name="all", destinations=destinations)
    gateway.rules.apply([], inbound=[rule])
    part = a_part(sender="+919845346160", user_data="hi there".encode("utf-16-be"), **values)
    gateway.reception.received(part)
    return gateway.inquiry.inbound(limit=1)[0].id


def fates(gateway: Gateway, message: MessageId) -> list[tuple[str, int, str | None]]:
    found = gateway.pushes.of(message)
    return [(one.posting.state.value, len(one.attempts), one.posting.last_error) for one in found]


def test_pushes_are_made_as_they_are_meant(gateway: Gateway, sender: FakeSender) -> None:
    message = push(gateway, CALL, FORM)
    settle(gateway)

    called, posted = sender.pushes
    assert (called.url, called.form) == (f"{HOST}/in?key=hush-word&text=hi%20there", None)
    assert posted.url == FORM.url
    assert (posted.form or b"").startswith(b"username=horst&password=push%2Dword&XMLDATA=")
    ids = [one.posting.id for one in gateway.pushes.of(message)]
    assert [called.push_id, posted.push_id] == [f"push_{one:016x}" for one in ids]
    assert fates(gateway, message) == [("delivered", 1, None)] * 2


def test_a_refusal_is_final(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    sender.answer = lambda _: answered(b"NOT ACCEPTED")
    with caplog.at_level(logging.WARNING):
        message = push(gateway, FORM)
        (told,) = gateway.pushes.of(message)
        settle(gateway)
    advance(gateway, clock, DAY, steps=10)

    assert fates(gateway, message) == [("dead", 1, "the receiver answered NOT ACCEPTED")]
    assert caplog.messages == [
        f"push_{told.posting.id:016x} to {HOST} is given up: the receiver answered NOT ACCEPTED"
    ]


def test_a_receiver_that_refuses_is_not_left_alone(gateway: Gateway, sender: FakeSender) -> None:
    sender.answer = lambda _: answered(b"NOT ACCEPTED")
    for _ in range(20):
        push(gateway, FORM)
        settle(gateway)

    assert len(sender.pushes) == 20


def test_anything_else_is_tried_again_as_it_was(
    gateway: Gateway, sender: FakeSender, clock: ManualClock
) -> None:
    answers = iter(
        [BROKEN, answered(b"please wait"), Answer(seconds=30, error="no answer within 30 s")]
    )
    sender.answer = lambda _: next(answers, answered(b"ACCEPTED"))
    message = push(gateway, FORM)
    settle(gateway)
    advance(gateway, clock, timedelta(minutes=5), steps=100)

    assert len({(one.push_id, one.form) for one in sender.pushes}) == 1
    (story,) = gateway.pushes.of(message)
    assert [(one.status, one.error) for one in story.attempts] == [
        (500, "the endpoint answered 500"),
        (200, "the receiver did not answer ACCEPTED"),
        (None, "no answer within 30 s"),
        (200, None),
    ]
    assert story.posting.state == "delivered"


def test_what_does_not_arrive_for_a_day_is_given_up_and_can_be_made_again(
    gateway: Gateway, sender: FakeSender, clock: ManualClock
) -> None:
    sender.answer = lambda _: BROKEN
    message = push(gateway, CALL, FORM)
    settle(gateway)

    late = gateway.webhooks.troubles().late
    assert [(host, one.last_error) for host, one in late.items()] == [(HOST, BROKEN.error)]
    advance(gateway, clock, 3 * DAY, steps=300)

    assert {state for state, *_ in fates(gateway, message)} == {"dead"}
    troubles = gateway.webhooks.troubles()
    assert (troubles.pushes, troubles.late) == ({HOST: 2}, {})
    assert (troubles.given_up, troubles.callbacks) == ({}, {})

    sender.answer = lambda _: answered(b"ACCEPTED")
    assert gateway.pushes.replay_all(Deliveries(), host="http://elsewhere") == 0
    assert gateway.pushes.replay_all(Deliveries()) == 2
    ((_, entry),) = gateway.audit.find(limit=1)
    assert (entry.what, entry.subject) == ("pushes.replayed", HOST)
    assert entry.detail == {"deliveries": 2}
    advance(gateway, clock, timedelta(hours=1), steps=10)
    assert {state for state, *_ in fates(gateway, message)} == {"delivered"}
    assert gateway.webhooks.troubles().pushes == {}


def test_the_operator_is_told_of_each_push_that_is_given_up(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    sender.answer = lambda _: BROKEN
    for _ in range(30):  # most of them are never tried, for their host is left alone
        push(gateway, FORM)
        settle(gateway)
    with caplog.at_level(logging.WARNING):
        advance(gateway, clock, 3 * DAY, steps=300)

    told = [line.partition(" is given up: ")[0] for line in caplog.messages]
    dead = gateway.store.read(lambda view: view.webhooks.postings(f"push {HOST}", limit=99))
    assert sorted(told) == [f"push_{one.id:016x} to {HOST}" for one in reversed(dead)]
    assert len(dead) == 30


def test_a_receiver_that_hangs_holds_up_no_webhook_and_no_other_receiver(
    gateway: Gateway, sender: FakeSender
) -> None:
    def answer(call: object) -> Answer | None:
        is_broken = isinstance(call, Push) and call.url.startswith(HOST)
        return None if is_broken else answered(b"ACCEPTED")

    sender.answer = answer
    acme = gateway.settings.account("acme").id
    gateway.webhooks.add(acme, url="https://example.org/", events=["message.sent"])
    for _ in range(49):
        push(gateway, CALL)
    settle(gateway)
    submit(gateway)
    heard = push(gateway, HttpCall(url="http://10.0.0.8/?text=$TXT$"))
    settle(gateway)

    assert len(sender.calls) == 1
    assert [state for state, *_ in fates(gateway, heard)] == ["delivered"]
    sender.let_go()


def test_a_story_tells_of_each_call_and_of_nothing_that_is_secret(gateway: Gateway) -> None:
    message = push(gateway, CALL, FORM)

    events = gateway.store.read(lambda view: view.events.of(message))
    stories = gateway.pushes.of(message)
    assert [(one.kind, dict(one.detail)) for one in events[1:]] == [
        ("rule.matched", {"rule": "all"}),
        *(
            (
                "rule.called",
                {"rule": "all", "to": f"{kind} {HOST}", "push": f"push_{one.posting.id:016x}"},
            )
            for kind, one in zip(("http", "isms_push"), stories, strict=True)
        ),
    ]
    assert [one.posting.sequence for one in stories] == [3, 4]


def test_the_time_is_told_by_the_clocks_of_the_account(
    gateway: Gateway, sender: FakeSender
) -> None:
    gateway.administration.create_account("delhi", time_zone="Asia/Kolkata")
    call = HttpCall(url=f"{HOST}/?at=$TIME$&text=$TXT$&by=$MODEM$")
    rule = InboundRule(
        name="all",
        destinations=(call,),
        account="delhi",
        replace=Replacing(pattern="there", substitution="you"),
    )
    gateway.rules.apply([], inbound=[rule])
    gateway.reception.received(a_part(user_data="hi there".encode("utf-16-be")))
    settle(gateway)

    assert [one.url for one in sender.pushes] == [
        f"{HOST}/?at=2026-03-01%2017%3A30%3A00&text=hi%20you&by=fake"
    ]


def test_whoever_is_erased_is_not_told_of_any_more(
    gateway: Gateway, sender: FakeSender, clock: ManualClock
) -> None:
    sender.answer = lambda _: BROKEN
    call = HttpCall(url=f"{HOST}/in?text=$TXT$")  # says nothing of the number
    theirs = push(gateway, call, FORM)
    settle(gateway)
    made = len(sender.pushes)

    gateway.erasure.erase("+919845346160")
    advance(gateway, clock, DAY, steps=10)

    assert gateway.pushes.of(theirs) == []
    assert len(sender.pushes) == made
