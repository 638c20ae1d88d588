"""
Rules tried out: history is reproduced exactly, and what would differ is told.
"""

from contextlib import contextmanager, suppress
from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_strategies import NUMBERS, SENDERS, TEXTS, rulebooks

from smscore import GatewayConfig, build, hookimpl
from smscore.domain.channels import ChannelMode
from smscore.domain.inbound import InboundKind
from smscore.domain.links import Link
from smscore.domain.messages import Medium, Priority, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Choice, Route
from smscore.domain.segments import EncodingOptions
from smscore.errors import InvalidNumber, NotFound, Rejected
from smscore.ports.transport import Capabilities
from smscore.services.consent import Wish
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator, a_part
from smscore_policy import make_pattern_engine

GERMANY = Route(name="germany", prefixes=("+49",), channels=("fake",))
REST = Route(name="rest", channels=("phones",))


@pytest.fixture
def send(gateway):
    def send(to="+491701234567", text="hi", **values):
        receipt = gateway.submissions.submit(account="acme", to=to, text=text, **values)
        return receipt.accepted[0].message

    return send


def consider(gateway, **values):
    asked = {"account": "acme", "to": "0170 1234567", "text": "hi", **values}
    return gateway.trials.consider(**asked)


def replayed(gateway, *, since=timedelta(days=1), routes=None):
    return list(gateway.trials.replay(since=gateway.clock.now() - since, routes=routes))


def test_a_message_that_nobody_sent_is_decided_by_the_rules_in_force(gateway):
    gateway.rules.apply([GERMANY, REST])

    verdict = consider(gateway)

    assert verdict.plan.rule == "germany"
    assert verdict.plan.way.channels == "fake"
    assert verdict.refusal is None
    assert gateway.inquiry.messages() == []


def test_or_by_others(gateway):
    gateway.rules.apply([GERMANY, REST])

    assert consider(gateway, routes=[REST]).plan.rule == "rest"


def test_a_refusal_is_told_with_its_reason(gateway):
    rule = Route(name="no", refuse="not there")

    verdict = consider(gateway, routes=[rule])

    assert verdict.plan is None
    assert "not there" in str(verdict.refusal)


def test_rules_that_a_message_nearly_met_are_named(gateway):
    rules = [Route(name="vip", accounts=("bank",), channels=("fake",)), GERMANY]

    (miss,) = consider(gateway, routes=rules).near_misses

    assert (miss.rule, miss.failed) == ("vip", "accounts")


def test_what_is_no_message_is_refused_at_once(gateway):
    with pytest.raises(InvalidNumber):
        consider(gateway, to="x")
    with pytest.raises(NotFound):
        consider(gateway, account="nobody")


def test_near_misses_of_a_message_are_those_of_the_rules_of_then(gateway, send):
    gateway.rules.apply([Route(name="vip", accounts=("bank",), channels=("fake",)), GERMANY])
    message = send()
    gateway.rules.apply([REST])

    story = gateway.inquiry.explain(message)

    (miss,) = gateway.trials.near_misses(story.tracked, story.events)
    assert miss.rule == "vip"


def test_without_rules_nothing_was_nearly_met(gateway, send):
    story = gateway.inquiry.explain(send())

    assert gateway.trials.near_misses(story.tracked, story.events) == ()


def test_other_rules_would_decide_otherwise(gateway, send):
    gateway.rules.apply([GERMANY, REST])
    german, other = send(), send(to="+43123456")

    found = {one.message: one for one in replayed(gateway, routes=[REST])}

    assert found[german].is_different
    assert (found[german].was.rule, found[german].would_be.rule) == ("germany", "rest")
    assert not found[other].is_different


def test_what_would_be_refused_is_told(gateway, send):
    send()

    (one,) = replayed(gateway, routes=[Route(name="no", refuse="gone")])

    assert "gone" in one.would_be.refusal


def test_only_messages_since_then_are_looked_at(gateway, clock, send):
    send()
    clock.move(seconds=3600)
    young = send()

    assert [one.message for one in replayed(gateway, since=timedelta(minutes=1))] == [young]


@attrs.frozen
class Options:
    """There are none."""


class Transports:
    """Channels for SMS, for mail, and one that goes by links."""

    @hookimpl
    def smscore_register_transports(self, registry):
        for kind, media in (
            ("sms", Medium.SMS),
            ("bot", Medium.TELEGRAM),
            ("mail", Medium.EMAIL),
        ):
            registry.transport(
                kind=kind,
                options=Options,
                make=lambda name, _: FakeTransport(name=name),
                capabilities=Capabilities(media=(media,)),
            )


@contextmanager
def a_world():
    """A gateway with everything on which a decision may depend."""
    clock = ManualClock()
    config = {
        "plugins": {"enabled": []},
        "channels": {
            "a": {"transport": "sms", "price": 2, "account": "shop"},
            "b": {"transport": "sms"},
            "bot": {"transport": "bot"},
            "mail": {"transport": "mail"},
        },
        "groups": {"g": {"channels": ["a", "b"]}},
        "consent": {"account": "bank", "help_reply": "ask us"},
    }
    with build(
        GatewayConfig.from_mapping(config),
        store=MemoryStore(clock=clock),
        clock=clock,
        pattern_engine=make_pattern_engine(),
        authenticator=PlainAuthenticator(MemoryStore()),
        plugins=[Transports()],
    ) as gateway:
        for name in ("shop", "bank"):
            options = EncodingOptions(languages=("tr",) if name == "bank" else ())
            account = gateway.administration.create_account(
                name, home_country="DE", encoding=options
            )
            for place, called in enumerate(("anna", "7", "on.call")):
                gateway.directory.contacts.add(account.id, called, number=f"017012345{place}")
                gateway.directory.groups.add(account.id, called)
                gateway.directory.groups.join(account.id, called, contacts=["anna", called])
        yield gateway


submissions = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["shop", "bank"]),
        "to": st.sampled_from([*NUMBERS, "a@example.org"]),
        "text": st.sampled_from([one for one in TEXTS if one]) | st.just("\u011f" * 80),
        "sender": st.sampled_from([None, "Shop", "4917012345"]),
        "surface": st.sampled_from(Surface),
        "priority": st.sampled_from(Priority),
        "medium": st.sampled_from(Medium),
    }
)
arrivals = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["a", "b", "bot", "mail"]),
        "sender": st.just("+4917012345") | st.sampled_from([*SENDERS, *NUMBERS[:4]]),
        "text": st.sampled_from(["STOP", "start!", "Help"]) | st.sampled_from(TEXTS),
        "kind": st.just(InboundKind.SMS) | st.sampled_from(InboundKind),
    }
)
steps = st.lists(
    st.one_of(
        submissions.map(lambda values: ("send", values)),
        arrivals.map(lambda values: ("arrive", values)),
        st.tuples(st.just("hold"), st.sampled_from([one for one in NUMBERS if one])),
        st.tuples(st.just("wait"), st.integers(1, 100_000)),
        st.tuples(
            st.just("mode"),
            st.tuples(st.sampled_from(["a", "b", "bot"]), st.sampled_from(ChannelMode)),
        ),
        st.tuples(st.just("link"), st.sampled_from([one for one in NUMBERS if one])),
    ),
    max_size=12,
)


def take(gateway, step, value):
    clock = gateway.clock
    match step:
        case "send":
            later = clock.now() + timedelta(hours=9) if value["text"] == "c" else None
            with suppress(Rejected):
                gateway.submissions.submit(not_before=later, **value)
        case "arrive":
            text = value["text"].encode("utf-16-be")
            values = {**value, "user_data": text, "received_at": clock.now()}
            del values["text"]
            gateway.reception.received(a_part(**values))
        case "hold":
            gateway.consent.hold([Wish(number=value, account="shop")])
        case "wait":
            clock.move(seconds=value)
        case "mode":
            gateway.administration.set_channel_mode(*value)
        case "link":
            link = Link(
                channel="bot", number=PhoneNumber(value), address=value, linked_at=clock.now()
            )
            gateway.store.run(lambda work: work.links.put(link)).result()


@settings(max_examples=60)
@given(rulebooks, steps)
def test_with_unchanged_rules_history_is_reproduced_exactly(book, steps):
    with a_world() as gateway:
        inbound = [attrs.evolve(one, account=one.account or "shop") for one in book.inbound]
        gateway.rules.apply(book.routes, inbound=inbound)
        for step, value in steps:
            take(gateway, step, value)
        gateway.clock.move(seconds=1000)
        count = len(gateway.inquiry.messages(limit=500)) + len(gateway.inquiry.inbound(limit=500))

        found = replayed(gateway, since=timedelta(days=1000))
        found += gateway.inbound_trials.replay(since=gateway.clock.now() - timedelta(days=1000))

        assert len(found) == count
        assert [one for one in found if one.was is None or one.is_different] == []


@pytest.mark.parametrize("routes", [[], [Route(name="rest", channels=("b",))]])
def test_what_answers_a_word_is_decided_by_no_rule(routes):
    with a_world() as gateway:
        gateway.rules.apply(routes)
        stop = "STOP".encode("utf-16-be")
        gateway.reception.received(a_part(channel="a", sender="+4917012345", user_data=stop))

        (found,) = replayed(gateway)

    assert (found.was.rule, found.was.channels) == ("STOP", "a")
    assert not found.is_different


def test_a_channel_that_took_nothing_is_left_out_again():
    rule = Route(name="all", channels=("g",), choice=Choice.WEIGHTED)
    with a_world() as gateway:
        gateway.rules.apply([rule])
        for channel in ("a", "b"):
            gateway.administration.set_channel_mode(channel, ChannelMode.DRAINING)
            submit = gateway.submissions.submit
            for _ in range(5):
                submit(account="shop", to="+491701234567", text="hi")
            gateway.administration.set_channel_mode(channel, ChannelMode.RUNNING)
            gateway.clock.move(seconds=5)

        found = replayed(gateway)
        assert {one.was.channels for one in found} == {"a", "b"}
        assert not any(one.is_different for one in found)
