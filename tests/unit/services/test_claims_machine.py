"""
Phones in any order of mishaps: none of them loses a message by what another one says.
"""

from contextlib import suppress
from datetime import timedelta

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smscore import GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.errors import NotCancellable, PermanentFailure, TemporaryFailure
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator

ACME = AccountId(1)
QUEUE = "phones/acme"
CREDITS = 1000
PRICE = 1
WHICH = st.integers(0, 20)
MISHAPS = st.sampled_from((PermanentFailure("no"), TemporaryFailure("busy"), None))


@attrs.define
class Phone:
    polls_as: str | None
    reports_as: str | None
    has: set[MessageId] = attrs.field(factory=set)
    words: dict[MessageId, bool] = attrs.field(factory=dict)


class Claiming(RuleBasedStateMachine):
    """What phones have is known here for certain; the gateway only hears names, or none."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.modem = FakeTransport()
        store = MemoryStore(clock=self.clock)
        self.gateway = build(
            GatewayConfig(plugins=PluginsConfig(enabled=())),
            store=store,
            transports={"fake": self.modem},
            authenticator=PlainAuthenticator(store),
            clock=self.clock,
        )
        admin = self.gateway.administration
        admin.create_account("acme", credits=CREDITS, claim_lease=timedelta(hours=1))
        self.gateway.rules.apply([Route(name="all", channels=("phones", "fake"))])
        self.phones = [Phone("a", "a"), Phone("b", "b"), Phone(None, "c"), Phone(None, None)]
        self.names = 0
        self.messages: list[MessageId] = []
        self.delivered: dict[MessageId, int] = {}  # what the modem had got by then

    def delivery(self, message: MessageId) -> Delivery:
        return self.gateway.inquiry.message(message).delivery

    def sent_by_modem(self, message: MessageId) -> int:
        return sum(job.message == message for job in self.modem.jobs)

    @rule(count=st.integers(1, 2))
    def submit(self, count: int) -> None:
        for _ in range(count):
            receipt = self.gateway.submissions.submit(account="acme", to="+491701234567", text="x")
            self.messages.append(receipt.message)

    @rule(phone=st.integers(0, 3), limit=st.integers(1, 2))
    def fetch(self, phone: int, limit: int) -> None:
        who = self.phones[phone]
        for one in self.gateway.pickup.fetch(ACME, limit=limit, device=who.polls_as):
            message = one.message.id
            assert message not in self.delivered
            others = [other for other in self.phones if message in other.has]
            assert not others or self.was_put_back(message)
            who.has.add(message)

    def was_put_back(self, message: MessageId) -> bool:
        events = self.gateway.inquiry.explain(message).events
        return any(event.kind == "message.requeued" for event in events)

    @rule(phone=st.integers(0, 3), which=WHICH, is_good=st.booleans())
    def report(self, phone: int, which: int, *, is_good: bool) -> None:
        if some := [one for one in self.phones if one.has]:
            who = some[phone % len(some)]
            message = sorted(who.has)[which % len(who.has)]
            who.has.discard(message)
            who.words[message] = is_good
            self.tell(who, message, is_good=is_good)

    @rule(phone=st.integers(0, 3), which=WHICH, is_good=st.booleans())
    def repeat(self, phone: int, which: int, *, is_good: bool) -> None:
        """The answer was lost, or it was sent after all."""
        if some := [one for one in self.phones if one.words]:
            who = some[phone % len(some)]
            message = sorted(who.words)[which % len(who.words)]
            who.words[message] |= is_good
            self.tell(who, message, is_good=who.words[message])

    @rule(phone=st.integers(0, 3))
    def rename(self, phone: int) -> None:
        """Its owner calls it something else, whatever it has at the moment."""
        who, self.names = self.phones[phone], self.names + 1
        if who.polls_as is not None:
            who.polls_as = f"phone {self.names}"
        if who.reports_as is not None:
            who.reports_as = who.polls_as or f"phone {self.names}"

    def tell(self, who: Phone, message: MessageId, *, is_good: bool) -> None:
        before = self.delivery(message)
        told = self.gateway.pickup.tell(ACME, {message: is_good}, device=who.reports_as)
        after = self.delivery(message)
        assert told == 1
        if is_good and before.status is not Status.CANCELLED:
            assert after.status is Status.DELIVERED
            self.delivered.setdefault(message, self.sent_by_modem(message))
        elif not is_good and (after.status, after.channel) != (before.status, before.channel):
            assert not [one for one in self.phones if one is not who and message in one.has]
            assert before.channel == QUEUE
            assert after.status is Status.FAILED or after.channel == "fake"

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        if self.messages:
            with suppress(NotCancellable):
                self.gateway.interventions.cancel(self.messages[which % len(self.messages)])

    @rule(mishap=MISHAPS)
    def run(self, mishap: Exception | None) -> None:
        if mishap is not None:
            self.modem.fail_next(mishap)
        self.gateway.run_pending()

    @rule()
    def put_back(self) -> None:
        self.clock.move(seconds=1)
        self.gateway.phones.requeue(before=self.clock.now())

    @rule(which=WHICH)
    def change_lease(self, which: int) -> None:
        lease = (None, timedelta(hours=1))[which % 2]
        self.gateway.administration.change_account("acme", AccountChanges(claim_lease=lease))

    @rule(minutes=st.sampled_from((1, 61)))
    def wait(self, minutes: int) -> None:
        self.clock.move(minutes=minutes)
        self.gateway.run_pending()

    @invariant()
    def what_was_delivered_stays_so_and_is_sent_by_nobody_else(self) -> None:
        for message, sent in self.delivered.items():
            assert self.delivery(message).status is Status.DELIVERED
            assert self.sent_by_modem(message) == sent

    @invariant()
    def the_modem_has_nothing_that_a_phone_has(self) -> None:
        for job in self.modem.jobs:
            begun = self.delivery(job.message)
            assert begun.channel == "fake" or begun.status is Status.DELIVERED

    @invariant()
    def what_was_paid_is_what_the_modem_sent(self) -> None:
        account = self.gateway.inquiry.account(ACME)
        assert account.credits == CREDITS - sum(
            self.delivery(message).charged for message in self.messages
        )
        for message in self.messages:
            delivery = self.delivery(message)
            if delivery.status is Status.DELIVERED:
                assert delivery.charged <= PRICE * self.sent_by_modem(message)

    def teardown(self) -> None:
        self.gateway.close()


TestClaiming = Claiming.TestCase
TestClaiming.settings = settings(max_examples=settings().max_examples // 2, stateful_step_count=40)
