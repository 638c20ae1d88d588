"""
Every use case of custody in any order, held to the model after each step.

A store's own test subclasses :class:`CustodyMachine` and says how the store is opened. Longer than
most modules: its rules are methods of one class, and each is short.
"""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import attrs
import pytest
from custody_model import FINAL, Model
from custody_network import (
    BREAKS,
    DEATHS,
    SUCCESSES,
    Death,
    Network,
    ScriptedTransport,
    Try,
    Zombie,
)
from custody_records import Channel, Message, Part
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import MOVES, DeliveryReport, PartState, ReportOutcome, Status
from smscore.domain.messages import Priority, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Route
from smscore.errors import NotCancellable, NotReady, Rejected
from smscore.ports.storage import Store
from smscore.registry import Registry
from smscore.services._leaps import CautiousClock
from smscore.services.submission import Item, Submission
from smscore.testing import ManualClock, PlainAuthenticator

CHANNELS = {
    "a": Channel(price=2, in_doubt="indeterminate", tries=3, delay=5),
    "b": Channel(price=1, in_doubt="resend", tries=2, delay=20),
    "c": Channel(price=3, in_doubt="fail", tries=1, delay=5),
}
NUMBERS = ("+491700000001", "+491700000002", "+491700000003")
LEGS = (("a", "b"), ("b", "c", "phones"), ("phones", "a"))
TEXTS = {1: "x", 2: "x" * 200, 3: "x" * 400}
OPENING = {"acme": 40, "free": None}
LIMIT = 25
DAY = timedelta(days=1)
UNSENT = ("scheduled", "queued", "sending")


@attrs.frozen
class Options:
    pass


@attrs.frozen
class Plugin:
    network: Network

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="scripted",
            options=Options,
            make=lambda name, _: ScriptedTransport(name, self.network),
            capabilities=ScriptedTransport.capabilities,
        )


CONFIG = GatewayConfig.from_mapping(
    {
        "plugins": {"enabled": []},
        "channels": {
            name: {
                "transport": "scripted",
                "price": one.price,
                "in_doubt": one.in_doubt,
                "retry": {"max_attempts": one.tries, "first_delay": one.delay, "factor": 1},
            }
            for name, one in CHANNELS.items()
        },
        "groups": {"first": {"channels": ["a"]}},
    }
)
TRIES = st.builds(Try, kind=st.sampled_from((*SUCCESSES, *BREAKS)), part=st.integers(1, 3))
ITEM = st.tuples(st.integers(0, 2), st.sampled_from((1, 1, 2, 3)))
ITEMS = st.lists(ITEM, min_size=1, max_size=4)
# Of reports: none mostly, or what is said of references and recipients that nobody has, or yet.
CHANGES = ({}, {}, {}, *({"reference": one} for one in "0123"), {"recipient": NUMBERS[0]})
MODES = st.sampled_from((*[ChannelMode.RUNNING] * 4, ChannelMode.PAUSED, ChannelMode.DRAINING))
WHICH = st.integers(0, 30)
SECONDS = st.sampled_from((None, None, None, None, None, None, 5, 60, 900))


class CustodyMachine(RuleBasedStateMachine):
    def open_store(self, clock: ManualClock) -> Store:
        """To be overridden: open the data of this run, again and again."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.model = Model(channels=CHANNELS, credits=dict(OPENING))
        self.network = Network(model=self.model, clock=self.clock)
        self.keys: dict[tuple[int, str], tuple[Submission, Receipt, datetime]] = {}
        self.requests: list[Submission] = []
        self.months: Counter[tuple[str, str]] = Counter()
        self.topped_up: Counter[str] = Counter()
        self.modes = dict.fromkeys(CHANNELS, ChannelMode.RUNNING)
        self.resent: Counter[int] = Counter()
        self.claimed_at: dict[int, datetime] = {}
        self.stories: dict[int, int] = {}
        self.ghosts: list[tuple[Gateway, Zombie]] = []
        self.start()
        self.open_accounts()

    def start(self) -> None:
        """A new process on the same data."""
        self.store = self.open_store(self.clock)
        self.gateway: Gateway = build(
            CONFIG,
            store=self.store,
            authenticator=PlainAuthenticator(self.store),
            clock=self.clock,
            plugins=[Plugin(self.network)],
        )
        # Each looks when it needs to, and so learns of a leap at another time.
        self.asked_clock = CautiousClock(self.clock, doubt=DAY)
        self.swept_clock = CautiousClock(self.clock, doubt=DAY)
        self.is_open = False
        self.looked_at: datetime | None = None
        self.swept_at: datetime | None = None
        self.network.unready_since.clear()

    def open_accounts(self) -> None:
        admin = self.gateway.administration
        accounts = [
            admin.create_account("acme", credits=OPENING["acme"], monthly_limit=LIMIT),
            admin.create_account("free"),
        ]
        self.accounts = {account.id: account.name for account in accounts}
        self.ids = {account.name: account.id for account in accounts}
        self.gateway.rules.apply(
            [
                Route(name=number, prefixes=(number,), channels=("first", *legs[1:]))
                if legs[0] == "a"
                else Route(name=number, prefixes=(number,), channels=legs)
                for number, legs in zip(NUMBERS, LEGS, strict=True)
            ]
        )

    def legs(self, account: str, to: str) -> list[str]:
        """Where a message may go today."""
        return [
            f"phones/{account}" if leg == "phones" else leg
            for leg in LEGS[NUMBERS.index(to)]
            if self.modes.get(leg) is not ChannelMode.DRAINING
        ]

    def a_message(self, which: int, *statuses: str) -> Message | None:
        """One of all, but rather one of these statuses."""
        messages = [*reversed(self.model.messages.values())]
        fit = [message for message in messages if message.status in statuses]
        choice = [*fit, *fit, *fit, *messages]
        return choice[which % len(choice)] if choice else None

    # Customers.

    @rule(
        account=st.sampled_from(("acme", "acme", "free")),
        items=ITEMS,
        key=st.sampled_from((None, "k1", "k2", "k3")),
        priority=st.sampled_from(list(Priority)),
        begins=SECONDS,
        ends=SECONDS,
    )
    def submit(
        self,
        account: str,
        items: Sequence[tuple[int, int]],
        key: str | None,
        priority: Priority,
        begins: int | None,
        ends: int | None,
    ) -> None:
        now = self.clock.now()
        self.request(
            self.asked(
                account,
                items,
                idempotency_key=key,
                priority=priority,
                not_before=now + timedelta(seconds=begins) if begins else None,
                expires_at=now + timedelta(seconds=ends + (begins or 0)) if ends else None,
            )
        )

    def asked(
        self, account: str, items: Sequence[tuple[int, int]], **options: object
    ) -> Submission:
        return Submission(
            account=self.ids[account],
            surface=Surface.LIBRARY,
            items=tuple(Item(to=NUMBERS[to], text=TEXTS[size]) for to, size in items),
            **options,
        )

    @rule(items=ITEMS, tries=st.lists(TRIES, max_size=6))
    def submit_and_send(self, items: Sequence[tuple[int, int]], tries: Sequence[Try]) -> None:
        self.request(self.asked("free", items))
        self.send(tries)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH)
    def repeat(self, which: int) -> None:
        """A customer who did not get the answer asks again."""
        choice = [one for one in self.requests if one.idempotency_key] or self.requests
        self.request(choice[which % len(choice)])

    @rule(
        items=ITEMS,
        key=st.sampled_from((None, "k1", "k2")),
        tries=st.none() | st.lists(TRIES, max_size=4),
    )
    def submit_and_withdraw(
        self, items: Sequence[tuple[int, int]], key: str | None, tries: Sequence[Try] | None
    ) -> None:
        """A caller is told that nothing was accepted, sooner or later."""
        asked = self.asked("acme", items, idempotency_key=key)
        receipt = self.request(asked)
        if receipt is None or receipt.is_replay:
            return
        if tries is not None:
            self.run(tries)
        left, now = [], self.clock.now()
        for accepted in receipt.accepted:
            message = self.model.messages[accepted.message]
            if message.status in ("scheduled", "queued") and not message.parts:
                self.model.move(message, "cancelled", now)
                self.months["acme", f"{now:%Y-%m}"] -= 1
            else:
                left.append(message.id)
        if key is not None and not left:
            del self.keys[asked.account, key]
        withdrawn = self.gateway.interventions.withdraw(
            receipt, account=asked.account, surface=asked.surface, idempotency_key=key
        )
        assert withdrawn.result() == left

    def request(self, asked: Submission) -> Receipt | None:
        first = self.first_answer(asked)
        refusal = self.refusal(asked, first)
        if refusal is not None:
            with pytest.raises(Rejected, check=lambda why: why.code == refusal):
                self.gateway.submissions.begin(asked).result()
            return None
        receipt = self.gateway.submissions.begin(asked).result()
        if first is not None:
            assert receipt.is_replay
            assert receipt == first[1]
        else:
            self.accept(asked, receipt)
        return receipt

    def first_answer(self, asked: Submission) -> tuple[Submission, Receipt, datetime] | None:
        if asked.idempotency_key is None:
            return None
        now, first = self.asked_clock.now(), self.keys.get((asked.account, asked.idempotency_key))
        if first is None or now - first[2] >= DAY:
            return None
        return first

    def refusal(
        self, asked: Submission, first: tuple[Submission, Receipt, datetime] | None
    ) -> str | None:
        name, now = self.accounts[asked.account], self.clock.now()
        if first is not None:
            return None if first[0] == asked else "idempotency_conflict"
        if asked.expires_at is not None and asked.expires_at <= now:
            return "invalid_request"
        if not all(self.legs(name, item.to) for item in asked.items):
            return "no_route"
        used = self.months[name, f"{now:%Y-%m}"]
        if name == "acme" and used + len(asked.items) > LIMIT:
            return "limit_exceeded"
        balance = self.model.credits[name]
        if balance is not None and sum(self.charges(asked)) > balance:
            return "insufficient_credits"
        return None

    def charges(self, asked: Submission) -> list[int]:
        """The dearest leg of each item."""
        name = self.accounts[asked.account]
        sizes = {text: size for size, text in TEXTS.items()}
        return [
            max(self.model.price(leg, sizes[item.text]) for leg in self.legs(name, item.to))
            for item in asked.items
        ]

    def accept(self, asked: Submission, receipt: Receipt) -> None:
        name, now = self.accounts[asked.account], self.clock.now()
        begins = asked.not_before if asked.not_before and asked.not_before > now else None
        sizes = {text: size for size, text in TEXTS.items()}
        charges = self.charges(asked)
        for item, charge, accepted in zip(asked.items, charges, receipt.accepted, strict=True):
            assert accepted.message not in self.stories
            assert accepted.credits == charge
            message = self.model.messages[accepted.message] = Message(
                id=accepted.message,
                account=name,
                to=item.to,
                legs=self.legs(name, item.to),
                size=sizes[item.text],
                charged=0,
                accepted_at=now,
                priority=asked.priority,
                status="scheduled" if begins else "queued",
                begins=begins,
                due=begins,
                expires=asked.expires_at,
            )
            assert accepted.status == message.status
            self.model.book(message, charge)
            self.stories[message.id] = 0
        assert receipt.credits_remaining == self.model.credits[name]
        self.months[name, f"{now:%Y-%m}"] += len(asked.items)
        self.requests.append(asked)
        if asked.idempotency_key is not None:
            self.keys[asked.account, asked.idempotency_key] = asked, receipt, now

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        if (message := self.a_message(which, "scheduled", "queued")) is None:
            return
        if message.status not in ("scheduled", "queued") or message.parts:
            with pytest.raises(NotCancellable):
                self.gateway.interventions.cancel(message.id)
            return
        self.gateway.interventions.cancel(message.id)
        self.model.move(message, "cancelled", self.clock.now())

    # Phones.

    @rule(account=st.sampled_from(("acme", "free")), limit=st.integers(1, 3))
    def fetch(self, account: str, limit: int) -> None:
        now, handed_out = self.clock.now(), []
        for message in self.model.waiting(f"phones/{account}")[:limit]:
            if message.expires is not None and message.expires <= now:
                self.model.move(message, "expired", now)
                continue
            message.status, message.tries = "sending", message.tries + 1
            message.had_phone, message.claims = account, message.claims + 1
            handed_out.append(message.id)
            self.claimed_at[message.id] = now
        fetched = self.gateway.pickup.fetch(self.ids[account], limit=limit)
        assert [tracked.message.id for tracked in fetched] == handed_out

    @rule(account=st.sampled_from(("acme", "free")), which=WHICH, is_good=st.booleans())
    def tell(self, account: str, which: int, *, is_good: bool) -> None:
        if (message := self.a_message(which, "sending")) is None:
            return
        now, is_there = self.clock.now(), message.legs[0] == f"phones/{account}"
        is_known = is_there or message.had_phone == account
        told = self.gateway.pickup.tell(self.ids[account], {message.id: is_good})
        assert told == is_known
        if not is_known:
            return
        if is_good and Status.DELIVERED in MOVES[Status(message.status)]:
            if not is_there and message.status in UNSENT and not message.parts:
                message.legs = [f"phones/{account}", *message.legs]
            self.model.move(message, "delivered", now)
        elif not is_good and is_there:
            self.hear_a_refusal(message)

    def hear_a_refusal(self, message: Message) -> None:
        """Phones have no names here: only one that alone was given a message speaks for it."""
        if message.status == "queued" and message.claims == 0 and message.had_phone is not None:
            return
        if message.status not in ("sending", "queued") or message.is_refused:
            return
        if message.claims > (1 if message.status == "sending" else 0):
            message.is_refused = True
            return
        message.had_phone = message.account
        self.model.refuse(message, now=self.clock.now())

    @rule(minutes=st.sampled_from((0, 1, 10)), account=st.sampled_from((None, "acme", "free")))
    def requeue(self, minutes: int, account: str | None) -> None:
        before = self.clock.now() - timedelta(minutes=minutes)
        found = [
            message
            for message in self.model.messages.values()
            if self.is_at_a_phone(message)
            and account in (None, message.account)
            and self.claimed_at[message.id] < before
        ]
        assert sum(self.gateway.phones.claimed(before=before, account=account).values()) == len(
            found
        )
        done = self.gateway.phones.requeue(before=before, account=account)
        assert sum(done.values()) == len(found)
        for message in found:
            self.model.move(message, "queued", self.clock.now())

    def is_at_a_phone(self, message: Message) -> bool:
        return message.status == "sending" and message.legs[0].startswith("phones/")

    # Channels.

    @rule(tries=st.lists(TRIES, max_size=6))
    def send(self, tries: Sequence[Try]) -> None:
        if not self.run(tries):
            return
        self.run([])  # once more: some went to a channel whose turn was over
        for channel, mode in self.modes.items():
            if mode is not ChannelMode.PAUSED and channel not in self.network.unready:
                assert self.network.head(channel) is None

    @rule(
        items=ITEMS,
        tries=st.lists(TRIES, max_size=2),
        kind=st.sampled_from(DEATHS),
        part=st.integers(1, 3),
        cleanly=st.booleans(),
        wakes=st.booleans(),
    )
    def die_while_sending(
        self,
        items: Sequence[tuple[int, int]],
        tries: Sequence[Try],
        kind: str,
        part: int,
        *,
        cleanly: bool,
        wakes: bool,
    ) -> None:
        """A process ends at some mark, by a fault that it notices or not at all."""
        self.request(self.asked("free", items))
        if self.run([*tries, Try(kind, part)]):
            return
        zombies, self.network.zombies = self.network.zombies, []
        if cleanly:
            self.shut_down()
            return
        self.ghosts = [(self.gateway, zombie) for zombie in zombies]
        self.store.close()
        self.start()
        if wakes and self.run([]) and self.ghosts:
            self.a_zombie_wakes_up()

    @rule()
    def shut_down(self) -> None:
        if self.is_open:
            self.model.recover(now=self.clock.now())
        self.gateway.close()
        self.start()

    def run(self, tries: Sequence[Try]) -> bool:
        """One round; False if the process died in it."""
        self.network.script = deque(tries)
        self.network.watched.clear()
        now = self.clock.now()
        if not self.is_open:
            self.model.recover(now=now)
        self.is_open = True
        self.pass_time()
        try:
            self.gateway.run_pending()
        except Death:
            return False
        finally:
            assert not self.network.wrong, self.network.wrong
        return True

    def pass_time(self) -> None:
        """What housekeeping does with the moment."""
        now, move = self.clock.now(), self.model.move
        messages = self.model.messages.values()
        for message in messages:
            if message.status == "scheduled" and message.due is not None and message.due <= now:
                move(message, "queued", now)
        for message in messages:
            is_over = message.expires is not None and message.expires <= now
            if is_over and message.status in ("scheduled", "queued"):
                move(message, "expired", now)
        self.mend_times(now)
        if self.swept_at is None or not timedelta(0) <= now - self.swept_at < timedelta(minutes=1):
            self.swept_at, old = now, now - timedelta(minutes=10)
            self.model.parked = [one for one in self.model.parked if one.received_at >= old]
            keys_old = self.swept_clock.now() - DAY
            self.keys = {key: one for key, one in self.keys.items() if one[2] >= keys_old}

    def mend_times(self, now: datetime) -> None:
        """Retries do not wait for hours that come twice, nor as no channel may make them."""
        passed = timedelta(seconds=self.clock.monotonic())
        before, self.looked_at = self.looked_at, now - passed
        if before is not None and before - self.looked_at < timedelta(seconds=30):
            return
        farthest = now + timedelta(days=7) if before is None else now
        for message in self.model.messages.values():
            if message.status == "scheduled" and message.is_retry and message.due > farthest:
                self.model.move(message, "queued", now)

    @rule(
        which=WHICH,
        outcome=st.sampled_from(list(ReportOutcome)),
        has_time=st.booleans(),
        change=st.sampled_from(CHANGES),
    )
    def report(
        self, which: int, outcome: ReportOutcome, change: dict[str, str], *, has_time: bool
    ) -> None:
        """At any time, in any order, again and again."""
        if not self.network.handed:
            return
        handed = self.network.handed[-1 - which % len(self.network.handed)]
        report = DeliveryReport(
            channel=handed.channel,
            reference=change.get("reference", handed.reference),
            recipient=PhoneNumber(change.get("recipient", handed.to.value)),
            outcome=outcome,
            received_at=self.clock.now(),
            submitted_at=handed.at if has_time else None,
        )
        self.model.report(report)
        self.gateway.reception.reported(report)

    @precondition(lambda self: self.is_open and self.ghosts)
    @rule()
    def a_zombie_wakes_up(self) -> None:
        """A process that was given up for dead goes on where it was."""
        gateway, zombie = self.ghosts.pop()
        gateway.store = self.store  # the same data, opened again
        journal = gateway.journal(zombie.channel)
        message, now = self.model.messages.get(zombie.job.message), self.clock.now()
        if zombie.kind == "die marked":
            journal.refused(zombie.job, zombie.part)
        if zombie.kind == "die gone":
            part = Part("accepted", now, zombie.channel, zombie.reference)
            if message is not None:
                self.model.accepted(message, zombie.part, part, now=now)
            journal.accepted(zombie.job, zombie.part, zombie.reference)
        try:
            journal.submitting(zombie.job, zombie.part)
        except NotReady:
            return
        raise AssertionError("it could have sent what others may be sending")

    @rule(channel=st.sampled_from((*CHANNELS, None, None)), seconds=st.sampled_from((29, 30)))
    def lose_or_find_the_network(self, channel: str | None, seconds: int) -> None:
        """For a while; at most one channel is without it."""
        self.network.unready.clear()
        self.network.unready.update({channel} - {None})
        self.run([])
        self.clock.move(seconds=seconds)
        self.run([])

    @rule(seconds=st.sampled_from((1, 5, 10, 20, 30, 100, 3600, 86_400, 86_400 * 15)))
    def wait(self, seconds: int) -> None:
        self.clock.move(seconds=seconds)

    @rule(seconds=st.sampled_from((-1, -29, -30, -3600, -7200, 30, 86_400 * 9, -86_400 * 9)))
    def set_the_clock(self, seconds: int) -> None:
        now = self.clock.now()
        if (now + timedelta(seconds=seconds)).month == now.month:
            self.clock.jump(seconds=seconds)
            self.run([])

    # Operators.

    @rule(which=WHICH)
    def resend(self, which: int) -> None:
        if (message := self.a_message(which, "failed", "indeterminate")) is None:
            return
        now, refusal = self.clock.now(), self.why_not_resent(message)
        legs = self.legs(message.account, message.to)
        if refusal is not None:
            with pytest.raises(Rejected, check=lambda why: why.code == refusal):
                self.gateway.interventions.resend(message.id)
            return
        self.gateway.interventions.resend(message.id)
        if message.status == "sending":
            self.model.move(message, "queued", now)
            return
        charge = max(self.model.price(leg, message.size) for leg in legs)
        self.model.book(message, max(0, charge - message.charged))
        message.legs, message.parts, message.tries = legs, {}, 0
        message.sent_at, message.finished_at, message.is_retry = None, None, False
        self.resent[message.id] += 1
        self.model.move(message, "queued", now)

    def why_not_resent(self, message: Message) -> str | None:
        if self.is_at_a_phone(message):
            return None
        waits = message.status == "queued" or (message.status == "scheduled" and message.is_retry)
        if message.status not in ("failed", "indeterminate") and (not waits or message.parts):
            return "conflict"
        if message.expires is not None and message.expires <= self.clock.now():
            return "conflict"
        legs = self.legs(message.account, message.to)
        if not legs:
            return "no_route"
        balance = self.model.credits[message.account]
        charge = max(self.model.price(leg, message.size) for leg in legs)
        if balance is not None and charge - message.charged > balance:
            return "insufficient_credits"
        return None

    @rule(channel=st.sampled_from(list(CHANNELS)), mode=MODES)
    def set_mode(self, channel: str, mode: ChannelMode) -> None:
        self.gateway.administration.set_channel_mode(channel, mode)
        self.modes[channel] = mode
        self.network.paused = {one for one, how in self.modes.items() if how == "paused"}
        self.network.draining = {one for one, how in self.modes.items() if how == "draining"}

    @rule(credits=st.integers(1, 20))
    def top_up(self, credits: int) -> None:
        self.gateway.administration.credit("acme", credits, why="paid")
        self.model.credits["acme"] = (self.model.credits["acme"] or 0) + credits
        self.topped_up["acme"] += credits

    @rule(minutes=st.sampled_from((1, 10, 1000)))
    def prune(self, minutes: int) -> None:
        before = self.clock.now() - timedelta(minutes=minutes)
        old = [
            message.id
            for message in self.model.messages.values()
            if message.status in (*FINAL, "sent", "indeterminate")
            and (message.finished_at or message.sent_at or message.accepted_at) < before
        ]
        assert self.gateway.housekeeping.prune(before=before).messages == len(old)
        for message in old:
            del self.model.messages[message]

    # What always holds.

    @invariant()
    def every_message_is_there_once_as_the_model_has_it(self) -> None:
        found = self.store.read(lambda view: view.outbox.find(limit=10_000))
        assert [one.message.id for one in found] == sorted(self.model.messages, reverse=True)
        for tracked in found:
            message, delivery = self.model.messages[tracked.message.id], tracked.delivery
            parts = {
                part.number: "doubt" if part.state is PartState.SUBMITTING else part.state.value
                for part in delivery.parts
            }
            assert (
                delivery.status,
                [leg.channel for leg in delivery.route],
                delivery.attempts,
                parts,
                delivery.charged,
                delivery.priority,
            ) == (
                message.status,
                message.legs,
                message.tries,
                {number: part.state for number, part in message.parts.items()},
                message.charged,
                message.priority,
            )

    @invariant()
    def each_story_has_no_gap_and_ends_where_the_message_is(self) -> None:
        for message in self.model.messages.values():
            events = self.store.read(lambda view, message=message: view.events.of(message.id))
            assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
            assert len(events) >= self.stories[message.id]
            self.stories[message.id] = len(events)
            statuses = [status for event in events if (status := _status_after(event.kind))]
            assert events[0].kind in ("message.queued", "message.scheduled")
            assert statuses[-1] == message.status
            for before, after in pairwise(statuses):
                assert after is before or after in MOVES[before]

    @invariant()
    def every_credit_is_accounted_for(self) -> None:
        for name, number in self.ids.items():
            account = self.gateway.inquiry.account(number)
            assert account.credits == self.model.credits[name]
            assert (
                account.used_in(self.clock.now()) == self.months[name, f"{self.clock.now():%Y-%m}"]
            )
            if account.credits is None:
                continue
            assert account.credits >= 0
            assert self.store.read(lambda view, number=number: view.ledger.total(number)) == (
                account.credits
            )

    @invariant()
    def no_part_leaves_twice_unasked(self) -> None:
        handed = Counter((one.message, one.part) for one in self.network.handed)
        doubles = {
            one.message for one in self.network.handed if CHANNELS[one.channel].in_doubt == "resend"
        }
        for (message, _), times in handed.items():
            assert message in doubles or times <= 1 + self.resent[message]

    def teardown(self) -> None:
        """Nothing is stranded: whatever happened, what waits for a channel leaves it."""
        self.network.unready.clear()
        for channel in CHANNELS:
            self.set_mode(channel, ChannelMode.RUNNING)
        for days in (31, 1, 1, 1, 1, 1):  # by then all that customers named has come
            self.clock.move(days=days)
            self.run([])
        self.every_message_is_there_once_as_the_model_has_it()
        for message in self.model.messages.values():
            is_done = message.status in (*FINAL, "sent", "indeterminate")
            assert is_done or message.legs[0].startswith("phones/")
        self.gateway.close()


def _status_after(kind: str) -> Status | None:
    _, _, word = kind.partition(".")
    if word in ("rerouted", "recovered", "resent", "released", "requeued"):
        return Status.QUEUED
    if word == "retried":
        return Status.SCHEDULED
    return None if word == "reported" else Status(word)
