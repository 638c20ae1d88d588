"""
Telegram and SMS in any order of mishaps: nothing goes out twice, or as what was not wished.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smscore import GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import Status
from smscore.domain.messages import Medium, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import (
    Indeterminate,
    NotLinked,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.ports.transport import SendJob, SendReceipt
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator, a_link

NUMBERS = ("+491700000001", "+491700000002")
MEDIA = (Medium.AUTOMATIC, Medium.AUTOMATIC, Medium.TELEGRAM, Medium.SMS)
CREDITS = 1000
MISHAPS = st.sampled_from(
    (
        PermanentFailure("blocked"),
        TemporaryFailure("busy"),
        NotReady("not yet"),
        Indeterminate("silence"),
        ValueError("a mistake"),
    )
)


class Counting(FakeTransport):
    """Remembers what left, or may have left, and in which order with all others."""

    def __init__(self, name: str, medium: Medium, log: list[tuple[str, MessageId]]) -> None:
        super().__init__(name=name, media=(medium,))
        self.name = name
        self.log = log

    def send(self, job: SendJob) -> SendReceipt:
        try:
            receipt = super().send(job)
        except (PermanentFailure, TemporaryFailure):
            raise
        except Exception:
            self.log.append((self.name, job.message))
            raise
        self.log.append((self.name, job.message))
        return receipt


class FallingBack(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.log: list[tuple[str, MessageId]] = []
        self.bot = Counting("bot", Medium.TELEGRAM, self.log)
        self.modem = Counting("modem", Medium.SMS, self.log)
        store = MemoryStore(clock=self.clock)
        self.gateway = build(
            GatewayConfig(plugins=PluginsConfig(enabled=())),
            store=store,
            transports={"bot": self.bot, "modem": self.modem},
            authenticator=PlainAuthenticator(store),
            clock=self.clock,
        )
        self.gateway.administration.create_account("acme", credits=CREDITS)
        self.messages: dict[MessageId, Medium] = {}
        self.linked: set[str] = set()
        self.gateway.run_pending()

    @rule(to=st.sampled_from(NUMBERS), medium=st.sampled_from(MEDIA))
    def submit(self, to: str, medium: Medium) -> None:
        try:
            receipt = self.gateway.submissions.submit(
                account="acme", to=to, text="hello", medium=medium
            )
        except NotLinked:
            assert medium is Medium.TELEGRAM
            assert to not in self.linked
        else:
            assert medium is not Medium.TELEGRAM or to in self.linked
            self.messages[receipt.message] = medium

    @rule(to=st.sampled_from(NUMBERS), is_wanted=st.booleans())
    def change_link(self, to: str, *, is_wanted: bool) -> None:
        reception = self.gateway.reception
        if is_wanted:
            reception.linked(a_link(channel="bot", number=PhoneNumber(to), address=to))
            self.linked.add(to)
        else:
            reception.unlinked(channel="bot", address=to)
            self.linked.discard(to)

    @rule(of_bot=st.booleans(), mishap=MISHAPS)
    def make_trouble(self, mishap: Exception, *, of_bot: bool) -> None:
        (self.bot if of_bot else self.modem).fail_next(mishap)

    @rule(bot=st.booleans(), modem=st.booleans())
    def change_weather(self, *, bot: bool, modem: bool) -> None:
        self.bot.is_able, self.modem.is_able = bot, modem

    @rule(seconds=st.sampled_from((0, 1, 5, 29, 30, 600)))
    def run(self, seconds: int) -> None:
        self.clock.move(seconds=seconds)
        self.gateway.run_pending()

    @precondition(lambda self: self.bot.jobs)
    @rule(which=st.integers(0, 30))
    def hear_late(self, which: int) -> None:
        message = self.bot.jobs[which % len(self.bot.jobs)].message
        before = self.gateway.inquiry.message(message).delivery
        if ("bot", message) in self.log:
            self.bot.accept_late(message)
        after = self.gateway.inquiry.message(message).delivery
        if before.channel != "bot":
            assert (after.status, after.parts) == (before.status, before.parts)

    @invariant()
    def nothing_goes_twice_on_one_channel(self) -> None:
        assert set(Counter(self.log).values()) <= {1}

    @invariant()
    def whoever_fell_back_never_returns(self) -> None:
        for message in self.messages:
            channels = [channel for channel, one in self.log if one == message]
            assert channels in ([], ["bot"], ["modem"], ["bot", "modem"])

    @invariant()
    def nothing_goes_as_what_was_not_wished(self) -> None:
        used = {(channel, self.messages[one]) for channel, one in self.log}
        assert not used & {("modem", Medium.TELEGRAM), ("bot", Medium.SMS)}

    @invariant()
    def every_credit_is_accounted_for(self) -> None:
        deliveries = [self.gateway.inquiry.message(one).delivery for one in self.messages]
        balance = self.gateway.inquiry.account_named("acme").credits
        assert balance == CREDITS - sum(delivery.charged for delivery in deliveries)

    def teardown(self) -> None:
        """In good weather everything comes to an end, and automatic messages get through."""
        self.change_weather(bot=True, modem=True)
        for _ in range(12):
            self.run(3600)
        for message, medium in self.messages.items():
            delivery = self.gateway.inquiry.message(message).delivery
            ends = {Status.SENT, Status.FAILED, Status.INDETERMINATE}
            assert delivery.status in ends
            if medium is Medium.AUTOMATIC and delivery.status is not Status.SENT:
                assert delivery.channel == "modem"
        self.gateway.close()


TestFallingBack = FallingBack.TestCase
TestFallingBack.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
