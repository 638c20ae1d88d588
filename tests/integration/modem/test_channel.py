import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from smscore.domain.deliveries import ReportOutcome
from smscore.domain.headers import Concatenation, concatenation_of
from smscore.domain.inbound import InboundPart
from smscore.domain.joining import join
from smscore.domain.numbers import PhoneNumber
from smscore.domain.segments import split
from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    StoreUnavailable,
    TemporaryFailure,
)
from smscore.ports.transport import SendJob, Transport
from smscore.testing.builders import a_job
from smscore.testing.fakes import NOON, ManualClock, RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem._channel import ModemChannel
from smscore_modem._pdu import RelativeValidity
from smscore_modem.simulator import ModemSimulator, Submission, VirtualModem

PATIENCE = 5.0
OpenChannel = Callable[..., Transport]


def a_job_to(recipient: str, text: str = "hello", **changes: object) -> SendJob:
    return a_job(recipient=PhoneNumber(recipient), segments=split(text), **changes)


def marks(journal: RecordingJournal) -> list[tuple[str, int, str | None]]:
    return [(mark, part, reference) for mark, _, part, reference in journal.marks]


def text_of(parts: list[InboundPart]) -> str:
    (message,) = join(parts)
    return message.text


def stored_in(modem: VirtualModem) -> int:
    return sum(int(modem.stores.usage(name).split(",")[0]) for name in ("SM", "ME", "SR"))


def test_a_sent_part_is_marked_before_and_after(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    receipt = open_channel().send(a_job())

    assert receipt.references == ("1",)
    assert marks(journal) == [("submitting", 1, None), ("accepted", 1, "1")]


def test_the_parts_of_a_message_arrive_whole_at_another_modem(
    open_channel: OpenChannel,
    modem_simulator: ModemSimulator,
    sink: RecordingSink,
    journal: RecordingJournal,
) -> None:
    text = "Grüße aus {Köln} für 5 € " * 15
    sender = open_channel(port=modem_simulator.ports[0])
    open_channel(port=modem_simulator.ports[1])

    receipt = sender.send(a_job_to(modem_simulator.numbers[1], text))

    assert sink.wait_for(lambda: len(sink.parts) == len(receipt.references) == 3)
    assert text_of(sink.parts) == text
    assert {part.sender for part in sink.parts} == {modem_simulator.numbers[0]}


def test_emoji_survive_the_cut_between_parts(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink
) -> None:
    text = "Ж" + "😀" * 80
    open_channel().send(a_job_to(modem_simulator.numbers[0], text))

    assert sink.wait_for(lambda: len(sink.parts) == 3)
    assert text_of(sink.parts) == text


def test_a_report_names_the_reference_and_the_recipient(
    open_channel: OpenChannel, sink: RecordingSink
) -> None:
    (reference,) = open_channel().send(a_job_to("+491701234567")).references

    assert sink.wait_for(lambda: len(sink.reports) == 1)
    (report,) = sink.reports
    assert (report.reference, report.outcome) == (reference, ReportOutcome.DELIVERED)
    assert report.recipient == PhoneNumber("+491701234567")


@pytest.mark.parametrize(
    ("recipient", "outcomes"),
    [
        ("+999010001", [(ReportOutcome.FAILED, "0x45")]),
        ("+999020001", [(ReportOutcome.FAILED, "0x46")]),
        ("+999030001", [(ReportOutcome.PENDING, "0x20"), (ReportOutcome.DELIVERED, "0x00")]),
    ],
)
def test_a_report_keeps_what_the_network_said(
    open_channel: OpenChannel,
    sink: RecordingSink,
    recipient: str,
    outcomes: list[tuple[ReportOutcome, str]],
) -> None:
    open_channel().send(a_job_to(recipient))

    assert sink.wait_for(lambda: len(sink.reports) == len(outcomes))
    assert [(report.outcome, report.detail) for report in sink.reports] == outcomes


def test_what_arrives_is_deleted_once_the_sink_has_stored_it(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink
) -> None:
    open_channel()
    modem_simulator.inject_sms(sender="Newsbox", text="hello")
    assert sink.wait_for(lambda: len(sink.parts) == 1)
    modem_simulator.inject_sms(sender="Newsbox", text="again")
    assert sink.wait_for(lambda: len(sink.parts) == 2)

    # The second is offered only after the first was deleted, and may itself still be there.
    assert (sink.parts[0].sender, text_of(sink.parts[:1])) == ("Newsbox", "hello")
    assert stored_in(modem_simulator.modems[0]) <= 1


class GatedSink(RecordingSink):
    """Stores what arrives only when the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.gate = threading.Event()

    def received(self, part: InboundPart) -> None:
        self.entered.set()
        self.gate.wait(PATIENCE)
        super().received(part)


def test_what_arrives_stays_in_the_modem_until_it_is_stored_and_sending_goes_on(
    modem_simulator: ModemSimulator, journal: RecordingJournal
) -> None:
    sink = GatedSink()
    channel = make_channel("m1", ModemOptions(port=modem_simulator.ports[0]))
    channel.open(sink, journal)
    channel.send(a_job())
    modem_simulator.inject_sms(sender="+491701", text="hello")
    assert sink.entered.wait(PATIENCE)

    assert channel.send(a_job()).references == ("2",)
    assert stored_in(modem_simulator.modems[0]) == 1
    sink.gate.set()
    channel.close()


def test_what_came_while_nobody_listened_is_found_in_the_store(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink
) -> None:
    modem_simulator.inject_sms(sender="+491701", text="early")

    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 1)


def test_what_the_sink_refused_is_offered_again_and_deleted_only_then(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink
) -> None:
    sink.fail_next(StoreUnavailable("the disk is full"))
    open_channel()
    modem_simulator.inject_sms(sender="+491701", text="keep me")

    assert sink.wait_for(lambda: len(sink.parts) == 1)


def test_a_report_that_the_sink_refused_is_offered_again(
    open_channel: OpenChannel, sink: RecordingSink
) -> None:
    sink.fail_next(StoreUnavailable("the disk is full"))

    open_channel().send(a_job())

    assert sink.wait_for(lambda: len(sink.reports) == 1)


def test_a_refused_recipient_lifts_the_doubt_and_names_the_cause(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    channel = open_channel()

    with pytest.raises(TemporaryFailure) as temporary:
        channel.send(a_job_to("+99905038"))
    with pytest.raises(PermanentFailure) as permanent:
        channel.send(a_job_to("+99905001"))

    assert (temporary.value.cause, permanent.value.cause) == ("+CMS ERROR: 38", "+CMS ERROR: 1")
    assert [mark for mark, _, _ in marks(journal)] == ["submitting", "refused"] * 2


def test_a_network_time_out_leaves_the_doubt(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    with pytest.raises(Indeterminate):
        open_channel().send(a_job_to("+99905332"))

    assert marks(journal) == [("submitting", 1, None)]


def test_a_modem_that_falls_silent_after_the_message_leaves_the_doubt_and_recovers(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    channel = open_channel(response_timeout=1.0)

    with pytest.raises(Indeterminate):
        channel.send(a_job_to("+999060001"))

    assert marks(journal) == [("submitting", 1, None)]
    assert channel.send(a_job()).references == ("2",)


def test_a_port_that_vanishes_after_the_message_leaves_the_doubt_and_comes_back(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    channel = open_channel()

    with pytest.raises(Indeterminate):
        channel.send(a_job_to("+999070001"))

    assert marks(journal) == [("submitting", 1, None)]
    assert channel.send(a_job()).references == ("1",)


def test_only_the_part_in_doubt_is_in_doubt(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    job = a_job_to("+999060001", "x" * 400, accepted=(1, 2))

    with pytest.raises(Indeterminate):
        open_channel(response_timeout=0.2).send(job)

    assert marks(journal) == [("submitting", 3, None)]


def test_an_unplugged_modem_is_a_temporary_failure_until_it_is_back(
    open_channel: OpenChannel, modem_simulator: ModemSimulator
) -> None:
    channel = open_channel(ready_timeout=1.0)
    channel.send(a_job())
    modem_simulator.unplug(modem=0)

    with pytest.raises(TemporaryFailure):
        channel.send(a_job())
    assert not channel.health().is_ready

    modem_simulator.plug(modem=0)
    again = open_channel(port=modem_simulator.ports[0], ready_timeout=PATIENCE)
    assert again.send(a_job()).references


def test_a_port_that_does_not_exist_is_a_temporary_failure(
    open_channel: OpenChannel, tmp_path: Path
) -> None:
    channel = open_channel(port=str(tmp_path / "nothing"), ready_timeout=0.1)

    with pytest.raises(TemporaryFailure, match="cannot open"):
        channel.send(a_job())


def test_two_channels_cannot_share_a_port(open_channel: OpenChannel) -> None:
    open_channel().send(a_job())

    with pytest.raises(TemporaryFailure, match="cannot open"):
        open_channel(ready_timeout=0.1).send(a_job())


def test_closing_while_a_send_waits_ends_it_in_doubt(
    sink: RecordingSink, journal: RecordingJournal
) -> None:
    taken = threading.Event()
    with ModemSimulator(modems=1, on_taken=lambda _: taken.set()) as simulator:
        channel = make_channel("m1", ModemOptions(port=simulator.ports[0]))
        channel.open(sink, journal)
        with ThreadPoolExecutor(max_workers=1) as senders:
            sending = senders.submit(channel.send, a_job_to("+999060001"))
            assert taken.wait(PATIENCE)
            channel.close()

            assert isinstance(sending.exception(PATIENCE), Indeterminate)
    assert marks(journal) == [("submitting", 1, None)]


def test_a_journal_that_cannot_mark_stops_the_message_before_it_leaves(
    sink: RecordingSink,
) -> None:
    class FullDisk(RecordingJournal):
        def submitting(self, job: SendJob, part: int) -> None:
            raise NotReady("the disk is full")

    taken: list[Submission] = []
    with ModemSimulator(modems=1, on_taken=taken.append) as simulator:
        channel = make_channel("m1", ModemOptions(port=simulator.ports[0]))
        channel.open(sink, FullDisk())
        with pytest.raises(TemporaryFailure):
            channel.send(a_job())
        channel.close()

    assert taken == []


def test_a_message_whose_time_ran_out_is_not_sent(
    open_channel: OpenChannel, journal: RecordingJournal
) -> None:
    with pytest.raises(TemporaryFailure, match="ran out"):
        open_channel().send(a_job(expires_at=NOON - timedelta(days=365)))

    assert journal.marks == []


def test_every_part_asks_for_a_report_and_has_its_place_and_time(
    sink: RecordingSink, journal: RecordingJournal
) -> None:
    taken: list[Submission] = []
    clock = ManualClock()
    with ModemSimulator(modems=1, on_taken=taken.append) as simulator:
        channel = ModemChannel("m1", ModemOptions(port=simulator.ports[0]), clock=clock)
        channel.open(sink, journal)
        channel.send(
            a_job_to("+491701", "x" * 200, flash=True, expires_at=NOON + timedelta(minutes=61))
        )
        channel.close()

    submits = [submission.submit for submission in taken]
    assert [submit.wants_report for submit in submits] == [True, True]
    assert {submit.scheme.message_class for submit in submits} == {0}
    assert {submit.validity for submit in submits} == {RelativeValidity.of(timedelta(minutes=65))}
    assert [concatenation_of(submit.user_data.header) for submit in submits] == [
        Concatenation(reference=42, total=2, number=number) for number in (1, 2)
    ]


def test_health_names_the_modem_and_its_signal(open_channel: OpenChannel) -> None:
    channel = open_channel()
    channel.send(a_job())

    health = channel.health()

    assert health.is_ready
    assert health.signal_dbm == -73
    assert health.identity is not None
    assert "990000000000001" in health.identity


# The PIN.


def a_locked_channel(
    simulator: ModemSimulator, journal: RecordingJournal, pin: str | None
) -> Transport:
    channel = make_channel(
        "m1",
        ModemOptions(port=simulator.ports[0], pin=pin, reconnect_delay=0.05),
    )
    channel.open(RecordingSink(), journal)
    return channel


def test_a_configured_pin_unlocks_the_sim(journal: RecordingJournal) -> None:
    with ModemSimulator(modems=1, pins=("1234",)) as simulator:
        channel = a_locked_channel(simulator, journal, "1234")

        assert channel.send(a_job()).references == ("1",)
        channel.close()


def test_a_wrong_pin_is_tried_once_and_never_again(journal: RecordingJournal) -> None:
    with ModemSimulator(modems=1, pins=("1234",)) as simulator:
        for _ in range(3):
            channel = a_locked_channel(simulator, journal, "0000")
            with pytest.raises(TemporaryFailure, match="PIN"):
                channel.send(a_job())
            channel.close()

        assert simulator.modems[0].sim.tries_left == 2


def test_that_a_pin_was_tried_is_stored_before_and_not_in_the_clear(
    journal: RecordingJournal,
) -> None:
    with ModemSimulator(modems=1, pins=("1234",)) as simulator:
        channel = a_locked_channel(simulator, journal, "0000")
        with pytest.raises(TemporaryFailure):
            channel.send(a_job())
        channel.close()

    assert journal.values["pin-tried/8999100000000000001"]
    assert not [value for value in journal.values.values() if b"0000" in value]


def test_without_a_pin_nothing_is_tried(journal: RecordingJournal) -> None:
    with ModemSimulator(modems=1, pins=("1234",)) as simulator:
        channel = a_locked_channel(simulator, journal, None)

        with pytest.raises(TemporaryFailure, match="set `pin`"):
            channel.send(a_job())
        channel.close()

        assert simulator.modems[0].sim.tries_left == 3


def test_a_pin_is_not_shown_with_the_options() -> None:
    assert "1234" not in repr(ModemOptions(port="/dev/null", pin="1234"))
