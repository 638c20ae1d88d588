"""
What the virtual network answers to codes like ``*100#``, and how it is written on the line.
"""

from collections.abc import Callable

import attrs
import pytest

from smscore_modem.simulator import Submission, Verdict, VirtualModem, VirtualTime
from smscore_modem.simulator._charsets import packed, unpacked
from smscore_modem.simulator._personality import GENERIC

BALANCE = "Your balance is 12.34 EUR."


class Surroundings:
    """Nothing but time."""

    def __init__(self) -> None:
        self.time = VirtualTime()

    def later(self, delay: float, action: Callable[[], None]) -> None:
        self.time.later(delay, action)

    def reach(self, number: str) -> None:
        return None

    def unplug(self, modem: VirtualModem, *, renamed: bool = False, seconds: float = 0.2) -> None:
        raise AssertionError("nobody unplugs anything here")


class World:
    def __init__(self, ussd: str) -> None:
        self.surroundings = Surroundings()
        self.modem = VirtualModem(
            number="+99910001", submit=accept, personality=attrs.evolve(GENERIC, ussd=ussd)
        )
        self.modem.life.surroundings = self.surroundings
        self.say("ATE0", "AT+CUSD=1")

    def say(self, *typed: str, seconds: float = 1.0) -> list[str]:
        """What the modem says to some command lines, and until so many seconds have passed."""
        for text in typed:
            self.modem.receive(text.encode("latin-1") + b"\r")
        self.surroundings.time.sleep(seconds)
        lines = self.modem.take().decode("latin-1").split("\r\n")
        return [line for line in lines if line]


def accept(_: Submission) -> Verdict:
    return Verdict()


@pytest.fixture
def world() -> World:
    return World("charset")


def test_the_answer_comes_after_the_result(world: World) -> None:
    assert world.say('AT+CUSD=1,"*100#",15') == ["OK", f'+CUSD: 0,"{BALANCE}",15']


def test_it_is_announced_whatever_the_routing_of_messages(world: World) -> None:
    world.say("AT+CNMI=0,0,0,0,0")

    assert world.say('AT+CUSD=1,"*100#"')[1].startswith("+CUSD: 0")


def test_a_menu_wants_a_reply(world: World) -> None:
    answers = world.say('AT+CUSD=1,"*101#",15')

    # The text has a line break in it.
    assert answers == ["OK", '+CUSD: 1,"1 Balance', '2 Tariff",15']
    assert world.say('AT+CUSD=1,"1",15') == ["OK", f'+CUSD: 0,"{BALANCE}",15']
    assert world.say('AT+CUSD=1,"1",15') == ["OK", "+CUSD: 4"]


def test_a_reply_that_is_no_choice_ends_the_session(world: World) -> None:
    world.say('AT+CUSD=1,"*101#",15')

    assert world.say('AT+CUSD=1,"9"') == ["OK", '+CUSD: 2,"There is no such choice.",15']


def test_a_menu_without_a_reply_times_out(world: World) -> None:
    world.say('AT+CUSD=1,"*101#",15')

    assert world.say(seconds=60) == ["+CUSD: 5"]


def test_a_session_can_be_ended_by_the_client(world: World) -> None:
    world.say('AT+CUSD=1,"*101#",15')

    assert world.say("AT+CUSD=2", seconds=60) == ["OK"]
    assert world.say('AT+CUSD=1,"1"') == ["OK", "+CUSD: 4"]


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("*102#", "+CUSD: 5"),
        ("*103#", '+CUSD: 2,"The session is over.",15'),
        ("*999#", "+CUSD: 4"),
    ],
)
def test_a_session_may_end_otherwise(world: World, code: str, answer: str) -> None:
    assert world.say(f'AT+CUSD=1,"{code}",15', seconds=60) == ["OK", answer]


def test_there_is_one_session_at_a_time(world: World) -> None:
    assert world.say('AT+CUSD=1,"*102#"', 'AT+CUSD=1,"*100#"') == ["OK", "ERROR"]


def test_without_a_network_there_are_no_services(world: World) -> None:
    assert world.say("AT+CFUN=4", 'AT+CUSD=1,"*100#"') == ["OK", "ERROR"]


def test_an_answer_that_nobody_wants_to_hear_is_not_announced(world: World) -> None:
    assert world.say('AT+CUSD=0,"*100#"') == ["OK"]


def test_an_answer_is_forgotten_when_the_modem_is_switched_off(world: World) -> None:
    assert world.say('AT+CUSD=1,"*101#"', seconds=0)[0] == "OK"
    world.modem.power_cycle()

    assert world.say("ATE0", seconds=60)[-1] == "OK"


@pytest.mark.parametrize(
    ("charset", "code", "answer"),
    [
        ("GSM", "*100#", BALANCE),
        ("IRA", "*100#", BALANCE),
        ("HEX", b"*100#".hex(), BALANCE.encode("ascii").hex().upper()),
        ("UCS2", "*100#".encode("utf-16-be").hex(), BALANCE.encode("utf-16-be").hex().upper()),
    ],
)
def test_texts_are_written_in_the_character_set_in_force(
    world: World, charset: str, code: str, answer: str
) -> None:
    world.say(f'AT+CSCS="{charset}"')

    assert world.say(f'AT+CUSD=1,"{code}",15') == ["OK", f'+CUSD: 0,"{answer}",15']


@pytest.mark.parametrize(("charset", "code"), [("UCS2", "*100#"), ("HEX", "*1"), ("UCS2", "00")])
def test_what_is_not_written_so_is_refused(world: World, charset: str, code: str) -> None:
    world.say(f'AT+CSCS="{charset}"')

    assert world.say(f'AT+CUSD=1,"{code}",15') == ["ERROR"]


def test_what_needs_ucs2_comes_as_such_in_any_character_set(world: World) -> None:
    answer = "Ваш баланс 12,34 €".encode("utf-16-be").hex().upper()

    assert world.say('AT+CUSD=1,"*104#",15') == ["OK", f'+CUSD: 0,"{answer}",72']


def test_some_modems_want_and_give_packed_septets() -> None:
    world = World("packed")

    assert world.say('AT+CUSD=1,"AA180C3602",15') == ["OK", f'+CUSD: 0,"{packed(BALANCE)}",15']
    assert world.say('AT+CUSD=1,"*100#",15') == ["ERROR"]


def test_some_modems_always_give_ucs2() -> None:
    answer = BALANCE.encode("utf-16-be").hex().upper()

    assert World("ucs2").say('AT+CUSD=1,"*100#"') == ["OK", f'+CUSD: 0,"{answer}",72']


def test_some_modems_give_text_whatever_the_character_set() -> None:
    answer = World("text").say('AT+CSCS="UCS2"', 'AT+CUSD=1,"*100#"')[-1]

    assert answer == f'+CUSD: 0,"{BALANCE}",15'


@pytest.mark.parametrize("length", range(1, 17))
def test_packing_is_undone(length: int) -> None:
    text = "*100#abc@defghi@"[:length]

    assert unpacked(packed(text)) == text
