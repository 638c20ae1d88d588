from collections.abc import Callable
from datetime import timedelta

import pytest

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Delivery, Part, PartState, Status
from smscore.domain.directory import ContactId
from smscore.domain.inbound import TELEGRAM_SENDER, InboundKind
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.recipients import EmailAddress
from smscore.domain.routes import Route
from smscore.errors import (
    IdempotencyConflict,
    InvalidNumber,
    InvalidRequest,
)
from smscore.ports.storage import TraceKind, UnitOfWork
from smscore.services.erasure import Erased
from smscore.services.submission import Item, Submission
from smscore.testing import NOON, FakeTransport, ManualClock
from smscore.testing.builders import (
    a_contact,
    a_delivery,
    a_group,
    a_link,
    a_message,
    a_part,
    a_posting,
    a_report,
)

ANNA, BOB = "+491701234567", "+491709876543"
ACCOUNT = AccountId(1)


def submit(gateway: Gateway, to: str = ANNA, text: str = "hello", **options: object) -> MessageId:
    return gateway.submissions.submit(account="acme", to=to, text=text, **options).message


def submit_with_key(gateway: Gateway, to: str = ANNA) -> Receipt:
    submission = Submission(
        account=ACCOUNT,
        surface=Surface.LIBRARY,
        items=(Item(to=to, text="hello"),),
        idempotency_key="once",
    )
    return gateway.submissions.begin(submission).result()


def delivery_of(gateway: Gateway, message: MessageId) -> Delivery | None:
    tracked = gateway.store.read(lambda view: view.outbox.get(message))
    return None if tracked is None else tracked.delivery


def text_of(gateway: Gateway, message: MessageId) -> str:
    return gateway.inquiry.message(message).message.text


def balance_of(gateway: Gateway) -> int | None:
    account = gateway.inquiry.account_named("acme")
    assert account.credits == gateway.store.read(lambda view: view.ledger.total(account.id))
    return account.credits


def put(gateway: Gateway, work: Callable[[UnitOfWork], object]) -> None:
    gateway.store.run(work).result()


def nothing_done(erased: Erased) -> bool:
    return not (erased.dropped or erased.rewritten or erased.cancelled)


# Messages to the person.


def test_a_message_that_was_sent_goes_with_its_story_and_its_cost_stays(
    gateway: Gateway, network: FakeTransport
) -> None:
    message, other = submit(gateway), submit(gateway, to=BOB)
    gateway.run_pending()

    erased = gateway.erasure.erase(ANNA)

    assert erased.dropped == {TraceKind.MESSAGES: 1}
    assert delivery_of(gateway, message) is None
    assert gateway.store.read(lambda view: list(view.events.of(message))) == []
    assert delivery_of(gateway, other) is not None
    assert balance_of(gateway) == 8


@pytest.mark.parametrize("not_before", [None, NOON + timedelta(hours=1)])
def test_a_message_that_waits_is_cancelled_paid_back_and_never_sent(
    gateway: Gateway, network: FakeTransport, clock: ManualClock, not_before: object
) -> None:
    submit(gateway, not_before=not_before)

    erased = gateway.erasure.erase(ANNA)
    clock.move(hours=2)
    gateway.run_pending()

    assert (erased.cancelled, erased.is_complete) == (1, True)
    assert network.jobs == []
    assert balance_of(gateway) == 10


def test_of_a_message_that_has_left_in_part_the_rest_is_never_sent(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    message = submit(gateway, text="x" * 200)
    mark = Part(number=1, channel="fake", state=PartState.ACCEPTED, at=NOON, reference="1")

    def work(work: UnitOfWork) -> None:
        tracked = work.outbox.get(message)
        assert tracked is not None
        begun = tracked.delivery.claimed(owner=None).with_part(mark)
        work.outbox.save(begun.postponed(until=NOON + timedelta(minutes=1), error="later"))

    put(gateway, work)

    erased = gateway.erasure.erase(ANNA)
    clock.move(hours=2)
    gateway.run_pending()

    assert (erased.cancelled, network.jobs) == (1, [])
    assert balance_of(gateway) == 8


def test_a_message_that_is_being_sent_stays_until_that_has_ended(gateway: Gateway) -> None:
    message = submit(gateway)
    claimed = delivery_of(gateway, message)
    assert claimed is not None
    sending = claimed.handed_out(at=NOON)
    put(gateway, lambda work: work.outbox.save(sending))

    first = gateway.erasure.erase(ANNA)
    assert (first.under_way, first.is_complete) == ((message,), False)
    put(gateway, lambda work: work.outbox.save(sending.requeued()))
    second = gateway.erasure.erase(ANNA)

    assert (second.cancelled, second.is_complete) == (1, True)
    assert delivery_of(gateway, message) is None


def test_erasing_again_finds_nothing(gateway: Gateway) -> None:
    submit(gateway)
    gateway.erasure.erase(ANNA)

    assert nothing_done(gateway.erasure.erase(ANNA))


def test_an_id_is_not_given_again_when_the_newest_message_was_erased(gateway: Gateway) -> None:
    message = submit(gateway)
    gateway.erasure.erase(ANNA)

    assert submit(gateway, to=BOB) > message


# Messages to others.


def test_the_number_is_taken_out_of_texts_to_others_when_they_have_left(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway, to=BOB, text="call Anna, 0170 123 45 67")
    gateway.run_pending()

    erased = gateway.erasure.erase(ANNA)

    assert text_of(gateway, message) == "call Anna, (erased)"
    assert erased.rewritten == {TraceKind.MESSAGES: 1}


def test_a_text_to_somebody_else_that_waits_is_sent_as_it_was_accepted(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway, to=BOB, text=f"call {ANNA}")

    erased = gateway.erasure.erase(ANNA)
    assert (erased.waiting, erased.is_complete) == ((message,), False)
    gateway.run_pending()
    assert gateway.erasure.erase(ANNA).is_complete

    assert [job.text for job in network.jobs] == [f"call {ANNA}"]
    assert text_of(gateway, message) == "call (erased)"


def test_a_message_in_another_country_is_somebody_elses(gateway: Gateway) -> None:
    gateway.administration.create_account("vienna", home_country="AT")
    receipt = gateway.submissions.submit(account="vienna", to="01701234567", text="hi")

    gateway.erasure.erase(ANNA)

    assert delivery_of(gateway, receipt.message) is not None


def test_a_number_as_it_is_dialled_without_a_country_is_theirs(gateway: Gateway) -> None:
    gateway.administration.create_account("anywhere")
    receipt = gateway.submissions.submit(account="anywhere", to="01701234567", text="hi")

    gateway.erasure.erase(ANNA)

    assert delivery_of(gateway, receipt.message) is None


# What arrives.


def test_what_the_person_wrote_goes_with_its_parts_and_parked_reports(gateway: Gateway) -> None:
    gateway.reception.received(a_part(sender=ANNA))
    gateway.reception.received(a_part(sender=BOB))
    gateway.reception.reported(a_report(reference="77"))

    erased = gateway.erasure.erase(ANNA)

    assert erased.dropped == {TraceKind.INBOUND: 1, TraceKind.PARTS: 1, TraceKind.REPORTS: 1}
    left = gateway.store.read(lambda view: view.inbox.find())
    assert [one.sender for one in left] == [BOB]


def test_the_number_is_taken_out_of_what_others_wrote(gateway: Gateway) -> None:
    text = f"Anna has {ANNA}"
    gateway.reception.received(a_part(sender=BOB, user_data=text.encode("utf-16-be")))

    erased = gateway.erasure.erase(ANNA)

    assert erased.rewritten == {TraceKind.INBOUND: 1, TraceKind.PARTS: 1}
    left = gateway.store.read(lambda view: view.inbox.find())
    assert [one.text for one in left] == ["Anna has (erased)"]


def test_what_was_written_by_telegram_goes_with_the_link(gateway: Gateway) -> None:
    part = a_part(sender=f"{TELEGRAM_SENDER}17", kind=InboundKind.TELEGRAM)
    gateway.reception.received(part)
    gateway.reception.linked(a_link(address="17"))

    erased = gateway.erasure.erase(ANNA)

    assert erased.dropped == {TraceKind.INBOUND: 1, TraceKind.PARTS: 1, TraceKind.LINKS: 1}


# What is kept beside messages.


def test_a_contact_goes_from_its_groups_as_well(gateway: Gateway) -> None:
    def work(work: UnitOfWork) -> None:
        work.directory.add_contacts(
            [
                a_contact(),
                a_contact(id=ContactId(2), name="bob", notes=f"Anna: {ANNA}", number=None),
            ]
        )
        work.directory.add_group(a_group())
        work.directory.join(ACCOUNT, a_group().id, contacts=[ContactId(1), ContactId(2)])

    put(gateway, work)

    erased = gateway.erasure.erase(ANNA)

    assert (erased.dropped, erased.rewritten) == (
        {TraceKind.CONTACTS: 1},
        {TraceKind.CONTACTS: 1},
    )
    (left,) = gateway.store.read(lambda view: view.directory.contacts(ACCOUNT))
    assert (left.name, left.notes) == ("bob", "Anna: (erased)")


def test_a_repeated_request_is_refused_and_not_sent_again(
    gateway: Gateway, network: FakeTransport
) -> None:
    submit_with_key(gateway, to="0170 1234567")
    gateway.run_pending()

    gateway.erasure.erase(ANNA)

    with pytest.raises(IdempotencyConflict):
        submit_with_key(gateway, to="0170 1234567")
    gateway.run_pending()
    assert len(network.jobs) == 1


def test_endpoints_are_not_told_of_a_message_that_is_gone(gateway: Gateway) -> None:
    message, other = submit(gateway), submit(gateway, to=BOB)

    def work(work: UnitOfWork) -> None:
        body = f'{{"to":"{ANNA}"}}'.encode()
        work.webhooks.add(a_posting(message=message, body=body))
        work.webhooks.add(a_posting(id=2, message=other, body=f'{{"message":"{ANNA}"}}'.encode()))

    put(gateway, work)

    gateway.erasure.erase(ANNA)

    def look(number: int) -> bytes | None:
        posting = gateway.store.read(lambda view: view.webhooks.posting(number))
        return None if posting is None else posting.body

    assert [look(1), look(2)] == [None, b'{"message":"(erased)"}']


def test_what_a_transport_keeps_of_the_person_is_emptied(gateway: Gateway) -> None:
    gateway.journal("fake").put("poison/0", b'{"pdu":"0791947101670000040C919471103254760000"}')
    gateway.journal("fake").put("poison/1", b'{"pdu":"0791947101670000040C919471890000000000"}')

    gateway.erasure.erase(ANNA)

    kept = [gateway.journal("fake").get(f"poison/{number}") for number in (0, 1)]
    assert [bool(one) for one in kept] == [False, True]


def test_reasons_that_operators_gave_lose_the_number(gateway: Gateway) -> None:
    gateway.administration.credit("acme", 5, why=f"for {ANNA}")
    gateway.administration.set_channel_mode("fake", ChannelMode.PAUSED, why=f"by {ANNA}")

    gateway.erasure.erase(ANNA)

    account = gateway.inquiry.account_named("acme")
    assert "for (erased)" in [one.why for one in gateway.inquiry.statement(account.id)]
    assert gateway.store.read(lambda view: view.channels.all()["fake"].why) == "by (erased)"
    assert balance_of(gateway) == 15


def test_what_people_have_set_up_stays_and_is_told(gateway: Gateway) -> None:
    gateway.rules.apply([Route(name="vip", prefixes=(ANNA,), channels=("fake",))])
    gateway.administration.create_user(
        "491701234567", account="acme", password="some-word", permissions=[]
    )

    erased = gateway.erasure.erase(ANNA)

    assert [(one.kind, one.name) for one in erased.left] == [
        (TraceKind.USERS, "491701234567"),
        (TraceKind.RULES, "1/vip"),
    ]
    assert erased.is_complete


# Which number.


@pytest.mark.parametrize("given", ["0170 1234567", "00491701234567", "491701234567", ANNA])
def test_a_number_is_read_as_the_accounts_read_it(gateway: Gateway, given: str) -> None:
    assert gateway.erasure.erase(given).number.value == ANNA


def test_a_number_that_may_be_of_two_countries_is_refused(gateway: Gateway) -> None:
    gateway.administration.create_account("vienna", home_country="AT")

    with pytest.raises(InvalidRequest, match="any country"):
        gateway.erasure.erase("0170 1234567")
    assert gateway.erasure.erase("0170 1234567", account="vienna").number.value == "+431701234567"
    assert gateway.erasure.erase("0170 1234567", as_dialled=True).number.value == "01701234567"


def test_what_is_no_number_is_refused_and_so_is_an_account_that_is_not_there(
    gateway: Gateway,
) -> None:
    with pytest.raises(InvalidNumber):
        gateway.erasure.erase("Anna")
    with pytest.raises(InvalidRequest, match="no account"):
        gateway.erasure.erase(ANNA, account="other")


def test_many_messages_are_erased_in_steps(gateway: Gateway) -> None:
    gateway.administration.credit("acme", 1000, why="enough")
    submission = Submission(
        account=ACCOUNT,
        surface=Surface.LIBRARY,
        items=tuple(Item(to=ANNA if one % 2 else BOB, text="hi", index=one) for one in range(500)),
    )
    gateway.submissions.begin(submission).result()
    seen: list[int] = []

    erased = gateway.erasure.erase(ANNA, progress=lambda _, count: seen.append(count))

    assert (erased.cancelled, erased.dropped[TraceKind.MESSAGES], max(seen)) == (250, 250, 500)
    assert balance_of(gateway) == 1010 - 250


def test_what_comes_meanwhile_does_not_keep_it_going(gateway: Gateway) -> None:
    gateway.administration.credit("acme", 100_000, why="enough")
    submit(gateway)
    later: list[MessageId] = []

    def submit_another(kind: TraceKind, _: int) -> None:
        if kind is TraceKind.MESSAGES:
            later.append(submit(gateway))
            assert len(later) < 10

    erased = gateway.erasure.erase(ANNA, progress=submit_another)

    assert erased.cancelled == 1
    assert [one.message.id for one in gateway.inquiry.messages()] == later
    assert gateway.erasure.erase(ANNA).cancelled == len(later)


# By e-mail.


def test_a_person_can_be_erased_by_an_e_mail_address(gateway: Gateway) -> None:
    def work(work: UnitOfWork) -> None:
        work.directory.add_contacts([a_contact(email="anna@example.org")])
        message = a_message(recipient=EmailAddress("anna@example.org"), text="hi")
        delivery = a_delivery(message, status=Status.DELIVERED)
        work.outbox.add(message, delivery)

    put(gateway, work)

    erased = gateway.erasure.erase("Anna@example.org")

    assert erased.dropped == {TraceKind.MESSAGES: 1, TraceKind.CONTACTS: 1}
    assert erased.also == (ANNA,)


def test_erasing_a_number_tells_the_e_mail_address_of_its_contact(gateway: Gateway) -> None:
    put(gateway, lambda work: work.directory.add_contacts([a_contact(email="anna@example.org")]))

    assert gateway.erasure.erase(ANNA).also == ("anna@example.org",)
