import threading
from collections.abc import Callable, Iterator

import pytest
from termux_stand_in import Termux

from smscore import GatewayConfig, build, migrate
from smscore.domain.deliveries import Status
from smscore.errors import (
    ConfigurationError,
    Indeterminate,
    NotReady,
    TemporaryFailure,
)
from smscore.structuring import structure
from smscore.testing import ManualClock, RecordingJournal, RecordingSink
from smscore.testing.builders import a_job
from smscore_termux import TermuxOptions
from smscore_termux._channel import TermuxChannel

NUMBER = "+491701234567"  # of the builders' jobs


@pytest.fixture
def journal() -> RecordingJournal:
    return RecordingJournal()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def channel(
    termux: Termux, journal: RecordingJournal, clock: ManualClock
) -> Iterator[Callable[..., TermuxChannel]]:
    made: list[TermuxChannel] = []

    def channel(**options) -> TermuxChannel:
        options = {"program": str(termux.program), "gap": 0, **options}
        made.append(TermuxChannel("phone", TermuxOptions(**options), clock=clock))
        made[-1].open(RecordingSink(), journal)
        return made[-1]

    yield channel
    for one in made:
        one.close()


def marks(journal: RecordingJournal) -> list[tuple[str, int]]:
    return [(mark, part) for mark, _, part, _ in journal.marks]


def test_the_text_goes_by_standard_input_and_only_the_number_by_the_command(termux, channel):
    text = "Żółć 🦆 'quoted' $(id) -n\r\n" * 20

    channel().send(a_job(text))

    assert termux.sent == [{"arguments": ["-n", NUMBER], "text": text}]


def test_a_telephone_with_two_sims_takes_the_one_that_was_named(termux, channel):
    channel(slot=1).send(a_job())

    assert termux.sent[0]["arguments"] == ["-s", "1", "-n", NUMBER]


def test_a_text_of_several_parts_is_sent_at_once(termux, channel, journal):
    receipt = channel().send(a_job("one ", "two ", "three"))

    assert [one["text"] for one in termux.sent] == ["one two three"]
    assert receipt.references == (None, None, None)


def test_a_text_whose_first_part_was_taken_is_not_sent_again(termux, channel, journal):
    channel().send(a_job("one ", "two", accepted=(1,)))

    assert termux.sent == []
    assert marks(journal) == [("submitting", 2), ("accepted", 2)]


def test_a_program_that_ends_with_an_error_did_not_send(termux, channel, journal):
    termux.plan({NUMBER: [["complain", "no such thing"], ["end", 2]]})

    with pytest.raises(TemporaryFailure) as failure:
        channel().send(a_job())

    assert failure.value.cause == "status 2: no such thing"
    assert marks(journal)[-1] == ("refused", 1)


@pytest.mark.parametrize("step", ["say", "complain"])
def test_a_missing_permission_stops_the_channel_until_somebody_gives_it(
    termux, channel, journal, clock, step
):
    termux.plan({NUMBER: [[step, '{"error": "Please grant the permission SEND_SMS"}'], ["end", 0]]})
    phone = channel()

    with pytest.raises(NotReady):
        phone.send(a_job())

    assert marks(journal)[-1] == ("refused", 1)
    assert phone.health().is_alarming
    assert "Termux:API" in phone.health().facts["remedy"]
    clock.move(seconds=61)
    assert phone.health().is_ready


def test_whoever_ends_well_but_says_something_leaves_it_in_doubt(termux, channel, journal):
    termux.plan({NUMBER: [["say", "what is this?"]]})

    with pytest.raises(Indeterminate) as doubt:
        channel().send(a_job())

    assert doubt.value.cause == "status 0: what is this?"
    assert marks(journal) == [("submitting", 1)]


def test_a_program_that_does_not_end_is_killed_and_leaves_it_in_doubt(termux, channel):
    termux.plan({NUMBER: ["hang"]})

    with pytest.raises(Indeterminate, match="did not end well"):
        channel(timeout=0.5).send(a_job())


def test_closing_ends_a_program_that_hangs(termux, channel):
    termux.plan({NUMBER: ["hang"]})
    phone, raised = channel(), []

    def send() -> None:
        try:
            phone.send(a_job())
        except Indeterminate as doubt:
            raised.append(doubt)

    thread = threading.Thread(target=send)
    thread.start()
    termux.wait_until_it_hangs()
    phone.close()
    thread.join(10)

    assert raised


@pytest.mark.parametrize("harm", ["gone", "not executable"])
def test_without_the_program_the_channel_cannot_send_and_says_what_to_do(termux, channel, harm):
    phone = channel()
    if harm == "gone":
        termux.program.unlink()
    else:
        termux.program.chmod(0o600)

    assert not phone.health().is_ready
    assert "pkg install termux-api" in phone.health().facts["remedy"]
    with pytest.raises(NotReady):
        phone.send(a_job())


def test_what_is_no_program_is_not_run(termux, channel, journal):
    termux.program.write_text("neither a script nor a binary")

    with pytest.raises(NotReady, match="cannot be run"):
        channel().send(a_job())

    assert marks(journal) == [("submitting", 1), ("refused", 1)]


def test_nothing_leaves_that_could_not_be_marked(termux, channel, journal):
    def fail(*_: object) -> None:
        raise NotReady("no room")

    journal.submitting = fail

    with pytest.raises(NotReady):
        channel().send(a_job())

    assert termux.sent == []


def test_a_gap_is_kept_between_two_messages(termux, channel, clock):
    phone, done = channel(gap=3600), threading.Event()
    phone.send(a_job())

    def send() -> None:
        with pytest.raises(NotReady, match="closed"):
            phone.send(a_job())
        done.set()

    thread = threading.Thread(target=send)
    thread.start()
    assert not done.wait(0.2)
    phone.close()
    thread.join(10)

    assert len(termux.sent) == 1


def test_a_gap_that_is_over_keeps_nobody_waiting(termux, channel, clock):
    phone = channel(gap=3)
    phone.send(a_job())
    clock.move(seconds=3)

    phone.send(a_job())

    assert len(termux.sent) == 2


@pytest.mark.parametrize(
    "table",
    [{"program": ""}, {"program": "a\0b"}, {"slot": -1}, {"gap": -1}, {"timeout": 0}],
)
def test_a_wrong_option_is_refused(table):
    with pytest.raises(ConfigurationError):
        structure(table, TermuxOptions, where="channels.phone")


def test_a_gateway_sends_by_a_telephone(termux, tmp_path):
    table = {"transport": "termux", "program": str(termux.program)}
    config = GatewayConfig.from_mapping({"channels": {"phone": table}}, directory=tmp_path)
    migrate(config)
    with build(config) as gateway:
        gateway.administration.create_account("acme")
        receipt = gateway.submissions.submit(account="acme", to=NUMBER, text="ü" * 300)
        gateway.run_pending()
        found = gateway.inquiry.message(receipt.message).delivery

    assert found.status is Status.SENT
    assert [part.reference for part in found.parts] == [None, None]
    assert [one["text"] for one in termux.sent] == ["ü" * 300]
