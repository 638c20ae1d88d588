"""
The store contract: webhooks, and what waits for their endpoints.

Longer than other parts of it, for postings wait for one another in many ways.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest
from msgspec.structs import replace

from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    KEPT_ATTEMPTS,
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
)
from smscore.errors import Rejected
from smscore.ports.storage import Store, Topic, Tracked, UnitOfWork
from smscore.testing._store_kit import add, an_event, do, do_each
from smscore.testing.builders import a_delivery, a_message, a_posting, a_webhook
from smscore.testing.fakes import NOON

__all__ = ["WebhooksContract"]

_SECOND = timedelta(seconds=1)
_HOOK = a_webhook()


def _add(store: Store, *postings: Posting) -> None:
    def work(work: UnitOfWork) -> None:
        for posting in postings:
            work.webhooks.add(posting)

    do(store, work)


def _record(store: Store, posting: Posting, *, status: int = 200) -> Posting:
    attempt = Attempt(number=1, at=NOON, seconds=0.5, status=status, answer=b"\x00\xff")
    after = posting.attempted(attempt, jitter=0)
    do(store, lambda work: work.webhooks.record(after, attempt, at=NOON + _SECOND))
    return after


def _upcoming(store: Store, endpoint: str = _HOOK.endpoint) -> list[int]:
    found = store.read(lambda view: view.webhooks.upcoming(endpoint, limit=10))
    return [one.id for one in found]


def _posting(store: Store, number: int) -> Posting | None:
    return store.read(lambda view: view.webhooks.posting(PostingId(number)))


def _save(store: Store, *webhooks: Webhook) -> None:
    do_each(store, webhooks, lambda work, webhook: work.webhooks.save(webhook))


def _recording(posting: Posting, attempt: Attempt) -> Callable[[UnitOfWork], None]:
    return lambda work: work.webhooks.record(posting, attempt, at=NOON)


class WebhooksContract:
    """What happened is told in order, and is pending until somebody says otherwise."""

    def test_a_webhook_is_kept_with_all_that_it_is(self, store: Store) -> None:
        webhook = a_webhook(
            events=("message.sent", "message.failed"),
            is_active=False,
            secret=Generation(number=3, since=NOON),
            failing_since=NOON - _SECOND,
        )
        older = a_webhook(id=WebhookId(4))
        _save(store, webhook, older, a_webhook(id=WebhookId(6), account=AccountId(2)))

        assert store.read(lambda view: view.webhooks.get(webhook.id)) == webhook
        assert store.read(lambda view: view.webhooks.of(AccountId(1))) == [older, webhook]
        assert do(store, lambda work: work.webhooks.get(WebhookId(9))) is None

    def test_a_webhook_is_replaced_by_its_newest_state(self, store: Store) -> None:
        changed = attrs.evolve(_HOOK, url="https://example.org/other", is_active=False)
        do(store, lambda work: work.webhooks.save(_HOOK))
        do(store, lambda work: work.webhooks.save(changed))

        assert store.read(lambda view: view.webhooks.of(AccountId(1))) == [changed]

    def test_what_is_pending_goes_with_its_webhook(self, store: Store) -> None:
        do(store, lambda work: work.webhooks.save(_HOOK))
        _add(store, a_posting(id=1), a_posting(id=2, message=2), a_posting(id=3, endpoint="other"))
        _record(store, a_posting(id=2, message=2))

        for _ in range(2):  # there may be none
            do(store, lambda work: work.webhooks.remove(_HOOK.id))

        assert store.read(lambda view: view.webhooks.get(_HOOK.id)) is None
        assert _upcoming(store) == []
        assert _posting(store, 2) is not None
        assert _upcoming(store, "other") == [3]

    def test_of_webhooks_is_told_which_are_there(self, store: Store) -> None:
        _save(store, _HOOK, a_webhook(id=WebhookId(8), account=AccountId(2)))
        asked = [WebhookId(8), _HOOK.id, WebhookId(9)]

        def remove_and_ask(work: UnitOfWork) -> set[WebhookId]:
            work.webhooks.remove(WebhookId(8))
            return set(work.webhooks.standing(asked))

        assert set(do(store, lambda work: work.webhooks.standing(asked))) == {_HOOK.id, 8}
        assert do(store, remove_and_ask) == {_HOOK.id}
        assert set(do(store, lambda work: work.webhooks.standing(()))) == set()

    def test_what_was_given_up_goes_with_its_webhook(self, store: Store) -> None:
        do(store, lambda work: work.webhooks.save(_HOOK))
        postings = [a_posting(id=1), a_posting(id=2, message=2, endpoint="other")]
        _add(store, *postings)
        for posting in postings:
            dead = posting.given_up(why="too long")
            do_each(store, [dead], lambda work, one: work.webhooks.record(one, None, at=NOON))

        do(store, lambda work: work.webhooks.remove(_HOOK.id))

        assert store.read(lambda view: view.webhooks.given_up()) == {"other": 1}

    def test_callbacks_are_signed_by_the_first_secret_until_there_is_another(
        self, store: Store
    ) -> None:
        renewed = Generation().next(at=NOON)
        do(store, lambda work: work.webhooks.set_callback_secret(AccountId(2), renewed))

        def secrets(numbers: Sequence[int]) -> list[Generation]:
            return store.read(
                lambda view: [view.webhooks.callback_secret(AccountId(one)) for one in numbers]
            )

        assert secrets([1, 2]) == [Generation(), renewed]

    def test_a_posting_is_kept_with_all_that_it_is(self, store: Store) -> None:
        postings = [
            a_posting(id=1, body="ü😀\x00".encode(), attempts=3, ends_at=NOON + _SECOND),
            a_posting(id=2, webhook=None, url="https://example.org/c", endpoint="x", message=2),
        ]
        _add(store, *postings)

        assert [_posting(store, 1), _posting(store, 2)] == postings
        assert _posting(store, 3) is None

    def test_what_is_due_first_comes_first(self, store: Store) -> None:
        _add(
            store,
            a_posting(id=1, message=1, due_at=NOON + 2 * _SECOND),
            a_posting(id=2, message=2, due_at=NOON),
            a_posting(id=3, message=3, due_at=NOON),
            a_posting(id=4, message=4, due_at=NOON, endpoint="other"),
        )

        assert _upcoming(store) == [2, 3, 1]
        assert store.read(lambda view: view.webhooks.waiting()) == {
            _HOOK.endpoint: NOON,
            "other": NOON,
        }

    def test_events_of_one_message_wait_for_one_another_at_an_endpoint(self, store: Store) -> None:
        first, second, third = (a_posting(id=number, sequence=number) for number in (1, 2, 3))
        _add(store, first, second)
        _add(store, third, a_posting(id=4, endpoint="other"), a_posting(id=5, message=2))

        assert _upcoming(store) == [1, 5]
        assert _upcoming(store, "other") == [4]

        _record(store, first)

        assert _upcoming(store) == [5, 2]
        released = _posting(store, 2)
        assert released == replace(second, due_at=NOON + _SECOND)

    def test_what_failed_keeps_the_others_of_its_message_waiting(self, store: Store) -> None:
        first, second = a_posting(id=1), a_posting(id=2, sequence=2)
        _add(store, first, second)

        after = _record(store, first, status=500)

        assert _posting(store, 1) == after
        assert (after.attempts, after.last_status, after.state) == (1, 500, PostingState.PENDING)
        assert _upcoming(store) == [1]

    def test_what_was_given_up_lets_the_next_one_go(self, store: Store) -> None:
        first = a_posting(id=1)
        _add(store, first, a_posting(id=2, sequence=2))

        dead = first.given_up(why="too long")
        do(store, lambda work: work.webhooks.record(dead, None, at=NOON))

        assert _posting(store, 1) == dead
        assert _upcoming(store) == [2]

    def test_one_that_is_told_of_in_the_unit_that_ends_the_one_before_is_due(
        self, store: Store
    ) -> None:
        first = a_posting(id=1)
        _add(store, first)
        attempt = Attempt(number=1, at=NOON, seconds=0, status=200)

        def work(work: UnitOfWork) -> None:
            work.webhooks.record(first.attempted(attempt, jitter=0), attempt, at=NOON)
            work.webhooks.add(a_posting(id=2, sequence=2))

        do(store, work)

        assert _upcoming(store) == [2]

    def test_every_attempt_is_kept(self, store: Store) -> None:
        posting = a_posting(id=1)
        _add(store, posting)
        attempts = [
            Attempt(number=1, at=NOON, seconds=10.0, error="no answer within 10 s"),
            Attempt(number=2, at=NOON + _SECOND, seconds=0.25, status=200, answer=b"ok\x00\xff"),
        ]
        for attempt in attempts:
            posting = posting.attempted(attempt, jitter=0)
            do(store, _recording(posting, attempt))

        assert store.read(lambda view: view.webhooks.attempts(PostingId(1))) == attempts
        assert store.read(lambda view: view.webhooks.attempts(PostingId(2))) == []

    def test_of_very_many_attempts_the_newest_are_kept(self, store: Store) -> None:
        posting = a_posting(id=1)
        _add(store, posting, a_posting(id=2, sequence=2))
        for number in range(1, KEPT_ATTEMPTS + 3):
            attempt = Attempt(number=number, at=NOON, seconds=0, status=500)
            do(store, _recording(posting.attempted(attempt, jitter=0), attempt))

        kept = store.read(lambda view: view.webhooks.attempts(PostingId(1)))
        assert [one.number for one in kept] == list(range(3, KEPT_ATTEMPTS + 3))

    def test_what_was_removed_while_it_was_tried_stays_away(self, store: Store) -> None:
        do(store, lambda work: work.webhooks.save(_HOOK))
        _add(store, a_posting(id=1))
        do(store, lambda work: work.webhooks.remove(_HOOK.id))

        _record(store, a_posting(id=1))

        assert _posting(store, 1) is None
        assert store.read(lambda view: view.webhooks.attempts(PostingId(1))) == []

    def test_a_replay_waits_for_what_is_pending_of_its_message(self, store: Store) -> None:
        first, second = a_posting(id=1), a_posting(id=2, sequence=2)
        _add(store, first, second)
        done = _record(store, first)
        again = done.replayed(at=NOON)

        do(store, lambda work: work.webhooks.replay(again))

        assert _posting(store, 1) == replace(again, due_at=None)
        assert _upcoming(store) == [2]
        _record(store, replace(second, due_at=NOON))
        assert _upcoming(store) == [1]

    def test_a_replay_wakes_whoever_posts(self, store: Store) -> None:
        posting = a_posting(id=1)
        _add(store, posting)
        done = _record(store, posting)
        wakeups = [store.wakeup(Topic.WEBHOOKS), store.wakeup(Topic.EVENTS)]

        do(store, lambda work: work.webhooks.replay(done.replayed(at=NOON)))

        assert [wakeup.wait(5) for wakeup in wakeups] == [True, True]
        assert _upcoming(store) == [1]

    def test_pushes_wake_whoever_posts_and_are_found_by_their_message(self, store: Store) -> None:
        pushes = [
            a_posting(id=number, message=8, webhook=None, event_id=0, endpoint=endpoint, url="x")
            for number, endpoint in ((1, "push a"), (2, "push b"), (3, "push a"))
        ]
        _add(store, a_posting(id=9, message=8), replace(pushes[0], id=10, message=9))
        wakeups = [store.wakeup(Topic.PUSHES), store.wakeup(Topic.EVENTS)]

        do_each(store, pushes, lambda work, push: work.webhooks.push(push))

        assert [wakeup.wait(5) for wakeup in wakeups] == [True, True]
        waiting = replace(pushes[2], due_at=None)  # for the other one to that host
        found = store.read(lambda view: view.webhooks.pushes(MessageId(8)))
        assert found == [*pushes[:2], waiting]
        assert do(store, lambda work: work.webhooks.pushes(MessageId(7))) == []

    def test_what_waits_itself_is_replayed_at_once(self, store: Store) -> None:
        failed = a_posting(id=1, due_at=NOON + 60 * _SECOND)
        _add(store, failed, a_posting(id=2, sequence=2))

        do(store, lambda work: work.webhooks.replay(failed.replayed(at=NOON)))

        assert store.read(lambda view: view.webhooks.waiting()) == {_HOOK.endpoint: NOON}
        assert _upcoming(store) == [1]

    def test_postings_are_found_page_by_page_newest_first(self, store: Store) -> None:
        postings = [a_posting(id=number, message=number) for number in range(1, 6)]
        _add(store, *postings, a_posting(id=9, endpoint="other"))
        _record(store, postings[1])

        def page(**wanted: Any) -> list[int]:
            found = store.read(lambda view: view.webhooks.postings(_HOOK.endpoint, **wanted))
            return [one.id for one in found]

        assert page() == [5, 4, 3, 2, 1]
        assert page(limit=2) == [5, 4]
        assert page(before=PostingId(4), limit=2) == [3, 2]
        assert page(state=PostingState.PENDING, before=PostingId(4)) == [3, 1]
        assert page(state=PostingState.DELIVERED) == [2]

    def test_webhooks_that_are_off_or_fail_are_found_whosoever_they_are(self, store: Store) -> None:
        off = a_webhook(id=WebhookId(9), account=AccountId(2), is_active=False)
        failing = a_webhook(id=WebhookId(8), failing_since=NOON)
        _save(store, _HOOK, off, failing)

        assert store.read(lambda view: view.webhooks.in_trouble()) == [failing, off]

    def test_postings_are_counted(self, store: Store) -> None:
        postings = [a_posting(id=number, message=number) for number in range(1, 5)]
        _add(store, *postings, a_posting(id=9, endpoint="other"))
        _record(store, postings[0])
        for posting in postings[1:3]:
            dead = posting.given_up(why="too long")
            do_each(store, [dead], lambda work, one: work.webhooks.record(one, None, at=NOON))

        assert store.read(lambda view: view.webhooks.given_up()) == {_HOOK.endpoint: 2}
        assert store.read(lambda view: view.webhooks.counts(_HOOK.endpoint)) == {
            PostingState.PENDING: 1,
            PostingState.DELIVERED: 1,
            PostingState.DEAD: 2,
        }
        assert store.read(lambda view: view.webhooks.counts("nobody's")) == {}

    def test_news_are_what_somebody_listens_to(self, store: Store) -> None:
        _save(store, _HOOK, a_webhook(id=WebhookId(8), account=AccountId(2), is_active=False))
        heard = an_event(message=MessageId(1))
        number = MessageId(1000)
        with_callback = a_message(
            id=number, account=AccountId(3), callback_url="https://example.org/"
        )
        add(store, Tracked(message=with_callback, delivery=a_delivery(with_callback)))
        called_back = an_event(message=number, account=AccountId(3))
        unheard = [
            an_event(message=MessageId(2), account=AccountId(2)),
            an_event(message=MessageId(3), account=AccountId(3)),
        ]
        do_each(store, [heard, *unheard, called_back], lambda work, one: work.events.add(one))

        found, last = store.read(lambda view: view.webhooks.news(0, limit=10))

        assert [event for _, event in found] == [heard, called_back]
        assert last == store.read(lambda view: view.events.newest())

    def test_of_a_message_is_told_what_it_is_and_what_happened(self, store: Store) -> None:
        messages = [a_message(id=MessageId(1)), a_message(id=MessageId(2), text="ü")]
        codes = ["gone", None]
        for message, code in zip(messages, codes, strict=True):
            add(store, Tracked(message=message, delivery=a_delivery(message, error_code=code)))
        events = [
            an_event(message=MessageId(1), sequence=1, kind="message.queued"),
            an_event(message=MessageId(1), sequence=2, kind="message.failed"),
        ]
        do_each(store, events, lambda work, event: work.events.add(event))

        asked = {message.id for message in messages} | {MessageId(9)}
        told = store.read(lambda view: view.webhooks.stories(asked))

        assert [told[message.id].message for message in messages] == messages
        assert [told[message.id].error_code for message in messages] == codes
        assert told[MessageId(1)].kinds == {1: "message.queued", 2: "message.failed"}
        assert (told[MessageId(2)].kinds, len(told)) == ({}, 2)

    def test_news_are_looked_through_in_steps(self, store: Store) -> None:
        do(store, lambda work: work.webhooks.save(_HOOK))
        events = [an_event(message=MessageId(number)) for number in range(1, 6)]
        do_each(store, events, lambda work, event: work.events.add(event))

        def news(cursor: int) -> tuple[list[int], int]:
            found, last = store.read(lambda view: view.webhooks.news(cursor, limit=2))
            return [event.message for _, event in found], last

        first, cursor = news(0)
        second, cursor = news(cursor)
        third, cursor = news(cursor)

        assert [first, second, third, news(cursor)] == [[1, 2], [3, 4], [5], ([], cursor)]

    def test_postings_are_pruned_unless_they_are_pending(self, store: Store) -> None:
        postings = [a_posting(id=number, message=number) for number in (1, 2)]
        _add(store, *postings, a_posting(id=3, message=3, created_at=NOON + _SECOND))
        _record(store, postings[0])
        _record(store, a_posting(id=3, message=3, created_at=NOON + _SECOND))

        def prune(work: UnitOfWork) -> int:
            return work.webhooks.prune(before=NOON + _SECOND, limit=10)

        assert [do(store, prune), do(store, prune)] == [1, 0]
        assert [_posting(store, one) is None for one in (1, 2, 3)] == [True, False, False]
        assert store.read(lambda view: view.webhooks.attempts(PostingId(1))) == []

    def test_webhooks_and_postings_are_undone_with_their_unit(self, store: Store) -> None:
        def change_and_fail(work: UnitOfWork) -> None:
            work.webhooks.save(_HOOK)
            work.webhooks.add(a_posting(id=1))
            raise Rejected("not today")

        with pytest.raises(Rejected):
            do(store, change_and_fail)

        assert store.read(lambda view: view.webhooks.newest()) == 0
        _add(store, a_posting(id=70))
        assert store.read(lambda view: view.webhooks.newest()) == 70
