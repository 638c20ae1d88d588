from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId, Priority
from smscore.domain.routes import Route
from smscore.errors import (
    Indeterminate,
    NoRoute,
    NotFound,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.ports.transport import ChannelHealth, SendJob, SendReceipt
from smscore.testing import NOON, FakeTransport, ManualClock

TO = "+491701234567"


def submit(gateway: Gateway, text: str = "hello", **options: object) -> MessageId:
    return gateway.submissions.submit(account="acme", to=TO, text=text, **options).message


def status_of(gateway: Gateway, message: MessageId) -> Status:
    return gateway.inquiry.message(message).delivery.status


def balance_of(gateway: Gateway) -> int | None:
    return gateway.inquiry.account_named("acme").credits


def sent_by(network: FakeTransport) -> list[MessageId]:
    return [job.message for job in network.jobs]


def story_of(gateway: Gateway, message: MessageId) -> list[str]:
    return [event.kind for event in gateway.inquiry.explain(message).events]


class SlowNetwork(FakeTransport):
    """A network that takes a minute for each message."""

    clock = ManualClock()

    def send(self, job: SendJob) -> SendReceipt:
        receipt = super().send(job)
        self.clock.move(minutes=1)
        return receipt


# Who goes first, and who not at all.


def test_who_is_urgent_goes_first_and_then_who_was_first(
    gateway: Gateway, network: FakeTransport
) -> None:
    order = [Priority.NORMAL, Priority.LOW, Priority.HIGH, Priority.NORMAL, Priority.HIGH]
    messages = [submit(gateway, priority=priority) for priority in order]

    gateway.run_pending()

    assert sent_by(network) == [messages[place] for place in (2, 4, 0, 3, 1)]


def test_a_retry_keeps_its_place_in_the_queue(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(TemporaryFailure("busy"))
    first = submit(gateway)
    gateway.run_pending()
    clock.move(seconds=5)
    second = submit(gateway)

    gateway.run_pending()

    assert sent_by(network) == [first, first, second]


def test_what_was_not_sent_in_time_expires_and_costs_nothing(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    message = submit(gateway, expires_at=NOON + timedelta(seconds=10))
    clock.move(seconds=10)

    gateway.run_pending()

    assert (status_of(gateway, message), balance_of(gateway)) == (Status.EXPIRED, 10)
    assert network.jobs == []


def test_a_message_whose_time_ends_while_another_is_sent_is_not_sent(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    slow = networks["one"] = SlowNetwork(name="one")
    slow.clock = clock
    gateway = make_gateway(one={})
    messages = [submit(gateway, expires_at=NOON + timedelta(seconds=10)) for _ in range(2)]

    gateway.run_pending()

    assert [status_of(gateway, message) for message in messages] == [Status.SENT, Status.EXPIRED]


def test_a_retry_does_not_outlive_the_message(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(TemporaryFailure("busy"))
    message = submit(gateway, expires_at=NOON + timedelta(seconds=4))
    gateway.run_pending()
    clock.move(seconds=5)

    gateway.run_pending()

    assert (status_of(gateway, message), len(network.jobs)) == (Status.EXPIRED, 1)


def test_a_message_for_later_waits_for_its_time(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    message = submit(gateway, not_before=NOON + timedelta(hours=1))
    gateway.run_pending()
    assert (status_of(gateway, message), network.jobs) == (Status.SCHEDULED, [])

    clock.move(hours=1)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.SENT


# Tries.


def test_retries_come_later_each_time_until_the_next_channel_gets_the_message(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(
        one={"retry": {"max_attempts": 3, "first_delay": 10, "factor": 3}}, two={}
    )
    for _ in range(3):
        networks["one"].fail_next(TemporaryFailure("busy"))
    message = submit(gateway)
    tries = []
    for second in range(60):
        gateway.run_pending()
        tries += [second] * (len(networks["one"].jobs) - len(tries))
        clock.move(seconds=1)

    assert tries == [0, 10, 40]
    assert sent_by(networks["two"]) == [message]


def test_a_channel_that_is_not_ready_costs_a_message_no_try(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={"retry": {"max_attempts": 1}})
    for _ in range(5):
        networks["one"].fail_next(NotReady("not registered"))
    message = submit(gateway)

    for _ in range(6):
        gateway.run_pending()
        clock.move(seconds=10)

    assert status_of(gateway, message) is Status.SENT
    assert gateway.inquiry.message(message).delivery.attempts == 1


def test_a_message_that_nobody_would_have_fails_with_the_last_word(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={}, two={})
    networks["one"].fail_next(PermanentFailure("barred"))
    networks["two"].fail_next(PermanentFailure("no such number", cause="+CMS ERROR: 1"))

    message = submit(gateway)
    gateway.run_pending()

    delivery = gateway.inquiry.message(message).delivery
    assert (delivery.status, delivery.error_code) == (Status.FAILED, "permanent_failure")
    assert delivery.error == "no such number (+CMS ERROR: 1)"
    assert balance_of(gateway) == 10


# Doubt.


def test_a_channel_that_sends_again_sends_the_part_in_doubt_and_no_other(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={"in_doubt": "resend"})
    networks["one"].fail_next(Indeterminate("silence"), at_part=2)

    message = submit(gateway, "x" * 400)
    gateway.run_pending()

    assert [job.accepted for job in networks["one"].jobs] == [(), (1,)]
    assert status_of(gateway, message) is Status.SENT
    assert "message.resent" in story_of(gateway, message)


def test_a_channel_that_sends_again_does_not_do_so_for_ever(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={"in_doubt": "resend", "retry": {"max_attempts": 3}})
    for _ in range(10):
        networks["one"].fail_next(Indeterminate("silence"))

    message = submit(gateway)
    for _ in range(10):
        gateway.run_pending()
        clock.move(hours=1)

    assert len(networks["one"].jobs) == 3
    assert status_of(gateway, message) is Status.INDETERMINATE
    assert balance_of(gateway) == 9


def test_a_channel_that_gives_up_in_doubt_gives_the_credits_back(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={"in_doubt": "fail"}, two={})
    networks["one"].fail_next(Indeterminate("silence"))

    message = submit(gateway)
    gateway.run_pending()

    assert gateway.inquiry.message(message).delivery.error_code == "in_doubt"
    assert (networks["two"].jobs, balance_of(gateway)) == ([], 10)


# A channel that cannot send.


def test_messages_go_elsewhere_when_their_channel_was_not_ready_for_half_a_minute(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.run_pending()
    networks["one"].close()
    message = submit(gateway)
    gateway.run_pending()
    clock.move(seconds=29)
    gateway.run_pending()
    assert status_of(gateway, message) is Status.QUEUED

    clock.move(seconds=1)
    gateway.run_pending()

    assert sent_by(networks["two"]) == [message]
    assert "message.rerouted" in story_of(gateway, message)


def test_what_could_go_elsewhere_does_so_behind_any_number_that_cannot(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.administration.credit("acme", 2000, why="many")
    gateway.run_pending()
    networks["one"].close()
    gateway.rules.apply([Route(name="only", channels=("one",))])
    for _ in range(1001):
        submit(gateway)
    gateway.rules.apply([Route(name="both", channels=("one", "two"))])
    last = submit(gateway)

    for _ in range(5):
        gateway.run_pending()
        clock.move(seconds=30)

    assert sent_by(networks["two"]) == [last]


def test_a_clock_that_is_set_forward_does_not_make_a_channel_unready_for_long(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.run_pending()
    networks["one"].close()
    message = submit(gateway)
    gateway.run_pending()

    clock.jump(hours=1)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.QUEUED


def test_a_partly_sent_message_waits_for_its_channel(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    networks["one"].fail_next(TemporaryFailure("busy"), at_part=2)
    message = submit(gateway, "x" * 400)
    gateway.run_pending()
    networks["one"].close()

    for _ in range(3):
        clock.move(minutes=10)
        gateway.run_pending()

    assert (status_of(gateway, message), networks["two"].jobs) == (Status.QUEUED, [])


def test_a_message_without_another_channel_waits_for_its_own(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={})
    gateway.run_pending()
    networks["one"].close()
    message = submit(gateway)
    for _ in range(3):
        clock.move(hours=1)
        gateway.run_pending()
    networks["one"].is_closed = False

    gateway.run_pending()

    assert sent_by(networks["one"]) == [message]


# What operators want of a channel.


def test_a_paused_channel_is_chosen_and_sends_nothing(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.administration.set_channel_mode("one", ChannelMode.PAUSED, why="new SIM card")
    message = submit(gateway)
    gateway.run_pending()
    clock.move(hours=1)
    gateway.run_pending()
    assert (status_of(gateway, message), networks["two"].jobs) == (Status.QUEUED, [])

    gateway.administration.set_channel_mode("one", ChannelMode.RUNNING)
    gateway.run_pending()

    assert sent_by(networks["one"]) == [message]


def test_a_draining_channel_sends_what_it_has_and_gets_nothing_new(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={}, two={})
    before = submit(gateway)
    gateway.administration.set_channel_mode("one", ChannelMode.DRAINING)
    after = submit(gateway)

    gateway.run_pending()

    assert (sent_by(networks["one"]), sent_by(networks["two"])) == ([before], [after])


def test_nothing_is_accepted_when_every_channel_is_draining(
    make_gateway: Callable[..., Gateway],
) -> None:
    gateway = make_gateway(one={})
    gateway.administration.set_channel_mode("one", ChannelMode.DRAINING)

    with pytest.raises(NoRoute):
        submit(gateway)


def test_the_overview_says_what_waits_for_each_channel_and_why(
    make_gateway: Callable[..., Gateway], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.administration.set_channel_mode("one", ChannelMode.PAUSED, why="new SIM card")
    submit(gateway)

    one, two = gateway.inquiry.channels()

    assert (one.name, one.mode, one.queued) == ("one", ChannelMode.PAUSED, 1)
    assert (one.since, one.why) == (clock.now(), "new SIM card")
    assert (two.name, two.mode, two.queued, two.since) == ("two", ChannelMode.RUNNING, 0, None)


def test_a_channel_that_is_not_configured_cannot_be_paused(gateway: Gateway) -> None:
    with pytest.raises(NotFound, match="there is no channel 'fax'; configured are: fake"):
        gateway.administration.set_channel_mode("fax", ChannelMode.PAUSED)


# What a transport may do wrong.


class Untidy(FakeTransport):
    """A network that marks what it begins, and never lifts the mark of what did not leave."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure: BaseException | None = failure

    def send(self, job: SendJob) -> SendReceipt:
        if self.failure is None:
            return super().send(job)
        _, journal = self._edges()
        journal.submitting(job, 1)
        failure, self.failure = self.failure, None
        raise failure


def test_what_certainly_did_not_leave_is_in_no_doubt_whatever_was_marked(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    networks["one"] = Untidy(PermanentFailure("barred"))
    gateway = make_gateway(one={}, two={})
    message = submit(gateway)

    gateway.run_pending()

    assert sent_by(networks["two"]) == [message]


def test_a_message_that_is_to_be_tried_again_can_be_called_back(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    networks["one"] = Untidy(TemporaryFailure("busy"))
    gateway = make_gateway(one={})
    message = submit(gateway)
    gateway.run_pending()

    gateway.interventions.cancel(message)

    assert status_of(gateway, message) is Status.CANCELLED


def test_what_a_round_has_left_behind_is_mended_by_the_next_one(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    networks["one"] = Untidy(KeyboardInterrupt())
    gateway = make_gateway(one={})
    message = submit(gateway)
    with pytest.raises(KeyboardInterrupt):
        gateway.run_pending()
    assert status_of(gateway, message) is Status.SENDING

    gateway.run_pending()

    assert status_of(gateway, message) is Status.INDETERMINATE


class Mute(FakeTransport):
    """A network that cannot say how it is."""

    def health(self) -> ChannelHealth:
        raise OSError("no such device")


def test_a_channel_that_cannot_say_how_it_is_stops_no_other(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    networks["one"] = Mute()
    gateway = make_gateway(one={}, two={})
    gateway.administration.set_channel_mode("one", ChannelMode.DRAINING)
    message = submit(gateway)

    gateway.run_pending()

    assert sent_by(networks["two"]) == [message]
    assert gateway.health("one").detail == "its transport cannot say: OSError: no such device"


class Rationed(FakeTransport):
    """A network that keeps what is left for urgent messages."""

    def health(self) -> ChannelHealth:
        return attrs.evolve(super().health(), least_priority=Priority.HIGH)


def test_only_what_is_urgent_leaves_a_channel_that_keeps_the_rest_for_it(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    networks["one"] = Rationed(name="one")
    gateway = make_gateway(one={})
    usual = submit(gateway)
    urgent = [submit(gateway, priority=Priority.HIGH) for _ in range(2)]
    gateway.run_pending()
    clock.move(minutes=1)
    gateway.run_pending()

    assert sent_by(networks["one"]) == urgent
    assert [job.priority for job in networks["one"].jobs] == [Priority.HIGH, Priority.HIGH]
    assert (status_of(gateway, usual), story_of(gateway, usual)) == (
        Status.QUEUED,
        ["message.queued"],
    )


def test_what_is_not_urgent_goes_to_a_channel_that_has_room_for_it(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    networks["one"], networks["two"] = Rationed(name="one"), Rationed(name="two")
    gateway = make_gateway(one={}, two={}, three={})
    usual = submit(gateway)
    gateway.run_pending()
    clock.move(seconds=30)
    urgent = submit(gateway, priority=Priority.HIGH)

    gateway.run_pending()

    assert sent_by(networks["one"]) == [urgent]
    assert sent_by(networks["three"]) == [usual]


def test_what_is_urgent_goes_to_a_channel_that_keeps_room_for_it(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    networks["two"] = Rationed(name="two")
    gateway = make_gateway(one={}, two={})
    gateway.run_pending()
    networks["one"].close()
    usual, urgent = submit(gateway), submit(gateway, priority=Priority.HIGH)
    gateway.run_pending()
    clock.move(seconds=30)

    gateway.run_pending()

    assert sent_by(networks["two"]) == [urgent]
    assert status_of(gateway, usual) is Status.QUEUED


@pytest.mark.parametrize("mode", [ChannelMode.PAUSED, ChannelMode.DRAINING])
def test_nobody_is_sent_from_a_dead_channel_to_one_that_is_closed(
    make_gateway: Callable[..., Gateway],
    networks: dict[str, FakeTransport],
    clock: ManualClock,
    mode: ChannelMode,
) -> None:
    gateway = make_gateway(one={}, two={}, three={})
    gateway.run_pending()
    networks["one"].close()
    message = submit(gateway)
    gateway.administration.set_channel_mode("two", mode)
    gateway.run_pending()
    clock.move(seconds=30)

    gateway.run_pending()

    assert sent_by(networks["three"]) == [message]


def test_whichever_channel_is_back_first_sends_what_waited_for_both(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.run_pending()
    for name in ("one", "two"):
        networks[name].close()
    message = submit(gateway)
    for _ in range(4):
        gateway.run_pending()
        clock.move(seconds=20)
    networks["one"].is_closed = False

    gateway.run_pending()

    assert sent_by(networks["one"]) == [message]
