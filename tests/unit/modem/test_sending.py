"""
What becomes of messages, and of the channel, after each answer of a modem; on virtual time.
"""

import json
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from smscore.domain.messages import Priority
from smscore.domain.numbers import PhoneNumber
from smscore.domain.segments import split
from smscore.errors import Indeterminate, NotReady, PermanentFailure, TemporaryFailure
from smscore.ports.transport import SendJob
from smscore.testing.builders import a_job
from smscore.testing.fakes import NOON, RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem.simulator import Fault, SimulatedLines, Submission, VirtualTime


class Bench:
    """One channel over one virtual modem, whose network remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[Submission] = []
        self.time = VirtualTime()
        self.lines = SimulatedLines(time=self.time, on_taken=self.taken.append)
        self.journal = RecordingJournal()
        self.sink = RecordingSink()

    def channel(self, **options: Any) -> AbstractContextManager[ModemChannel]:
        return self.lines.channel(self.sink, self.journal, **options)

    def refuse(self, *, times: int = 1, at: str = "pdu", **how: Any) -> None:
        self.lines.begin_fault(Fault.REFUSES, times=times, at=at, **how)

    @property
    def marks(self) -> list[tuple[str, int]]:
        return [(mark, part) for mark, _, part, _ in self.journal.marks]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def a_job_to(recipient: str = "+491701234567", text: str = "hello", **changes: object) -> SendJob:
    return a_job(recipient=PhoneNumber(recipient), segments=split(text), **changes)


def refused(channel: ModemChannel, kind: type[Exception], *recipients: str) -> None:
    for recipient in recipients:
        with pytest.raises(kind):
            channel.send(a_job_to(recipient))


# The answers.


def test_a_reference_that_is_overdue_is_still_waited_for(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.lines.begin_fault(Fault.LATE_REFERENCE, delay=150, times=1)
        before = bench.time.monotonic()

        assert channel.send(a_job_to()).references == ("1",)
        assert bench.time.monotonic() - before > 120


def test_silence_after_the_message_is_doubt_after_half_as_long_again(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        before = bench.time.monotonic()
        with pytest.raises(Indeterminate):
            channel.send(a_job_to("+999060001"))

        assert 180 <= bench.time.monotonic() - before < 190
        assert bench.marks[-1] == ("submitting", 1)


def test_a_report_stands_in_for_an_answer_that_is_overdue(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.NO_ANSWER, times=1)
        before = bench.time.monotonic()

        assert channel.send(a_job_to()).references == ("2",)
        assert 120 <= bench.time.monotonic() - before < 130
        assert bench.marks[-1] == ("accepted", 1)
        assert channel.send(a_job_to()).references == ("3",)
        assert bench.lines.wait_for(lambda: len(bench.sink.reports) == 3, 60)
        assert [report.reference for report in bench.sink.reports] == ["1", "2", "3"]


def test_a_late_report_ends_the_waiting_for_an_answer_that_is_overdue(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.NO_ANSWER, times=1)
        before = bench.time.monotonic()

        assert channel.send(a_job_to("+999080150")).references == ("2",)
        assert 150 <= bench.time.monotonic() - before < 160


def test_the_other_parts_follow_one_that_only_its_report_has_answered(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.NO_ANSWER, times=1)

        assert channel.send(a_job_to(text="x" * 400)).references == ("2", "3", "4")
        assert len(bench.taken) == 4


def test_a_report_on_what_was_in_doubt_before_answers_for_nothing_later(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.NO_ANSWER, times=2)

        refused(channel, Indeterminate, "+999080250", "+999080250")


def test_a_modem_that_misses_the_command_is_asked_once_more(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.wait_for(lambda: False, 1.0)  # its first look into the stores is over
        bench.lines.begin_fault(Fault.SILENT, commands=1)

        assert channel.send(a_job_to()).references == ("2",)
        assert bench.marks == [("submitting", 1), ("accepted", 1)] * 2


def test_a_modem_that_never_asks_for_the_message_certainly_did_not_send_it(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.SILENT, seconds=30)
        refused(channel, NotReady, "+491701234567")

        assert bench.marks[-1] == ("refused", 1)
        assert len(bench.taken) == 1


def test_ok_without_a_reference_means_sent(bench: Bench) -> None:
    with bench.channel() as channel:
        assert channel.send(a_job_to("+9990006001")).references == (None,)


def test_a_refused_part_is_the_only_one_that_is_tried_again(bench: Bench) -> None:
    job = a_job_to(text="x" * 400)
    with bench.channel() as channel:
        bench.refuse(cms=42, skip=2)
        with pytest.raises(TemporaryFailure):
            channel.send(job)
        assert bench.marks[-2:] == [("submitting", 3), ("refused", 3)]

        channel.send(a_job_to(text="x" * 400, accepted=(1, 2)))

    assert len(bench.taken) == 3


def test_a_message_that_the_modem_does_not_understand_is_set_aside_with_its_pdu(
    bench: Bench,
) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=95)
        refused(channel, PermanentFailure, "+491701234567")
        channel.send(a_job_to())

    ((key, value),) = [one for one in bench.journal.values.items() if one[0].startswith("poison/")]
    assert key == "poison/0"
    shelved = json.loads(value)
    assert shelved["why"].endswith("part 1: +CMS ERROR: 95")
    assert shelved["pdu"] == bench.taken[0].pdu.hex().upper()


def test_a_duplicate_counts_as_sent_after_doubt_and_only_then(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=197)
        refused(channel, PermanentFailure, "+491701234567")
        bench.refuse(cms=332)
        job = a_job_to()
        with pytest.raises(Indeterminate):
            channel.send(job)
        bench.refuse(cms=197)

        assert channel.send(job).references == (None,)


def test_a_duplicate_counts_as_sent_also_when_the_doubt_is_older_than_the_process(
    bench: Bench,
) -> None:
    job = a_job_to("+491701234567")
    with bench.channel() as channel:
        bench.refuse(cms=332)
        refused(channel, Indeterminate, "+491701234568")
        bench.refuse(cms=332)
        with pytest.raises(Indeterminate):
            channel.send(job)
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.refuse(cms=197)

        assert channel.send(job).references == (None,)


class CrashJournal(RecordingJournal):
    """Knows in ``left`` what a process that ended just behind a mark would have left behind."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, bytes] = {}

    def put(self, key: str, value: bytes) -> None:
        super().put(key, value)
        if self.marks and self.marks[-1][0] == "submitting":
            self.left = dict(self.values)


def test_a_part_whose_process_was_killed_is_in_doubt_for_the_next_one(bench: Bench) -> None:
    bench.journal = journal = CrashJournal()
    job = a_job_to()
    with bench.channel() as channel:
        channel.send(job)
    journal.values = journal.left
    with bench.channel() as channel:
        bench.refuse(cms=197)

        assert channel.send(job).references == (None,)


@pytest.mark.parametrize("cms", [42, 1])
def test_a_duplicate_of_a_part_that_was_refused_has_failed_after_a_restart_too(
    bench: Bench, cms: int
) -> None:
    job = a_job_to()
    for code in (cms, 197):
        with bench.channel() as channel:
            bench.refuse(cms=code)
            failure = TemporaryFailure if code == 42 else PermanentFailure
            with pytest.raises(failure):
                channel.send(job)


@pytest.mark.parametrize(("number", "keeps_class"), [(198, True), (199, True), (143, False)])
def test_what_the_centre_cannot_do_is_left_out_at_once(
    bench: Bench, number: int, *, keeps_class: bool
) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.refuse(cms=number)
        channel.send(a_job_to(flash=True, expires_at=NOON + timedelta(days=1)))

    submit = bench.taken[-1].submit
    assert (submit.validity is None) == keeps_class
    assert (submit.scheme.message_class == 0) == keeps_class


def test_what_has_nothing_to_leave_out_has_failed(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=198)
        refused(channel, PermanentFailure, "+491701234567")

    assert bench.taken == []


def test_a_third_refusal_of_the_same_kind_ends_the_message(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=21, times=3)
        job = a_job_to()
        for failure in (TemporaryFailure, TemporaryFailure, PermanentFailure):
            with pytest.raises(failure):
                channel.send(job)


def test_what_only_waits_for_the_network_is_no_try(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=331)

        refused(channel, NotReady, "+491701234567")


def test_a_full_store_is_cleaned_up_when_it_stops_a_message(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.lines.begin_fault(Fault.UNANNOUNCED)
        bench.lines.inject_sms(sender="+491709", text="hidden")
        bench.refuse(cms=322)
        refused(channel, TemporaryFailure, "+491701234567")
        before = bench.time.monotonic()

        bench.time.sleep(2)
        assert len(bench.sink.parts) == 1
        assert bench.time.monotonic() - before < 10


def test_a_modem_that_fails_three_times_is_seen_to(bench: Bench) -> None:
    with bench.channel() as channel:
        channel.send(a_job_to())
        bench.refuse(cms=320, times=3)
        refused(channel, TemporaryFailure, *["+491701234567"] * 3)

        assert not channel.health().is_ready
        assert channel.send(a_job_to()).references


def test_a_sim_that_the_network_refuses_for_several_recipients_rests(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=8, times=3)
        refused(channel, PermanentFailure, "+491701", "+491702", "+491703")

        health = channel.health()
        assert (health.is_ready, health.is_alarming) == (False, True)
        refused(channel, NotReady, "+491704")
        bench.time.sleep(30 * 60)
        assert channel.send(a_job_to("+491704")).references
        assert channel.health().is_ready


def test_one_refused_recipient_does_not_stop_the_sim(bench: Bench) -> None:
    with bench.channel() as channel:
        bench.refuse(cms=50, times=5)
        refused(channel, PermanentFailure, *["+491701"] * 5)

        assert channel.health().is_ready


def test_reports_that_a_blocked_sim_gets_stop_it_as_well(bench: Bench) -> None:
    with bench.channel() as channel:
        for number in range(3):
            channel.send(a_job_to(f"+99900070{number}067"))
        bench.time.sleep(60)

        assert len(bench.sink.reports) == 3
        assert not channel.health().is_ready


# How much.


def test_a_gap_is_kept_between_messages_and_not_between_parts(bench: Bench) -> None:
    with bench.channel(gap=10.0) as channel:
        channel.send(a_job_to())
        before = bench.time.monotonic()
        channel.send(a_job_to(text="x" * 400))

        assert 8 < bench.time.monotonic() - before < 13


def test_a_ceiling_holds_until_its_period_is_over_and_names_the_moment(bench: Bench) -> None:
    with bench.channel(per_hour=3) as channel:
        channel.send(a_job_to(text="x" * 400))
        refused(channel, NotReady, "+491701234567")

        health = channel.health()
        assert not health.is_ready
        assert "until 2026-03-01T13:00:00+00:00" in health.detail
        assert not health.is_alarming
        assert health.facts["sent this hour"] == "3 of 3"
        bench.time.sleep(3600)
        assert channel.send(a_job_to()).references


def test_of_a_ceiling_the_reserve_is_for_urgent_messages(bench: Bench) -> None:
    with bench.channel(per_hour=4, reserve=0.25) as channel:
        channel.send(a_job_to(text="x" * 400))
        refused(channel, NotReady, "+491701234567")

        health = channel.health()
        assert (health.is_ready, health.least_priority) == (True, Priority.HIGH)
        assert "1 are kept for urgent messages" in health.detail
        assert channel.send(a_job_to(priority=Priority.HIGH)).references
        health = channel.health()
        assert not health.is_ready
        assert health.detail.startswith("the SIM has sent its 4 parts of this hour")


def test_a_ceiling_outlives_the_channel_and_belongs_to_the_sim(bench: Bench) -> None:
    with bench.channel(per_day=1) as channel:
        channel.send(a_job_to())
    with bench.channel(per_day=1) as channel:
        refused(channel, NotReady, "+491701234567")

    assert "pace/8999100000000000001" in bench.journal.values


def test_what_a_sim_has_sent_is_told_after_a_restart_before_it_sends_again(bench: Bench) -> None:
    with bench.channel(per_day=1) as channel:
        channel.send(a_job_to())
    with bench.channel(per_day=1) as channel:
        bench.lines.wait_for(lambda: channel.health().identity is not None, 60)

        health = channel.health()
        assert not health.is_ready
        assert health.facts["sent this day"] == "1 of 1"


def test_what_did_not_leave_does_not_count(bench: Bench) -> None:
    with bench.channel(per_day=1) as channel:
        channel.health()
        bench.refuse(cms=38, at="prompt")
        refused(channel, TemporaryFailure, "+491701234567")

        assert channel.send(a_job_to()).references


def test_a_channel_that_is_closed_waits_no_longer_for_the_gap(bench: Bench) -> None:
    with bench.channel(gap=1000.0) as channel:
        channel.send(a_job_to())

        def close() -> None:
            bench.time.sleep(5)
            channel.close()

        bench.time.start(close, name="who closes")
        refused(channel, NotReady, "+491701234567")

        assert bench.time.monotonic() < 100
