"""
Contacts and groups that a rule names, each reached as the rule says: by a modem, a bot, a relay.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from databases import new_database
from measured import measured

import smscore
from smscore.domain.alphabets import GSM7
from smscore.domain.destinations import By, Forward, Recipients
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.numbers import PhoneNumber
from smscore_email.testing import FakeRelay
from smscore_modem.simulator import ModemSimulator
from smscore_telegram.testing import FakeTelegram, Person

PATIENCE = 20.0
ANNA, BEN = "+491701111111", "+491702222222"
ADDRESSES = {"ben": "ben@reader.example", "cora": "cora@reader.example"}
SENDER, TEXT = "+491709999999", "fire!"


@attrs.frozen(kw_only=True)
class World:
    """On call are Anna, who is linked to the bot, Ben, and Cora, who has an address alone."""

    gateway: smscore.Gateway
    modem: ModemSimulator
    telegram: FakeTelegram
    relay: FakeRelay
    anna: Person

    @property
    def reached(self) -> set[tuple[str, str]]:
        """Whom the text has reached, and as what."""
        said = f"{SENDER}: {TEXT}"
        texts = [
            (str(taken.submit.recipient), GSM7.decode(taken.submit.user_data.content))
            for taken in self.modem.taken
        ]
        by_sms = {("sms", number) for number, text in texts if text == said}
        by_mail = {
            ("email", *one.recipients) for one in self.relay.mails if one.text == said + "\n"
        }
        return (
            by_sms | by_mail | {("telegram", "anna") for one in self.anna.received if one == said}
        )

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.reached
            self.telegram.wait_for(lambda: False, timeout=0.02)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeRelay() as relay, FakeTelegram() as telegram, ModemSimulator(modems=1) as modem:
        channels = {
            "modem-1": {"transport": "modem", "port": modem.ports[0], "account": "acme"},
            "bot": {**telegram.table, "timeout": 1.0, "reconnect_delay": 0.05},
            "mail": {**relay.table, "reconnect_delay": 0.05},
        }
        config = smscore.GatewayConfig.from_mapping({"channels": channels}, directory=tmp_path)
        new_database(tmp_path / "smscore.db")
        with smscore.build(config) as gateway, measured(gateway), gateway.running():
            account = gateway.administration.create_account("acme").id
            gateway.directory.groups.add(account, "oncall")
            for name, number in (("anna", ANNA), ("ben", BEN), ("cora", None)):
                gateway.directory.contacts.add(
                    account, name, number=number, email=ADDRESSES.get(name, "")
                )
                gateway.directory.groups.join(account, "oncall", contacts=[name])
            world = World(
                gateway=gateway,
                modem=modem,
                telegram=telegram,
                relay=relay,
                anna=telegram.person("Anna", number=ANNA),
            )
            world.anna.links()
            number = PhoneNumber(ANNA)
            world.wait_until(lambda: bool(gateway.store.read(lambda view: view.links.of(number))))
            yield world


ANNA_SMS, BEN_SMS, ANNA_BOT = ("sms", ANNA), ("sms", BEN), ("telegram", "anna")
BEN_MAIL, CORA_MAIL = (("email", ADDRESSES[name]) for name in ("ben", "cora"))


@pytest.mark.parametrize(
    ("to", "by", "reached"),
    [
        ("anna", By.SMS, {ANNA_SMS}),
        ("anna", By.TELEGRAM, {ANNA_BOT}),
        ("anna", By.AUTOMATIC, {ANNA_BOT}),
        ("ben", By.EMAIL, {BEN_MAIL}),
        ("ben", By.AUTOMATIC, {BEN_SMS}),
        ("cora", By.AUTOMATIC, {CORA_MAIL}),
        ("oncall", By.SMS, {ANNA_SMS, BEN_SMS}),
        ("oncall", By.TELEGRAM, {ANNA_BOT}),
        ("oncall", By.EMAIL, {BEN_MAIL, CORA_MAIL}),
        ("oncall", By.AUTOMATIC, {ANNA_BOT, BEN_SMS, CORA_MAIL}),
    ],
)
def test_who_is_named_by_a_rule_is_reached_as_it_says(
    world: World, to: str, by: By, reached: set[tuple[str, str]]
) -> None:
    kind = Recipients.GROUP if to == "oncall" else Recipients.CONTACT
    rule = InboundRule(name="pass on", destinations=(Forward(kind=kind, to=to, by=by),))
    world.gateway.rules.apply([], inbound=[rule])

    world.modem.inject_sms(sender=SENDER, text=TEXT)

    world.wait_until(lambda: len(world.reached) == len(reached))
    assert world.reached == reached
    assert len(world.gateway.inquiry.messages()) == len(reached)
