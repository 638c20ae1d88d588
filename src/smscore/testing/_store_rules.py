"""
What a store must keep of rules: every revision, whole, and one after another.
"""

from datetime import datetime, timedelta

import pytest

from smscore.domain.conditions import Condition
from smscore.domain.destinations import (
    AutoReply,
    By,
    Forward,
    HttpCall,
    IsmsPush,
    Recipients,
)
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule, Replacing
from smscore.domain.messages import Priority, Surface
from smscore.domain.routes import Choice, Revision, Route
from smscore.domain.windows import Weekday, Window
from smscore.errors import Conflict
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import StoreKit, do, do_each
from smscore.testing.fakes import NOON

_OFFICE = Window(zone="Europe/Berlin", weekdays=(Weekday.MON,), begins="08:00", ends="18:00")
_EVERYTHING = (
    Route(name="z ü", channels=("a", "b"), prefixes=("+49", "+43")),
    Route(
        name="a",
        channels=("phones",),
        choice=Choice.WEIGHTED,
        weights={"b": 2, "a": 1},
        price=0,
        pace=30,
        countries=("DE",),
        accounts=("shop",),
        surfaces=(Surface.QUEUE,),
        priorities=(Priority.HIGH, Priority.LOW),
        sender="Shop",
        sender_regex="^49",
        message="1 \n\x7f",
        message_regex=r"\d",
        min_length=0,
        max_length=160,
        time_windows=(_OFFICE,),
        all_of=(Condition(any_of=(Condition(none_of=(Condition(),)),)),),
    ),
    Route(name="no", refuse="not there", any_of=(Condition(sender="a"), Condition())),
)


_ARRIVING = (
    InboundRule(
        name="ü",
        destinations=(
            Forward(kind=Recipients.GROUP, to="7", by=By.TELEGRAM, text="$TXT$", per_hour=9),
            AutoReply(text="thanks", by=By.SMS, per_hour=1),
            HttpCall(url="https://example.org/?n=$NUMBER$"),
            IsmsPush(url="https://example.org/hook", username="u", password="p"),  # noqa: S106  # of nobody
        ),
        replace=Replacing(pattern="^a(.)", substitution=r"\1 \\"),
        stop=True,
        account="shop",
        kinds=(InboundKind.EMAIL,),
        none_of=(Condition(message="x"),),
    ),
    InboundRule(name="end", stop=True),
)


class RulesContract(StoreKit):
    """Revisions of the rules."""

    def test_a_revision_keeps_all_of_its_rules_in_their_order(self, store: Store) -> None:
        revision = Revision(
            number=1, at=NOON, why="because ü", routes=_EVERYTHING, inbound=_ARRIVING
        )

        do(store, lambda work: work.routing.add(revision))

        assert store.read(lambda view: view.routing.newest()) == revision
        assert store.read(lambda view: view.routing.get(1)) == revision

    def test_without_rules_there_is_no_revision(self, store: Store) -> None:
        assert store.read(lambda view: view.routing.newest()) is None
        assert store.read(lambda view: view.routing.get(1)) is None

    def test_revisions_are_found_newest_first(self, store: Store) -> None:
        revisions = [
            Revision(number=number, at=NOON + timedelta(days=number), routes=_EVERYTHING[:number])
            for number in (1, 2, 3)
        ]
        do_each(store, revisions, lambda work, one: work.routing.add(one))

        assert list(store.read(lambda view: view.routing.find())) == revisions[::-1]
        assert list(store.read(lambda view: view.routing.find(limit=2))) == revisions[:0:-1]
        assert store.read(lambda view: view.routing.get(2)) == revisions[1]

    @pytest.mark.parametrize("number", [0, 1, 3])
    def test_a_revision_follows_the_newest_or_is_refused(self, store: Store, number: int) -> None:
        do(store, lambda work: work.routing.add(Revision(number=1, at=NOON)))

        with pytest.raises(Conflict):
            do(store, lambda work: work.routing.add(Revision(number=number, at=NOON)))
        assert store.read(lambda view: len(view.routing.find())) == 1

    def test_turns_of_a_rule_follow_one_another_at_their_gap(self, store: Store) -> None:
        gap = timedelta(seconds=20)

        first = self._turn(store, "a", count=3, gap=gap)
        second = self._turn(store, "a", gap=gap)
        other = self._turn(store, "b", gap=gap)

        assert (first, second, other) == (NOON, NOON + 3 * gap, NOON)

    def test_turns_that_passed_unused_are_not_saved_up(self, store: Store) -> None:
        later = NOON + timedelta(hours=1)
        self._turn(store, "a")

        assert self._turn(store, "a", now=later) == later

    def test_turns_that_a_clock_ahead_of_time_took_are_not_waited_for(self, store: Store) -> None:
        ahead = NOON + timedelta(days=31)
        self._turn(store, "a", now=ahead)
        self._turn(store, "b", count=90_000)

        assert self._turn(store, "a") == NOON
        assert self._turn(store, "a") == NOON + timedelta(minutes=1)
        assert self._turn(store, "b") == NOON + timedelta(minutes=90_000)

    def test_a_unit_that_fails_has_taken_no_turn(self, store: Store) -> None:
        def fail(work: UnitOfWork) -> None:
            work.routing.take_turns("a", count=9, gap=timedelta(minutes=1), now=NOON)
            raise Conflict("no")

        with pytest.raises(Conflict):
            do(store, fail)
        assert self._turn(store, "a") == NOON

    @staticmethod
    def _turn(
        store: Store,
        rule: str,
        *,
        count: int = 1,
        gap: timedelta = timedelta(minutes=1),
        now: datetime = NOON,
    ) -> datetime:
        return store.run(
            lambda work: work.routing.take_turns(rule, count=count, gap=gap, now=now)
        ).result()

    def test_several_revisions_may_be_made_in_one_unit(self, store: Store) -> None:
        revisions = [Revision(number=number, at=NOON) for number in (1, 2)]

        def both(work: UnitOfWork) -> None:
            for one in revisions:
                work.routing.add(one)

        do(store, both)

        assert store.read(lambda view: view.routing.newest()) == revisions[1]
