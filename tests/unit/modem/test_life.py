"""
What becomes of a channel when its modem falls ill, in virtual time.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import commands

from smscore.errors import InvalidRequest, PermanentFailure, TransportError
from smscore.testing.builders import a_job
from smscore.testing.fakes import NOON, RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem._line._events import Notification
from smscore_modem._options import Hooks
from smscore_modem._pdu import Coding, Deliver, UserData, encode_deliver
from smscore_modem._upkeep._wishes import Wishes
from smscore_modem.simulator import Fault, SimulatedLines, VirtualTime

MINUTE = 60.0
HOUR = 3600.0


class Ward:
    """A channel, its modem, and time that passes at will."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.lines = SimulatedLines(time=self.time, modems=2)
        self.journal = RecordingJournal()
        self.sink = RecordingSink()
        self.opened: list[ModemChannel] = []
        self._contexts: list[Any] = []

    def admit(self, *, settles: bool = True, **options: Any) -> ModemChannel:
        """Open the channel; so long that a sick modem is not left to start any more."""
        context = self.lines.channel(self.sink, self.journal, **options)
        channel: ModemChannel = context.__enter__()
        self._contexts.append(context)
        self.time.sleep(2 * MINUTE if settles else 5.0)
        return channel

    def discharge(self) -> None:
        for context in self._contexts:
            context.__exit__(None, None, None)

    def hear(self, line: str) -> None:
        """Let the first modem say something of its own accord."""
        self.lines.modems[0].announce(line)
        self.lines.end_fault()  # whatever is done to them, they are heard afterwards

    def recovery(self, channel: ModemChannel, *, within: float) -> float:
        """So long it took until the modem was down, and ready again."""
        began = self.time.monotonic()
        self.until(lambda: not channel.health().is_ready, within=within)
        self.until(lambda: channel.health().is_ready, within=within)
        return self.time.monotonic() - began

    def until(self, holds: Callable[[], bool], *, within: float) -> None:
        limit = self.time.monotonic() + within
        while not holds():
            assert self.time.monotonic() < limit, "it did not become true in time"
            self.time.sleep(0.5)


@pytest.fixture
def ward() -> Iterator[Ward]:
    ward = Ward()
    yield ward
    ward.discharge()


# Silence.


def test_a_modem_that_falls_silent_is_noticed_within_a_minute(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)

    ward.until(lambda: not channel.health().is_ready, within=MINUTE)


def test_a_modem_that_was_silent_for_a_moment_comes_back_on_the_open_port(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: not channel.health().is_ready, within=MINUTE)
    ward.lines.end_fault(Fault.SILENT)

    ward.until(lambda: channel.health().is_ready, within=15.0)
    assert channel.health().facts["recovery"] == "resync"


def test_a_modem_that_needs_its_defaults_gets_them(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: channel.health().facts.get("recovery") == "defaults", within=MINUTE)
    ward.lines.end_fault(Fault.SILENT)

    ward.until(lambda: channel.health().is_ready, within=15.0)
    assert {"ATZ", "AT&F"} <= set(commands(channel))


def test_a_failed_sim_is_cured_by_switching_the_radio_off_and_on(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SIM_FAILED)

    assert ward.recovery(channel, within=2 * MINUTE) < 10.0
    assert channel.health().facts["recovery"] == "radio"
    assert channel.send(a_job()).references == ("1",)


def test_a_modem_that_only_says_noise_is_reset(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.GARBAGE)

    assert ward.recovery(channel, within=5 * MINUTE) < 2 * MINUTE
    assert channel.health().facts["recovery"] == "reset"


def test_a_recovered_modem_is_on_probation_for_five_minutes(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SIM_FAILED)
    ward.recovery(channel, within=2 * MINUTE)

    ward.time.sleep(4 * MINUTE)
    assert "recovery" in channel.health().facts
    ward.time.sleep(2 * MINUTE)
    assert "recovery" not in channel.health().facts


def test_a_modem_that_has_just_appeared_is_left_to_start(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.SILENT)
    channel = ward.admit(settles=False)

    ward.time.sleep(50.0)
    assert "recovery" not in channel.health().facts
    ward.until(lambda: "recovery" in channel.health().facts, within=MINUTE)


def test_a_modem_that_stays_sick_is_put_aside_and_a_person_is_called(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)

    ward.until(lambda: channel.health().is_alarming, within=2 * HOUR)
    assert "put aside" in channel.health().detail
    ward.lines.end_fault(Fault.SILENT)
    ward.time.sleep(HOUR)
    assert not channel.health().is_ready


def test_a_person_brings_back_a_modem_that_was_put_aside(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: channel.health().is_alarming, within=2 * HOUR)
    ward.lines.end_fault(Fault.SILENT)

    channel.operate("reset", {})

    ward.until(lambda: channel.health().is_ready, within=MINUTE)
    assert not channel.health().is_alarming


def test_a_modem_that_was_put_aside_is_used_again_when_it_was_plugged_in_anew(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: channel.health().is_alarming, within=2 * HOUR)
    ward.lines.unplug()
    ward.time.sleep(MINUTE)
    ward.lines.end_fault(Fault.SILENT)
    ward.lines.plug()

    ward.until(lambda: channel.health().is_ready, within=2 * MINUTE)
    assert not channel.health().is_alarming


def test_the_programs_of_the_operator_are_run_when_nothing_else_helped(
    ward: Ward, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    script = f"import sys; open({str(note)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))"
    hooks = Hooks(
        usb_reset=(sys.executable, "-c", script, "usb", "{port}"),
        power_cycle=(sys.executable, "-c", script, "power", "{channel}"),
    )
    channel = ward.admit(hooks=hooks)
    ward.lines.begin_fault(Fault.SILENT)

    ward.until(lambda: channel.health().facts.get("recovery") == "power cycle", within=3 * MINUTE)
    ward.time.sleep(10.0)
    assert note.read_text().splitlines() == ["usb modem1", "power m1"]


def test_a_sick_modem_that_left_the_bus_is_power_cycled(ward: Ward, tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = f"open({str(note)!r}, 'a').write('power')"
    channel = ward.admit(hooks=Hooks(power_cycle=(sys.executable, "-c", script)))
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: channel.health().facts.get("recovery") == "reset", within=3 * MINUTE)
    ward.lines.unplug()

    ward.until(note.exists, within=5 * MINUTE)


def test_a_modem_that_was_only_pulled_out_is_not_power_cycled(ward: Ward, tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = f"open({str(note)!r}, 'a').write('power')"
    ward.admit(hooks=Hooks(power_cycle=(sys.executable, "-c", script)))
    ward.lines.unplug()
    ward.time.sleep(HOUR)

    assert not note.exists()


def test_a_program_that_is_not_there_does_not_end_the_recovery(ward: Ward) -> None:
    channel = ward.admit(hooks=Hooks(usb_reset=("/does/not/exist",)))
    ward.lines.begin_fault(Fault.SILENT)
    ward.until(lambda: channel.health().facts.get("recovery") == "usb reset", within=3 * MINUTE)
    ward.lines.end_fault(Fault.SILENT)

    ward.until(lambda: channel.health().is_ready, within=MINUTE)


# Slowness.


@pytest.mark.parametrize("delay", [2.5, 4.5, 7.0])
def test_a_modem_that_is_slower_than_it_is_waited_for_is_understood(
    ward: Ward, delay: float
) -> None:
    ward.lines.inject_sms(sender="+999200", text="hello")
    ward.lines.begin_fault(Fault.SLOW, delay=delay)
    channel = ward.admit(settles=False)

    ward.until(lambda: len(ward.sink.parts) == 1, within=30 * MINUTE)
    ward.until(lambda: channel.health().is_ready, within=MINUTE)
    assert channel.health().facts["imei"] == ward.lines.modems[0].imei
    assert channel.health().facts["registration"] == "CREG 1, CGREG 1, CEREG 1"


# Settings.


@pytest.mark.parametrize("fault", [Fault.RESTARTS, Fault.FORGOT_SETTINGS, Fault.LOST_ROUTING])
def test_a_modem_that_forgot_its_settings_gets_them_again(ward: Ward, fault: Fault) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(fault)

    ward.until(lambda: channel.health().facts.get("restarts") == "1", within=2 * MINUTE)
    ward.time.sleep(5.0)
    ward.lines.inject_sms(sender="+999200", text="hello")
    ward.time.sleep(1.0)
    assert channel.health().is_ready
    assert len(ward.sink.parts) == 1


def test_a_modem_that_was_left_in_text_mode_sends_nothing_to_a_number_of_two_digits(
    ward: Ward,
) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.TEXT_MODE)  # its routing was kept

    job = a_job()
    channel.send(job)
    assert [str(one.submit.recipient) for one in ward.lines.taken] == [job.number.value]


def test_what_arrives_while_a_modem_starts_anew_is_found_in_the_store_of_its_choice(
    ward: Ward,
) -> None:
    modem = ward.lines.modems[0]
    modem.stores.capacities |= {"SM": 20, "ME": 10}
    channel = ward.admit()
    assert channel.health().facts["store"] == "SM (20)"
    ward.lines.begin_fault(Fault.RESTARTS)
    modem.stores.select(("ME", "ME", "ME"))
    ward.lines.inject_sms(sender="+999200", text="hello")

    ward.until(lambda: len(ward.sink.parts) == 1, within=5 * MINUTE)


def test_what_a_modem_says_after_switching_on_does_not_disturb(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.BOOT_CHATTER)

    ward.time.sleep(5 * MINUTE)
    assert channel.health().is_ready
    assert "restarts" not in channel.health().facts


# What it delivers directly, of which it keeps no copy.


def a_direct_message() -> str:
    data = UserData(coding=Coding.GSM7, content=b"hello")
    pdu = encode_deliver(Deliver(sender="Newsbox", user_data=data, sent_at=NOON))
    return f"+CMT: ,{len(pdu) - 1}\r\n{pdu.hex().upper()}"


def test_a_modem_that_insists_on_acknowledgements_gets_them(ward: Ward) -> None:
    modem = ward.lines.modems[0]
    modem.settings.service = 1
    modem.faults.begin(Fault.REFUSES, command="+CSMS", times=1)
    channel = ward.admit()
    channel.send(a_job())
    ward.time.sleep(MINUTE)
    ward.lines.inject_sms(sender="+999200", text="hello", flash=True)
    ward.time.sleep(5 * MINUTE)

    assert (len(ward.sink.reports), len(ward.sink.parts)) == (1, 1)
    assert "restarts" not in channel.health().facts


def test_a_message_is_not_lost_for_the_sake_of_chatter(ward: Ward) -> None:
    wishes = Wishes(ward.time)
    message = Notification(name="+CMT", text=",24", pdu="00")
    for _ in range(12_000):
        wishes.hear(Notification(name="^RSSI", text="17"))
    wishes.hear(message)

    assert list(wishes.only_copies()) == [message]
    assert wishes.count_lost() == 0


def test_messages_that_come_faster_than_they_are_stored_are_counted_and_told(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.admit()
    ward.hear("\r\n".join([a_direct_message()] * 20_004))
    ward.time.sleep(MINUTE)

    assert len(ward.sink.parts) == 20_000
    assert "4 messages came too fast to be stored, and are lost" in caplog.text


def test_what_came_while_the_channel_is_closed_is_stored(ward: Ward) -> None:
    ward.admit()
    ward.lines.begin_fault(Fault.SLOW, seconds=HOUR, delay=4.0)
    ward.time.sleep(30.0)  # it is being asked for something
    ward.hear(a_direct_message())
    ward.time.sleep(0.1)
    assert ward.sink.parts == []
    ward.discharge()

    assert len(ward.sink.parts) == 1


# The port.


def test_an_unplugged_modem_is_used_again_when_it_is_back(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.unplug()
    ward.until(lambda: not channel.health().is_ready, within=5.0)
    ward.time.sleep(HOUR)
    ward.lines.plug()

    ward.until(lambda: channel.health().is_ready, within=2 * MINUTE)
    assert not channel.health().is_alarming


def test_a_modem_is_found_by_its_imei_under_any_name(ward: Ward) -> None:
    imei = ward.lines.modems[0].imei
    channel = ward.admit(port=None, imei=imei)
    assert channel.health().facts["port"] == "modem1"
    ward.lines.begin_fault(Fault.RENAMED)

    ward.recovery(channel, within=2 * MINUTE)
    assert channel.health().facts["port"] != "modem1"
    assert channel.health().facts["imei"] == imei


def test_another_modem_on_the_port_is_not_used_in_its_place(ward: Ward) -> None:
    channel = ward.admit(imei=ward.lines.modems[1].imei)

    assert not channel.health().is_ready
    assert channel.health().is_alarming
    assert "another modem" in channel.health().detail


def test_another_sim_is_another_owner_of_quotas(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    channel = ward.admit()
    before = channel.health().facts["sim"]
    ward.lines.unplug()
    ward.lines.modems[0].sim.iccid = "8999100000000000099"
    ward.lines.plug()
    ward.time.sleep(MINUTE)

    assert channel.health().facts["sim"] == "8999100000000000099" != before
    assert "another SIM" in caplog.text


def test_a_modem_tells_that_it_has_no_sim_until_it_has_one(ward: Ward) -> None:
    channel = ward.admit()
    assert (channel.health().has_radio, channel.health().is_without_sim) == (True, False)
    ward.lines.begin_fault(Fault.NO_SIM)
    ward.until(lambda: channel.health().is_without_sim, within=HOUR)

    ward.lines.end_fault()
    ward.until(lambda: channel.health().is_ready, within=HOUR)

    assert not channel.health().is_without_sim


def test_a_port_that_stays_away_is_complained_of_once(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.admit()
    ward.lines.unplug()
    ward.time.sleep(MINUTE)
    caplog.clear()
    ward.time.sleep(2 * HOUR)

    assert caplog.messages == []


@pytest.mark.parametrize(
    ("raving", "kind"),
    [
        (("+CREG: 2\r\n+CGREG: 2\r\n+CEREG: 2", "+CREG: 1"), "changes of the registration"),
        (("+CDS: 25\r\n0791361907", "+CDS: 25\r\nFFFFFFFFFFFFFFFFFF"), "unreadable PDUs"),
    ],
)
def test_a_modem_that_raves_does_not_fill_the_log(
    raving: tuple[str, ...], kind: str, ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.admit()
    caplog.clear()
    caplog.set_level("INFO")
    for _ in range(50):
        for text in raving:
            ward.hear(text)
            ward.time.sleep(0.5)
    ward.time.sleep(2 * MINUTE)

    assert len(caplog.messages) <= 12
    assert f"channel m1: {kind}: seen " in caplog.text


# The network.


def test_a_search_for_a_network_is_no_alarm(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.NO_REGISTRATION)

    ward.until(lambda: not channel.health().is_ready, within=2 * MINUTE)
    ward.time.sleep(HOUR)
    assert not channel.health().is_alarming
    ward.lines.end_fault(Fault.NO_REGISTRATION)
    ward.until(lambda: channel.health().is_ready, within=2 * MINUTE)


def test_a_network_that_denies_the_sim_is_an_alarm_after_ten_minutes(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.NO_REGISTRATION, state=3)

    ward.time.sleep(9 * MINUTE)
    assert not channel.health().is_alarming
    ward.time.sleep(3 * MINUTE)
    assert channel.health().is_alarming
    assert "denies" in channel.health().detail


def test_a_modem_that_does_not_search_is_told_to_once_an_hour(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.NO_REGISTRATION, state=0)
    ward.time.sleep(5 * MINUTE)
    assert commands(channel).count("AT+COPS=0") == 1


@pytest.mark.parametrize("roaming", [False, True])
def test_a_roaming_sim_is_used_only_when_it_may_be(ward: Ward, *, roaming: bool) -> None:
    channel = ward.admit(roaming=roaming)
    ward.lines.begin_fault(Fault.NO_REGISTRATION, state=5)
    ward.time.sleep(2 * MINUTE)

    assert channel.health().is_ready is roaming


def test_a_modem_that_restarted_is_initialised_before_the_next_message_leaves(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.RESTARTS)

    channel.send(a_job())
    ward.time.sleep(10.0)
    assert len(ward.sink.reports) == 1


def test_a_centre_that_got_lost_and_is_back_is_noticed(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.LOST_CENTRE)

    ward.until(lambda: "`centre`" in channel.health().detail, within=2 * MINUTE)
    assert channel.health().is_alarming
    ward.lines.end_fault(Fault.LOST_CENTRE)
    ward.until(lambda: channel.health().is_ready, within=2 * MINUTE)


# The SIM.


def test_a_person_unlocks_a_sim(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.PIN, pin="2468")
    channel = ward.admit()
    assert channel.health().is_alarming

    channel.operate("pin", {"pin": "2468"})

    ward.until(lambda: channel.health().is_ready, within=MINUTE)
    assert not channel.health().is_alarming


def test_a_person_who_is_wrong_hears_it(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.PIN, pin="2468")
    channel = ward.admit()

    with pytest.raises(PermanentFailure, match=r"refused its PIN.*\(tries left: 2\)"):
        channel.operate("pin", {"pin": "1111"})


def test_a_sim_that_is_not_locked_is_left_alone(ward: Ward) -> None:
    channel = ward.admit()

    with pytest.raises(InvalidRequest, match="not locked"):
        channel.operate("pin", {"pin": "1111"})


def test_a_wrong_pin_is_tried_once_and_never_again(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.PIN, pin="2468")
    sim = ward.lines.modems[0].sim
    channel = ward.admit(pin="1111")
    ward.time.sleep(HOUR)

    assert sim.tries_left == 2
    assert channel.health().is_alarming


def test_a_puk_is_never_entered_by_itself(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.PUK)
    channel = ward.admit(pin="1234")
    ward.time.sleep(HOUR)

    assert "(tries left: 10)" in channel.health().detail
    assert not any(text.startswith("AT+CPIN=") for text in commands(channel))
    assert channel.health().is_alarming


@pytest.mark.parametrize(
    ("fault", "said"), [(Fault.PUK, "SIM PUK"), (Fault.PIN, "its PIN"), (Fault.NO_SIM, "CME")]
)
def test_a_sim_that_is_lost_while_the_channel_is_up_is_told_at_once(
    ward: Ward, fault: Fault, said: str
) -> None:
    channel = ward.admit()
    ward.time.sleep(10.0)
    ward.lines.begin_fault(fault)
    ward.time.sleep(5.0)

    assert said in channel.health().detail
    assert channel.health().is_alarming


def test_a_network_that_is_lost_is_no_locked_sim(ward: Ward) -> None:
    channel = ward.admit()
    ward.lines.begin_fault(Fault.NO_REGISTRATION)
    ward.time.sleep(2 * MINUTE)

    assert "network" in channel.health().detail
    assert not channel.health().is_alarming
    assert commands(channel).count("AT+CPIN?") <= 4


def test_a_modem_with_a_locked_sim_is_known_all_the_same(ward: Ward) -> None:
    ward.lines.begin_fault(Fault.PUK)
    found = ward.admit().operate("identify", {})

    assert found["imei"] == ward.lines.modems[0].imei
    assert (found["iccid"], found["imsi"]) == (None, None)


# Idleness.


def test_an_idle_modem_is_hardly_spoken_to(ward: Ward) -> None:
    channel = ward.admit()
    before = len(commands(channel))
    ward.time.sleep(10 * MINUTE)

    # Ten looks into three stores, at the network and the settings.
    assert len(commands(channel)) - before < 200


def test_a_store_is_looked_into_even_if_nothing_is_announced(ward: Ward) -> None:
    ward.admit()
    ward.lines.begin_fault(Fault.UNANNOUNCED)
    ward.lines.inject_sms(sender="+999200", text="hello")

    ward.time.sleep(MINUTE + 5)
    assert len(ward.sink.parts) == 1


def test_nothing_else_is_asked_while_a_ussd_session_waits(ward: Ward) -> None:
    channel = ward.admit()
    before = len(commands(channel))

    with contextlib.suppress(TransportError):
        channel.operate("ussd", {"code": "*102#"})  # the network lets it wait for half a minute

    assert all("CUSD" in said or "CSCS" in said for said in commands(channel)[before:])
