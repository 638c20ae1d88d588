"""
Messages to e-mail addresses, over the public doors of a gateway with networks in memory.
"""

from collections.abc import Iterator

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import Status
from smscore.domain.messages import Medium, Surface
from smscore.domain.recipients import EmailAddress
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.errors import InvalidRequest, NoRoute, PermanentFailure
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator, a_link

ANNA = "anna@reader.example"


@pytest.fixture
def relay() -> FakeTransport:
    return FakeTransport(name="mail", media=(Medium.EMAIL,))


@pytest.fixture
def mailing(
    clock: ManualClock, store: MemoryStore, network: FakeTransport, relay: FakeTransport
) -> Iterator[Gateway]:
    """A gateway with a channel for SMS and one for e-mail."""
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"fake": network, "mail": relay},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        gateway.administration.create_account("acme", credits=10, home_country="DE")
        yield gateway


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.AUTOMATIC, Medium.EMAIL])
def test_an_address_is_written_to_by_e_mail(
    mailing: Gateway, network: FakeTransport, relay: FakeTransport, medium: Medium
) -> None:
    receipt = mailing.submissions.submit(
        account="acme", to=" Anna@Reader.example", text="hello", medium=medium
    )
    mailing.run_pending()

    (job,) = relay.jobs
    assert (job.recipient, job.text, job.medium) == (
        EmailAddress("Anna@reader.example"),
        "hello",
        Medium.EMAIL,
    )
    assert network.jobs == []
    tracked = mailing.inquiry.message(receipt.message)
    assert tracked.delivery.status is Status.SENT
    assert tracked.message.medium is Medium.EMAIL
    assert tracked.message.recipient_as_given == " Anna@Reader.example"
    assert receipt.credits_used == 0


def test_numbers_and_addresses_in_one_request_each_go_their_way(
    mailing: Gateway, network: FakeTransport, relay: FakeTransport
) -> None:
    account = mailing.administration.change_account("acme", AccountChanges(replace_typography=True))
    text = "„" + "x" * 159 + "“"

    receipt = mailing.submissions.begin(
        Submission(
            account=account.id,
            surface=Surface.LIBRARY,
            items=tuple(Item(to=to, text=text) for to in ("0170 1234567", ANNA, "0171 1234567")),
            medium=Medium.AUTOMATIC,
        )
    ).result()
    mailing.run_pending()

    assert [item.credits for item in receipt.accepted] == [2, 0, 2]
    assert [job.segments.count for job in network.jobs] == [2, 2]
    assert [job.segments.parts for job in relay.jobs] == [(text,)]
    assert network.jobs[0].text != text


def test_a_number_never_goes_to_a_channel_of_e_mail(
    mailing: Gateway, network: FakeTransport, relay: FakeTransport
) -> None:
    number = mailing.submissions.submit(account="acme", to="01701234567", text="hello")
    mailing.run_pending()

    assert [job.message for job in network.jobs] == [number.message]
    assert relay.jobs == []
    with pytest.raises(NoRoute, match="telephone number"):
        mailing.submissions.submit(
            account="acme", to="01701234567", text="hello", medium=Medium.EMAIL
        )


def test_no_phone_is_handed_what_goes_to_an_address(mailing: Gateway) -> None:
    mailing.rules.apply([Route(name="all", channels=("phones", "mail"))])
    account = mailing.inquiry.account_named("acme")

    message = mailing.submissions.submit(account="acme", to=ANNA, text="hello").message

    assert mailing.inquiry.message(message).delivery.channel == "mail"
    assert mailing.pickup.fetch(account.id, limit=10) == []


def test_a_rule_that_names_no_channel_of_e_mail_is_no_way_to_an_address(mailing: Gateway) -> None:
    mailing.rules.apply([Route(name="all", channels=("fake",))])

    with pytest.raises(NoRoute, match="name it in the rule"):
        mailing.submissions.submit(account="acme", to=ANNA, text="hello")


def test_an_address_is_not_linked_to_anything(store: MemoryStore, clock: ManualClock) -> None:
    bot = FakeTransport(name="bot", media=(Medium.TELEGRAM,))
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"bot": bot},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        gateway.administration.create_account("acme")
        store.run(lambda work: work.links.put(a_link(channel="bot"))).result()

        with pytest.raises(NoRoute):
            gateway.submissions.submit(
                account="acme", to=ANNA, text="hello", medium=Medium.TELEGRAM
            )


def test_what_is_no_address_is_refused(mailing: Gateway) -> None:
    with pytest.raises(InvalidRequest, match=r"anna@example\.org"):
        mailing.submissions.submit(account="acme", to="anna@", text="hello")


def test_a_refused_mail_fails_and_can_be_sent_again(mailing: Gateway, relay: FakeTransport) -> None:
    relay.fail_next(PermanentFailure("no such user"))
    message = mailing.submissions.submit(account="acme", to=ANNA, text="hello").message
    mailing.run_pending()
    assert mailing.inquiry.message(message).delivery.status is Status.FAILED

    mailing.interventions.resend(message)
    mailing.run_pending()

    assert mailing.inquiry.message(message).delivery.status is Status.SENT
    assert [job.message for job in relay.jobs] == [message, message]


def test_rules_can_be_tried_on_an_address_and_replayed(
    mailing: Gateway, clock: ManualClock
) -> None:
    message = mailing.submissions.submit(account="acme", to=ANNA, text="hello").message

    verdict = mailing.trials.consider(account="acme", to=ANNA, text="hello")
    (replayed,) = mailing.trials.replay(since=clock.now())

    assert verdict.plan is not None
    assert [leg.channel for leg in verdict.plan.route] == ["mail"]
    assert (replayed.message, replayed.is_different) == (message, False)
