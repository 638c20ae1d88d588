"""
python-gsmmodem, unmodified and in a program of its own, on a simulated modem.
"""

from typing import Any

import pytest

pytestmark = pytest.mark.peers


@pytest.fixture
def client(gsmmodem: Any, line: Any) -> Any:
    """It is connected."""
    assert gsmmodem.ask(["connect", line.port])["manufacturer"] == "smscore"
    return gsmmodem


def test_it_connects_and_learns_what_the_modem_is(gsmmodem: Any, line: Any) -> None:
    assert gsmmodem.ask(["connect", line.port]) == {
        "manufacturer": "smscore",
        "imei": line.simulator.modems[0].imei,
        "network": "Simulated",
        "number": line.simulator.numbers[0],
        "signal": 20,
    }


def test_it_sends_and_waits_for_the_report(client: Any, line: Any) -> None:
    sent = client.ask(["send", "+491701234567", "hello out there"])

    assert sent == {"reference": 1, "is_delivered": True}
    assert [str(taken.submit.recipient) for taken in line.taken] == ["+491701234567"]


@pytest.mark.parametrize("profile", ["sierra", "telit", "wavecom"])
def test_it_sends_by_modems_with_habits_of_their_own(gsmmodem: Any, line: Any) -> None:
    gsmmodem.ask(["connect", line.port])

    assert gsmmodem.ask(["send", "+491701234567", "hello out there"])["is_delivered"]


def test_it_is_notified_of_what_arrives(client: Any, line: Any) -> None:
    line.simulator.inject_sms(sender="+491702", text="come in")

    assert client.ask(["receive"]) == {"sender": "+491702", "text": "come in"}


def test_it_asks_for_its_balance(client: Any) -> None:
    answer = client.ask(["ussd", "*100#"])

    assert answer == {"text": "Your balance is 12.34 EUR.", "wants_reply": False}


def test_it_goes_through_a_menu(client: Any) -> None:
    menu = client.ask(["ussd", "*101#"])
    assert menu["wants_reply"]
    assert "1 Balance" in menu["text"]

    assert client.ask(["reply", "1"]) == {
        "text": "Your balance is 12.34 EUR.",
        "wants_reply": False,
    }


def test_it_sends_in_text_mode(client: Any, line: Any) -> None:
    client.ask(["use_text_mode"])

    sent = client.ask(["send", "+491701234567", "hello in plain text"])

    assert sent["is_delivered"]
    assert line.taken[0].submit.user_data.content == b"hello in plain text"


@pytest.mark.parametrize("mode", ["pdu", "text"])
def test_it_lists_what_was_there_before(gsmmodem: Any, line: Any, mode: str) -> None:
    line.simulator.inject_sms(sender="+491701", text="been waiting")
    gsmmodem.ask(["connect", line.port])
    if mode == "text":
        gsmmodem.ask(["use_text_mode"])

    assert gsmmodem.ask(["stored", "SM"]) == [["+491701", "been waiting"]]


def test_it_lets_a_telephone_ring(client: Any) -> None:
    assert client.ask(["ring", "+491701234567"]) == {"was_answered": False, "is_over": True}
