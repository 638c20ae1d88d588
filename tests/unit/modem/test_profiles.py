"""
Each family of modems, and each thing that its profile does otherwise, on a modem like that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bench import commands

from smscore.errors import (
    ConfigurationError,
    Indeterminate,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem._profiles import GENERIC, PROFILES, load, profile_for
from smscore_modem.simulator import SimulatedLines, VirtualTime

FAMILIES = tuple(name for name in PROFILES if name != "generic")


class Rig:
    """A channel on a modem of some family, in virtual time."""

    def __init__(self, family: str, **simulated: Any) -> None:
        self.time = VirtualTime()
        self.lines = SimulatedLines(time=self.time, profiles=family, **simulated)
        self.journal = RecordingJournal()
        self.sink = RecordingSink()

    @contextmanager
    def up(self, **options: Any) -> Iterator[ModemChannel]:
        with self.lines.channel(self.sink, self.journal, **options) as channel:
            self.wait(channel)
            yield channel

    def wait(self, channel: ModemChannel, *, seconds: int = 120) -> None:
        for _ in range(seconds * 10):
            if channel.health().is_ready:
                return
            self.time.sleep(0.1)
        raise AssertionError(channel.health().detail)


def test_the_generic_profile_is_what_the_driver_does_by_itself() -> None:
    assert load("generic") == GENERIC


def test_an_unknown_profile_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match="'huawei'"):
        load("huawie")


def test_an_unknown_modem_gets_the_generic_profile() -> None:
    assert profile_for(manufacturer="Acme", model="One", revision="1").name == "generic"


@pytest.mark.parametrize(
    ("manufacturer", "name"),
    [
        ("huawei", "huawei"),
        ("ZTE INCORPORATED", "zte"),
        ("QUALCOMM INCORPORATED", "qualcomm"),
        ("Quectel", "quectel"),
        ("SIMCOM_Ltd", "simcom"),
        ("Sierra Wireless, Incorporated", "sierra"),
        ("Cinterion", "cinterion"),
        ("Thales", "cinterion"),
        ("WAVECOM MODEM", "wavecom"),
        ("Telit", "telit"),
    ],
)
def test_a_modem_is_known_by_its_maker(manufacturer: str, name: str) -> None:
    assert profile_for(manufacturer=manufacturer, model="", revision="").name == name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_modem_of_each_family_comes_up_and_sends(family: str) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        receipt = channel.send(a_job())

        assert channel.health().facts["profile"] == family
        assert receipt.references == ("1",)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_modem_of_each_family_is_unlocked_with_its_pin(family: str) -> None:
    rig = Rig(family, pins=("1234",))

    with rig.up(pin="1234") as channel:
        assert channel.health().is_ready


@pytest.mark.parametrize("family", FAMILIES)
def test_the_counter_of_each_family_keeps_the_last_tries_for_a_person(family: str) -> None:
    rig = Rig(family, pins=("1234",))
    sim = rig.lines.modems[0].sim
    sim.tries_left = 1

    with rig.lines.channel(rig.sink, rig.journal, pin="1234") as channel:
        rig.time.sleep(30)

        # Those that answer nothing but the PIN while they are locked cannot be asked.
        if load(family).name != "zte":
            assert "tries left: 1" in channel.health().detail
            assert sim.tries_left == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_sim_of_each_family_tells_its_serial_number(family: str) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        assert channel.health().facts["sim"] == rig.lines.modems[0].sim.iccid


def test_a_profile_can_be_chosen_by_name() -> None:
    rig = Rig("generic")

    with rig.up(profile="telit") as channel:
        assert channel.health().facts["profile"] == "telit"


@pytest.mark.parametrize(
    ("family", "routing"),
    [
        ("huawei", "1,1,0,1,0"),
        ("zte", "1,1,0,1,0"),
        ("qualcomm", "1,1,0,2,0"),
        ("quectel", "2,1,0,1,0"),
        ("simcom", "1,1,0,1,0"),
        ("sierra", "2,1,0,1,0"),
        ("cinterion", "2,1,0,1,1"),
        ("wavecom", "2,1,0,1,0"),
        ("telit", "2,1,0,1,0"),
    ],
)
def test_each_family_announces_what_arrives_as_it_can(family: str, routing: str) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        rig.time.sleep(1)
        rig.lines.inject_sms(sender="+999200", text="hello")
        rig.time.sleep(10)

        assert channel.health().facts["routing"] == routing
        assert len(rig.sink.parts) == 1


@pytest.mark.parametrize("family", ["huawei", "zte", "qualcomm", "simcom", "cinterion", "telit"])
def test_the_routing_of_a_family_holds_at_its_first_try(family: str) -> None:
    profile = load(family)

    with Rig(family).up() as channel:
        tried = [text for text in commands(channel) if text.startswith("AT+CNMI=")]

        # Qualcomm's takes what it wants to, whatever it claims; the others obey at once.
        tries = 2 if family == "qualcomm" else 1
        assert tried[1:] == [f"AT+CNMI={routing}" for routing in profile.routing[:tries]]


@pytest.mark.parametrize("family", ["huawei", "zte"])
def test_the_chatter_of_a_stick_is_ended(family: str) -> None:
    rig = Rig(family)

    with rig.up():
        assert not rig.lines.modems[0].is_chatty


def test_a_quectel_is_told_to_notify_on_the_port_that_is_open() -> None:
    rig = Rig("quectel")

    with rig.up() as channel:
        assert 'AT+QURCCFG="urcport","usbat"' in commands(channel)
        assert not rig.lines.modems[0].reception.is_mute


@pytest.mark.parametrize("family", ["quectel", "simcom"])
def test_a_module_that_starts_slowly_is_waited_for(family: str) -> None:
    rig = Rig(family)
    rig.lines.modems[0].power_cycle()

    with rig.up() as channel:
        assert channel.send(a_job()).references == ("1",)
        assert channel.health().facts["store"].startswith("ME")


@pytest.mark.parametrize("family", ["quectel", "sierra"])
def test_an_lte_modem_may_take_longer_over_a_message(family: str) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        rig.lines.begin_fault("late_reference", delay=170)

        assert channel.send(a_job()).references == ("1",)


def test_a_cinterion_gets_the_message_a_moment_after_its_prompt() -> None:
    rig = Rig("cinterion")

    with rig.up() as channel:
        channel.send(a_job())
    with rig.up(profile="generic") as channel, pytest.raises(TransportError):
        channel.send(a_job())


@pytest.mark.parametrize(
    ("family", "command"),
    [("huawei", "AT^RESET"), ("sierra", "AT!RESET"), ("telit", "AT#REBOOT")],
)
def test_a_family_is_reset_in_its_own_way(family: str, command: str) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        channel.operate("reset", {})
        rig.time.sleep(30)
        rig.wait(channel)

        assert commands(channel).count(command) == 1
        assert "AT+CFUN=1,1" not in commands(channel)


@pytest.mark.parametrize("family", ["huawei", "simcom", "telit", "generic"])
def test_each_coding_of_ussd_is_understood(family: str) -> None:
    with Rig(family).up() as channel:
        answer = channel.operate("ussd", {"code": "*100#"})

        assert answer["text"] == "Your balance is 12.34 EUR."


@pytest.mark.parametrize(
    ("family", "number", "failure"),
    [
        ("simcom", 521, Indeterminate),
        ("simcom", 520, PermanentFailure),
        ("simcom", 535, TemporaryFailure),
        ("wavecom", 512, TemporaryFailure),
    ],
)
def test_a_number_of_its_own_means_what_the_family_means(
    family: str, number: int, failure: type[TransportError]
) -> None:
    rig = Rig(family)

    with rig.up() as channel:
        rig.lines.begin_fault("refuses", cms=number)

        with pytest.raises(failure):
            channel.send(a_job())


def test_an_old_huawei_is_not_listed_to_death() -> None:
    rig = Rig("huawei")

    with rig.up() as channel:
        rig.time.sleep(250)
        looks = [text for text in commands(channel) if text == 'AT+CPMS="SR"']

        assert len(looks) == 1
