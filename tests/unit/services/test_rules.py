"""
Rules as operators change them.
"""

import tomllib
from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from rule_strategies import rulebooks

from smscore import GatewayConfig, build
from smscore.domain.messages import Surface
from smscore.domain.routes import Route
from smscore.errors import Conflict, InvalidRequest, NotFound
from smscore.rulebook import Rulebook, as_toml, rulebook_of
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, MemoryStore, PlainAuthenticator

A = Route(name="a", prefixes=("+49",), channels=("fake",))
B = Route(name="b", channels=("phones",))


@pytest.fixture
def rules(gateway):
    return gateway.rules


def test_before_there_were_rules_their_revision_is_0(rules):
    assert rules.current().number == 0
    assert rules.current().routes == ()
    assert rules.revisions() == []


def test_each_change_makes_a_revision(rules, clock):
    rules.apply([A])
    made = rules.apply([A, B], why="more")

    assert made == rules.current()
    assert (made.number, made.at, made.why, made.routes) == (2, clock.now(), "more", (A, B))
    assert [one.number for one in rules.revisions()] == [2, 1]


def test_the_same_rules_make_none(rules):
    rules.apply([A])

    assert rules.apply([A], expected=1).number == 1
    assert len(rules.revisions()) == 1


def test_a_change_by_somebody_else_is_not_undone_unawares(rules):
    rules.apply([A])
    rules.apply([B])

    with pytest.raises(Conflict, match="revision 2, not 1"):
        rules.apply([A, B], expected=1)
    with pytest.raises(Conflict, match="revision 2, not 1"):
        rules.check([A, B], expected=1)
    assert rules.current().routes == (B,)


def test_of_two_changes_at_once_one_is_told_of_the_other(rules, at_once):
    rules.apply([A])

    def change(*routes):
        def apply():
            try:
                return rules.apply(routes, expected=1).number
            except Conflict:
                return None

        return apply

    assert sorted(at_once(change(B), change(A, B)), key=str) == [2, None]


def test_an_earlier_revision_can_be_had_again_and_that_taken_back(rules):
    rules.apply([A])
    rules.apply([B])

    made = rules.rollback(1)
    assert (made.number, made.routes, made.why) == (3, (A,), "back to revision 1")
    assert rules.rollback(2).routes == (B,)
    assert rules.rollback(0).routes == ()


def test_a_revision_that_never_was_is_not_found(rules):
    with pytest.raises(NotFound, match="revision 9"):
        rules.rollback(9)


@pytest.mark.parametrize(
    "routes",
    [
        [A, A],
        [Route(name="x", channels=("nowhere",))],
        [Route(name="x", channels=("fake",), weights={"phones": 1})],
    ],
)
def test_rules_that_cannot_work_change_nothing(rules, routes):
    with pytest.raises(InvalidRequest):
        rules.apply(routes)
    assert rules.current().number == 0


def test_rules_whose_channel_is_gone_are_not_put_in_force_again(rules, store):
    rules.apply([A])
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=MemoryStoreLike(store),
        transports={"other": FakeTransport(name="other")},
    ) as other:
        other.rules.apply([B])
        with pytest.raises(InvalidRequest, match="'fake'"):
            other.rules.rollback(1)


class MemoryStoreLike:
    """The same store, which the other gateway may not close."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def close(self):
        pass


def test_rules_in_force_decide_about_the_next_message(gateway):
    gateway.rules.apply([Route(name="x", accounts=("other",), refuse="not here"), B])

    receipt = gateway.submissions.submit(account="acme", to="+491701234567", text="hi")

    message = gateway.inquiry.explain(receipt.accepted[0].message)
    assert message.events[0].detail["rule"] == "b"
    assert message.events[0].detail["revision"] == 1


def due_at(gateway, receipt):
    return [gateway.inquiry.message(one.message).delivery.due_at for one in receipt.accepted]


@pytest.fixture
def paced(gateway):
    """Two messages a minute to Germany."""
    gateway.rules.apply([Route(name="slow", prefixes=("+49",), channels=("fake",), pace=2)])
    return gateway


def submit(gateway, *numbers, **values):
    items = tuple(Item(to=number, text="hi") for number in numbers)
    account = gateway.settings.account("acme").id
    submission = Submission(account=account, surface=Surface.LIBRARY, items=items, **values)
    return gateway.submissions.begin(submission).result()


def test_no_turn_is_a_month_away_because_the_clock_was(paced, clock, network):
    paced.run_pending()
    clock.jump(days=31)
    submit(paced, "+49170111111", "+49170222222")
    paced.run_pending()
    clock.jump(days=-31)

    while paced.run_pending():
        pass
    after = submit(paced, "+49170333333")
    paced.run_pending()

    assert due_at(paced, after) == [None]
    assert len(network.jobs) == 3


def test_messages_of_a_rule_with_a_pace_leave_one_after_another(paced, clock, network):
    several = submit(paced, "+49170111111", "+49170222222", "+49170333333", "+43123456")
    another = submit(paced, "+49170444444")

    half = timedelta(seconds=30)
    assert due_at(paced, several) == [None, clock.now() + half, clock.now() + 2 * half, None]
    assert due_at(paced, another) == [clock.now() + 3 * half]
    sent = []
    for _ in range(4):
        while paced.run_pending():
            pass
        sent.append(len(network.jobs))
        clock.move(seconds=30)
    assert sent == [2, 3, 4, 5]


def test_a_message_that_waits_for_its_turn_says_so(paced):
    receipt = submit(paced, "+49170111111", "+49170222222")

    first, second = (paced.inquiry.explain(one.message).events[0] for one in receipt.accepted)
    assert (first.kind, first.detail.get("pace")) == ("message.queued", None)
    assert (second.kind, second.detail.get("pace")) == ("message.scheduled", 2)


def test_a_message_for_later_keeps_its_time_and_takes_no_turn(paced, clock):
    wish = clock.now() + timedelta(days=1)

    assert due_at(paced, submit(paced, "+49170111111", not_before=wish)) == [wish]
    assert due_at(paced, submit(paced, "+49170222222")) == [None]


def test_turns_that_nobody_took_are_not_saved_up(paced, clock):
    submit(paced, "+49170111111")
    clock.move(seconds=600)

    receipt = submit(paced, "+49170222222", "+49170333333")
    assert due_at(paced, receipt) == [None, clock.now() + timedelta(seconds=30)]


@settings(max_examples=30)
@given(rulebooks)
def test_rules_that_were_exported_can_be_applied_and_are_the_same(book):
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": ["policy"]}}),
        store=(store := MemoryStore()),
        authenticator=PlainAuthenticator(store),
        transports={name: FakeTransport(name=name) for name in "abg"},
    ) as gateway:
        for name in ("shop", "bank"):
            account = gateway.administration.create_account(name).id
            for called in ("anna", "7", "on.call"):
                gateway.directory.contacts.add(account, called)
                gateway.directory.groups.add(account, called)
        inbound = [attrs.evolve(one, account=one.account or "shop") for one in book.inbound]
        rules = gateway.rules
        first = rules.apply(book.routes, inbound=inbound)
        exported = as_toml(Rulebook.of(first))

        book = rulebook_of(tomllib.loads(exported))
        again = rules.apply(book.routes, inbound=book.inbound, expected=book.revision)

        assert as_toml(Rulebook.of(again)) == exported
