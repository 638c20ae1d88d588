"""
What an account's owner does with its webhooks: add, change, look at deliveries, replay them.

A little longer than others, for it is one list of what may be done.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import attrs

from smscore.domain.announcements import ANNOUNCED
from smscore.domain.messages import AccountId
from smscore.domain.webhooks import (
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
    callback_place,
    check_url,
    webhook_endpoint,
)
from smscore.errors import InvalidRequest, NotFound
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, View, commit
from smscore.ports.webhooks import WebhookSender
from smscore.services._auditing import Auditor
from smscore.services.webhooks._overview import History, Troubles, history_of, troubles
from smscore.services.webhooks._replaying import Deliveries, replay_all
from smscore.services.webhooks._signing import Secrets

__all__ = ["Webhooks"]

T = TypeVar("T")

_MOST = 100  # webhooks of an account


class Webhooks:
    """
    The use cases around webhooks. Any thread may call; whoever asks sees nothing of others.

    ``sender`` tells which addresses nobody may call; None: there is nobody who posts.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
        ids: IdSequence,
        secrets: Secrets,
        sender: Callable[[], WebhookSender] | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._ids = ids
        self._secrets = secrets
        self._sender = sender

    def check(self, url: str) -> str:
        """
        The address, if it is one that may be called as far as can be told without asking for names.

        Raises:
            InvalidRequest: it is no address, or a forbidden one.
        """
        check_url(url)
        if self._sender is not None:
            self._sender().check(url)
        return url

    def add(self, account: AccountId, *, url: str, events: Sequence[str]) -> tuple[Webhook, str]:
        """
        Tell the address of these events from now on. With it comes its secret.

        Raises:
            InvalidRequest: it is no address or a forbidden one, an event is unknown, or there are
                too many webhooks.
        """
        webhook = Webhook(
            id=WebhookId(self._ids()),
            account=account,
            url=self.check(url),
            events=_checked(events),
            created_at=self._clock.now(),
        )

        def work(work: UnitOfWork) -> None:
            if len(work.webhooks.of(account)) >= _MOST:
                raise InvalidRequest(f"an account has at most {_MOST} webhooks")
            work.webhooks.save(webhook)

        # Locked, for another process may add one at this moment.
        noted = self._auditor.with_entry(
            work, "webhook.added", webhook_endpoint(webhook.id), account=account
        )
        commit(self._store, noted, accounts=(account,))
        return webhook, self._secret(webhook)

    def all(self, account: AccountId) -> Sequence[Webhook]:
        """The account's webhooks, oldest first."""
        return self._store.read(lambda view: view.webhooks.of(account))

    def get(self, account: AccountId, webhook: WebhookId) -> Webhook:
        """
        One of them.

        Raises:
            NotFound: the account has none of this id.
        """
        return self._store.read(lambda view: _of(view, account, webhook))

    def change(
        self,
        account: AccountId,
        webhook: WebhookId,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        is_active: bool | None = None,
        rotate_secret: bool = False,
    ) -> tuple[Webhook, str]:
        """
        Change what is not None. With it comes its secret, a new one if that is wanted.

        Raises:
            NotFound: the account has none of this id.
            InvalidRequest: it is no address or a forbidden one, or an event is unknown.
        """
        now = self._clock.now()
        new_url = None if url is None else self.check(url)
        new_events = None if events is None else _checked(events)

        def work(work: UnitOfWork) -> Webhook:
            before = _of(work, account, webhook)
            after = attrs.evolve(
                before,
                url=new_url or before.url,
                events=new_events or before.events,
                is_active=before.is_active if is_active is None else is_active,
                # Whoever switches it on has mended it, or wants to have it tried; off, and it has
                # not failed.
                failing_since=before.failing_since if is_active is None and not new_url else None,
                secret=before.secret.next(at=now) if rotate_secret else before.secret,
            )
            work.webhooks.save(after)
            return after

        changed = self._run(work, "webhook.changed", webhook_endpoint(webhook), account)
        return changed, self._secret(changed)

    def remove(self, account: AccountId, webhook: WebhookId) -> None:
        """
        Tell it nothing any more, and forget what is pending for it or was given up.

        Raises:
            NotFound: the account has none of this id.
        """

        def work(work: UnitOfWork) -> None:
            work.webhooks.remove(_of(work, account, webhook).id)

        self._run(work, "webhook.removed", webhook_endpoint(webhook), account)

    def deliveries(
        self,
        account: AccountId,
        webhook: WebhookId,
        *,
        state: PostingState | None = None,
        before: PostingId | None = None,
        limit: int = 50,
    ) -> Sequence[Posting]:
        """
        What was or will be posted to a webhook, newest first.

        Raises:
            NotFound: the account has none of this id.
        """

        def read(view: View) -> Sequence[Posting]:
            endpoint = _of(view, account, webhook).endpoint
            return view.webhooks.postings(endpoint, state=state, before=before, limit=limit)

        return self._store.read(read)

    def attempts(
        self, account: AccountId, webhook: WebhookId, posting: PostingId
    ) -> tuple[Posting, Sequence[Attempt]]:
        """
        One delivery, and what was tried, oldest first.

        Raises:
            NotFound: the webhook has none of this id.
        """
        return self._store.read(
            lambda view: (
                _posting(view, account, webhook, posting),
                view.webhooks.attempts(posting),
            )
        )

    def replay(self, account: AccountId, webhook: WebhookId, posting: PostingId) -> Posting:
        """
        Post it again, the same event with the same bytes.

        Raises:
            NotFound: the webhook has none of this id.
        """
        now = self._clock.now()

        def work(work: UnitOfWork) -> Posting:
            again = _posting(work, account, webhook, posting).replayed(at=now)
            work.webhooks.replay(again)
            return again

        return self._run(work, "webhook.replayed", webhook_endpoint(webhook), account)

    def replay_all(self, account: AccountId, webhook: WebhookId, deliveries: Deliveries) -> int:
        """
        Post these again, and say how many; without a state those that were given up.

        Raises:
            NotFound: the account has no webhook of this id.
        """
        endpoint = self.get(account, webhook).endpoint
        noted = self._auditor.entry("webhook.replayed", endpoint, account=account)
        return replay_all(self._store, endpoint, deliveries, noted=noted)

    def replay_callbacks(self, account: AccountId, deliveries: Deliveries) -> int:
        """Tell the account's callback addresses again what was given up, and say how much."""
        dead = attrs.evolve(deliveries, state=PostingState.DEAD)
        names = [
            name
            for name in self._store.read(lambda view: view.webhooks.given_up())
            if (place := callback_place(name)) is not None and place[0] == account
        ]
        noted = self._auditor.entry("callbacks.replayed", "callbacks", account=account)
        return sum(replay_all(self._store, name, dead, noted=noted) for name in names)

    def history(self, account: AccountId, webhook: WebhookId) -> History:
        """
        How one of them fares.

        Raises:
            NotFound: the account has none of this id.
        """
        return self._store.read(lambda view: history_of(view, _of(view, account, webhook)))

    def troubles(self) -> Troubles:
        """What there is to be looked after, of all accounts."""
        return self._store.read(troubles)

    def callback_secret(self, account: AccountId, *, renew: bool = False) -> str:
        """What signs the account's callbacks; the one before goes on to do so for a while."""
        now = self._clock.now()
        if renew:
            work = partial(_renew, account=account, now=now)
            secret = self._run(work, "callbacks.renewed", "callbacks", account)
        else:
            secret = self._store.read(lambda view: view.webhooks.callback_secret(account))
        return self._secrets.of_account(account, secret, at=now)[0]

    def _secret(self, webhook: Webhook) -> str:
        return self._secrets.of_webhook(webhook.id, webhook.secret, at=self._clock.now())[0]

    def _run(
        self, work: Callable[[UnitOfWork], T], what: str, subject: object, account: AccountId
    ) -> T:
        noted = self._auditor.with_entry(work, what, subject, account=account)
        return commit(self._store, noted)


def _checked(events: Collection[str]) -> tuple[str, ...]:
    unknown = [event for event in events if event not in ANNOUNCED]
    if unknown or not events:
        raise InvalidRequest(f"events must be some of {', '.join(ANNOUNCED)}")
    return tuple(dict.fromkeys(events))


def _of(view: View | UnitOfWork, account: AccountId, webhook: WebhookId) -> Webhook:
    found = view.webhooks.get(webhook)
    if found is None or found.account != account:
        raise NotFound(f"the account has no webhook wh_{webhook:016x}")
    return found


def _posting(
    view: View | UnitOfWork, account: AccountId, webhook: WebhookId, posting: PostingId
) -> Posting:
    endpoint = _of(view, account, webhook).endpoint
    found = view.webhooks.posting(posting)
    if found is None or found.endpoint != endpoint:
        raise NotFound(f"the webhook has no delivery whd_{posting:016x}")
    return found


def _renew(work: UnitOfWork, *, account: AccountId, now: datetime) -> Generation:
    renewed = work.webhooks.callback_secret(account).next(at=now)
    work.webhooks.set_callback_secret(account, renewed)
    return renewed
