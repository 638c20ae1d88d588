"""
Accepting messages: planned before, paid for and stored in one unit of work, all or nothing.

Longer than most modules, so that the request, its planning and its unit of work are read together.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from smscore.domain.accounts import Account
from smscore.domain.description import Description
from smscore.domain.erasure import masked
from smscore.domain.messages import (
    AccountId,
    Medium,
    MessageId,
    OutboundMessage,
    Priority,
    Surface,
)
from smscore.domain.moments import check_moment
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.domain.planning import Plan, plan
from smscore.domain.receipts import IDEMPOTENCY_LIFE, Receipt, RefusedItem
from smscore.domain.recipients import Recipient, parse_recipient
from smscore.errors import (
    IdempotencyConflict,
    InvalidRequest,
    Rejected,
    RejectedItems,
)
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.policy import Screen
from smscore.ports.storage import IdempotencyRecord, Store, UnitOfWork, View
from smscore.services._acceptance import accept
from smscore.services._consent import Objections
from smscore.services._leaps import CautiousClock
from smscore.services._meters import Meters
from smscore.services._openings import Openings
from smscore.services._rules import RulesInForce
from smscore.services._settings import Settings

__all__ = ["LONGEST_KEY", "Item", "Submission", "Submissions"]

LONGEST_KEY = 255
_MOST_TOLD = 20
"""How many of those that a request leaves out are told in a story."""
_NO_LINKS: Mapping[Recipient, Collection[str]] = {}


class Item(Struct, frozen=True, kw_only=True):
    """One text to one recipient, as the caller wrote it."""

    to: str
    text: str
    index: int | None = None  # its place in the request; None: its place among the items


class Submission(Struct, frozen=True, kw_only=True):
    """
    A request to send.

    ``is_partial`` accepts the good items and reports the bad ones; otherwise one bad item refuses
    the whole request.

    Two requests under one idempotency key are the same if all of this is, and ``fingerprint``,
    which tells what else was asked for, such as a bad item. The items do not matter if
    ``is_resolved`` says that they only follow from what the fingerprint tells, such as the members
    of a group.
    """

    account: AccountId
    surface: Surface
    items: tuple[Item, ...]
    medium: Medium = Medium.SMS
    sender: SenderId | None = None
    priority: Priority = Priority.NORMAL
    flash: bool = False
    not_before: datetime | None = None
    expires_at: datetime | None = None
    callback_url: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""
    is_resolved: bool = False
    is_partial: bool = False
    traceparent: str | None = None  # who asked, as W3C Trace Context tells it; not what was asked


class Submissions:
    """The use case *submit*. Any thread may call."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        openings: Openings,
        settings: Settings,
        rules: RulesInForce,
        objections: Objections,
        meters: Meters,
        screens: Sequence[Screen] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys_clock = CautiousClock(clock, doubt=IDEMPOTENCY_LIFE)
        self._ids = ids
        self._openings = openings
        self._settings = settings
        self._rules = rules
        self._objections = objections
        self._meters = meters
        self._screens = screens

    def submit(
        self,
        *,
        account: str,
        to: str,
        text: str,
        medium: Medium = Medium.SMS,
        sender: str | None = None,
        priority: Priority = Priority.NORMAL,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
        surface: Surface = Surface.LIBRARY,
    ) -> Receipt:
        """
        Send one text, and wait until it is durable.

        ``to`` is a telephone number, or an e-mail address, which is written to by e-mail.
        ``medium`` says as what; a call needs no text. Messages of a higher ``priority`` leave their
        channel first. It leaves ``not_before`` then, and not at all after ``expires_at``; both are
        aware datetimes.

        Raises:
            Rejected: nothing was stored; the class says why.
            StoreError: nothing was stored; try again later.
        """
        submission = Submission(
            account=self._settings.account(account).id,
            surface=surface,
            items=(Item(to=to, text=text),),
            medium=medium,
            sender=SenderId.parse(sender) if sender else None,
            priority=priority,
            not_before=not_before,
            expires_at=expires_at,
            idempotency_key=idempotency_key,
        )
        return self.begin(submission).result()

    def is_at_hand(self, submission: Submission) -> bool:
        """Whether :meth:`begin` has what it needs, and waits for neither the store nor a screen."""
        return (
            not submission.medium.goes_by_links
            and not self._screens
            and self._ids.has_lease
            and self._settings.recall(submission.account) is not None
            and self._rules.are_at_hand
            and self._openings.are_at_hand(self._clock)
            and self._objections.are_at_hand
        )

    def begin(
        self,
        submission: Submission,
        *,
        deadline: datetime | None = None,
        beside: Callable[[UnitOfWork, Receipt], None] | None = None,
    ) -> Future[Receipt]:
        """
        Begin to accept a request; the future resolves when its messages are durable.

        Async hosts await it with ``asyncio.wrap_future``. A request not begun by ``deadline``
        leaves nothing behind. What ``beside`` writes is kept together with the messages or not at
        all: it is part of their unit of work, and called for a replay, too.

        Raises:
            Rejected: as the future may; without an idempotency key, what needs no store is refused
                at once.
            Overloaded: the store cannot keep up.
        """
        if not self._meters:
            return self._begin(submission, deadline=deadline, beside=beside)
        return self._meters.watch(
            lambda: self._begin(submission, deadline=deadline, beside=beside),
            surface=submission.surface,
            traceparent=submission.traceparent,
        )

    def _begin(
        self,
        submission: Submission,
        *,
        deadline: datetime | None,
        beside: Callable[[UnitOfWork, Receipt], None] | None,
    ) -> Future[Receipt]:
        now = self._clock.now()
        account = self._settings.account(submission.account)
        _check_key(submission.idempotency_key)
        keys_now = now if submission.idempotency_key is None else self._keys_clock.now()
        try:
            _check_times(submission, now=now)
            plans, reasons = self._plan(submission, account=account, now=now)
        except Rejected as refusal:
            if submission.idempotency_key is None:
                raise
            # Under a known key the first answer counts, whatever the rules and the time say now.
            acceptance = _Acceptance(
                submission=submission,
                objections=self._objections,
                refusal=refusal,
                now=now,
                keys_now=keys_now,
            )
        else:
            self._objections.foresee(planned.message for _, planned in plans)
            acceptance = _Acceptance(
                submission=submission,
                objections=self._objections,
                plans=plans,
                reasons=reasons,
                now=now,
                keys_now=keys_now,
            )
        work = acceptance if beside is None else _both(acceptance, beside)
        return self._store.run(work, accounts=(account.id,), deadline=deadline)

    def estimate(self, submission: Submission) -> Sequence[Plan]:
        """
        Decide as :meth:`begin` would, and store nothing.

        Raises:
            Rejected: as :meth:`begin`, but for quota and credit.
        """
        account = self._settings.account(submission.account)
        plans, reasons = self._plan(submission, account=account, now=self._clock.now())
        plans, _ = self._store.read(
            lambda view: _unobjected(
                view, plans, reasons, self._objections, is_partial=submission.is_partial
            )
        )
        return [planned for _, planned in plans]

    def _plan(
        self, submission: Submission, *, account: Account, now: datetime
    ) -> tuple[Sequence[tuple[int, Plan]], Mapping[int, Rejected]]:
        plans: list[tuple[int, Plan]] = []
        reasons: dict[int, Rejected] = {}
        known: dict[tuple[str, bool], Description] = {}  # one text often goes to many
        routes = self._rules.routes()
        topology = self._openings.topology(submission.priority, now=now)
        links = self._links(submission, account=account)
        ids = self._ids.several(len(submission.items), now=now)
        for place, item in enumerate(submission.items):
            index = place if item.index is None else item.index
            try:
                message = _message(submission, item, ids[place], account=account, now=now)
                planned = plan(
                    message,
                    account=account,
                    routes=routes,
                    topology=topology,
                    now=now,
                    description=known.get((item.text, message.is_email)),
                    linked=links.get(message.recipient, ()),
                )
                for screen in self._screens:
                    screen(planned.message)
            except Rejected as reason:
                if not submission.is_partial:
                    raise
                reasons[index] = reason
            else:
                plans.append((index, planned))
                known[item.text, message.is_email] = planned.description
        if not plans:
            raise _nothing_left(reasons)
        return plans, reasons

    def _links(
        self, submission: Submission, *, account: Account
    ) -> Mapping[Recipient, Collection[str]]:
        """The channels on which each recipient is linked; whoever needs it not does without."""
        if not submission.medium.goes_by_links:
            return _NO_LINKS
        recipients = set(_recipients(submission.items, home=account.home_country))
        return self._store.read(
            lambda view: {one: [link.channel for link in view.links.of(one)] for one in recipients}
        )


class _Acceptance(Struct, frozen=True, kw_only=True):
    """The unit of work of a submission: can be run again, decides nothing but money."""

    submission: Submission
    objections: Objections
    plans: Sequence[tuple[int, Plan]] = ()  # each with its place in the request
    reasons: Mapping[int, Rejected] = {}  # why the other places are not among them
    refusal: Rejected | None = None  # of the whole request, unless its key is known
    now: datetime
    keys_now: datetime  # for the age of keys

    def __call__(self, work: UnitOfWork) -> Receipt:
        key = self.submission.idempotency_key
        if key is None:
            return self._accept(work)
        first = work.idempotency.get(
            account=self.submission.account, surface=self.submission.surface, key=key
        )
        digest = _digest(self.submission)
        if first is not None and self.keys_now - first.at < IDEMPOTENCY_LIFE:
            if first.digest != digest:
                raise IdempotencyConflict(
                    f"the idempotency key {key!r} was used for another request; take a new key"
                )
            return first.receipt.replayed()
        receipt = self._accept(work)
        work.idempotency.add(
            IdempotencyRecord(
                account=self.submission.account,
                surface=self.submission.surface,
                key=key,
                digest=digest,
                receipt=receipt,
                at=self.now,
            )
        )
        return receipt

    def _accept(self, work: UnitOfWork) -> Receipt:
        if self.refusal is not None:
            raise self.refusal
        plans, reasons = _unobjected(
            work,
            self.plans,
            self.reasons,
            self.objections,
            is_partial=self.submission.is_partial,
        )
        return accept(
            work,
            plans,
            account=self.submission.account,
            now=self.now,
            refused=[
                RefusedItem(index=index, code=reason.code, error=str(reason))
                for index, reason in reasons.items()
            ],
            left_out=self._left_out(reasons),
        )

    def _left_out(self, reasons: Mapping[int, Rejected]) -> str | None:
        """Who of them was left out for what marks say, for the story of the first message."""
        if reasons is self.reasons:
            return None
        told = [
            f"{_hint(planned.message.recipient)} ({reasons[index].code})"
            for index, planned in self.plans
            if index in reasons
        ]
        more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
        return ", ".join(told[:_MOST_TOLD]) + more


def _unobjected(
    view: View,
    plans: Sequence[tuple[int, Plan]],
    reasons: Mapping[int, Rejected],
    objections: Objections,
    *,
    is_partial: bool,
) -> tuple[Sequence[tuple[int, Plan]], Mapping[int, Rejected]]:
    """
    What may be sent as of now, and why the rest may not.

    Raises:
        Rejected: nothing is left of it, or one item refuses the whole request.
    """
    objected = objections.against(view, [planned.message for _, planned in plans])
    if not objected:
        return plans, reasons  # nearly always
    if not is_partial:
        raise next(iter(objected.values()))
    left = [one for one in plans if one[1].message.id not in objected]
    told = {
        index: objected[planned.message.id]
        for index, planned in plans
        if planned.message.id in objected
    }
    if not left:
        raise _nothing_left({**reasons, **told})
    return left, {**reasons, **told}


def _nothing_left(reasons: Mapping[int, Rejected]) -> RejectedItems:
    return RejectedItems("no item of the request can be sent", reasons=dict(reasons))


def _hint(recipient: Recipient) -> str:
    """Enough to tell who of a group it is, and no more than may be kept after an erasure."""
    return masked(recipient) if isinstance(recipient, PhoneNumber) else recipient.hint


def _both(
    acceptance: _Acceptance, beside: Callable[[UnitOfWork, Receipt], None]
) -> Callable[[UnitOfWork], Receipt]:
    def work(work: UnitOfWork) -> Receipt:
        receipt = acceptance(work)
        beside(work, receipt)
        return receipt

    return work


def _recipients(items: Sequence[Item], *, home: str | None) -> Iterator[Recipient]:
    """The recipients, but for those that planning will refuse."""
    for item in items:
        with suppress(Rejected):
            yield parse_recipient(item.to, home=home)


def _message(
    submission: Submission, item: Item, number: MessageId, *, account: Account, now: datetime
) -> OutboundMessage:
    return OutboundMessage(
        id=number,
        account=account.id,
        recipient=parse_recipient(item.to, home=account.home_country),
        recipient_as_given=item.to,
        text=item.text,
        surface=submission.surface,
        accepted_at=now,
        sender=submission.sender or account.default_sender,
        priority=submission.priority,
        flash=submission.flash,
        medium=submission.medium,
        not_before=submission.not_before,
        expires_at=submission.expires_at,
        callback_url=submission.callback_url,
    )


def _check_key(key: str | None) -> None:
    if key is None:
        return
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidRequest(
            f"the idempotency key must be 1 to {LONGEST_KEY} printable ASCII characters"
        )


def _check_times(submission: Submission, *, now: datetime) -> None:
    begins, ends = submission.not_before, submission.expires_at
    if begins is None and ends is None:
        return
    for what, time in (("not_before", begins), ("expires_at", ends)):
        if time is not None:
            check_moment(time, what)
    if ends is not None and ends <= now:
        raise InvalidRequest(f"expires_at is {ends}, which has passed; use a later moment")
    if begins is not None and ends is not None and ends <= begins:
        raise InvalidRequest(f"expires_at is {ends}, and not_before only {begins}; end it later")


def _digest(submission: Submission) -> str:
    """Of what was asked for; the key itself and the account are the look-up, not the content."""
    items = () if submission.is_resolved else submission.items
    asked: tuple[object, ...] = (
        [(item.index, item.to, item.text) for item in items],
        submission.sender and submission.sender.value,
        int(submission.priority),
        submission.flash,
        submission.not_before and submission.not_before.isoformat(),
        submission.expires_at and submission.expires_at.isoformat(),
        submission.callback_url,
        submission.fingerprint,
    )
    if submission.medium is not Medium.SMS:  # records of before had none
        asked += (submission.medium.value,)
    return hashlib.sha256(repr(asked).encode("utf-8", "surrogatepass")).hexdigest()
