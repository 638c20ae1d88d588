from collections.abc import Callable
from datetime import timedelta

import pytest

from smscore import Gateway
from smscore.domain.cards import Card
from smscore.domain.channels import ChannelMode
from smscore.domain.directory import ContactChanges
from smscore.domain.messages import AccountId
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.errors import Conflict, NotCancellable, NotFound, PermanentFailure
from smscore.services.administration import Administration
from smscore.services.consent import Wish
from smscore.testing import NOON, FakeTransport, ManualClock
from smscore.testing.builders import an_app_manifest

TO = "+491701234567"
ACCOUNT = AccountId(1)


@pytest.fixture
def told(gateway: Gateway) -> Callable[[], list[tuple[str, str]]]:
    """What was written down since the test began, oldest first."""
    begun = len(gateway.audit.find())

    def told() -> list[tuple[str, str]]:
        entries = [entry for _, entry in gateway.audit.find()]
        return [(one.what, one.subject) for one in entries[::-1][begun:]]

    return told


def add_webhook(gateway: Gateway) -> None:
    gateway.webhooks.add(ACCOUNT, url="https://example.org/", events=["message.sent"])


def end_key(operator: Administration) -> None:
    operator.create_key("acme")
    operator.remove_key("acme", operator.keys("acme")[0].id)


DONE = {
    "account.created": lambda operator, _: operator.create_account("shop"),
    "account.credited": lambda operator, _: operator.credit("acme", 5, why="invoice"),
    "account.changed": lambda operator, _: operator.change_account("acme", AccountChanges()),
    "user.created": lambda operator, _: operator.create_user(
        "anna", account="acme", password="some-word", permissions=()
    ),
    "key.created": lambda operator, _: operator.create_key("acme", label="shop"),
    "key.removed": lambda operator, _: end_key(operator),
    "token.issued": lambda operator, _: operator.renew_token("acme"),
    "channel.paused": lambda operator, _: operator.set_channel_mode("fake", ChannelMode.PAUSED),
    "rules.applied": lambda _, gateway: gateway.rules.apply([Route(name="a", channels=("fake",))]),
    "webhook.added": lambda _, gateway: add_webhook(gateway),
    "callbacks.renewed": lambda _, gateway: gateway.webhooks.callback_secret(ACCOUNT, renew=True),
    "app.published": lambda _, gateway: gateway.apps.publish(
        an_app_manifest(), digest="d" * 64, size=1
    ),
    "consent.held": lambda _, gateway: gateway.consent.hold([Wish(number=TO)]),
    "messages.pruned": lambda _, gateway: gateway.housekeeping.prune(
        before=NOON - timedelta(days=1)
    ),
    "person.erased": lambda _, gateway: gateway.erasure.erase(TO),
}


DONE |= {
    "contact.added": lambda _, gateway: gateway.directory.contacts.add(ACCOUNT, "Anna"),
    "group.added": lambda _, gateway: gateway.directory.groups.add(ACCOUNT, "family"),
    "directory.imported": lambda _, gateway: gateway.directory.take_over(
        ACCOUNT, [Card(line=1, name="Anna"), Card(line=2, name="Bert")]
    ),
}


@pytest.mark.parametrize("what", DONE)
def test_what_an_operator_does_is_written_down(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]], what: str
) -> None:
    gateway.auditor.who = "anna"

    DONE[what](gateway.administration, gateway)

    assert what in [found for found, _ in told()]
    assert {entry.who for _, entry in gateway.audit.find(limit=1)} == {"anna"}


def test_what_was_undone_by_a_refusal_is_not_written_down(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]]
) -> None:
    with pytest.raises(Conflict):
        gateway.administration.create_account("acme")
    with pytest.raises(NotFound):
        gateway.administration.credit("other", 5, why="invoice")

    assert told() == []


def test_rules_that_do_not_change_are_not_written_down(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]]
) -> None:
    for _ in range(2):
        gateway.rules.apply([Route(name="a", channels=("fake",))])

    assert told() == [("rules.applied", "revision 1")]


def test_changes_of_the_directory_are_written_down_by_ids(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]]
) -> None:
    contacts, groups = gateway.directory.contacts, gateway.directory.groups
    contacts.add(ACCOUNT, "Anna", number=TO)
    contacts.change(ACCOUNT, "Anna", ContactChanges(notes="knows"))
    groups.add(ACCOUNT, "family")
    groups.join(ACCOUNT, "family", contacts=["Anna"])
    groups.leave(ACCOUNT, "family", contacts=["Anna"])
    groups.rename(ACCOUNT, "family", "friends")
    groups.delete(ACCOUNT, "friends")
    contacts.delete(ACCOUNT, "Anna")

    assert told() == [
        ("contact.added", "1"),
        ("contact.changed", "1"),
        ("group.added", "1"),
        ("group.joined", "1"),
        ("group.left", "1"),
        ("group.renamed", "1"),
        ("group.deleted", "1"),
        ("contact.deleted", "1"),
    ]
    written = repr([entry for _, entry in gateway.audit.find()])
    assert not any(secret in written for secret in ("Anna", "1701234567", "knows"))


def test_cards_that_change_something_are_counted(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]]
) -> None:
    cards = [Card(line=1, name="Anna", groups=("family",)), Card(line=2, name="Bert")]
    for _ in range(2):
        gateway.directory.take_over(ACCOUNT, cards)

    assert told() == [("directory.imported", "cards")]
    ((_, entry),) = gateway.audit.find(limit=1)
    assert entry.detail == {"account": 1, "added": 2, "groups_added": 1, "joined": 1}


def test_messages_that_an_operator_steps_in_for_are_written_down(
    gateway: Gateway, network: FakeTransport, told: Callable[[], list[tuple[str, str]]]
) -> None:
    network.fail_next(PermanentFailure("barred"))
    failed = gateway.submissions.submit(account="acme", to=TO, text="hi").message
    gateway.run_pending()
    gateway.interventions.resend(failed)
    gateway.interventions.cancel(failed)
    with pytest.raises(NotCancellable):
        gateway.interventions.cancel(failed)

    assert told() == [
        ("message.resent", f"{failed:016x}"),
        ("message.cancelled", f"{failed:016x}"),
    ]


def test_what_an_owner_calls_back_is_told_by_its_story_alone(
    gateway: Gateway, told: Callable[[], list[tuple[str, str]]]
) -> None:
    message = gateway.submissions.submit(account="acme", to=TO, text="hi").message

    gateway.interventions.cancel(message, account=ACCOUNT)

    assert told() == []


@pytest.mark.parametrize("given", [TO, "Anna@Reader.example"])
def test_an_erased_person_is_known_by_the_hash_that_opt_outs_have(
    gateway: Gateway, given: str
) -> None:
    gateway.consent.hold([Wish(number=given)])
    gateway.erasure.erase(given)

    subjects = {entry.subject for _, entry in gateway.audit.find(limit=3)}
    details = [dict(entry.detail) for _, entry in gateway.audit.find(limit=1)]

    (subject,) = subjects
    assert subject.startswith("hmac:")
    assert [mark.number for mark in gateway.consent.about(subject)] == [subject[5:]]
    assert details == [{"things": 0, "rewritten": 0, "cancelled": 0, "later": 0}]


def test_a_user_who_is_called_like_a_number_is_taken_out_of_the_log(gateway: Gateway) -> None:
    gateway.administration.create_user(
        "491701234567", account="acme", password="some-word", permissions=()
    )
    gateway.administration.remove_user("491701234567")

    gateway.erasure.erase(TO)

    entries = [repr(entry) for _, entry in gateway.audit.find()]
    assert not any("1701234567" in one for one in entries)
    assert sum("(erased)" in one for one in entries) == 2


def test_the_log_is_pruned_only_when_that_is_asked_for(
    gateway: Gateway, clock: ManualClock
) -> None:
    before = len(gateway.audit.find())
    clock.move(days=100)
    now = clock.now()

    first = gateway.housekeeping.prune(before=now - timedelta(days=1))
    second = gateway.housekeeping.prune(
        before=now - timedelta(days=1), audit_before=now - timedelta(days=1)
    )

    assert (first.audit, second.audit) == (0, before)
    assert [entry.what for _, entry in gateway.audit.find()] == ["messages.pruned"] * 2


def test_the_whole_log_can_be_read(gateway: Gateway) -> None:
    for number in range(600):
        entry = gateway.auditor.entry("test", number)
        gateway.store.run(lambda work, entry=entry: work.audit.add(entry)).result()

    found = [entry.subject for _, entry in gateway.audit.all() if entry.what == "test"]

    assert found == [str(number) for number in range(599, -1, -1)]
