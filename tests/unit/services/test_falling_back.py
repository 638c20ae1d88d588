"""
Telegram first, and an SMS where nothing else is left: with two networks in memory.
"""

import threading
from collections.abc import Callable, Iterator

import attrs
import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.messages import Medium, MessageId, Surface
from smscore.errors import (
    IdempotencyConflict,
    Indeterminate,
    NoRoute,
    NotLinked,
    PermanentFailure,
    RejectedItems,
    TemporaryFailure,
    Unlinked,
)
from smscore.ports.transport import SendJob, SendReceipt
from smscore.services.submission import Item, Submission
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_link,
)
from smscore_server._story import tell

TO = "+491701234567"
AUTOMATIC, TELEGRAM, VOICE = Medium.AUTOMATIC, Medium.TELEGRAM, Medium.VOICE


@attrs.frozen(kw_only=True)
class World:
    """A gateway with a Telegram channel ``bot`` and a modem, and an account with 10 credits."""

    gateway: Gateway
    clock: ManualClock
    bot: FakeTransport
    modem: FakeTransport

    def link(self) -> None:
        self.gateway.reception.linked(a_link(channel="bot", address="1001"))

    def submit(self, medium: Medium = AUTOMATIC, **options: object) -> MessageId:
        submitted = self.gateway.submissions.submit(
            account="acme", to=TO, medium=medium, **{"text": "hello", **options}
        )
        return submitted.message

    def run(self, *, seconds: float = 0) -> None:
        """Let time pass and everything be done that is due then."""
        self.clock.move(seconds=seconds)
        for _ in range(3):
            self.gateway.run_pending()

    def status(self, message: MessageId) -> tuple[str, str]:
        delivery = self.gateway.inquiry.message(message).delivery
        return delivery.status.value, delivery.channel

    def sent(self) -> tuple[int, int]:
        """How many messages each network was given."""
        return len(self.bot.jobs), len(self.modem.jobs)

    def story(self, message: MessageId) -> str:
        found = self.gateway.inquiry.explain(message)
        return "\n".join(tell(found.tracked, found.events))

    @property
    def credits(self) -> int | None:
        return self.gateway.inquiry.account_named("acme").credits


@pytest.fixture
def make_world(clock: ManualClock, store: MemoryStore) -> Iterator[Callable[..., World]]:
    made: list[Gateway] = []

    def make(bot: FakeTransport) -> World:
        modem = FakeTransport(name="modem", media=(Medium.SMS, Medium.VOICE))
        gateway = build(
            GatewayConfig(plugins=PluginsConfig(enabled=())),
            store=store,
            transports={"bot": bot, "modem": modem},
            authenticator=PlainAuthenticator(store),
            clock=clock,
        )
        made.append(gateway)
        gateway.administration.create_account("acme", credits=10)
        return World(gateway=gateway, clock=clock, bot=bot, modem=modem)

    yield make
    for gateway in made:
        gateway.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(FakeTransport(name="bot", media=(TELEGRAM,)))


# Who gets what.


def test_whoever_is_linked_gets_a_telegram_message_and_it_is_free(world: World) -> None:
    world.link()
    message = world.submit()
    assert world.credits == 9  # until it is known which way it went

    world.run()

    assert world.status(message) == ("sent", "bot")
    assert world.sent() == (1, 0)
    (job,) = world.bot.jobs
    assert (job.medium, job.address, job.text) == (TELEGRAM, "1001", "hello")
    assert world.credits == 10


def test_whoever_is_not_linked_gets_an_sms(world: World) -> None:
    message = world.submit()

    world.run()

    assert world.status(message) == ("sent", "modem")
    assert world.sent() == (0, 1)
    assert (world.modem.jobs[0].medium, world.modem.jobs[0].address) == (Medium.SMS, None)


def test_an_sms_is_an_sms_though_the_recipient_is_linked(world: World) -> None:
    world.link()
    message = world.submit(Medium.SMS)

    world.run()

    assert world.status(message) == ("sent", "modem")
    assert world.sent() == (0, 1)


def test_telegram_alone_is_refused_to_whoever_is_not_linked(world: World) -> None:
    with pytest.raises(NotLinked, match="shares the number"):
        world.submit(TELEGRAM)

    assert world.credits == 10


def test_of_several_recipients_those_are_sent_to_that_can_be(world: World) -> None:
    world.link()
    items = tuple(Item(to=to, text="hi") for to in (TO, "+491709999999", "nonsense"))

    receipt = world.gateway.submissions.begin(
        Submission(
            account=world.gateway.settings.account("acme").id,
            surface=Surface.GATEWAY,
            items=items,
            medium=TELEGRAM,
            is_partial=True,
        )
    ).result()

    assert [one.index for one in receipt.accepted] == [0]
    assert {one.index: one.code for one in receipt.refused} == {
        1: "not_linked",
        2: "invalid_phone_number",
    }


def test_a_link_may_be_taken_back(world: World) -> None:
    world.link()
    world.gateway.reception.unlinked(channel="bot", address="1001")
    world.gateway.reception.unlinked(channel="bot", address="unknown")

    with pytest.raises(NotLinked):
        world.submit(TELEGRAM)


# What falls back.


FAILURES = [
    PermanentFailure("bot was blocked by the user"),
    Unlinked("chat not found"),
    Indeterminate("no answer"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_what_telegram_refuses_or_does_not_confirm_goes_as_one_sms(
    world: World, failure: Exception
) -> None:
    world.link()
    world.bot.fail_next(failure)
    message = world.submit()

    world.run()
    world.run(seconds=3600)

    assert world.status(message) == ("sent", "modem")
    assert world.sent() == (1, 1)
    assert world.credits == 9


@pytest.mark.parametrize("failure", FAILURES)
def test_telegram_alone_never_becomes_an_sms(world: World, failure: Exception) -> None:
    world.link()
    world.bot.fail_next(failure)
    message = world.submit(TELEGRAM)

    world.run()
    world.run(seconds=3600)

    assert world.sent() == (1, 0)
    assert world.status(message)[1] == "bot"


def test_a_link_that_is_gone_when_it_is_needed_is_a_refusal(world: World) -> None:
    world.link()
    message, alone = world.submit(), world.submit(TELEGRAM)
    world.gateway.reception.unlinked(channel="bot", address="1001")

    world.run()

    assert world.status(message) == ("sent", "modem")
    assert world.status(alone) == ("failed", "bot")
    assert world.gateway.inquiry.message(alone).delivery.error_code == "not_linked"
    assert world.sent() == (0, 1)


def make_unable(world: World) -> None:
    world.bot.is_able = False


def pause(world: World) -> None:
    world.gateway.administration.set_channel_mode("bot", ChannelMode.PAUSED)


def make_busy(world: World) -> None:
    for _ in range(20):
        world.bot.fail_next(TemporaryFailure("try again later"))


@pytest.mark.parametrize("hold_up", [make_unable, pause, make_busy])
def test_what_telegram_does_not_accept_in_time_goes_as_an_sms(
    world: World, hold_up: Callable[[World], None]
) -> None:
    world.link()
    hold_up(world)
    message = world.submit()

    world.run(seconds=29)
    assert world.status(message)[1] == "bot"
    world.run(seconds=1)

    assert world.status(message) == ("sent", "modem")
    assert world.sent()[1] == 1
    world.bot.is_able = True
    world.run(seconds=3600)
    assert world.sent()[1] == 1
    said = "bot does not get it through: not accepted within 30 s; modem is next"
    assert said in world.story(message)


def test_the_time_for_it_begins_when_the_message_is_due(world: World) -> None:
    world.link()
    world.bot.is_able = False
    message = world.submit(not_before=NOON.replace(hour=14))

    world.run(seconds=2 * 3600)
    world.run(seconds=29)
    assert world.status(message) == ("queued", "bot")
    world.run(seconds=1)

    assert world.status(message) == ("sent", "modem")


def test_telegram_alone_waits_for_as_long_as_it_takes(world: World) -> None:
    world.link()
    world.bot.is_able = False
    message = world.submit(TELEGRAM)

    world.run(seconds=3600)
    assert world.status(message) == ("queued", "bot")
    world.bot.is_able = True
    world.run()

    assert world.status(message) == ("sent", "bot")


def test_a_clock_that_is_set_back_makes_nobody_wait_for_hours(world: World) -> None:
    world.link()
    world.bot.is_able = False
    message = world.submit()
    world.run()

    world.clock.jump(hours=-3)
    world.run()

    assert world.status(message) == ("sent", "modem")


class HangingNetwork(FakeTransport):
    """A network that holds each message until it is let go, and then takes it."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.is_asked, self.may_go_on = threading.Event(), threading.Event()

    def send(self, job: SendJob) -> SendReceipt:
        self.is_asked.set()
        assert self.may_go_on.wait(30)
        return super().send(job)


def test_what_hangs_at_telegram_is_taken_from_it_before_it_leaves(
    make_world: Callable[..., World],
) -> None:
    bot = HangingNetwork(name="bot", media=(TELEGRAM,))
    world = make_world(bot)
    world.link()
    message = world.submit()

    with world.gateway.running():
        assert bot.is_asked.wait(30)
        world.clock.move(seconds=30)
        assert world.modem.wait_for(lambda: message in world.modem.sent, timeout=30)
        bot.may_go_on.set()

    assert world.status(message) == ("sent", "modem")
    assert message not in bot.sent  # its journal would not let it begin


# What is heard later.


def test_a_late_success_is_told_and_changes_nothing_else(world: World) -> None:
    world.link()
    world.bot.fail_next(Indeterminate("no answer"))
    message = world.submit()
    world.run()
    before = world.gateway.inquiry.message(message)

    world.bot.accept_late(message)

    after = world.gateway.inquiry.message(message)
    assert attrs.evolve(after, delivery=before.delivery) == before
    assert (after.delivery.status, after.delivery.parts) == (Status.SENT, before.delivery.parts)
    assert world.credits == 9
    story = world.story(message)
    assert "nobody knows whether bot sent it: no answer; modem is next" in story
    assert "bot has accepted it after all: the recipient may get it twice" in story


def test_a_late_success_is_no_part_of_the_sms_that_is_on_its_way(world: World) -> None:
    world.link()
    world.bot.fail_next(Indeterminate("no answer"))
    world.modem.is_able = False
    message = world.submit()
    world.run()

    world.bot.accept_late(message)
    world.modem.is_able = True
    world.run()

    assert world.status(message) == ("sent", "modem")
    assert world.modem.jobs[0].accepted == ()


def test_of_telegram_alone_a_late_success_settles_the_doubt(world: World) -> None:
    world.link()
    world.bot.fail_next(Indeterminate("no answer"))
    message = world.submit(TELEGRAM)
    world.run()
    assert world.status(message) == ("indeterminate", "bot")

    world.bot.accept_late(message)

    assert world.status(message) == ("sent", "bot")


# How it is cut.


def test_the_channel_says_how_its_texts_are_cut(make_world: Callable[..., World]) -> None:
    bot = FakeTransport(name="bot", media=(TELEGRAM,))
    bot.capabilities = attrs.evolve(bot.capabilities, cut=str.split)
    world = make_world(bot)
    world.link()
    message = world.submit(TELEGRAM, text="two words" + "!" * 200)

    world.run()

    assert bot.jobs[0].segments.parts == ("two", "words" + "!" * 200)
    assert len(world.gateway.inquiry.message(message).delivery.parts) == 2


def test_a_text_that_is_cut_in_two_goes_as_a_whole_sms_when_the_second_is_refused(
    make_world: Callable[..., World],
) -> None:
    bot = FakeTransport(name="bot", media=(TELEGRAM,))
    bot.capabilities = attrs.evolve(bot.capabilities, cut=str.split)
    world = make_world(bot)
    world.link()
    bot.fail_next(PermanentFailure("blocked"), at_part=2)
    message = world.submit(text="two words")

    world.run()

    assert world.status(message) == ("sent", "modem")
    assert world.modem.jobs[0].segments.parts == ("two words",)
    assert world.modem.jobs[0].accepted == ()


# Calls.


def test_a_call_goes_to_a_channel_that_can_ring_and_needs_no_text(world: World) -> None:
    message = world.submit(VOICE, text="")

    world.run()

    assert world.status(message) == ("sent", "modem")
    (job,) = world.modem.jobs
    assert (job.medium, job.segments.count) == (VOICE, 1)
    assert world.credits == 9


def test_a_call_needs_a_channel_that_can_ring(gateway: Gateway) -> None:
    with pytest.raises(NoRoute, match="can make a call"):
        gateway.submissions.submit(account="acme", to=TO, text="x", medium=VOICE)


# Operators, and those who ask twice.


def test_an_operators_resend_goes_the_way_that_the_medium_goes_today(world: World) -> None:
    world.link()
    world.bot.fail_next(PermanentFailure("blocked"))
    world.modem.fail_next(PermanentFailure("barred"))
    message = world.submit()
    world.run()
    assert world.status(message) == ("failed", "modem")

    world.gateway.interventions.resend(message)
    world.run()

    assert world.status(message) == ("sent", "bot")


def test_one_key_and_another_medium_are_two_requests(world: World) -> None:
    world.submit(Medium.SMS, idempotency_key="key")

    with pytest.raises(IdempotencyConflict):
        world.submit(AUTOMATIC, idempotency_key="key")


def group(world: World, *numbers: str, asked: str = "group ops") -> Submission:
    return Submission(
        account=world.gateway.settings.account("acme").id,
        surface=Surface.GATEWAY,
        items=tuple(Item(to=number, text="hi") for number in numbers),
        idempotency_key="key",
        fingerprint=asked,
        is_resolved=True,
    )


def test_a_group_that_has_changed_is_asked_for_again_and_not_anew(world: World) -> None:
    begin = world.gateway.submissions.begin
    first = begin(group(world, TO)).result()

    again = begin(group(world, TO, "+491709999999")).result()
    emptied = begin(group(world)).result()

    assert first == again == emptied
    assert again.is_replay
    with pytest.raises(IdempotencyConflict):
        begin(group(world, TO, asked="group sales")).result()


def test_an_empty_group_is_refused(world: World) -> None:
    with pytest.raises(RejectedItems):
        world.gateway.submissions.begin(group(world)).result()
