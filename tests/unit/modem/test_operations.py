"""
What a person may ask of a modem beside sending; on virtual time.
"""

import json
from collections.abc import Iterator

import pytest

from smscore.errors import InvalidRequest, PermanentFailure, TemporaryFailure
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import CAPABILITIES
from smscore_modem._channel import ModemChannel
from smscore_modem._profiles import PROFILES
from smscore_modem.simulator import ONE_BYTE, Fault, SimulatedLines, VirtualTime


@pytest.fixture
def lines() -> SimulatedLines:
    return SimulatedLines(time=VirtualTime(), modems=2)


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def channel(lines: SimulatedLines, sink: RecordingSink) -> Iterator[ModemChannel]:
    with lines.channel(sink, RecordingJournal()) as channel:
        yield channel


def text_said(channel: ModemChannel) -> str:
    lines = channel.operate("transcript", {})["lines"]
    assert isinstance(lines, list)
    return "\n".join(lines)


def test_an_unknown_operation_names_those_that_there_are(channel: ModemChannel) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        channel.operate("explode", {})

    assert str(refusal.value).endswith(", ".join(CAPABILITIES.operations))


@pytest.mark.parametrize("operation", ["health", "identify", "inbox", "signal", "transcript"])
def test_every_look_is_fit_for_json(channel: ModemChannel, operation: str) -> None:
    channel.send(a_job())

    assert json.loads(json.dumps(channel.operate(operation, {})))


def test_the_signal_and_the_networks_are_measured(channel: ModemChannel) -> None:
    answer = channel.operate("signal", {})

    assert answer["signal_dbm"] == -73
    assert "+CREG" in str(answer["registration"])


def test_a_modem_without_a_network_can_be_looked_at(
    lines: SimulatedLines, channel: ModemChannel
) -> None:
    lines.begin_fault(Fault.NO_REGISTRATION)
    lines.time.sleep(120)

    assert not channel.health().is_ready
    assert channel.operate("signal", {})["registration"]


def test_the_inbox_shows_what_the_modem_holds_and_takes_nothing(
    lines: SimulatedLines, channel: ModemChannel, sink: RecordingSink
) -> None:
    channel.send(a_job())
    lines.begin_fault(Fault.UNANNOUNCED)
    lines.inject_sms(sender="Newsbox", text="Grüße")

    for _ in range(2):
        messages = channel.operate("inbox", {})["messages"]
        assert isinstance(messages, list)
        (message,) = messages
        assert (message["sender"], message["text"]) == ("Newsbox", "Grüße")
    assert sink.parts == []


def test_nobody_else_looks_into_the_stores_while_a_person_does(sink: RecordingSink) -> None:
    lines = SimulatedLines(time=VirtualTime(), wire=ONE_BYTE)
    lines.inject_sms(sender="Newsbox", text="Grüße")
    for moment in range(20):
        # The channel sweeps when it has come up, and may not take what it finds.
        sink.fail_next(OSError("it is left in the modem"))
        with lines.channel(sink, RecordingJournal()) as channel:
            lines.wait_for(lambda: channel.health().is_ready, 60.0)
            lines.time.sleep(moment / 50)
            messages = channel.operate("inbox", {})["messages"]

        assert isinstance(messages, list)
        assert [message["text"] for message in messages] == ["Grüße"]


def test_the_transcript_may_go_without_texts(channel: ModemChannel) -> None:
    channel.send(a_job())
    assert "AT+CMGS=" in text_said(channel)

    masked = channel.operate("transcript", {"texts": "masked"})["lines"]
    assert isinstance(masked, list)
    assert not any("E8329BFD06" in line for line in masked)


# USSD.


def test_a_code_gets_an_answer(channel: ModemChannel) -> None:
    answer = channel.operate("ussd", {"code": "*100#"})

    assert "EUR" in str(answer["text"])
    assert answer["wants_reply"] is False


def test_a_session_goes_on_with_a_reply(channel: ModemChannel) -> None:
    menu = channel.operate("ussd", {"code": "*101#"})
    assert menu["wants_reply"] is True

    answer = channel.operate("ussd", {"reply": "1"})
    assert answer["text"]
    assert answer["wants_reply"] is False


def test_code_and_reply_may_come_together(channel: ModemChannel) -> None:
    texts = channel.operate("ussd", {"code": "*101#", "reply": "1"})["texts"]

    assert isinstance(texts, list)
    assert len(texts) == 2


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("code", "text"), [("*100#", "12.34 EUR"), ("*104#", "Ваш баланс")])
def test_every_family_is_understood(profile: str, code: str, text: str) -> None:
    lines = SimulatedLines(time=VirtualTime(), profiles=profile)
    with lines.channel(RecordingSink(), RecordingJournal(), ready_timeout=120.0) as channel:
        assert text in str(channel.operate("ussd", {"code": code})["text"])


@pytest.mark.parametrize("code", ["", '*100#"', "*100#;+CFUN=0", "a"])
def test_what_is_no_code_reaches_no_modem(channel: ModemChannel, code: str) -> None:
    channel.operate("signal", {})
    with pytest.raises(InvalidRequest):
        channel.operate("ussd", {"code": code})

    assert "+CUSD" not in text_said(channel)


def test_a_reply_needs_a_session(channel: ModemChannel) -> None:
    with pytest.raises(InvalidRequest, match="begin with `code`"):
        channel.operate("ussd", {"reply": "1"})


def test_sending_goes_on_after_a_session(channel: ModemChannel) -> None:
    channel.operate("ussd", {"code": "*100#"})

    assert channel.send(a_job()).references


# Calls.


def test_a_telephone_rings_for_a_while(lines: SimulatedLines, channel: ModemChannel) -> None:
    channel.operate("signal", {})
    before = lines.time.monotonic()
    channel.operate("ring", {"number": "+491701234567", "seconds": "20"})

    assert 19 < lines.time.monotonic() - before < 30
    assert "ATD+491701234567;" in text_said(channel)
    assert "AT+CHUP" in text_said(channel)


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("+999001100", "busy"), ("+999001200", "rang"), ("+999001300", "no carrier")],
)
def test_what_became_of_a_call_is_told(channel: ModemChannel, number: str, outcome: str) -> None:
    assert channel.operate("ring", {"number": number, "seconds": "10"})["outcome"] == outcome


@pytest.mark.parametrize("profile", PROFILES)
def test_every_family_calls_and_hangs_up(profile: str) -> None:
    lines = SimulatedLines(time=VirtualTime(), profiles=profile)
    with lines.channel(RecordingSink(), RecordingJournal(), ready_timeout=120.0) as channel:
        channel.operate("ring", {"number": "+491701234567", "seconds": "5"})

        assert channel.send(a_job()).references == ("1",)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"number": "110;+CFUN=0"},
        {"number": "+49170", "seconds": "0"},
        {"number": "+49170", "seconds": "x"},
    ],
)
def test_whom_to_ring_must_make_sense(channel: ModemChannel, arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        channel.operate("ring", arguments)


# The SIM, and the modem itself.


def test_a_person_unlocks_a_sim() -> None:
    lines = SimulatedLines(time=VirtualTime(), pins=("1234",))
    with lines.channel(RecordingSink(), RecordingJournal(), ready_timeout=5.0) as channel:
        with pytest.raises(TemporaryFailure):
            channel.send(a_job())
        with pytest.raises(InvalidRequest, match="`pin` is missing"):
            channel.operate("pin", {})
        channel.operate("pin", {"pin": "1234"})

        assert channel.send(a_job()).references
        assert "1234" not in text_said(channel).replace("991000000000001234", "")


def test_a_puk_needs_a_confirmation(channel: ModemChannel) -> None:
    with pytest.raises(InvalidRequest, match="confirmed"):
        channel.operate("puk", {"puk": "12345678", "pin": "1234"})


@pytest.mark.parametrize("pin", ["12", "12345678901", '1234"', '0000";+CFUN=0;+CPIN="1111', "١٢٣٤"])
def test_what_is_no_pin_reaches_no_modem_and_no_message(channel: ModemChannel, pin: str) -> None:
    channel.send(a_job())
    for arguments in ({"pin": pin}, {"pin": pin, "puk": "12345678", "confirmed": "yes"}):
        with pytest.raises(InvalidRequest) as refusal:
            channel.operate("puk" if "puk" in arguments else "pin", arguments)

        assert pin not in str(refusal.value)
    assert "+CPIN=" not in text_said(channel)


def test_a_pin_is_for_the_sim_that_was_meant(channel: ModemChannel) -> None:
    channel.send(a_job())
    with pytest.raises(InvalidRequest, match="not 123"):
        channel.operate("pin", {"pin": "1234", "sim": "123"})


def test_a_reset_by_hand_starts_the_modem_anew(channel: ModemChannel) -> None:
    channel.send(a_job())
    channel.operate("reset", {})

    assert channel.send(a_job()).references == ("1",)


def pin_entries(channel: ModemChannel) -> int:
    return text_said(channel).count("> AT+CPIN=")


def test_while_one_pin_is_entered_no_other_one_is(lines: SimulatedLines) -> None:
    lines.begin_fault(Fault.PIN, pin="1234")
    said: list[str] = []
    with lines.channel(RecordingSink(), RecordingJournal()) as channel:
        assert lines.wait_for(lambda: channel.health().is_alarming)

        def enter() -> None:
            try:
                said.append(str(channel.operate("pin", {"pin": "1234"})["detail"]))
            except TemporaryFailure as refusal:
                said.append(str(refusal))

        persons = [lines.time.start(enter, name=f"person-{number}") for number in range(2)]
        for person in persons:
            person.join()

        assert pin_entries(channel) == 1
    assert sorted(said) == [
        "somebody else does that at this moment; try again then",
        "the SIM is unlocked",
    ]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [({}, "AT+CFUN=1,1"), ({"how": "restart"}, "AT+CFUN=1,1"), ({"how": "resync"}, "AT+CMGF=0")],
)
def test_a_reset_was_done_when_it_returns(
    channel: ModemChannel, arguments: dict[str, str], command: str
) -> None:
    channel.send(a_job())
    before = len(text_said(channel))
    channel.operate("reset", arguments)
    assert not channel.health().is_ready
    channel.send(a_job())

    assert command in text_said(channel)[before:]


def test_a_modem_that_is_only_resynchronised_is_not_started_anew(channel: ModemChannel) -> None:
    channel.send(a_job())
    channel.operate("reset", {"how": "resync"})

    assert channel.send(a_job()).references == ("2",)
    assert "+CFUN=1,1" not in text_said(channel)


def test_a_modem_that_is_not_there_cannot_be_reset(
    lines: SimulatedLines, channel: ModemChannel
) -> None:
    channel.send(a_job())
    lines.unplug()

    with pytest.raises(TemporaryFailure, match="the modem is gone"):
        channel.operate("reset", {})


def test_it_is_reset_in_a_known_way(channel: ModemChannel) -> None:
    with pytest.raises(InvalidRequest, match="restart, resync"):
        channel.operate("reset", {"how": "with a hammer"})


def test_a_modem_that_is_silent_is_a_temporary_failure(
    lines: SimulatedLines, channel: ModemChannel
) -> None:
    channel.send(a_job())
    lines.begin_fault(Fault.SILENT)

    with pytest.raises(TemporaryFailure):
        channel.operate("ussd", {"code": "*100#"})


def test_a_code_that_the_network_does_not_know_fails(channel: ModemChannel) -> None:
    with pytest.raises((PermanentFailure, TemporaryFailure)):
        channel.operate("ussd", {"code": "*999999#"})
