"""
Voice calls of virtual modems: with numbers outside, and with one another.
"""

import pytest

from smscore_modem.simulator import VirtualModem, VirtualNetwork, VirtualTime


class World:
    """Two modems in one network."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        network = VirtualNetwork(
            clock=self.time,
            later=self.time.later,
            report_delay=1.0,
            record=lambda _: None,
            unplug=self._unplug,
        )
        self.modems = [
            VirtualModem(number=number, submit=network.submit)
            for number in ("+99910001", "+99910002")
        ]
        for modem in self.modems:
            network.add(modem)
            modem.receive(b"ATE0\r")
            modem.take()

    def _unplug(self, modem: VirtualModem, *, renamed: bool = False, seconds: float = 0.2) -> None:
        raise AssertionError("nobody unplugs anything here")

    def say(self, *typed: str, modem: int = 0, seconds: float = 0.0) -> list[str]:
        """What a modem says to some command lines, and until so many seconds have passed."""
        for text in typed:
            self.modems[modem].receive(text.encode("latin-1") + b"\r")
        if seconds:
            self.time.sleep(seconds)
        lines = self.modems[modem].take().decode("latin-1").split("\r\n")
        return [line for line in lines if line]


@pytest.fixture
def world() -> World:
    return World()


def test_a_number_outside_rings_until_the_caller_hangs_up(world: World) -> None:
    assert world.say("ATD+491701;", "AT+CLCC") == ["OK", '+CLCC: 1,0,2,0,0,"+491701",145', "OK"]
    assert world.say("AT+CLCC", seconds=10) == ['+CLCC: 1,0,2,0,0,"+491701",145', "OK"]
    assert world.say("AT+CLCC") == ['+CLCC: 1,0,3,0,0,"+491701",145', "OK"]

    assert world.say("ATH", "AT+CLCC", seconds=60) == ["OK", "OK"]


def test_nobody_rings_for_ever(world: World) -> None:
    assert world.say("ATD+491701;", seconds=60) == ["OK", "NO ANSWER"]


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("+9990011", "BUSY"), ("+9990012", "NO ANSWER"), ("+9990013", "NO CARRIER")],
)
def test_magic_numbers_end_calls_otherwise(world: World, number: str, outcome: str) -> None:
    assert world.say(f"ATD{number};", "AT+CLCC", seconds=60)[-1] == outcome
    assert world.say("AT+CLCC") == ["OK"]


def test_another_modem_rings_and_takes_the_call(world: World) -> None:
    world.say("AT+CLIP=1", "AT+CRC=1", modem=1)
    world.say("ATD+99910002;", seconds=1)
    ringing = ["+CRING: VOICE", '+CLIP: "+99910001",145,"",,"",0']

    assert world.say(modem=1, seconds=3) == [*ringing, *ringing]
    assert world.say("AT+CPAS", "ATA", "AT+CPAS", modem=1) == [
        *("+CPAS: 3", "OK"),
        "OK",
        *("+CPAS: 4", "OK"),
    ]
    assert world.say("AT+CLCC", "AT+VTS=5") == ['+CLCC: 1,0,0,0,0,"+99910002",145', "OK", "OK"]
    assert world.say(modem=1, seconds=60) == []


@pytest.mark.parametrize(("ends", "hears"), [(0, 1), (1, 0)])
def test_who_hangs_up_leaves_the_other_without_a_carrier(
    world: World, ends: int, hears: int
) -> None:
    world.say("ATD+99910002;", seconds=1)
    world.say("ATA", modem=1)

    assert world.say("AT+CHUP", modem=ends) == ["OK"]
    assert world.say("AT+CLCC", modem=hears) == ["NO CARRIER", "OK"]


def test_a_modem_with_a_call_is_busy(world: World) -> None:
    world.say("ATD+491701;", modem=1)

    assert world.say("ATD+99910002;", seconds=1) == ["OK", "BUSY"]


def test_a_modem_that_is_switched_off_has_no_call(world: World) -> None:
    world.say("ATD+99910002;", seconds=1)
    world.modems[0].power_cycle()

    assert world.say("AT+CLCC", modem=1)[-2:] == ["NO CARRIER", "OK"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("ATD+491701", "NO CARRIER"),  # a call for data
        ("ATDnobody;", "ERROR"),
        ("ATA", "NO CARRIER"),
        ("ATH", "OK"),
    ],
)
def test_what_is_no_voice_call_comes_to_nothing(world: World, command: str, answer: str) -> None:
    assert world.say(command, seconds=60) == [answer]


def test_there_is_one_call_at_a_time(world: World) -> None:
    assert world.say("ATDT 0170;", "ATD+491702;") == ["OK", "ERROR"]


def test_without_a_network_there_is_no_carrier(world: World) -> None:
    assert world.say("AT+CFUN=4", "ATD+491701;") == ["OK", "NO CARRIER"]


def test_a_call_can_come_from_outside(world: World) -> None:
    assert world.modems[0].voice.ring("+491701")

    assert world.say("ATA") == ["RING", "OK"]
    assert not world.modems[0].voice.ring("+491702")
