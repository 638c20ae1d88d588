"""
What every transport promises, as tests: subclass :class:`TransportContract`, give it a harness.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from smscore.domain.deliveries import ReportOutcome
from smscore.domain.recipients import Recipient, is_same_recipient
from smscore.errors import Indeterminate, PermanentFailure, TemporaryFailure
from smscore.ports.transport import SendJob, Transport
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink

__all__ = ["TransportContract", "TransportHarness"]

_PATIENCE = 10.0
"""Seconds after which something that should have arrived never will."""

_BEAT = 0.01


class TransportHarness(Protocol):
    """
    A transport with a network behind it that does as it is told.

    ``refused`` and ``lost`` are recipients: the network refuses what is sent to the one, and does
    not say what became of what is sent to the other.
    """

    # To be read alone: attributes of narrower types, such as PhoneNumber, will do.
    @property
    def transport(self) -> Transport: ...

    @property
    def reachable(self) -> Recipient: ...

    @property
    def refused(self) -> Recipient: ...

    @property
    def lost(self) -> Recipient: ...

    def report(self, job: SendJob) -> None:
        """Have the network report the job's parts as delivered, unless it does so by itself."""
        ...

    def deliver(self, text: str) -> None:
        """Have a text arrive from the network."""
        ...

    def close(self) -> None:
        """Take down whatever is behind the transport."""
        ...


class TransportContract:
    """
    Subclass it in a test module and override :meth:`make_harness`.

    The flags say what the transport can do; what it cannot is skipped.
    """

    has_delivery_reports = True
    has_inbound = True

    def make_harness(self) -> TransportHarness:
        """A transport that has not been opened, and its network."""
        raise NotImplementedError

    def a_job(self, *parts: str, **changes: Any) -> SendJob:
        """A job of these parts; override it if yours needs more than a recipient."""
        return a_job(*parts, **changes)

    @pytest.fixture
    def harness(self) -> Iterator[TransportHarness]:
        harness = self.make_harness()
        yield harness
        _in_time(harness.transport.close, "close")
        harness.close()

    @pytest.fixture
    def sink(self) -> RecordingSink:
        return RecordingSink()

    @pytest.fixture
    def journal(self) -> RecordingJournal:
        return RecordingJournal()

    @pytest.fixture
    def transport(
        self, harness: TransportHarness, sink: RecordingSink, journal: RecordingJournal
    ) -> Transport:
        _in_time(lambda: harness.transport.open(sink, journal), "open")
        return harness.transport

    def test_send_returns_one_reference_for_each_part(
        self, transport: Transport, harness: TransportHarness
    ) -> None:
        receipt = transport.send(self.a_job("one ", "two ", "three", recipient=harness.reachable))

        assert len(receipt.references) == 3

    def test_each_part_is_marked_before_it_leaves_and_after_it_was_taken(
        self, transport: Transport, harness: TransportHarness, journal: RecordingJournal
    ) -> None:
        receipt = transport.send(self.a_job("one ", "two", recipient=harness.reachable))

        assert [(mark, part) for mark, _, part, _ in journal.marks] == [
            ("submitting", 1),
            ("accepted", 1),
            ("submitting", 2),
            ("accepted", 2),
        ]
        taken = [reference for mark, _, _, reference in journal.marks if mark == "accepted"]
        assert taken == list(receipt.references)

    def test_parts_that_the_network_has_already_are_not_sent_again(
        self, transport: Transport, harness: TransportHarness, journal: RecordingJournal
    ) -> None:
        job = self.a_job("one ", "two ", "three", recipient=harness.reachable, accepted=(1, 2))

        receipt = transport.send(job)

        assert {part for _, _, part, _ in journal.marks} == {3}
        assert len(receipt.references) == 3

    def test_a_refusal_raises_and_lifts_the_doubt(
        self, transport: Transport, harness: TransportHarness, journal: RecordingJournal
    ) -> None:
        with pytest.raises((PermanentFailure, TemporaryFailure)):
            transport.send(self.a_job(recipient=harness.refused))

        assert journal.marks[-1][0] == "refused"

    def test_an_unknown_outcome_raises_indeterminate_and_leaves_the_doubt(
        self, transport: Transport, harness: TransportHarness, journal: RecordingJournal
    ) -> None:
        with pytest.raises(Indeterminate):
            transport.send(self.a_job(recipient=harness.lost))

        assert [mark for mark, _, _, _ in journal.marks] == ["submitting"]

    def test_a_refused_message_does_not_stop_the_next_one(
        self, transport: Transport, harness: TransportHarness
    ) -> None:
        with pytest.raises((PermanentFailure, TemporaryFailure)):
            transport.send(self.a_job(recipient=harness.refused))

        assert transport.send(self.a_job(recipient=harness.reachable)).references

    def test_reports_reach_the_sink_under_the_references_of_the_receipt(
        self, transport: Transport, harness: TransportHarness, sink: RecordingSink
    ) -> None:
        self._skip_unless(self.has_delivery_reports, "delivery reports")
        job = self.a_job("one ", "two", recipient=harness.reachable)

        receipt = transport.send(job)
        harness.report(job)

        assert sink.wait_for(lambda: len(sink.reports) == 2, timeout=_PATIENCE)
        assert {report.reference for report in sink.reports} == set(receipt.references)
        assert {report.outcome for report in sink.reports} == {ReportOutcome.DELIVERED}
        assert all(
            is_same_recipient(report.recipient, harness.reachable) for report in sink.reports
        )

    def test_what_arrives_reaches_the_sink(
        self, transport: Transport, harness: TransportHarness, sink: RecordingSink
    ) -> None:
        self._skip_unless(self.has_inbound, "inbound messages")
        assert transport.health() is not None

        harness.deliver("hello there")

        assert sink.wait_for(lambda: len(sink.parts) == 1, timeout=_PATIENCE)

    def test_what_arrives_after_it_is_not_taken_for_the_same(
        self, transport: Transport, harness: TransportHarness, sink: RecordingSink
    ) -> None:
        self._skip_unless(self.has_inbound, "inbound messages")
        assert transport.health() is not None

        harness.deliver("hello there")
        harness.deliver("and here")

        assert sink.wait_for(lambda: len(sink.parts) >= 2, timeout=_PATIENCE)
        assert len({part.with_fingerprint().fingerprint for part in sink.parts}) >= 2

    def test_what_the_sink_could_not_store_is_offered_again(
        self, transport: Transport, harness: TransportHarness, sink: RecordingSink
    ) -> None:
        self._skip_unless(self.has_inbound, "inbound messages")
        assert transport.health() is not None
        sink.fail_next(RuntimeError("the store is down"))

        harness.deliver("keep me")
        harness.deliver("and me")  # whatever makes the transport look again

        assert sink.wait_for(lambda: len(sink.parts) >= 2, timeout=_PATIENCE)

    def test_close_may_be_called_twice_and_leaves_no_thread(
        self, harness: TransportHarness, sink: RecordingSink, journal: RecordingJournal
    ) -> None:
        before = set(threading.enumerate())
        _in_time(lambda: harness.transport.open(sink, journal), "open")
        harness.transport.send(self.a_job(recipient=harness.reachable))

        _in_time(harness.transport.close, "close")
        _in_time(harness.transport.close, "close")

        assert set(threading.enumerate()) <= before

    def test_an_event_loop_goes_on_while_it_is_opened_asked_and_closed(
        self, harness: TransportHarness, sink: RecordingSink, journal: RecordingJournal
    ) -> None:
        transport = harness.transport
        calls: list[tuple[str, Callable[[], object]]] = [
            ("open", lambda: transport.open(sink, journal)),
            ("health", transport.health),
            ("close", transport.close),
        ]

        for what, call in calls:
            longest = asyncio.run(_longest_pause(lambda: _in_time(call, what)))  # noqa: B023  # now
            assert longest < _PATIENCE, f"{what}() held up the event loop of another thread"

    def test_send_after_close_is_a_temporary_failure(
        self, transport: Transport, harness: TransportHarness
    ) -> None:
        transport.close()

        with pytest.raises(TemporaryFailure):
            transport.send(self.a_job(recipient=harness.reachable))

    @staticmethod
    def _skip_unless(has_it: bool, what: str) -> None:  # noqa: FBT001  # a flag is what it takes
        if not has_it:
            pytest.skip(f"the transport has no {what}")


def _in_time(call: Callable[[], object], what: str) -> None:
    """
    Call it on a thread of its own, as a gateway does, which waits for no transport for ever.

    On a thread of ours: an event loop that runs here is none of its business, and neither is ours.
    """
    faults: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as fault:  # noqa: BLE001  # raised where the test can see it
            faults.append(fault)

    thread = threading.Thread(target=run, name=f"contract {what}", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if thread.is_alive():
        pytest.fail(f"{what}() has not come back after {_PATIENCE:g} s; let it, or be left behind")
    if faults:
        raise faults[0]


async def _longest_pause(call: Callable[[], None]) -> float:
    """The most seconds that this loop has stood still while the call was made beside it."""
    calling = asyncio.ensure_future(asyncio.to_thread(call))
    longest, before = 0.0, time.monotonic()
    while not calling.done():
        await asyncio.wait([calling], timeout=_BEAT)
        now = time.monotonic()
        longest, before = max(longest, now - before), now
    await calling
    return longest
