from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.domain.consent import Mark, MarkKind
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.destinations import AutoReply, By, Destination, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import Medium, Surface
from smscore.domain.routes import Route
from smscore.errors import (
    NotOnTheList,
    PermanentFailure,
    RecipientOptedOut,
    RejectedItems,
    StoreUnavailable,
    TemporaryFailure,
)
from smscore.services.submission import Item, Submission
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_link,
    a_part,
)

ANNA, BERT = "+491701234567", "+491701234568"
STOPPED = "You will get no more messages from us. Reply START to get them again."


@pytest.fixture
def shop(make_gateway: Callable[..., Gateway]) -> Gateway:
    """Whose channel ``modem`` belongs to the account ``acme``, and whose ``spare`` to none."""
    gateway = make_gateway(modem={"account": "acme"}, spare={})
    gateway.administration.create_account("other", home_country="DE")
    return gateway


def write(gateway: Gateway, text: str, *, sender: str = ANNA, channel: str = "modem") -> None:
    """Somebody writes to the channel."""
    part = a_part(user_data=text.encode("utf-16-be"), sender=sender, channel=channel)
    gateway.reception.received(part)


def submit(
    gateway: Gateway, to: str = ANNA, *, account: str = "acme", sender: str | None = None
) -> Delivery:
    receipt = gateway.submissions.submit(account=account, to=to, text="sale", sender=sender)
    return gateway.inquiry.message(receipt.message).delivery


def a_batch(gateway: Gateway, *recipients: str, is_partial: bool = True) -> Submission:
    return Submission(
        account=gateway.inquiry.account_named("acme").id,
        surface=Surface.QUEUE,
        items=tuple(Item(to=one, text="sale") for one in recipients),
        is_partial=is_partial,
    )


def answers(gateway: Gateway) -> list[str]:
    """The texts of what was answered, oldest first."""
    found = gateway.inquiry.messages()
    return [one.message.text for one in found[::-1] if one.message.surface is Surface.CONSENT]


def mark(gateway: Gateway, number: str = ANNA, **changes: object) -> None:
    put = Mark(
        **{
            "number": gateway.pseudonyms.of(number),
            "kind": MarkKind.OPTED_OUT,
            "at": gateway.clock.now(),
            **changes,
        }
    )
    gateway.store.run(lambda work: work.consent.put(put)).result()


# Opting out and in.


def test_whoever_writes_stop_is_not_written_to(shop: Gateway) -> None:
    write(shop, "Stop.")

    with pytest.raises(RecipientOptedOut, match=r"2026-03-01 12:00 UTC by 'Stop\.' \(in_"):
        submit(shop)
    submit(shop, BERT)


@pytest.mark.parametrize("spelling", [ANNA, "00491701234567", "01701234567", "0170/123 45-67"])
def test_an_opt_out_holds_however_the_number_is_written(
    make_gateway: Callable[..., Gateway], spelling: str
) -> None:
    gateway = make_gateway(modem={})
    gateway.administration.create_account("german", home_country="DE")
    write(gateway, "STOP")

    with pytest.raises(RecipientOptedOut):
        submit(gateway, spelling, account="german")


def test_a_national_number_at_a_channel_of_nobody_is_one_of_all_accounts_countries(
    shop: Gateway,
) -> None:
    shop.administration.create_account("austrian", home_country="AT")
    shop.administration.create_account("nowhere")
    write(shop, "STOP", sender="06601234567", channel="spare")

    for account, to in (("other", "+496601234567"), ("austrian", "+436601234567")):
        with pytest.raises(RecipientOptedOut):
            submit(shop, to, account=account)
    with pytest.raises(RecipientOptedOut):
        submit(shop, "06601234567", account="nowhere")
    write(shop, "START", sender="06601234567", channel="spare")
    assert shop.consent.counts() == {}


def test_a_word_is_said_to_the_owner_of_the_channel(shop: Gateway) -> None:
    write(shop, "STOP", channel="modem")

    with pytest.raises(RecipientOptedOut, match="this account's messages"):
        submit(shop, account="acme")
    submit(shop, account="other")


def test_what_is_said_to_a_channel_of_nobody_is_said_to_all_accounts(shop: Gateway) -> None:
    write(shop, "STOP", channel="spare")

    for account in ("acme", "other"):
        with pytest.raises(RecipientOptedOut, match="opted out of all messages"):
            submit(shop, account=account)


def test_start_undoes_what_stop_has_done(shop: Gateway) -> None:
    write(shop, "STOP")
    write(shop, "Start!")

    submit(shop)


def test_start_undoes_nothing_that_was_said_to_others(shop: Gateway) -> None:
    write(shop, "STOP", channel="spare")
    write(shop, "START", channel="modem")

    with pytest.raises(RecipientOptedOut):
        submit(shop)


def test_an_opt_out_of_one_sender_leaves_the_others(shop: Gateway) -> None:
    mark(shop, sender="sale")

    with pytest.raises(RecipientOptedOut, match="from sale"):
        submit(shop, sender="SALE")
    submit(shop, sender="Codes")
    submit(shop)


def test_a_sentence_with_the_word_is_a_message_like_any_other(shop: Gateway) -> None:
    write(shop, "Please stop")

    submit(shop)
    assert answers(shop) == []


def test_the_message_itself_is_kept_and_tells_what_it_did(shop: Gateway) -> None:
    write(shop, "STOP")

    (inbound,) = shop.inquiry.inbound()
    events = shop.store.read(lambda view: view.events.of(inbound.id))
    assert inbound.text == "STOP"
    assert [event.kind for event in events] == ["message.received", "message.opted_out"]
    assert events[1].detail["scope"] == "the account"


# Answers.


def test_each_change_is_confirmed_once_by_the_channel_that_it_came_by(
    shop: Gateway, networks: dict[str, FakeTransport]
) -> None:
    shop.rules.apply([Route(name="all", channels=("spare",))])
    for _ in range(2):
        write(shop, "STOP")

    shop.run_pending()

    assert answers(shop) == [STOPPED]
    assert [job.recipient.value for job in networks["modem"].jobs] == [ANNA]
    assert networks["spare"].jobs == []


def test_the_owner_pays_for_the_answer(shop: Gateway) -> None:
    write(shop, "STOP")

    assert shop.inquiry.account_named("acme").credits == 9


def test_an_opt_out_counts_though_nobody_can_pay_for_the_answer(shop: Gateway) -> None:
    shop.administration.credit("acme", -10, why="spent")

    write(shop, "STOP")

    with pytest.raises(RecipientOptedOut):
        submit(shop)
    assert answers(shop) == []


def test_start_of_somebody_who_never_left_is_not_answered(shop: Gateway) -> None:
    write(shop, "START")

    assert answers(shop) == []


def test_an_opt_out_outlives_the_persons_data(shop: Gateway) -> None:
    write(shop, "STOP")

    shop.erasure.erase(ANNA)

    assert shop.inquiry.inbound() == []
    with pytest.raises(RecipientOptedOut):
        submit(shop)


def test_an_opt_out_by_e_mail_is_one_of_the_address(shop: Gateway) -> None:
    part = a_part(
        user_data="Unsubscribe".encode("utf-16-be"),
        sender="Anna@example.org",
        channel="inbox@sms.example.org",
        kind=InboundKind.EMAIL,
    )
    shop.reception.received(part)

    (found,) = shop.consent.about("anna@EXAMPLE.org")
    assert (found.kind, found.why) == (MarkKind.OPTED_OUT, "Unsubscribe")
    assert answers(shop) == []


def test_a_word_above_the_mail_that_it_answers_is_heeded_and_kept_alone(shop: Gateway) -> None:
    text = "Stop.\n\nOn Mon, 23 Nov 2026 at 10:00, Shop <shop@example.org> wrote:\n> Sale!\n"
    for kind, sender in ((InboundKind.EMAIL, "anna@example.org"), (InboundKind.SMS, ANNA)):
        shop.reception.received(
            a_part(user_data=text.encode("utf-16-be"), sender=sender, channel="in", kind=kind)
        )

    (found,) = shop.consent.about("anna@example.org")
    assert (found.kind, found.why) == (MarkKind.OPTED_OUT, "Stop.")
    assert shop.consent.about(ANNA) == []  # nobody answers an SMS like that


@pytest.mark.parametrize(("is_automatic", "count"), [(False, 1), (True, 0)])
def test_a_mail_is_answered_by_mail_unless_a_program_wrote_it(
    clock: ManualClock, store: MemoryStore, *, is_automatic: bool, count: int
) -> None:
    mail = FakeTransport(media=(Medium.EMAIL,))
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"mail": mail},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        gateway.administration.create_account("acme")
        part = a_part(
            user_data="STOP".encode("utf-16-be"),
            sender="anna@example.org",
            channel="inbox@sms.example.org",
            kind=InboundKind.EMAIL,
            is_automatic=is_automatic,
        )
        gateway.reception.received(part, owner="acme")
        gateway.run_pending()

        with pytest.raises(RecipientOptedOut):
            submit(gateway, "anna@example.org")
        assert [job.text for job in mail.jobs] == [STOPPED] * count


def test_an_opt_out_by_telegram_holds_for_every_medium(
    make_gateway: Callable[..., Gateway], store: MemoryStore
) -> None:
    gateway = make_gateway(chat={}, modem={})
    store.run(lambda work: work.links.put(a_link(channel="chat", address="17"))).result()

    gateway.reception.received(
        a_part(
            user_data="STOP".encode("utf-16-be"),
            sender="telegram:17",
            channel="chat",
            kind=InboundKind.TELEGRAM,
        )
    )

    with pytest.raises(RecipientOptedOut):
        submit(gateway)


def test_machines_are_not_answered(shop: Gateway) -> None:
    write(shop, "STOP", sender="72000")
    write(shop, "STOP", sender="NETWORK")

    assert answers(shop) == []


def test_a_machine_that_answers_answers_is_not_answered_for_ever(shop: Gateway) -> None:
    for _ in range(20):
        write(shop, "STOP")
        write(shop, "START")

    assert len(answers(shop)) == 4


def test_an_hour_later_there_are_answers_again(shop: Gateway, clock: ManualClock) -> None:
    for _ in range(20):
        write(shop, "STOP")
        write(shop, "START")
    clock.move(hours=1, seconds=1)
    write(shop, "STOP")

    assert len(answers(shop)) == 5


# Inbound rules.


def everything_to(gateway: Gateway, *destinations: Destination) -> None:
    rule = InboundRule(name="all", destinations=destinations, account="acme")
    gateway.rules.apply([], inbound=[rule])


def test_a_word_meets_no_rule(shop: Gateway) -> None:
    everything_to(shop, AutoReply(text="thanks"))

    write(shop, "STOP")
    write(shop, "STOP")

    assert answers(shop) == [STOPPED]
    assert [one.message.surface for one in shop.inquiry.messages()] == [Surface.CONSENT]


def test_a_word_that_changes_nothing_meets_the_rules(shop: Gateway) -> None:
    everything_to(shop, AutoReply(text="thanks"))

    for text in ("START", "HELP"):
        write(shop, text)

    assert [one.message.text for one in shop.inquiry.messages()] == ["thanks", "thanks"]


def test_rules_forward_nothing_to_whoever_opted_out(shop: Gateway) -> None:
    everything_to(shop, Forward(kind=Recipients.NUMBER, to=BERT, by=By.SMS))
    write(shop, "STOP", sender=BERT)
    write(shop, "hello", sender=ANNA)

    newest = shop.inquiry.inbound()[0]
    events = shop.store.read(lambda view: view.events.of(newest.id))
    assert [one.kind for one in events] == ["message.received", "rule.matched", "rule.refused"]
    assert events[-1].detail["code"] == "recipient_opted_out"


def test_judging_anew_leaves_words_out(shop: Gateway) -> None:
    everything_to(shop, AutoReply(text="thanks"))
    for text in ("STOP", "hello", "START", "START"):
        write(shop, text)

    judged = list(shop.inbound_trials.replay(since=NOON - timedelta(days=1)))

    assert len(judged) == 4
    assert [one for one in judged if one.is_different] == []


# Messages that were accepted before.


def test_what_waits_when_stop_arrives_is_withheld_and_paid_back(
    shop: Gateway, networks: dict[str, FakeTransport]
) -> None:
    waiting = submit(shop)
    write(shop, "STOP")

    shop.run_pending()
    shop.run_pending()

    ended = shop.inquiry.explain(waiting.message)
    assert ended.tracked.delivery.status is Status.CANCELLED
    assert ended.tracked.delivery.error_code == "recipient_opted_out"
    assert ended.events[-1].detail["refunded"] == 1
    assert [job.text for job in networks["modem"].jobs] == [STOPPED]


def test_what_was_scheduled_is_withheld_when_its_time_comes(
    shop: Gateway, clock: ManualClock, networks: dict[str, FakeTransport]
) -> None:
    receipt = shop.submissions.submit(
        account="acme", to=ANNA, text="later", not_before=clock.now() + timedelta(hours=1)
    )
    write(shop, "STOP")

    clock.move(hours=2)
    for _ in range(4):
        shop.run_pending()

    assert shop.inquiry.message(receipt.message).delivery.status is Status.CANCELLED
    assert [job.text for job in networks["modem"].jobs] == [STOPPED]


def test_what_was_not_sent_is_not_tried_again(
    shop: Gateway, clock: ManualClock, networks: dict[str, FakeTransport]
) -> None:
    networks["modem"].fail_next(TemporaryFailure("busy"))
    first = submit(shop)
    shop.run_pending()
    write(shop, "STOP", channel="spare")

    clock.move(hours=1)
    for _ in range(4):
        shop.run_pending()

    assert len(networks["modem"].jobs) == 1
    assert shop.inquiry.message(first.message).delivery.status is Status.CANCELLED


def test_what_one_channel_refused_is_not_sent_by_the_next(
    shop: Gateway, networks: dict[str, FakeTransport]
) -> None:
    networks["modem"].fail_next(PermanentFailure("no"))
    networks["spare"].is_able = False
    first = submit(shop)
    shop.run_pending()
    assert shop.inquiry.message(first.message).delivery.channel == "spare"
    write(shop, "STOP", channel="spare")

    networks["spare"].is_able = True
    shop.run_pending()

    assert networks["spare"].jobs == []
    assert shop.inquiry.message(first.message).delivery.status is Status.CANCELLED


def test_phones_are_not_handed_what_must_not_be_sent(shop: Gateway) -> None:
    account = shop.inquiry.account_named("acme").id
    shop.submissions.begin(a_batch(shop, ANNA, BERT)).result()
    write(shop, "STOP")

    handed_out = shop.pickup.fetch(account, limit=10)

    assert [one.message.recipient.value for one in handed_out] == [BERT]


def test_an_operator_cannot_have_it_sent_again(
    shop: Gateway, networks: dict[str, FakeTransport]
) -> None:
    for network in networks.values():
        network.fail_next(PermanentFailure("no"))
    failed = submit(shop)
    shop.run_pending()
    assert shop.inquiry.message(failed.message).delivery.status is Status.FAILED
    write(shop, "STOP")

    with pytest.raises(RecipientOptedOut):
        shop.interventions.resend(failed.message)


# Batches.


def test_of_a_batch_those_are_left_out_who_opted_out(shop: Gateway) -> None:
    write(shop, "STOP")

    receipt = shop.submissions.begin(a_batch(shop, BERT, ANNA)).result()

    assert [(one.index, one.to) for one in receipt.accepted] == [(0, BERT)]
    assert [(one.index, one.code) for one in receipt.refused] == [(1, "recipient_opted_out")]
    assert shop.inquiry.account_named("acme").credits == 9  # the answer; phones cost nothing


def test_the_story_of_a_batch_tells_who_was_left_out_and_not_the_number(shop: Gateway) -> None:
    write(shop, "STOP")

    receipt = shop.submissions.begin(a_batch(shop, ANNA, BERT)).result()

    detail = shop.inquiry.explain(receipt.message).events[0].detail
    assert detail["left_out"] == "+49…67 (recipient_opted_out)"


def test_a_batch_of_which_nobody_is_left_is_refused_item_by_item(shop: Gateway) -> None:
    write(shop, "STOP")

    with pytest.raises(RejectedItems) as refusal:
        shop.submissions.begin(a_batch(shop, ANNA, "nobody")).result()

    codes = {index: reason.code for index, reason in refusal.value.reasons.items()}
    assert codes == {0: "recipient_opted_out", 1: "invalid_phone_number"}


def test_one_of_them_refuses_a_request_that_is_all_or_nothing(shop: Gateway) -> None:
    write(shop, "STOP")

    with pytest.raises(RecipientOptedOut):
        shop.submissions.begin(a_batch(shop, BERT, ANNA, is_partial=False)).result()

    assert shop.inquiry.messages(statuses=[Status.QUEUED])[0].message.surface is Surface.CONSENT


def test_an_estimate_is_refused_as_the_request_would_be(shop: Gateway) -> None:
    write(shop, "STOP")

    with pytest.raises(RecipientOptedOut):
        shop.submissions.estimate(a_batch(shop, ANNA, is_partial=False))


def test_a_repeated_request_gets_its_first_answer_though_the_recipient_has_left(
    shop: Gateway,
) -> None:
    def send() -> object:
        return shop.submissions.submit(
            account="acme", to=ANNA, text="sale", idempotency_key="order 1"
        )

    first = send()
    write(shop, "STOP")

    assert send() == first


# Another key file.


class Stranger(PlainAuthenticator):
    """Has a key of its own."""

    def derive_secret(self, purpose: str, number: int, *, generation: int) -> str:
        return "another " + super().derive_secret(purpose, number, generation=generation)


@pytest.fixture
def strange(shop: Gateway, store: MemoryStore, clock: ManualClock) -> Iterator[Gateway]:
    """The same installation with another key file."""
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        clock=clock,
        transports={"modem": FakeTransport()},
        authenticator=Stranger(store),
    ) as gateway:
        yield gateway


@pytest.mark.parametrize("word", ["STOP", "START"])
def test_a_word_is_left_with_its_channel_while_nobody_would_be_recognised_later(
    shop: Gateway, strange: Gateway, word: str
) -> None:
    write(shop, "STOP", sender=BERT)

    with pytest.raises(StoreUnavailable, match="another key file"):
        write(strange, word)
    assert shop.store.read(lambda view: len(view.inbox.find())) == 1


def test_what_is_hashed_after_all_were_taken_back_is_hashed_with_the_key_of_today(
    shop: Gateway, strange: Gateway
) -> None:
    write(shop, "STOP", sender=BERT)
    write(shop, "START", sender=BERT)

    write(strange, "STOP")

    with pytest.raises(RecipientOptedOut):
        submit(strange)
    submit(strange, BERT)


# Lists.


def test_a_denied_number_is_refused(shop: Gateway) -> None:
    account = shop.inquiry.account_named("acme").id
    mark(shop, kind=MarkKind.DENIED, account=account)

    with pytest.raises(NotOnTheList):
        submit(shop)
    submit(shop, BERT)
    submit(shop, account="other")


def test_an_account_that_allows_some_may_write_to_no_others(shop: Gateway) -> None:
    account = shop.inquiry.account_named("acme").id
    mark(shop, kind=MarkKind.ALLOWED, account=account)

    submit(shop, ANNA)
    with pytest.raises(NotOnTheList):
        submit(shop, BERT)
    submit(shop, BERT, account="other")


def test_whoever_is_allowed_may_still_opt_out(shop: Gateway) -> None:
    account = shop.inquiry.account_named("acme").id
    mark(shop, kind=MarkKind.ALLOWED, account=account)
    write(shop, "STOP")

    with pytest.raises(RecipientOptedOut):
        submit(shop)
