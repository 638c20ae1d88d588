"""
Words and messages in any order: nobody is written to who does not want it, by whatever way.
"""

from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smscore import GatewayConfig, build, hookimpl
from smscore.domain.consent import MarkKind
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId, Surface
from smscore.domain.routes import Route
from smscore.errors import (
    Conflict,
    NotFound,
    PermanentFailure,
    RecipientOptedOut,
    RejectedItems,
    TemporaryFailure,
)
from smscore.registry import Registry
from smscore.services.consent import Wish
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator, a_part

ACCOUNTS = ("acme", "other")
OWNERS = {"owned": "acme", "shared": None}
NUMBERS = ("+491701234567", "+491701234568")
SPELLINGS = {
    "+491701234567": NUMBERS[0],
    "00491701234567": NUMBERS[0],
    "0170 1234567": NUMBERS[0],
    "+49 (170) 123-4568": NUMBERS[1],
    "01701234568": NUMBERS[1],
}
Mishap: TypeAlias = PermanentFailure | TemporaryFailure | None

account = st.sampled_from(ACCOUNTS)
number = st.sampled_from(NUMBERS)
spelling = st.sampled_from(sorted(SPELLINGS))
channel = st.sampled_from(sorted(OWNERS))
scope = st.sampled_from([None, *ACCOUNTS])
mishap = st.sampled_from([None, PermanentFailure("no"), TemporaryFailure("busy")])


@attrs.frozen
class Options:
    """Fakes have none."""


@attrs.frozen
class Fakes:
    """A plugin that makes a fake for each configured channel, and keeps it."""

    networks: dict[str, FakeTransport]

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="fake",
            options=Options,
            make=lambda name, _: self.networks.setdefault(name, FakeTransport(name=name)),
            capabilities=FakeTransport.capabilities,
        )


class Consenting(RuleBasedStateMachine):
    """Who has opted out of what is known here by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.networks: dict[str, FakeTransport] = {}
        store = MemoryStore(clock=self.clock)
        self.gateway = build(
            GatewayConfig.from_mapping(
                {
                    "plugins": {"enabled": []},
                    "channels": {
                        name: {"transport": "fake"} | ({"account": owner} if owner else {})
                        for name, owner in OWNERS.items()
                    },
                }
            ),
            store=store,
            authenticator=PlainAuthenticator(store),
            clock=self.clock,
            plugins=[Fakes(self.networks)],
        )
        for name in ACCOUNTS:
            self.gateway.administration.create_account(name, home_country="DE", credits=1000)
        self.ids = {one.id: one.name for one in self.gateway.inquiry.accounts()}
        self.opted_out: set[tuple[str, str | None]] = set()
        self.looked_at = dict.fromkeys(OWNERS, 0)
        self.accepted: list[MessageId] = []

    def is_out(self, whose: str, who: str) -> bool:
        return not self.opted_out.isdisjoint({(who, None), (who, whose)})

    # What people do.

    @rule(who=number, by=channel, word=st.sampled_from(["STOP", "arrêt!", "Opt out"]))
    def stop(self, who: str, by: str, word: str) -> None:
        self.write(who, by, word)
        self.opted_out.add((who, OWNERS[by]))

    @rule(who=number, by=channel)
    def start(self, who: str, by: str) -> None:
        self.write(who, by, "start")
        self.opted_out.discard((who, OWNERS[by]))

    @rule(who=number, by=channel)
    def chat(self, who: str, by: str) -> None:
        self.write(who, by, "please do not stop")

    @rule(who=spelling, whose=account)
    def opt_out_by_hand(self, who: str, whose: str) -> None:
        self.gateway.consent.hold([Wish(number=who, account=whose)])
        self.opted_out.add((SPELLINGS[who], whose))

    @rule(who=number, whose=scope)
    def opt_in_by_hand(self, who: str, whose: str | None) -> None:
        self.gateway.consent.drop(who, kind=MarkKind.OPTED_OUT, account=whose)
        gone = (
            {(who, one) for one in (whose,)} if whose else {(who, one) for one in (None, *ACCOUNTS)}
        )
        self.opted_out -= gone

    # What programs do.

    @rule(whose=account, to=spelling, wait=st.sampled_from([0, 0, 30]))
    def submit(self, whose: str, to: str, wait: int) -> None:
        not_before = self.clock.now() + timedelta(minutes=wait) if wait else None
        is_refused = False
        try:
            receipt = self.gateway.submissions.submit(
                account=whose, to=to, text="sale", not_before=not_before
            )
        except RecipientOptedOut:
            is_refused = True
        else:
            self.accepted.append(receipt.message)

        assert is_refused is self.is_out(whose, SPELLINGS[to])

    @rule(whose=account, to=st.lists(spelling, min_size=1, max_size=4))
    def submit_several(self, whose: str, to: list[str]) -> None:
        submission = Submission(
            account=self.gateway.inquiry.account_named(whose).id,
            surface=Surface.QUEUE,
            items=tuple(Item(to=one, text="sale") for one in to),
            is_partial=True,
        )
        accepted: set[int] = set()
        with suppress(RejectedItems):
            receipt = self.gateway.submissions.begin(submission).result()
            accepted = {one.index for one in receipt.accepted}
            self.accepted += [one.message for one in receipt.accepted]

        assert accepted == {
            index for index, one in enumerate(to) if not self.is_out(whose, SPELLINGS[one])
        }

    @rule(who=number)
    def erase(self, who: str) -> None:
        self.gateway.erasure.erase(who)

    @rule(which=st.integers(0, 30))
    def send_again(self, which: int) -> None:
        if self.accepted:
            with suppress(Conflict, NotFound, RecipientOptedOut):
                self.gateway.interventions.resend(self.accepted[which % len(self.accepted)])

    @rule(is_first=st.booleans())
    def change_the_rules(self, *, is_first: bool) -> None:
        channels = ("owned", "shared") if is_first else ("shared", "phones", "owned")
        self.gateway.rules.apply([Route(name="all", channels=channels)])

    # What happens to messages.

    @rule(by=channel, failure=mishap, is_able=st.booleans())
    def trouble(self, *, by: str, failure: Mishap, is_able: bool) -> None:
        self.networks[by].is_able = is_able
        if failure is not None:
            self.networks[by].fail_next(failure)

    @rule(minutes=st.sampled_from([0, 1, 60]))
    def go_on(self, minutes: int) -> None:
        self.clock.move(minutes=minutes)
        for _ in range(3):
            self.gateway.run_pending()

    @rule(whose=account)
    def fetch(self, whose: str) -> None:
        phones = self.gateway.inquiry.account_named(whose).id
        for one in self.gateway.pickup.fetch(phones, limit=10):
            assert not self.is_out(whose, one.message.recipient.value)

    @invariant()
    def nobody_is_written_to_who_opted_out(self) -> None:
        for name, network in self.networks.items():
            for job in network.jobs[self.looked_at[name] :]:
                message = self.gateway.inquiry.message(job.message).message
                if message.surface is not Surface.CONSENT:
                    assert not self.is_out(self.ids[message.account], job.recipient.value)
            self.looked_at[name] = len(network.jobs)

    @invariant()
    def what_was_withheld_is_paid_back(self) -> None:
        for one in self.gateway.inquiry.messages(statuses=[Status.CANCELLED], limit=100):
            assert one.delivery.charged == 0
            assert one.delivery.error_code == "recipient_opted_out"

    def write(self, who: str, by: str, text: str) -> None:
        part = a_part(user_data=text.encode("utf-16-be"), sender=who, channel=by)
        self.gateway.reception.received(part)

    def teardown(self) -> None:
        self.gateway.close()


TestConsenting = Consenting.TestCase
TestConsenting.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
