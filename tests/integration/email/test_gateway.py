"""
A gateway with a relay and a modem, both of them simulated: what goes where, and what is kept.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from databases import new_database
from measured import measured

import smscore
from smscore.domain.deliveries import Status
from smscore.domain.destinations import Forward, Recipients
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import MessageId
from smscore.testing import MemoryStore
from smscore_email.testing import Dropped, FakeRelay, Refused, Step
from smscore_modem.simulator import ModemSimulator

PATIENCE = 60.0
ADA = "ada@reader.example"


@attrs.frozen(kw_only=True)
class World:
    gateway: smscore.Gateway
    relay: FakeRelay
    modem: ModemSimulator

    def send(self, *, to: str = ADA, text: str = "hello") -> MessageId:
        return self.gateway.submissions.submit(account="acme", to=to, text=text).message

    def status_of(self, message: MessageId) -> Status:
        return self.gateway.inquiry.message(message).delivery.status

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            self.relay.wait_for(lambda: False, timeout=0.02)


@pytest.fixture(params=["sqlite", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with FakeRelay() as relay, ModemSimulator(modems=1, report_delay=0.01) as modem:
        config = smscore.GatewayConfig.from_mapping(
            {
                "channels": {
                    "modem-1": {"transport": "modem", "port": modem.ports[0]},
                    "mail": {
                        **relay.table,
                        "reconnect_delay": 0.05,
                        "retry": {"first_delay": 0.05, "factor": 1.0},
                    },
                }
            },
            directory=tmp_path,
        )
        if request.param == "sqlite":
            new_database(tmp_path / "smscore.db")
        store = None if request.param == "sqlite" else MemoryStore()
        with (
            smscore.build(config, store=store) as gateway,
            measured(gateway),
            gateway.running(),
        ):
            gateway.administration.create_account("acme")
            yield World(gateway=gateway, relay=relay, modem=modem)


def test_a_message_to_an_address_is_given_to_the_relay(world: World) -> None:
    message = world.send(text="Grüße\nvon hier")

    world.wait_until(lambda: world.status_of(message) is Status.SENT)
    (mail,) = world.relay.mails
    assert (mail.sender, mail.recipients) == ("gateway@sender.example", (ADA,))
    assert mail.text == "Grüße\nvon hier\n"
    assert mail.message["Subject"] == "Grüße"
    assert mail.message["Message-ID"] == f"<{message:016x}@sender.example>"
    assert world.modem.taken == []


def test_a_message_to_a_number_is_given_to_the_modem(world: World) -> None:
    message = world.send(to="+491701234567")

    world.wait_until(lambda: world.status_of(message) in (Status.SENT, Status.DELIVERED))
    assert world.relay.mails == []
    assert len(world.modem.taken) == 1


def test_what_the_relay_does_not_take_at_first_is_offered_again(world: World) -> None:
    world.relay.script(Refused(code=451), at=Step.RECIPIENT)
    message = world.send()

    world.wait_until(lambda: world.status_of(message) is Status.SENT)
    assert len(world.relay.mails) == 1


def test_what_the_relay_refuses_for_good_fails_with_its_words(world: World) -> None:
    world.relay.script(Refused(code=550, said="5.1.1 nobody here"), at=Step.RECIPIENT)
    message = world.send()

    world.wait_until(lambda: world.status_of(message) is Status.FAILED)
    assert "5.1.1 nobody here" in str(world.gateway.inquiry.message(message).delivery.error)


def test_an_answer_that_got_lost_leaves_it_unknown_and_the_mail_is_there_once(
    world: World,
) -> None:
    world.relay.script(Dropped(is_done=True))
    lost = world.send(text="one")
    after = world.send(text="two")

    world.wait_until(lambda: world.status_of(after) is Status.SENT)
    assert world.status_of(lost) is Status.INDETERMINATE
    assert [mail.text for mail in world.relay.mails] == ["one\n", "two\n"]


def test_an_sms_is_passed_on_by_e_mail(world: World) -> None:
    to_ada = Forward(kind=Recipients.EMAIL, to=ADA, text="$NUMBER$ on $MODEM$:\n$TXT$")
    rule = InboundRule(name="to Ada", destinations=(to_ada,), account="acme")
    world.gateway.rules.apply([], inbound=[rule])

    world.modem.inject_sms(sender="+491709999999", text="Grüße")

    world.wait_until(lambda: bool(world.relay.mails))
    (mail,) = world.relay.mails
    assert mail.recipients == (ADA,)
    assert mail.text == "+491709999999 on modem-1:\nGrüße\n"
    # Whoever answers mails by itself does not answer this one (RFC 3834, 2).
    assert mail.message["Auto-Submitted"] == "auto-generated"
