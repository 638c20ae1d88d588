"""
What arrives goes on by e-mail, and what arrives by e-mail is answered there.
"""

from collections.abc import Iterator

import attrs
import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.ports.storage import Tracked
from smscore.testing import (
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_link,
    a_part,
)

ANNA, BEN, CORA = "+491701111111", "ben@reader.example", "cora@reader.example"
SENDER = "+491709999999"


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore) -> Iterator[Gateway]:
    """Anna has a number, Ben an address, Cora both."""
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={
            "fake": FakeTransport(),
            "chat": FakeTransport(name="chat", media=(Medium.TELEGRAM,)),
            "mail": FakeTransport(name="mail", media=(Medium.EMAIL,)),
        },
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        acme = gateway.administration.create_account("acme", credits=10, home_country="DE").id
        gateway.directory.contacts.add(acme, "anna", number=ANNA)
        gateway.directory.contacts.add(acme, "ben", email=BEN)
        gateway.directory.contacts.add(acme, "cora", number="+491703333333", email=CORA)
        gateway.directory.contacts.add(acme, "dora")
        gateway.directory.groups.add(acme, "oncall")
        gateway.directory.groups.join(acme, "oncall", contacts=["anna", "ben", "cora", "dora"])
        yield gateway


def has_rule(gateway: Gateway, destination: Forward | AutoReply) -> None:
    rule = InboundRule(name="rule", destinations=(destination,), account="acme")
    gateway.rules.apply([], inbound=[rule])


def arrives(gateway: Gateway, text: str = "help", **values: object) -> list[Tracked]:
    """What was made of it."""
    before = {one.message.id for one in gateway.inquiry.messages(limit=100)}
    gateway.reception.received(a_part(user_data=text.encode("utf-16-be"), **values))
    made = [one for one in gateway.inquiry.messages(limit=100) if one.message.id not in before]
    return made[::-1]


def mail_arrives(gateway: Gateway, sender: str, **values: object) -> list[Tracked]:
    return arrives(gateway, kind=InboundKind.EMAIL, sender=sender, channel="inbox", **values)


def refusals(gateway: Gateway) -> list[tuple[object, object]]:
    (message,) = gateway.inquiry.inbound(limit=1)
    events = gateway.store.read(lambda view: view.events.of(message.id))
    told = [event.detail for event in events if event.kind == "rule.refused"]
    return [(one.get("member"), one.get("code")) for one in told]


def sent(made: list[Tracked]) -> list[tuple[str, Medium]]:
    return [(one.message.recipient.value, one.message.medium) for one in made]


def test_whoever_has_no_address_gets_none(gateway: Gateway) -> None:
    has_rule(gateway, Forward(kind=Recipients.GROUP, to="oncall", by=By.EMAIL))

    assert [value for value, _ in sent(arrives(gateway))] == [BEN, CORA]
    assert refusals(gateway) == [("contact 1", "invalid_request"), ("contact 4", "invalid_request")]


def test_an_address_that_cannot_be_read_holds_up_nobody_else(
    gateway: Gateway, store: MemoryStore
) -> None:
    acme = gateway.inquiry.account_named("acme").id
    (ben,) = store.read(lambda view: view.directory.contacts_named(acme, ["ben"]))
    kept = attrs.evolve(ben, email="ben at reader.example")  # as earlier versions took it
    store.run(lambda work: work.directory.save_contact(kept)).result()
    has_rule(gateway, Forward(kind=Recipients.GROUP, to="oncall", by=By.EMAIL))

    assert [value for value, _ in sent(arrives(gateway))] == [CORA]
    assert ("contact 2", "invalid_request") in refusals(gateway)


def test_no_story_keeps_the_name_of_a_contact(gateway: Gateway) -> None:
    has_rule(gateway, Forward(kind=Recipients.GROUP, to="oncall", by=By.EMAIL))

    arrives(gateway)

    (message,) = gateway.inquiry.inbound(limit=1)
    events = gateway.store.read(lambda view: view.events.of(message.id))
    assert not any(name in str(events) for name in ("anna", "ben'", "cora'", "dora"))


def test_automatic_is_by_telegram_else_by_sms_else_by_e_mail(
    gateway: Gateway, store: MemoryStore
) -> None:
    store.run(
        lambda work: work.links.put(a_link(channel="chat", number=PhoneNumber(ANNA)))
    ).result()
    has_rule(gateway, Forward(kind=Recipients.GROUP, to="oncall", by=By.AUTOMATIC))

    made = arrives(gateway)

    assert [
        (one.message.recipient.value, [leg.channel for leg in one.delivery.route]) for one in made
    ] == [(ANNA, ["chat", "fake"]), (BEN, ["mail"]), ("+491703333333", ["fake"])]
    assert refusals(gateway) == [("contact 4", "invalid_request")]


def test_by_sms_nobody_gets_e_mail(gateway: Gateway) -> None:
    has_rule(gateway, Forward(kind=Recipients.GROUP, to="oncall", by=By.SMS))

    assert {medium for _, medium in sent(arrives(gateway))} == {Medium.SMS}
    assert refusals(gateway) == [("contact 2", "invalid_request"), ("contact 4", "invalid_request")]


@pytest.mark.parametrize(("by", "code"), [(By.SMS, "invalid_request"), (By.TELEGRAM, "no_route")])
def test_a_mail_is_answered_by_nothing_else(gateway: Gateway, by: By, code: str) -> None:
    has_rule(gateway, AutoReply(text="thank you", by=by))

    assert mail_arrives(gateway, BEN) == []
    assert refusals(gateway) == [(None, code)]


@pytest.mark.parametrize(
    ("sender", "values"),
    [
        (BEN, {"is_automatic": True}),
        ("MAILER-DAEMON@reader.example", {}),
        ("no-reply@reader.example", {}),
        ("list-request@reader.example", {}),
        ("bounces+7@reader.example", {}),
        ("", {}),
    ],
)
def test_what_no_person_wrote_is_not_answered(
    gateway: Gateway, sender: str, values: dict[str, object]
) -> None:
    has_rule(gateway, AutoReply(text="thank you"))

    assert mail_arrives(gateway, sender, **values) == []


def test_a_mail_does_not_go_back_to_who_wrote_it(gateway: Gateway) -> None:
    has_rule(gateway, Forward(kind=Recipients.CONTACT, to="ben", by=By.AUTOMATIC))

    assert mail_arrives(gateway, "Ben@Reader.example") == []
    assert refusals(gateway) == [(None, "goes_round")]


def test_two_gateways_that_answer_each_other_by_mail_stop(gateway: Gateway) -> None:
    has_rule(gateway, AutoReply(text="thank you"))

    answers = [len(mail_arrives(gateway, BEN, text=f"thank you, {turn}")) for turn in range(20)]

    assert sum(answers) == 5
