"""
What those who measure a gateway are told.
"""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

import smscore
from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.errors import (
    DeadlinePassed,
    InsufficientCredits,
    InvalidNumber,
    InvalidRequest,
    MessageTooLong,
    Overloaded,
    RejectedItems,
    StoreUnavailable,
)
from smscore.ports.measurement import Answered
from smscore.services._meters import Meters, outcome_of
from smscore.testing import NOON, FakeTransport, ManualClock, MemoryStore, PlainAuthenticator


class Noting:
    """A meter that remembers the submissions."""

    def __init__(self) -> None:
        self.submissions: list[tuple[Surface, str, int]] = []

    def submitted(self, answered):
        told = (answered.surface, answered.outcome, len(answered.messages))
        self.submissions.append(told)


class Broken:
    """A meter that raises."""

    def submitted(self, _):
        raise RuntimeError("out of order")


@pytest.fixture
def gateway():
    store = MemoryStore()
    authenticator = PlainAuthenticator(store)
    transports = {"fake": FakeTransport()}
    with smscore.build(store=store, transports=transports, authenticator=authenticator) as gateway:
        gateway.administration.create_account("acme")
        yield gateway


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (InsufficientCredits("no"), "insufficient_credits"),
        (InvalidRequest("no"), "invalid_request"),
        (RejectedItems("no", reasons={0: InvalidNumber("x"), 3: InvalidNumber("y")}),
         "invalid_phone_number"),
        (RejectedItems("no", reasons={0: InvalidNumber("x"), 3: MessageTooLong("y")}),
         "invalid_request"),
        (Overloaded("no"), "overloaded"),
        (DeadlinePassed("no"), "too_late"),
        (StoreUnavailable("no"), "store_unavailable"),
        (RuntimeError("no"), "error"),
    ],
)  # fmt: skip
def test_a_refusal_has_a_word(reason, outcome):
    assert outcome_of(reason) == outcome


def test_what_was_called_off_in_time_came_too_late():
    meters, noting, future = Meters(ManualClock()), Noting(), Future[Receipt]()
    meters.add(noting)

    meters.watch(lambda: future, surface=Surface.QUEUE, traceparent=None)
    future.cancel()

    assert noting.submissions == [(Surface.QUEUE, "too_late", 0)]


def test_a_request_is_told_with_its_time_and_its_caller():
    clock, heard, future = ManualClock(), [], Future[Receipt]()
    meters = Meters(clock)
    meters.add(SimpleNamespace(submitted=heard.append))

    meters.watch(lambda: future, surface=Surface.QUEUE, traceparent="00-ab")
    clock.move(seconds=3)
    future.set_exception(StoreUnavailable("gone"))

    assert heard == [
        Answered(
            surface=Surface.QUEUE,
            outcome="store_unavailable",
            began=NOON,
            seconds=3.0,
            traceparent="00-ab",
        )
    ]


def test_a_gateway_tells_its_meters_of_submissions_by_hand(gateway):
    noting = Noting()
    gateway.measure(noting)
    gateway.submissions.submit(account="acme", to="+491701234567", text="hello")
    with pytest.raises(InvalidNumber):
        gateway.submissions.submit(account="acme", to="nobody", text="hello")

    assert noting.submissions == [
        (Surface.LIBRARY, "accepted", 1),
        (Surface.LIBRARY, "invalid_phone_number", 0),
    ]


def test_a_meter_that_is_broken_keeps_nobody_from_sending(gateway, caplog):
    noting = Noting()
    gateway.measure(Broken())
    gateway.measure(noting)
    receipt = gateway.submissions.submit(account="acme", to="+491701234567", text="hello")

    assert len(receipt.accepted) == 1
    assert noting.submissions == [(Surface.LIBRARY, "accepted", 1)]
    assert "a meter failed" in caplog.text


def test_an_observer_that_comes_later_hears_what_happens_from_then_on(gateway):
    gateway.submissions.submit(account="acme", to="+491701234567", text="before")
    heard = []
    gateway.observe(lambda event: heard.append(event.kind))
    gateway.submissions.submit(account="acme", to="+491701234567", text="after")
    gateway.run_pending()

    assert heard == ["message.queued", *["message.sending", "message.sent"] * 2]


def test_observers_hear_of_the_kinds_that_they_asked_for(gateway):
    sent, queued, everything = [], [], []
    gateway.observe(lambda event: sent.append(event.kind), kinds={"message.sent"})
    gateway.observe(lambda event: queued.append(event.kind), kinds={"message.queued"})
    for _ in range(2):
        gateway.submissions.submit(account="acme", to="+491701234567", text="hello")
        gateway.run_pending()
    gateway.observe(lambda event: everything.append(event.kind))
    gateway.submissions.submit(account="acme", to="+491701234567", text="hello")
    gateway.run_pending()

    assert sent == ["message.sent"] * 3
    assert queued == ["message.queued"] * 3
    assert everything == ["message.queued", "message.sending", "message.sent"]
