"""
Rules at work on what arrives: forwards and answers are kept together with it, or told why not.
"""

from datetime import timedelta

import pytest

from smscore import GatewayConfig, build, hookimpl
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule, Replacing
from smscore.domain.messages import Medium, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.domain.windows import Window
from smscore.errors import Conflict, InvalidRequest
from smscore.services.consent import Wish
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_link,
    a_part,
)
from smscore_policy import make_pattern_engine

ANNA, BEN, SENDER = "+491701111111", "+491702222222", "+491709999999"
TO_ANNA = Forward(kind=Recipients.CONTACT, to="anna", by=By.SMS)
THANKS = AutoReply(text="thank you")


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore):
    config = GatewayConfig.from_mapping({"plugins": {"enabled": []}})
    with build(
        config,
        store=store,
        transports={
            "fake": FakeTransport(),
            "chat": FakeTransport(name="chat", media=(Medium.TELEGRAM,)),
            "mail": FakeTransport(name="mail", media=(Medium.EMAIL,)),
        },
        authenticator=PlainAuthenticator(store),
        pattern_engine=make_pattern_engine(),
        clock=clock,
    ) as gateway:
        acme = gateway.administration.create_account("acme", credits=10, home_country="DE").id
        gateway.directory.contacts.add(acme, "anna", number=ANNA)
        gateway.directory.contacts.add(acme, "ben", number=BEN, email="ben@example.org")
        gateway.directory.contacts.add(acme, "carl", email="carl@example.org")
        gateway.directory.contacts.add(acme, "nobody")
        gateway.directory.groups.add(acme, "oncall")
        gateway.directory.groups.join(acme, "oncall", contacts=["anna", "ben"])
        yield gateway


def rule(*destinations, name="rule", account="acme", **values):
    return InboundRule(name=name, destinations=destinations, account=account, **values)


def text_part(text, **values):
    return a_part(user_data=text.encode("utf-16-be"), **values)


def arrives(gateway, text="hi", **values):
    """What was made of a message, and what its story tells."""
    before = {one.message.id for one in gateway.inquiry.messages(limit=1000)}
    gateway.reception.received(text_part(text, **values))
    (message,) = gateway.inquiry.inbound(limit=1)
    made = [one for one in gateway.inquiry.messages(limit=1000) if one.message.id not in before]
    events = gateway.store.read(lambda view: view.events.of(message.id))
    return made[::-1], [(one.kind, dict(one.detail)) for one in events[1:]]


@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_pattern_that_is_refused_names_its_rule(gateway, direction):
    bad = "(?=look)"
    routes = [Route(name="fine", channels=("fake",), message_regex="fine")]
    inbound = [InboundRule(name="fine too", destinations=(AutoReply(text="yes"),))]
    if direction == "out":
        routes.append(Route(name="odd", channels=("fake",), message_regex=bad))
    else:
        reply = (AutoReply(text="yes"),)
        inbound.append(InboundRule(name="odd", message_regex=bad, destinations=reply))

    with pytest.raises(InvalidRequest, match=r"rule 'odd': .*look-around"):
        gateway.rules.apply(routes, inbound=inbound)


def test_a_message_is_passed_on_to_a_contact(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])

    (made,), story = arrives(gateway, "help")

    assert (made.message.recipient.value, made.message.text) == (ANNA, f"{SENDER}: help")
    assert made.message.surface is Surface.RULES
    assert made.delivery.channel == "fake"
    assert story == [
        ("rule.matched", {"rule": "rule"}),
        (
            "rule.forwarded",
            {
                "rule": "rule",
                "to": "contact anna",
                "message": f"{made.message.id:016x}",
            },
        ),
    ]


def recipients(made):
    return [one.message.recipient.value for one in made]


def refusals(story):
    return [(one["to"], one.get("code")) for kind, one in story if kind == "rule.refused"]


def test_everybody_in_a_group_gets_it_but_who_wrote_it(gateway):
    gateway.rules.apply([], inbound=[rule(Forward(kind=Recipients.GROUP, to="oncall", by=By.SMS))])

    made, _ = arrives(gateway)
    again, story = arrives(gateway, sender=BEN)

    assert recipients(made) == [ANNA, BEN]
    assert recipients(again) == [ANNA]
    assert refusals(story) == [("group oncall", "goes_round")]


def test_a_plain_number_gets_it(gateway):
    to = Forward(kind=Recipients.NUMBER, to="0170 1111111", by=By.SMS)
    gateway.rules.apply([], inbound=[rule(to)])

    made, story = arrives(gateway)

    assert recipients(made) == [ANNA]
    assert "701111111" not in str(story)


def test_who_is_linked_gets_it_by_telegram_if_that_is_wished_or_left_open(gateway):
    number = PhoneNumber(ANNA)
    gateway.reception.linked(a_link(channel="chat", number=number))
    ways = [
        Forward(kind=Recipients.CONTACT, to="anna", by=by) for by in (By.TELEGRAM, By.AUTOMATIC)
    ]
    gateway.rules.apply([], inbound=[rule(*ways, TO_ANNA)])

    made, _ = arrives(gateway)

    assert [one.delivery.channel for one in made] == ["chat", "chat", "fake"]
    assert [len(one.delivery.route) for one in made] == [1, 2, 1]


def test_the_sender_is_answered(gateway):
    gateway.rules.apply([], inbound=[rule(AutoReply(text="$TXT$? On $TIME$ at $MODEM$."))])

    (made,), story = arrives(gateway, "fine")

    assert recipients([made]) == [SENDER]
    assert made.message.text == "fine? On 2026-03-01 12:00:00 at fake."
    assert story[-1][0] == "rule.answered"


def test_an_answer_goes_back_as_the_message_came(gateway):
    gateway.reception.linked(a_link(channel="chat", number=PhoneNumber(SENDER), address="1001"))
    gateway.rules.apply([], inbound=[rule(THANKS)])

    (made,), _ = arrives(gateway, kind=InboundKind.TELEGRAM, sender="telegram:1001", channel="chat")

    assert (made.message.recipient.value, made.delivery.channel) == (SENDER, "chat")


@pytest.mark.parametrize(
    "values",
    [
        {"sender": "telegram:77", "kind": InboundKind.TELEGRAM},
        {"sender": "Shop"},
        {"sender": "22333"},
        {"kind": InboundKind.WAITING},
        {"kind": InboundKind.PORT},
    ],
)
def test_what_nobody_wrote_or_could_hear_from_is_not_answered(gateway, values):
    gateway.rules.apply([], inbound=[rule(THANKS, kinds=tuple(InboundKind))])

    made, story = arrives(gateway, **values)

    assert made == []
    assert refusals(story) == [("auto_reply", "invalid_request")]


def test_several_rules_match_until_one_stops(gateway):
    gateway.rules.apply(
        [],
        inbound=[
            rule(TO_ANNA, name="one"),
            rule(name="other", message="nothing like it", stop=True),
            rule(name="end", message="hi", stop=True),
            rule(TO_ANNA, name="two"),
        ],
    )

    made, story = arrives(gateway, "hi")

    assert len(made) == 1
    assert [one["rule"] for kind, one in story if kind == "rule.matched"] == ["one", "end"]


def test_a_text_is_rewritten_for_the_destinations_of_its_rule_alone(gateway):
    plain = Forward(kind=Recipients.CONTACT, to="ben", by=By.SMS, text="$TXT$")
    rewritten = Replacing(pattern=r"(\w+) is (\w+)", substitution=r"\2 \1")
    gateway.rules.apply([], inbound=[rule(plain, name="one", replace=rewritten), rule(plain)])

    made, _ = arrives(gateway, "door is open")

    assert [one.message.text for one in made] == ["open door", "door is open"]


def test_what_a_sender_writes_is_no_template(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])

    (made,), _ = arrives(gateway, "$NUMBER$ $MODEM$")

    assert made.message.text == f"{SENDER}: $NUMBER$ $MODEM$"


def test_a_large_group_gets_it_and_so_does_nobody_twice(gateway):
    acme = gateway.settings.account("acme").id
    names = [f"member-{number}" for number in range(200)]
    for place, name in enumerate(names):
        gateway.directory.contacts.add(acme, name, number=f"+4915{place // 2:08}")
    gateway.directory.groups.add(acme, "all")
    gateway.directory.groups.join(acme, "all", contacts=names)
    gateway.administration.credit("acme", 1000, why="test")
    gateway.rules.apply([], inbound=[rule(Forward(kind=Recipients.GROUP, to="all", by=By.SMS))])

    made, _ = arrives(gateway)

    assert len({*recipients(made)}) == len(made) == 100
    assert len(gateway.inquiry.inbound()) == 1


def test_what_cannot_be_paid_is_told_and_the_message_is_kept(gateway):
    gateway.administration.credit("acme", -9, why="test")
    gateway.rules.apply([], inbound=[rule(Forward(kind=Recipients.GROUP, to="oncall", by=By.SMS))])

    made, story = arrives(gateway)

    assert recipients(made) == [ANNA]
    assert refusals(story) == [("group oncall", "insufficient_credits")]
    assert gateway.settings.account("acme").id == made[0].message.account


def test_what_an_outbound_rule_refuses_is_told(gateway):
    gateway.rules.apply([Route(name="no", refuse="not there")], inbound=[rule(TO_ANNA)])

    made, story = arrives(gateway)

    assert (made, refusals(story)) == ([], [("contact anna", "no_route")])


@pytest.mark.parametrize(
    ("destination", "code"),
    [
        (Forward(kind=Recipients.CONTACT, to="nobody", by=By.SMS), "invalid_request"),
        (Forward(kind=Recipients.CONTACT, to="anna", by=By.TELEGRAM), "not_linked"),
    ],
)
def test_who_cannot_be_reached_is_told(gateway, destination, code):
    gateway.rules.apply([], inbound=[rule(destination, TO_ANNA)])

    made, story = arrives(gateway)

    assert recipients(made) == [ANNA]
    assert [said for _, said in refusals(story)] == [code]


def test_a_message_that_is_offered_again_is_not_passed_on_again(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])
    part = text_part("hi")

    gateway.reception.received(part)
    gateway.reception.received(part)

    assert len(gateway.inquiry.messages()) == 1


def test_one_sender_is_answered_so_often_and_again_when_an_hour_is_over(gateway, clock):
    gateway.rules.apply([], inbound=[rule(AutoReply(text="thank you", per_hour=2))])

    answered = [len(arrives(gateway, f"hi {number}")[0]) for number in range(4)]
    clock.move(minutes=61)

    assert answered == [1, 1, 0, 0]
    assert len(arrives(gateway)[0]) == 1
    assert len(arrives(gateway, sender=BEN)[0]) == 1


def test_words_of_ours_that_come_back_are_passed_on_three_times(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])
    gateway.administration.credit("acme", 100, why="test")

    texts, text = [], "hi"
    while True:
        made, story = arrives(gateway, text, sender=BEN)
        if not made:
            break
        text = made[0].message.text
        texts.append((text, made[0].message.hops))

    assert texts == [(f"{BEN}: " * hops + "hi", hops) for hops in (1, 2, 3)]
    assert refusals(story) == [("contact anna", "goes_round")]


def test_rules_that_name_whom_nobody_knows_are_refused(gateway):
    for destination, account in (
        (Forward(kind=Recipients.CONTACT, to="zoe"), "acme"),
        (Forward(kind=Recipients.GROUP, to="anna"), "acme"),
        (TO_ANNA, "nobody"),
        (TO_ANNA, None),
    ):
        with pytest.raises(InvalidRequest, match="rule 'rule'"):
            gateway.rules.apply([], inbound=[rule(destination, account=account)])
    assert gateway.rules.current().number == 0


def test_who_is_named_by_a_rule_stays(gateway):
    acme = gateway.settings.account("acme").id
    to_group = Forward(kind=Recipients.GROUP, to="oncall")
    gateway.rules.apply([], inbound=[rule(TO_ANNA, to_group, name="alarms")])
    gateway.directory.groups.leave(acme, "oncall", contacts=["anna", "ben"])

    with pytest.raises(Conflict, match="'alarms'"):
        gateway.directory.contacts.delete(acme, "anna")
    with pytest.raises(Conflict, match="'alarms'"):
        gateway.directory.groups.delete(acme, "oncall")

    gateway.directory.contacts.delete(acme, "ben")
    gateway.rules.apply([])
    gateway.directory.contacts.delete(acme, "anna")
    gateway.directory.groups.delete(acme, "oncall")


def test_a_message_is_kept_although_the_rules_cannot_be_asked(gateway, store, clock):
    gateway.rules.apply([], inbound=[rule(TO_ANNA, message_regex="a+")])
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as without_engine:
        made, story = arrives(without_engine, "aa")

    assert made == []
    assert [kind for kind, _ in story] == ["rule.refused"]


class _OtherKey(PlainAuthenticator):
    def derive_secret(self, purpose, number, *, generation):
        return f"other {super().derive_secret(purpose, number, generation=generation)}"


def test_a_message_is_kept_although_nobody_can_be_recognised(gateway, store, clock):
    gateway.consent.hold([Wish(number=BEN)])
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=_OtherKey(store),
        clock=clock,
    ) as with_other_key:
        made, story = arrives(with_other_key)

    assert made == []
    assert [kind for kind, _ in story] == ["rule.matched", "rule.refused"]
    assert "another key file" in story[1][1]["error"]


def test_time_windows_are_those_of_the_moment_at_which_it_arrives(gateway):
    later = timedelta(hours=12)
    gateway.rules.apply(
        [], inbound=[rule(TO_ANNA, time_windows=(Window(zone="UTC", begins="18:00"),))]
    )

    assert len(arrives(gateway)[0]) == 0
    assert len(arrives(gateway, received_at=NOON + later - timedelta(seconds=1))[0]) == 1


def test_nothing_goes_to_whoever_opted_out(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA, THANKS)])
    gateway.reception.received(text_part("STOP", sender=ANNA))

    made, story = arrives(gateway)

    assert recipients(made) == [SENDER]
    assert refusals(story) == [("contact anna", "recipient_opted_out")]


def test_a_word_that_is_heeded_is_no_rules_business(gateway):
    gateway.rules.apply([], inbound=[rule(TO_ANNA)])

    made, story = arrives(gateway, "STOP")
    (replayed, *_) = gateway.inbound_trials.replay(since=NOON)

    assert made == []
    assert [kind for kind, _ in story] == ["message.opted_out"]
    assert not replayed.is_different


def test_it_goes_by_e_mail_if_that_is_wished_or_nothing_else_is_at_hand(gateway):
    ways = [("ben", By.EMAIL), ("ben", By.AUTOMATIC), ("carl", By.AUTOMATIC)]
    forwards = [Forward(kind=Recipients.CONTACT, to=to, by=by) for to, by in ways]
    to_address = Forward(kind=Recipients.EMAIL, to="ops@example.org")
    gateway.rules.apply([], inbound=[rule(*forwards, to_address)])

    made, story = arrives(gateway)

    assert recipients(made) == ["ben@example.org", BEN, "carl@example.org", "ops@example.org"]
    assert [one.delivery.channel for one in made] == ["mail", "fake", "mail", "mail"]
    assert "ops" not in str(story)


def test_a_mail_is_answered_by_mail_unless_nobody_wrote_it(gateway):
    gateway.rules.apply([], inbound=[rule(THANKS)])
    mail = {"kind": InboundKind.EMAIL, "sender": "dora@example.org"}

    (made,), _ = arrives(gateway, **mail)
    none, story = arrives(gateway, is_automatic=True, **mail)

    assert (made.message.recipient.value, made.delivery.channel) == ("dora@example.org", "mail")
    assert none == []
    assert refusals(story) == [("auto_reply", "invalid_request")]


@pytest.mark.parametrize(("to", "by"), [("anna", By.EMAIL), ("carl", By.SMS)])
def test_who_has_no_number_or_address_for_it_is_told(gateway, to, by):
    gateway.rules.apply([], inbound=[rule(Forward(kind=Recipients.CONTACT, to=to, by=by))])

    made, story = arrives(gateway)

    assert (made, refusals(story)) == ([], [(f"contact {to}", "invalid_request")])


class Screens:
    """A plugin whose screens refuse one recipient, and break on another."""

    @hookimpl
    def smscore_screens(self):
        return [self.screen]

    def screen(self, message):
        if message.recipient.value == ANNA:
            raise ZeroDivisionError
        if message.recipient.value == BEN:
            raise InvalidRequest("not to Ben")


def test_what_screens_refuse_or_break_on_is_told_and_the_message_is_kept(store, clock):
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
        clock=clock,
        plugins=[Screens()],
    ) as gateway:
        gateway.administration.create_account("acme")
        numbers = [Forward(kind=Recipients.NUMBER, to=to, by=By.SMS) for to in (ANNA, BEN, "+4915")]
        gateway.rules.apply([], inbound=[rule(*numbers)])

        made, story = arrives(gateway)

    assert recipients(made) == ["+4915"]
    assert [one["error"] for kind, one in story if kind == "rule.refused"] == [
        (
            "the plugin 'Screens' in smscore_screens: its screen 'screen' failed with "
            "ZeroDivisionError: until it is mended, what it fails on is not accepted"
        ),
        "not to Ben",
    ]
