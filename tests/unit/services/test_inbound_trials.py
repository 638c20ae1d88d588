"""
Inbound rules tried out: on a message that nobody wrote, and on those that arrived.
"""

from datetime import timedelta

import pytest

from smscore import GatewayConfig, build
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule, Replacing
from smscore.domain.messages import Medium, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.errors import NotFound
from smscore.testing import NOON, FakeTransport, PlainAuthenticator, a_link, a_part
from smscore_policy import make_pattern_engine

ANNA, SENDER = "+491701111111", "+491709999999"
TO_ANNA = Forward(kind=Recipients.CONTACT, to="anna", by=By.SMS)
ALARMS = InboundRule(name="alarms", message="ALARM", destinations=(TO_ANNA,), account="acme")
REST = InboundRule(name="rest", destinations=(AutoReply(text="thanks"),), account="acme")


@pytest.fixture
def gateway(clock, store):
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={
            "fake": FakeTransport(),
            "chat": FakeTransport(name="chat", media=(Medium.TELEGRAM,)),
        },
        authenticator=PlainAuthenticator(store),
        pattern_engine=make_pattern_engine(),
        clock=clock,
    ) as gateway:
        acme = gateway.administration.create_account("acme", credits=10, home_country="DE").id
        gateway.directory.contacts.add(acme, "anna", number=ANNA)
        yield gateway


def consider(gateway, text="hi", **values):
    return gateway.inbound_trials.consider(sender=SENDER, text=text, **values)


def receive(gateway, *texts):
    for text in texts:
        gateway.reception.received(a_part(user_data=text.encode("utf-16-be"), sender=SENDER))


def replay(gateway, inbound=None):
    since = NOON - timedelta(days=1)
    return list(gateway.inbound_trials.replay(since=since, inbound=inbound))


def names(applied):
    return None if applied is None else [one.rule for one in applied]


def test_what_would_be_done_is_told_and_not_done(gateway):
    gateway.rules.apply([], inbound=[ALARMS, REST])

    verdict = consider(gateway, "ALARM 7")

    (_, (to_anna,)), (_, (answer,)) = verdict.matched
    assert (to_anna.plan.message.text, to_anna.plan.charge) == (f"{SENDER}: ALARM 7", 1)
    assert answer.plan.message.recipient.value == SENDER
    assert not gateway.inquiry.messages()
    assert not gateway.inquiry.inbound()


def test_rules_can_be_tried_before_they_are_applied(gateway):
    rewriting = InboundRule(
        name="new",
        replace=Replacing(pattern="A(L)", substitution=r"\1"),
        destinations=(TO_ANNA,),
        account="acme",
    )

    ((matched, _),) = consider(gateway, "ALARM", inbound=[rewriting]).matched

    assert matched.text == "LARM"
    assert consider(gateway).matched == []


def test_what_could_not_be_sent_is_told(gateway):
    nobody = InboundRule(name="nobody's", destinations=(TO_ANNA,))

    ((_, (outcome,)),) = consider(gateway, inbound=[nobody]).matched

    assert outcome.refusal.code == "invalid_request"


def test_it_belongs_to_whom_one_says_and_arrives_as_one_says(gateway):
    rule = InboundRule(
        name="own",
        accounts=("acme",),
        kinds=(InboundKind.EMAIL,),
        destinations=(TO_ANNA,),
    )

    def matches(**values):
        return bool(consider(gateway, inbound=[rule], **values).matched)

    assert matches(account="acme", kind=InboundKind.EMAIL)
    assert not matches(account="acme")
    assert not matches(kind=InboundKind.EMAIL)
    with pytest.raises(NotFound):
        matches(account="nobody")


def test_unchanged_rules_reproduce_what_happened(gateway):
    receive(gateway, "before there were rules")
    gateway.rules.apply([], inbound=[ALARMS, REST])
    receive(gateway, "ALARM", "hello")

    replayed = replay(gateway)

    assert [names(one.was) for one in replayed] == [["rest"], ["alarms", "rest"], []]
    assert [one.is_different for one in replayed] == [False, False, True]


def test_what_other_rules_would_do_differs(gateway):
    gateway.rules.apply([], inbound=[ALARMS, REST])
    receive(gateway, "ALARM", "hello")
    quiet = InboundRule(name="quiet", message="hello", stop=True)

    replayed = replay(gateway, [quiet, ALARMS, REST])

    assert [names(one.would_be) for one in replayed] == [["quiet"], ["alarms", "rest"]]
    assert [one.is_different for one in replayed] == [True, False]


def test_a_rule_of_the_same_name_that_says_something_else_differs(gateway):
    gateway.rules.apply([], inbound=[REST])
    receive(gateway, "hello")
    other = InboundRule(name="rest", destinations=(AutoReply(text="hello"),), account="acme")

    (one,) = replay(gateway, [other])

    assert names(one.was) == names(one.would_be)
    assert one.is_different


def test_history_is_that_of_the_rules_of_then(gateway):
    gateway.rules.apply([], inbound=[ALARMS])
    receive(gateway, "ALARM")
    gateway.rules.apply([], inbound=[REST])

    (one,) = replay(gateway)
    (message,) = gateway.inquiry.inbound()
    story = gateway.inquiry.explain_inbound(message.id)

    assert (names(one.was), names(one.would_be)) == (["alarms"], ["rest"])
    assert [event.kind for event in story.events] == [
        "message.received",
        "rule.matched",
        "rule.forwarded",
    ]
    assert [made.message.recipient.value for made in story.made] == [ANNA]


def test_near_misses_of_what_arrived_are_those_of_the_rules_of_then(gateway):
    gateway.rules.apply([], inbound=[ALARMS])
    receive(gateway, "hello")
    gateway.rules.apply([])
    (message,) = gateway.inquiry.inbound()
    story = gateway.inquiry.explain_inbound(message.id)

    (miss,) = gateway.inbound_trials.near_misses(story.message, story.events)

    assert (miss.rule, miss.failed) == ("alarms", "message")


def test_only_what_arrived_since_then_is_judged_again(gateway, clock):
    receive(gateway, "hello")

    assert not list(gateway.inbound_trials.replay(since=clock.now() + timedelta(seconds=1)))


def test_a_message_that_there_is_not_has_no_story(gateway):
    receive(gateway, "hello")
    (message,) = gateway.inquiry.inbound()

    for other in (message.id - 1, message.id + 1, 2**63 - 1):
        with pytest.raises(NotFound):
            gateway.inquiry.explain_inbound(other)


def test_what_rules_sent_would_go_the_same_way_again(gateway):
    gateway.reception.linked(a_link(channel="chat", number=PhoneNumber(ANNA)))
    open_to_anna = Forward(kind=Recipients.CONTACT, to="anna")
    passing_on = InboundRule(name="on", destinations=(open_to_anna, TO_ANNA), account="acme")
    gateway.rules.apply(
        [Route(name="rules", surfaces=(Surface.RULES,), channels=("fake",), price=2)],
        inbound=[passing_on, REST],
    )
    receive(gateway, "hello")
    gateway.reception.unlinked(channel="chat", address="1001")

    replayed = list(gateway.trials.replay(since=NOON - timedelta(days=1)))

    assert [one.was.channels for one in replayed] == ["fake", "fake", "chat, fake"]
    assert not any(one.is_different for one in replayed)
