"""
One message, all the way, over the public doors of a gateway with a network in memory.
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.config import PluginsConfig
from smscore.domain.deliveries import ReportOutcome, Status
from smscore.domain.headers import Concatenation
from smscore.domain.languages import Language
from smscore.domain.messages import MessageId, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.domain.segments import EncodingOptions, split
from smscore.domain.settings import AccountChanges
from smscore.errors import (
    IdempotencyConflict,
    Indeterminate,
    InsufficientCredits,
    InvalidRequest,
    NotFound,
    PermanentFailure,
    RejectedItems,
    TemporaryFailure,
)
from smscore.ports.policy import Screen
from smscore.services.submission import Item, Submission
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_part,
)


def submit(gateway: Gateway, text: str = "hello") -> MessageId:
    return gateway.submissions.submit(account="acme", to="0170 1234567", text=text).message


def status_of(gateway: Gateway, message: MessageId) -> Status:
    return gateway.inquiry.message(message).delivery.status


def story_of(gateway: Gateway, message: MessageId) -> list[str]:
    return [event.kind for event in gateway.inquiry.explain(message).events]


def balance_of(gateway: Gateway) -> int | None:
    account = gateway.inquiry.account_named("acme")
    entries = gateway.inquiry.statement(account.id)
    assert account.credits == sum(entry.credits for entry in entries)
    return account.credits


def test_a_message_is_queued_sent_and_delivered(gateway: Gateway, network: FakeTransport) -> None:
    message = submit(gateway)
    assert status_of(gateway, message) is Status.QUEUED

    gateway.run_pending()
    assert status_of(gateway, message) is Status.SENT

    network.report(message)
    assert status_of(gateway, message) is Status.DELIVERED


def test_its_story_has_every_step_in_order_without_a_gap(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message)

    events = gateway.inquiry.explain(message).events

    assert [event.kind for event in events] == [
        "message.queued",
        "message.sending",
        "message.sent",
        "message.delivered",
    ]
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert events[0].detail["encoding"] == "gsm7"


def test_a_number_reaches_the_network_in_its_normal_form(
    gateway: Gateway, network: FakeTransport
) -> None:
    submit(gateway)
    gateway.run_pending()

    assert network.jobs[0].recipient.value == "+491701234567"


def test_a_message_costs_a_credit_for_each_part(gateway: Gateway) -> None:
    receipt = gateway.submissions.submit(account="acme", to="+491701234567", text="x" * 161)

    assert (receipt.credits_used, receipt.credits_remaining) == (2, 8)
    assert balance_of(gateway) == 8


def test_a_request_without_the_credits_for_it_stores_nothing(gateway: Gateway) -> None:
    with pytest.raises(InsufficientCredits):
        submit(gateway, "x" * 153 * 11)

    assert gateway.inquiry.messages() == []
    assert balance_of(gateway) == 10


def test_credits_come_back_when_no_carrier_would_have_it(
    gateway: Gateway, network: FakeTransport
) -> None:
    network.fail_next(PermanentFailure("no such number", cause="+CMS ERROR: 1"))
    message = submit(gateway)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.FAILED
    assert balance_of(gateway) == 10
    assert "+CMS ERROR: 1" in str(gateway.inquiry.explain(message).events[-1].detail["error"])


def test_credits_stay_taken_when_the_network_reports_failure(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.FAILED)

    assert status_of(gateway, message) is Status.FAILED
    assert balance_of(gateway) == 9


def test_a_temporary_failure_is_tried_again_when_its_time_has_come(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(TemporaryFailure("busy"))
    message = submit(gateway)
    gateway.run_pending()
    assert status_of(gateway, message) is Status.SCHEDULED

    clock.move(seconds=5)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.SENT
    assert "message.retried" in story_of(gateway, message)


def test_a_message_goes_on_at_its_first_unsent_part(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(TemporaryFailure("busy"), at_part=2)
    message = submit(gateway, "x" * 400)
    gateway.run_pending()
    clock.move(seconds=5)
    gateway.run_pending()

    assert [job.accepted for job in network.jobs] == [(), (1,)]
    assert status_of(gateway, message) is Status.SENT


def test_a_message_that_may_have_left_is_never_sent_again(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(Indeterminate("silence"))
    message = submit(gateway)
    for _ in range(5):
        gateway.run_pending()
        clock.move(days=1)

    assert status_of(gateway, message) is Status.INDETERMINATE
    assert len(network.jobs) == 1


@pytest.mark.parametrize("network", [FakeTransport(is_hasty=True)])
def test_a_report_that_is_faster_than_the_receipt_is_not_lost(gateway: Gateway) -> None:
    message = submit(gateway)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.DELIVERED
    assert story_of(gateway, message)[-2:] == ["message.sent", "message.delivered"]


def test_the_same_idempotency_key_gives_the_first_answer(gateway: Gateway) -> None:
    ask = {"account": "acme", "to": "+491701234567", "text": "hi", "idempotency_key": "k1"}

    first = gateway.submissions.submit(**ask)
    second = gateway.submissions.submit(**ask)

    assert first == second
    assert len(gateway.inquiry.messages()) == 1
    assert balance_of(gateway) == 9


def test_an_idempotency_key_with_other_content_is_a_conflict(gateway: Gateway) -> None:
    ask = {"account": "acme", "to": "+491701234567", "idempotency_key": "k1"}
    gateway.submissions.submit(**ask, text="one")

    with pytest.raises(IdempotencyConflict):
        gateway.submissions.submit(**ask, text="two")


def test_an_idempotency_key_may_be_used_again_after_a_day(
    gateway: Gateway, clock: ManualClock
) -> None:
    ask = {"account": "acme", "to": "+491701234567", "idempotency_key": "k1"}
    gateway.submissions.submit(**ask, text="one")
    clock.move(hours=24)

    gateway.submissions.submit(**ask, text="two")

    assert len(gateway.inquiry.messages()) == 2


def test_good_items_of_a_partial_request_are_accepted_and_bad_ones_named(gateway: Gateway) -> None:
    account = gateway.inquiry.account_named("acme")
    items = (
        Item(index=0, to="+491701234567", text="hi"),
        Item(index=1, to="nobody", text="hi"),
        Item(index=2, to="+491701234568", text=""),
    )
    request = Submission(account=account.id, surface=Surface.QUEUE, items=items, is_partial=True)

    receipt = gateway.submissions.begin(request).result()

    assert [item.index for item in receipt.accepted] == [0]
    assert [(item.index, item.code) for item in receipt.refused] == [
        (1, "invalid_phone_number"),
        (2, "invalid_request"),
    ]


def test_a_partial_request_without_a_good_item_is_refused_with_every_reason(
    gateway: Gateway,
) -> None:
    account = gateway.inquiry.account_named("acme")
    request = Submission(
        account=account.id,
        surface=Surface.QUEUE,
        items=(Item(index=4, to="nobody", text="hi"),),
        is_partial=True,
    )

    with pytest.raises(RejectedItems) as refusal:
        gateway.submissions.begin(request)

    assert list(refusal.value.reasons) == [4]


def test_a_refused_message_falls_back_to_the_next_channel_of_its_rule(
    gateway: Gateway, network: FakeTransport
) -> None:
    gateway.rules.apply([Route(name="r", channels=("fake", "phones"))])
    network.fail_next(PermanentFailure("barred"))
    message = submit(gateway)
    gateway.run_pending()

    account = gateway.inquiry.account_named("acme")
    handed_out = gateway.pickup.fetch(account.id, limit=10)

    assert [tracked.message.id for tracked in handed_out] == [message]
    assert "message.rerouted" in story_of(gateway, message)


def test_the_difference_to_a_cheaper_channel_is_given_back_when_it_is_delivered(
    gateway: Gateway,
) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones", "fake"))])
    account = gateway.inquiry.account_named("acme")
    message = submit(gateway)
    assert balance_of(gateway) == 9

    gateway.pickup.fetch(account.id, limit=1)
    gateway.pickup.tell(account.id, {message: True})

    assert balance_of(gateway) == 10


def test_a_message_is_handed_to_one_phone_only(gateway: Gateway) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    account = gateway.inquiry.account_named("acme")
    messages = [submit(gateway, str(number)) for number in range(3)]

    first = gateway.pickup.fetch(account.id, limit=2)
    second = gateway.pickup.fetch(account.id, limit=2)

    assert [one.message.id for one in (*first, *second)] == messages


def test_a_phones_success_after_its_failure_counts_and_nothing_else_does(
    gateway: Gateway,
) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    account = gateway.inquiry.account_named("acme")
    message = submit(gateway)
    gateway.pickup.fetch(account.id, limit=1)

    told = [
        (gateway.pickup.tell(account.id, {message: outcome}), status_of(gateway, message))
        for outcome in (False, False, True, False)
    ]

    assert told == [
        (1, Status.FAILED),
        (1, Status.FAILED),
        (1, Status.DELIVERED),
        (1, Status.DELIVERED),
    ]


def test_a_phone_cannot_report_another_accounts_messages(gateway: Gateway) -> None:
    other = gateway.administration.create_account("other")
    message = submit(gateway)

    assert gateway.pickup.tell(other.id, {message: True}) == 0
    with pytest.raises(NotFound):
        gateway.inquiry.message(message, account=other.id)


def test_what_arrives_is_kept_once_however_often_it_is_offered(
    gateway: Gateway, network: FakeTransport
) -> None:
    gateway.run_pending()
    part = a_part()
    network.deliver(part)
    network.deliver(part)

    assert [message.text for message in gateway.inquiry.inbound()] == ["hi"]


def test_parts_that_arrive_in_any_order_become_one_message(
    gateway: Gateway, network: FakeTransport
) -> None:
    gateway.run_pending()
    emoji = "😀".encode("utf-16-be")
    for number, user_data in ((2, emoji[2:]), (1, emoji[:2])):
        place = Concatenation(reference=5, total=2, number=number)
        network.deliver(a_part(user_data=user_data, concatenation=place))

    assert [message.text for message in gateway.inquiry.inbound()] == ["😀"]


def test_what_no_store_can_keep_is_replaced_in_a_text(gateway: Gateway) -> None:
    message = submit(gateway, "a\x00b\ud800c")

    assert gateway.inquiry.message(message).message.text == "a\ufffdb\ufffdc"


def test_a_transport_that_breaks_its_promise_does_not_stop_the_others(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_for[PhoneNumber("+491701234567")] = ValueError("not a transport error")  # type: ignore[assignment]
    bad = submit(gateway)
    good = gateway.submissions.submit(account="acme", to="+491709999999", text="hi").message

    gateway.run_pending()
    assert status_of(gateway, good) is Status.SENT
    for _ in range(10):
        clock.move(hours=1)
        gateway.run_pending()

    assert status_of(gateway, bad) is Status.INDETERMINATE


def test_items_without_an_index_are_known_by_their_place(gateway: Gateway) -> None:
    account = gateway.inquiry.account_named("acme")
    items = (Item(to="x", text="hi"), Item(to="+491701234567", text="hi"), Item(to="y", text="hi"))
    request = Submission(account=account.id, surface=Surface.QUEUE, items=items, is_partial=True)

    receipt = gateway.submissions.begin(request).result()

    assert [item.index for item in receipt.accepted] == [1]
    assert [item.index for item in receipt.refused] == [0, 2]


def test_a_time_without_a_zone_is_refused(gateway: Gateway) -> None:
    account = gateway.inquiry.account_named("acme")
    request = Submission(
        account=account.id,
        surface=Surface.LIBRARY,
        items=(Item(to="+491701234567", text="hi"),),
        not_before=NOON.replace(tzinfo=None),
    )

    with pytest.raises(InvalidRequest, match="no time zone"):
        gateway.submissions.begin(request)


@pytest.mark.parametrize("name", ["not_before", "expires_at"])
def test_a_time_that_no_store_could_tell_again_is_refused(gateway: Gateway, name: str) -> None:
    never = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))

    with pytest.raises(InvalidRequest, match=f"{name} is 9999.*a year from 2 to 8999"):
        gateway.submissions.submit(
            account="acme",
            to="+491701234567",
            text="hi",
            **{name: never},  # type: ignore[arg-type]  # parametrised
        )


@pytest.mark.parametrize("credits", [2**53, 10**30])
def test_an_account_cannot_have_more_credits_than_json_can_tell(
    gateway: Gateway, credits: int
) -> None:
    with pytest.raises(InvalidRequest):
        gateway.administration.credit("acme", credits, why="a gift")

    assert balance_of(gateway) == 10


@pytest.mark.parametrize("credits", [2.5, Decimal("0.5"), "5", True, float("nan")])
def test_there_are_no_parts_of_a_credit(gateway: Gateway, credits: Any) -> None:
    with pytest.raises(InvalidRequest, match="must be a whole number"):
        gateway.administration.credit("acme", credits, why="a gift")
    with pytest.raises(InvalidRequest, match="must be a whole number"):
        gateway.administration.create_account("other", credits=credits)

    assert balance_of(gateway) == 10


def test_a_rule_that_names_no_channel_is_refused(gateway: Gateway) -> None:
    with pytest.raises(InvalidRequest, match="'r' names no channel"):
        gateway.rules.apply([Route(name="r", channels=())])


def test_a_country_without_telephones_is_refused(gateway: Gateway) -> None:
    with pytest.raises(InvalidRequest, match="'XX' is not a country"):
        gateway.administration.create_account("other", home_country="XX")


def test_a_closed_gateway_gives_its_process_number_back(
    gateway: Gateway, store: MemoryStore
) -> None:
    submit(gateway)
    assert len(store.read(lambda view: view.processes.all())) == 1
    store_processes = store.read(lambda view: view.processes)

    gateway.close()

    assert store_processes.all() == []


class Watching:
    """A plugin that screens every message, and keeps its text."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    def smscore_screens(self) -> list[Screen]:
        return [lambda message: self.seen.append(message.text)]


def test_a_screen_sees_the_text_that_will_be_sent(
    store: MemoryStore, clock: ManualClock, network: FakeTransport
) -> None:
    plugin = Watching()
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"fake": network},
        authenticator=PlainAuthenticator(store),
        clock=clock,
        plugins=[plugin],
    ) as gateway:
        gateway.administration.create_account(
            "acme", encoding=EncodingOptions(replace_typography=True)
        )
        submit(gateway, "w\u200bord\x00")

    assert plugin.seen == ["word\ufffd"]


def test_an_accepted_message_is_cut_as_planned_whatever_its_account_allows_later(
    gateway: Gateway, network: FakeTransport
) -> None:
    turkish = AccountChanges(
        languages=(Language.TURKISH,), wide_reference=True, replace_typography=True
    )
    gateway.administration.change_account("acme", turkish)
    submit(gateway, "Yarın “görüşürüz” " * 12)
    plain = AccountChanges(languages=(), wide_reference=False, replace_typography=False)
    gateway.administration.change_account("acme", plain)

    gateway.run_pending()

    (job,) = network.jobs
    assert job.segments == split(
        'Yarın "görüşürüz" ' * 12,
        options=EncodingOptions(languages=(Language.TURKISH,), wide_reference=True),
    )
    assert job.segments.user_data(2, reference=job.concat_reference)


def test_many_parts_under_one_reference_are_kept_and_the_latest_message_is_joined(
    gateway: Gateway, network: FakeTransport
) -> None:
    gateway.run_pending()
    first, last = (Concatenation(reference=5, total=2, number=number) for number in (1, 2))
    for number in range(50):
        text = f"{number}".encode("utf-16-be")
        network.deliver(a_part(user_data=text, concatenation=first, fingerprint=str(number)))
    network.deliver(a_part(user_data=b"\0!", concatenation=last, fingerprint="last"))

    assert [message.text for message in gateway.inquiry.inbound()] == ["49!"]


def test_texts_of_a_network_that_marks_none_are_all_kept_and_once(gateway: Gateway) -> None:
    for text in ("one", "two", "two", "one"):
        part = a_part(user_data=text.encode("utf-16-be"), fingerprint="")
        gateway.reception.received(part)

    assert [message.text for message in gateway.inquiry.inbound()] == ["two", "one"]
