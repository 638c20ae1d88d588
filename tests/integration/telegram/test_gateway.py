"""
A gateway with a bot and a modem, both of them simulated: what people get, and how.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from databases import new_database
from measured import measured

import smscore
from smscore.domain.alphabets import GSM7
from smscore.domain.destinations import AutoReply, By, Destination, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import Medium, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import NotLinked
from smscore_modem.simulator import ModemSimulator
from smscore_telegram.testing import FakeTelegram, Held, Person, Refused

PATIENCE = 20.0


@attrs.frozen(kw_only=True)
class World:
    gateway: smscore.Gateway
    telegram: FakeTelegram
    modem: ModemSimulator
    ada: Person

    def send(self, text: str = "hello", *, medium: Medium = Medium.AUTOMATIC) -> MessageId:
        return self.gateway.submissions.submit(
            account="acme", to=self.ada.number, text=text, medium=medium
        ).message

    def apply_rules(self, *destinations: Destination, **values: Any) -> None:
        rule = InboundRule(name="pass on", destinations=destinations, account="acme", **values)
        self.gateway.rules.apply([], inbound=[rule])

    def link(self) -> None:
        self.ada.links()
        self.wait_until(lambda: len(self.ada.received) == 2)
        assert self.is_linked

    @property
    def is_linked(self) -> bool:
        number = PhoneNumber(self.ada.number)
        return bool(self.gateway.store.read(lambda view: view.links.of(number)))

    @property
    def texts(self) -> list[str]:
        """What came by SMS."""
        return [GSM7.decode(taken.submit.user_data.content) for taken in self.modem.taken]

    def story(self, message: MessageId) -> list[str]:
        return [event.kind for event in self.gateway.inquiry.explain(message).events]

    def channel_of(self, message: MessageId) -> str:
        """The channel that has it, once one has."""
        self.wait_until(lambda: self.gateway.inquiry.message(message).delivery.sent_at is not None)
        return self.gateway.inquiry.message(message).delivery.channel

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            self.telegram.wait_for(lambda: False, timeout=0.02)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeTelegram() as telegram, ModemSimulator(modems=1, report_delay=0.01) as modem:
        config = smscore.GatewayConfig.from_mapping(
            {
                "channels": {
                    "bot": {**telegram.table, "timeout": 1.0, "reconnect_delay": 0.05},
                    "modem-1": {"transport": "modem", "port": modem.ports[0]},
                }
            },
            directory=tmp_path,
        )
        new_database(tmp_path / "smscore.db")
        with smscore.build(config) as gateway, measured(gateway), gateway.running():
            gateway.administration.create_account("acme")
            yield World(gateway=gateway, telegram=telegram, modem=modem, ada=telegram.person("Ada"))


def test_whoever_is_linked_gets_a_telegram_message_and_no_sms(world):
    world.link()

    message = world.send("hello")

    assert world.channel_of(message) == "bot"
    assert world.ada.received[-1] == "hello"
    assert not world.texts


def test_whoever_is_not_linked_gets_an_sms(world):
    assert world.channel_of(world.send("hello")) == "modem-1"
    assert world.texts == ["hello"]


def test_a_telegram_message_to_whoever_is_not_linked_is_refused(world):
    with pytest.raises(NotLinked):
        world.send(medium=Medium.TELEGRAM)


def test_a_long_text_arrives_in_several_messages_of_which_none_is_cut_at_a_bad_place(world):
    world.link()
    text = "Whoever reads this has a lot of time. " * 160

    message = world.send(text, medium=Medium.TELEGRAM)

    assert world.channel_of(message) == "bot"
    pieces = world.ada.received[2:]
    assert len(pieces) == 2
    assert " ".join(pieces) == text.strip()
    assert all(piece.endswith("time.") for piece in pieces)


def test_whoever_has_blocked_the_bot_gets_an_sms_and_is_linked_no_more(world):
    world.link()
    world.ada.is_blocking = True  # and the bot is not told

    message = world.send("hello")

    assert world.channel_of(message) == "modem-1"
    assert world.texts == ["hello"]
    assert not world.is_linked


def test_whoever_says_stop_gets_sms_from_then_on(world):
    world.link()
    world.ada.stops()
    world.wait_until(lambda: not world.is_linked)

    assert world.channel_of(world.send("hello")) == "modem-1"


def test_when_nobody_knows_an_sms_goes_out_and_a_late_success_is_part_of_the_story(world):
    world.link()
    held = Held()
    world.telegram.script(held)

    message = world.send("hello")
    assert world.channel_of(message) == "modem-1"
    held.release()

    world.wait_until(lambda: "message.accepted_late" in world.story(message))
    assert "message.rerouted" in world.story(message)
    assert world.texts == ["hello"]
    assert world.ada.received[-1] == "hello"
    assert world.channel_of(message) == "modem-1"


def test_when_something_in_between_answers_an_sms_goes_out_and_nobody_is_unlinked(world):
    world.link()
    world.telegram.script(Refused(code=403, body=b"<html>a proxy that is in the way</html>"))

    assert world.channel_of(world.send("hello")) == "modem-1"
    assert world.is_linked


def test_what_a_linked_person_writes_comes_from_their_number(world):
    world.link()

    world.ada.writes("hello yourself")

    world.wait_until(lambda: bool(world.gateway.inquiry.inbound()))
    (message,) = world.gateway.inquiry.inbound()
    assert message.sender == world.ada.number
    assert message.text == "hello yourself"
    assert message.channel == "bot"
    assert message.kind is InboundKind.TELEGRAM


def test_what_somebody_else_writes_comes_from_their_chat(world):
    world.ada.writes("who are you?")

    world.wait_until(lambda: bool(world.gateway.inquiry.inbound()))
    assert world.gateway.inquiry.inbound()[0].sender == f"telegram:{world.ada.address}"


def test_an_sms_is_passed_on_by_telegram_and_its_sender_is_answered_by_sms(world):
    world.link()
    world.apply_rules(
        Forward(kind=Recipients.NUMBER, to=world.ada.number, text="$NUMBER$ on $MODEM$: $TXT$"),
        AutoReply(text="Ada has got it"),
    )

    world.modem.inject_sms(sender="+491709999999", text="fire!")

    world.wait_until(lambda: len(world.ada.received) == 3 and bool(world.modem.taken))
    assert world.ada.received[-1] == "+491709999999 on modem-1: fire!"
    assert world.texts == ["Ada has got it"]


def test_a_telegram_message_is_passed_on_by_sms_and_its_sender_is_answered_by_telegram(world):
    world.link()
    world.apply_rules(
        Forward(kind=Recipients.NUMBER, to="+491709999999", by=By.SMS),
        AutoReply(text="sent"),
        kinds=(InboundKind.TELEGRAM,),
    )

    world.ada.writes("put it out!")

    world.wait_until(lambda: len(world.ada.received) == 3 and bool(world.modem.taken))
    assert world.ada.received[-1] == "sent"
    assert world.texts == [f"{world.ada.number}: put it out!"]


def test_an_update_that_is_offered_twice_is_stored_once(world):
    world.ada.writes("one")
    world.wait_until(lambda: world.telegram.unconfirmed == 0)

    world.telegram.happens_again()
    world.ada.writes("two")

    world.wait_until(lambda: world.telegram.unconfirmed == 0)
    texts = [message.text for message in world.gateway.inquiry.inbound()]
    assert sorted(texts) == ["one", "two"]


def test_a_server_stops_at_once_although_updates_are_being_waited_for(world):
    world.link()
    assert world.telegram.wait_for(lambda: bool(world.telegram.asked("getUpdates")))
    began = time.monotonic()

    world.gateway.close()

    assert time.monotonic() - began < 3.0
