"""
Phones that are lost, late, or silent.
"""

from datetime import timedelta

import pytest

from smscore import Gateway
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.devices import MOST_DEVICES, Device
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.errors import InvalidRequest, NotFound, PermanentFailure, TemporaryFailure
from smscore.testing import FakeTransport, ManualClock, MemoryStore

ACME = AccountId(1)


@pytest.fixture(autouse=True)
def _phones_first(gateway: Gateway) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones", "fake"))])


def submit(gateway: Gateway) -> MessageId:
    return gateway.submissions.submit(account="acme", to="+491701234567", text="hi").message


def fetched(gateway: Gateway, device: str | None = None) -> list[MessageId]:
    return [one.message.id for one in gateway.pickup.fetch(ACME, limit=9, device=device)]


def handed_to(gateway: Gateway, device: str | None = None) -> MessageId:
    message = submit(gateway)
    assert fetched(gateway, device) == [message]
    return message


def requeue(gateway: Gateway, clock: ManualClock) -> dict[str, int]:
    clock.move(seconds=1)
    return dict(gateway.phones.requeue(before=clock.now()))


def tell(gateway: Gateway, message: MessageId, word: int, device: str | None = None) -> int:
    return gateway.pickup.tell(ACME, {message: word == 2}, device=device)


def delivery_of(gateway: Gateway, message: MessageId) -> Delivery:
    return gateway.inquiry.message(message).delivery


def kinds(gateway: Gateway, message: MessageId) -> list[str]:
    return [event.kind for event in gateway.inquiry.explain(message).events]


def devices(gateway: Gateway) -> list[Device]:
    return [one.device for one in gateway.phones.all()]


# Claims.


def test_what_was_handed_out_before_then_waits_for_a_phone_again(
    gateway: Gateway, clock: ManualClock
):
    first = handed_to(gateway, "a")
    clock.move(hours=1)
    second = handed_to(gateway, "a")

    before = clock.now()
    assert gateway.phones.claimed(before=before) == {"acme": 1}
    assert gateway.phones.requeue(before=before) == {"acme": 1}
    assert gateway.phones.requeue(before=before) == {}

    assert delivery_of(gateway, second).status is Status.SENDING
    assert fetched(gateway, "b") == [first]
    assert kinds(gateway, first)[-2:] == ["message.requeued", "message.sending"]


def test_many_are_put_back_in_steps(gateway: Gateway, clock: ManualClock):
    gateway.administration.credit("acme", 1000, why="paid")
    messages = [submit(gateway) for _ in range(450)]
    gateway.pickup.fetch(ACME, limit=1000)

    assert requeue(gateway, clock) == {"acme": 450}
    assert len(gateway.pickup.fetch(ACME, limit=1000)) == len(messages)


def test_only_the_claims_of_one_account_are_put_back(gateway: Gateway, clock: ManualClock):
    gateway.administration.create_account("other")
    handed_to(gateway)
    clock.move(seconds=1)

    assert gateway.phones.requeue(before=clock.now(), account="other") == {}
    with pytest.raises(NotFound):
        gateway.phones.requeue(before=clock.now(), account="nobody")


@pytest.mark.parametrize("second", ["b", None])
def test_a_late_success_ends_a_message_that_was_put_back(
    gateway: Gateway, clock: ManualClock, second: str | None
):
    message = handed_to(gateway, "a")
    requeue(gateway, clock)

    assert tell(gateway, message, 2, "a") == 1

    assert delivery_of(gateway, message).status is Status.DELIVERED
    assert fetched(gateway, second) == []
    assert requeue(gateway, clock) == {}


def test_a_late_failure_does_not_take_a_message_from_the_next_phone(
    gateway: Gateway, clock: ManualClock
):
    message = handed_to(gateway, "a")
    requeue(gateway, clock)
    assert fetched(gateway, "b") == [message]

    assert [tell(gateway, message, 3, "a") for _ in range(2)] == [1, 1]

    assert delivery_of(gateway, message).status is Status.SENDING
    assert kinds(gateway, message).count("message.reported") == 1
    tell(gateway, message, 3, "b")
    assert delivery_of(gateway, message).channel == "fake"


def test_a_phone_that_was_renamed_meanwhile_is_believed(gateway: Gateway):
    message = handed_to(gateway, "old name")

    assert tell(gateway, message, 3, "new name") == 1

    assert delivery_of(gateway, message).channel == "fake"
    assert kinds(gateway, message)[-1] == "message.rerouted"


def test_a_phone_that_was_renamed_before_it_fetches_again_ends_it(
    gateway: Gateway, clock: ManualClock
):
    message = handed_to(gateway, "old name")
    requeue(gateway, clock)
    tell(gateway, message, 3, "new name")
    assert fetched(gateway, "new name") == [message]

    tell(gateway, message, 3, "new name")

    assert delivery_of(gateway, message).channel == "fake"


def test_a_renamed_phone_takes_no_message_from_the_next_one(gateway: Gateway, clock: ManualClock):
    message = handed_to(gateway, "old name")
    requeue(gateway, clock)
    assert fetched(gateway, "other") == [message]

    assert tell(gateway, message, 3, "new name") == 1
    assert delivery_of(gateway, message).status is Status.SENDING

    assert tell(gateway, message, 3, "other") == 1
    assert kinds(gateway, message)[-2:] == ["message.reported", "message.reported"]


def test_made_up_names_do_not_make_a_story_without_end(gateway: Gateway, clock: ManualClock):
    message = handed_to(gateway, "a")
    requeue(gateway, clock)
    assert fetched(gateway, "b") == [message]

    assert {tell(gateway, message, 3, f"x{number}") for number in range(20)} == {1}

    assert kinds(gateway, message).count("message.reported") == 1
    tell(gateway, message, 3, "a")
    tell(gateway, message, 3, "b")
    assert delivery_of(gateway, message).channel == "fake"


def test_a_late_failure_lets_a_message_that_waits_wait(gateway: Gateway, clock: ManualClock):
    message = handed_to(gateway, "a")
    requeue(gateway, clock)

    tell(gateway, message, 3, "a")

    assert fetched(gateway, "a") == [message]
    tell(gateway, message, 3, "a")
    assert delivery_of(gateway, message).channel == "fake"


def test_phones_without_names_are_not_told_apart(gateway: Gateway, clock: ManualClock):
    message = handed_to(gateway)
    requeue(gateway, clock)
    fetched(gateway)

    tell(gateway, message, 3)
    tell(gateway, message, 3)

    assert delivery_of(gateway, message).status is Status.SENDING
    tell(gateway, message, 2)
    assert delivery_of(gateway, message).status is Status.DELIVERED


# After a phone has given up.


def test_a_repeated_failure_gets_the_same_number(gateway: Gateway):
    message = handed_to(gateway, "a")

    assert [tell(gateway, message, 3, "a") for _ in range(2)] == [1, 1]

    assert delivery_of(gateway, message).channel == "fake"
    assert kinds(gateway, message)[-1] == "message.rerouted"
    gateway.run_pending()
    assert tell(gateway, message, 3, "a") == 1
    assert delivery_of(gateway, message).status is Status.SENT


def test_a_success_after_its_failure_takes_it_from_the_next_channel(
    gateway: Gateway, network: FakeTransport
):
    message = handed_to(gateway, "a")
    tell(gateway, message, 3, "a")

    assert tell(gateway, message, 2, "a") == 1

    gateway.run_pending()
    assert network.jobs == []
    delivery = delivery_of(gateway, message)
    assert (delivery.status, delivery.channel) == (Status.DELIVERED, "phones/acme")
    assert delivery.charged == 0
    assert gateway.inquiry.account_named("acme").credits == 10


def test_a_success_ends_the_retries_of_the_next_channel(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
):
    message = handed_to(gateway, "a")
    tell(gateway, message, 3, "a")
    network.fail_next(TemporaryFailure("busy"))
    gateway.run_pending()
    assert delivery_of(gateway, message).status is Status.SCHEDULED

    tell(gateway, message, 2, "a")
    clock.move(hours=1)
    gateway.run_pending()

    assert delivery_of(gateway, message).status is Status.DELIVERED
    assert len(network.jobs) == 1


def test_what_the_next_channel_has_sent_is_paid_for(gateway: Gateway):
    message = handed_to(gateway, "a")
    tell(gateway, message, 3, "a")
    gateway.run_pending()

    tell(gateway, message, 2, "a")

    delivery = delivery_of(gateway, message)
    assert (delivery.status, delivery.channel) == (Status.DELIVERED, "fake")
    assert gateway.inquiry.account_named("acme").credits == 9


def test_a_message_that_phones_never_had_is_not_theirs(gateway: Gateway, network: FakeTransport):
    gateway.rules.apply([Route(name="r", channels=("fake",))])
    network.fail_next(PermanentFailure("no"))
    message = submit(gateway)
    assert tell(gateway, message, 2) == 0

    gateway.run_pending()

    assert tell(gateway, message, 2) == 0
    assert delivery_of(gateway, message).status is Status.FAILED


def test_a_late_failure_is_not_about_a_message_that_an_operator_has_sent_anew(gateway: Gateway):
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    message = handed_to(gateway, "a")
    tell(gateway, message, 3, "a")
    gateway.interventions.resend(message)

    tell(gateway, message, 3, "a")
    assert fetched(gateway, "b") == [message]
    tell(gateway, message, 3, "a")

    assert delivery_of(gateway, message).status is Status.SENDING
    tell(gateway, message, 3, "b")
    assert delivery_of(gateway, message).status is Status.FAILED


# Devices.


def test_a_phone_is_known_by_what_it_did(gateway: Gateway, clock: ManualClock):
    first, second = submit(gateway), submit(gateway)
    begin = clock.now()
    fetched(gateway, "a")
    clock.move(minutes=1)

    for _ in range(2):  # repeating it is no news
        gateway.pickup.tell(ACME, {first: True, second: False, MessageId(5): True}, device="a")

    assert devices(gateway) == [
        Device(
            account=ACME,
            name="a",
            first_seen=begin,
            last_seen=clock.now(),
            last_poll=begin,
            delivered=1,
            failed=1,
        )
    ]


def test_what_gives_no_name_is_one_device(gateway: Gateway):
    message = submit(gateway)
    fetched(gateway)
    tell(gateway, message, 2)

    (device,) = devices(gateway)
    assert (device.name, device.delivered) == ("", 1)


def test_a_poll_soon_after_another_costs_no_write(
    gateway: Gateway, clock: ManualClock, store: MemoryStore
):
    fetched(gateway, "a")
    known = devices(gateway)
    clock.move(seconds=19)
    fetched(gateway, "a")
    assert devices(gateway) == known

    clock.move(seconds=1)
    fetched(gateway, "a")

    assert devices(gateway)[0].last_poll == clock.now()


def test_an_account_has_so_many_devices_and_no_more(gateway: Gateway, clock: ManualClock):
    for number in range(MOST_DEVICES + 5):
        clock.move(seconds=1)
        gateway.pickup.tell(ACME, {}, device=f"{number}")

    names = {device.name for device in devices(gateway)}
    assert len(names) == MOST_DEVICES
    assert "4" not in names
    assert "5" in names


def test_a_phone_that_is_not_heard_of_is_silent(gateway: Gateway, clock: ManualClock):
    fetched(gateway, "a")
    tell(gateway, MessageId(5), 2, "b")
    clock.move(minutes=10)
    tell(gateway, MessageId(5), 2, "b")
    assert gateway.phones.silent() == []

    clock.move(minutes=6)

    (silent,) = gateway.phones.silent()
    assert (silent.device.name, silent.account, silent.is_silent) == ("a", "acme", True)
    assert [one.is_silent for one in gateway.phones.all(account="acme")] == [True, False]
    fetched(gateway)  # may be that of any phone
    assert gateway.phones.silent() == []


def test_a_phone_that_is_forgotten_is_silent_no_more(gateway: Gateway, clock: ManualClock):
    fetched(gateway, "a")
    clock.move(hours=1)

    gateway.phones.forget("acme", "a")

    assert gateway.phones.silent() == devices(gateway) == []
    with pytest.raises(NotFound, match="no device 'a'"):
        gateway.phones.forget("acme", "a")
    with pytest.raises(NotFound, match="no account"):
        gateway.phones.forget("nobody", "a")


# Leases.


@pytest.fixture
def leased(gateway: Gateway) -> Gateway:
    """The account's phones have an hour to report."""
    changes = AccountChanges(claim_lease=timedelta(hours=1))
    gateway.administration.change_account("acme", changes)
    return gateway


def test_without_a_lease_a_phone_keeps_what_it_was_handed(gateway: Gateway, clock: ManualClock):
    message = handed_to(gateway)
    clock.move(days=365)
    gateway.run_pending()

    assert delivery_of(gateway, message).status is Status.SENDING


def test_what_a_phone_had_for_too_long_waits_for_a_phone_again(leased: Gateway, clock: ManualClock):
    message = handed_to(leased, "a")
    clock.move(minutes=59)
    leased.run_pending()
    assert fetched(leased, "b") == []

    clock.move(minutes=2)
    leased.run_pending()

    assert fetched(leased, "b") == [message]
    assert kinds(leased, message)[-2:] == ["message.requeued", "message.sending"]


def test_every_claim_has_a_lease_of_its_own(leased: Gateway, clock: ManualClock):
    handed_to(leased, "a")
    clock.move(minutes=61)
    leased.run_pending()
    fetched(leased, "b")
    clock.move(minutes=59)
    leased.run_pending()

    assert fetched(leased, "c") == []


def test_phones_that_never_tell_do_not_send_the_same_text_for_ever(
    leased: Gateway, clock: ManualClock
):
    message = handed_to(leased)
    times = 1
    for _ in range(20):
        clock.move(minutes=61)
        leased.run_pending()
        times += len(fetched(leased))

    assert times == 5
    assert delivery_of(leased, message).status is Status.INDETERMINATE
    tell(leased, message, 2)
    assert delivery_of(leased, message).status is Status.DELIVERED


@pytest.mark.parametrize(
    ("word", "status"), [(3, Status.FAILED), (2, Status.DELIVERED)], ids=["failed", "delivered"]
)
def test_what_the_only_phone_says_at_last_is_believed(
    leased: Gateway, clock: ManualClock, word: int, status: Status
):
    message = handed_to(leased, "a")
    for _ in range(9):
        clock.move(minutes=61)
        leased.run_pending()
        fetched(leased, "a")
    assert delivery_of(leased, message).status is Status.INDETERMINATE

    tell(leased, message, word, "a")

    assert delivery_of(leased, message).status is status


def test_many_leases_end_in_steps(leased: Gateway, clock: ManualClock):
    leased.administration.credit("acme", 1000, why="paid")
    for _ in range(450):
        submit(leased)
    leased.pickup.fetch(ACME, limit=1000)
    clock.move(minutes=61)

    steps = [leased.housekeeping.run_once() for _ in range(4)]

    assert steps == [200, 200, 50, 0]


def test_a_lease_in_which_no_phone_could_report_is_refused():
    with pytest.raises(InvalidRequest, match="at least 60 s"):
        AccountChanges(claim_lease=timedelta(seconds=59))
