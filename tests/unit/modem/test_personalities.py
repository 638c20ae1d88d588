"""
Virtual modems that resemble families of real ones: each habit that a driver has to live with.
"""

import re
from datetime import UTC, datetime

import pytest
from bench import Bench, a_pdu

from smscore.errors import ConfigurationError
from smscore_modem._pdu import Coding, Deliver, StatusReport, UserData
from smscore_modem._profiles import load, profile_for
from smscore_modem.simulator import Answer, Personality

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = Personality.names()


def a_delivery() -> Deliver:
    data = UserData(coding=Coding.GSM7, content=b"hello")
    return Deliver(sender="+491701", user_data=data, sent_at=NOON)


def a_report() -> StatusReport:
    return StatusReport(
        reference=1, recipient="+491701234567", status=0, sent_at=NOON, finished_at=NOON
    )


@pytest.mark.parametrize("name", NAMES)
def test_its_profile_fits_what_it_says_of_itself(name: str) -> None:
    bench = Bench(name)
    bench.type("AT")

    manufacturer, model, revision = (
        bench.type(f"AT{command}")[-2] for command in ("+CGMI", "+CGMM", "+CGMR")
    )

    profile = profile_for(manufacturer=manufacturer, model=model, revision=revision)
    assert profile.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_personality_sends_and_receives_once_it_is_up(name: str) -> None:
    bench = Bench(name)
    bench.restart()
    bench.type("AT", "AT+CMGF=0", 'AT+QURCCFG="urcport","usbat"')
    routing = next(one for one in load(name).routing if bench.type(f"AT+CNMI={one}")[-1] == "OK")
    bench.network.deliver(bench.modem, a_delivery())
    announced = bench.wait(1)

    assert routing.startswith(("1,1", "2,1"))
    assert any(line.startswith("+CMTI:") for line in announced)
    pdu = a_pdu(wants_report=False)
    bench.type(f"AT+CMGS={len(pdu) - 1}")
    bench.wait(1)
    bench.modem.receive(pdu.hex().encode() + b"\x1a")
    assert bench.wait(10)[-2:] == ["+CMGS: 1", "OK"]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not name.startswith(("generic", "wavecom", "sierra"))]
)
def test_the_driver_reads_the_tries_that_are_left(name: str) -> None:
    bench = Bench(name, pin="1234")
    bench.type("AT")
    bench.type('AT+CPIN="0000"')
    said = [
        (re.search(counter.pattern, line), counter.command)
        for counter in load(name).pin_counters[:1]
        for line in bench.type(counter.command)
    ]

    assert [found[1] for found, _ in said if found] == ["2"]


def test_a_personality_that_nobody_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'huawei'"):
        Personality.load("hauwei")


def test_a_personality_of_ones_own_takes_its_time() -> None:
    slow = Answer(command=r"\+CIMI", lines=("999",), delay=7)
    personality = Personality(answers=(slow,), prompt_delay=2, reference_delay=3)
    bench = Bench(personality)
    pdu = a_pdu()

    assert bench.type("AT+CIMI") == []
    assert bench.wait(7) == ["999", "OK"]
    assert bench.type(f"AT+CMGS={len(pdu) - 1}") == []
    assert bench.wait(2) == ["> "]
    bench.modem.receive(pdu.hex().encode() + b"\x1a")
    assert bench.heard() == []
    assert bench.wait(3) == ["+CMGS: 1", "OK"]


# Switching on.


def test_simcom_learns_the_speed_from_a_first_command_that_it_does_not_hear() -> None:
    bench = Bench("simcom")

    assert bench.type("AT") == []
    assert bench.type("AT") == ["OK"]


@pytest.mark.parametrize(
    ("name", "seconds", "refusal"),
    [
        ("simcom", 7.0, "ERROR"),
        ("qualcomm", 3.0, "+CME ERROR: 14"),
        ("wavecom", 5.0, "+CME ERROR: 515"),
    ],
)
def test_messages_are_refused_until_it_is_ready(name: str, seconds: float, refusal: str) -> None:
    bench = Bench(name)
    bench.restart(seconds=seconds)

    assert bench.type("AT", "AT+CMGF=0")[-1] == refusal
    bench.wait(10)
    assert bench.type("AT+CMGF=0")[-1] == "OK"


def test_quectel_drops_what_comes_while_it_starts() -> None:
    bench = Bench("quectel")

    assert bench.restart(seconds=3) == ["RDY", "+CPIN: READY"]
    assert bench.type("AT") == []
    assert bench.wait(5) == ["+QIND: SMS DONE", "+QIND: PB DONE"]
    assert bench.type("AT") == ["OK"]


def test_boot_lines_tell_the_state_of_the_sim() -> None:
    bench = Bench("simcom", pin="1234")

    assert "+CPIN: SIM PIN" in bench.restart()


def test_wavecom_asks_to_wait_after_its_radio_was_switched_on() -> None:
    bench = Bench("wavecom")
    bench.type("AT+CMEE=1", "AT+CFUN=4", "AT+CFUN=1")

    assert bench.type("AT+CREG?") == ["+CME ERROR: 515"]
    bench.wait(6)
    assert bench.type("AT+CREG?") == ["+CREG: 0,1", "OK"]


@pytest.mark.parametrize(
    ("name", "command"), [("huawei", "AT^RESET"), ("sierra", "AT!RESET"), ("telit", "AT#REBOOT")]
)
def test_it_is_reset_by_a_command_of_its_own(name: str, command: str) -> None:
    bench = Bench(name)
    bench.type("AT+CMEE=2")

    assert bench.type(command)[-1] == "OK"
    assert bench.modem.settings.error_form == 0


# Talking without being asked.


@pytest.mark.parametrize(
    ("name", "chatter", "end"),
    [("huawei", "^RSSI:", "AT^CURC=0"), ("zte", "+ZUSIMR:2", "AT+CPMS?")],
)
def test_it_chatters_until_it_is_told_not_to(name: str, chatter: str, end: str) -> None:
    bench = Bench(name)

    assert any(line.startswith(chatter) for line in bench.type(*["AT"] * 12))
    bench.type(end)
    assert bench.type(*["AT"] * 12) == ["OK"] * 12


def test_zte_chatters_until_it_crashes() -> None:
    bench = Bench("zte")
    bench.type("AT+CMEE=2", *["AT"] * 49)
    bench.wait(1)

    assert bench.modem.settings.error_form == 0


def test_quectel_announces_nothing_until_notifications_come_to_this_port() -> None:
    bench = Bench("quectel")
    bench.type("AT+CNMI=2,1,0,1,0")
    bench.network.deliver(bench.modem, a_delivery())
    assert bench.heard() == []

    bench.type('AT+QURCCFG="urcport","usbat"')
    bench.network.deliver(bench.modem, a_delivery())
    assert bench.heard() == ['+CMTI: "SM",2']


# Commands.


def test_huawei_has_words_of_its_own_for_what_it_does_not_know() -> None:
    assert Bench("huawei").type("AT+NONSENSE") == ["COMMAND NOT SUPPORT"]


def test_huawei_lists_its_commands_with_one_return_too_many() -> None:
    bench = Bench("huawei")
    bench.modem.receive(b"AT+CLAC\r")

    assert b"\r\r\n" in bench.modem.take()


def test_wavecom_never_ends_its_answer_about_the_pin() -> None:
    assert Bench("wavecom").type("AT+CPIN?") == ["+CPIN: READY"]


def test_wavecom_lists_its_stores_with_parentheses_within_parentheses() -> None:
    assert Bench("wavecom").type("AT+CPMS=?")[0] == '+CPMS: (("SM","SR"),("SM"))'


def test_cinterion_tells_a_signal_that_cannot_be() -> None:
    assert Bench("cinterion").type("AT+CSQ") == ["+CSQ: 115,99", "OK"]


def test_sierra_tells_of_one_kind_of_registration_only() -> None:
    bench = Bench("sierra")

    assert bench.type("AT+CREG=2", "AT+CEREG=2", "AT+CGREG=2") == ["OK", "ERROR", "ERROR"]


def test_zte_knows_nothing_but_the_pin_while_it_is_locked() -> None:
    bench = Bench("zte", pin="1234")
    bench.type("AT+CMEE=1", "AT+CPMS?")

    assert bench.type("AT+CGMI") == ["+CME ERROR: 11"]
    assert bench.type('AT+CPIN="1234"') == ["OK"]
    assert bench.type("AT+CGMI") == ["ZTE INCORPORATED", "OK"]


def test_zte_has_a_busy_sim_after_its_pin() -> None:
    bench = Bench("zte", pin="1234")
    bench.type("AT+CMEE=1", "AT+CPMS?", 'AT+CPIN="1234"')

    assert bench.type("AT+CIMI") == ["+CME ERROR: 14"]
    bench.wait(6)
    assert bench.type("AT+CIMI")[-1] == "OK"


# Messages.


@pytest.mark.parametrize(
    ("name", "claimed", "refused"),
    [
        ("huawei", "(0-2)", "2,1,0,1,0"),
        ("zte", "(0,1,2)", "2,1,0,1,0"),
        ("qualcomm", "(0,1,2)", "1,1,0,1,0"),
        ("telit", "(0,1,2)", "2,1,0,2,0"),
        ("cinterion", "(0-3)", "2,1,0,1,0"),
    ],
)
def test_some_routings_are_refused_whatever_is_claimed(
    name: str, claimed: str, refused: str
) -> None:
    bench = Bench(name)

    assert bench.type("AT+CNMI=?")[-2].startswith(f"+CNMI: {claimed}")
    assert "ERROR" in bench.type(f"AT+CNMI={refused}")[-1]


def test_huawei_hangs_when_it_has_to_list_too_often() -> None:
    bench = Bench("huawei")
    for _ in range(40):
        bench.type("AT+CMGL=4")
        bench.wait(3)
    assert bench.type("AT")[-1] == "OK"

    bench.type(*["AT+CMGL=4"] * 30)
    assert bench.type("AT") == []
    bench.restart()
    assert bench.type("AT")[-1] == "OK"


def test_huawei_counts_its_places_from_0() -> None:
    bench = Bench("huawei")
    bench.type("AT^CURC=0", "AT+CNMI=1,1,0,1,0")
    bench.network.deliver(bench.modem, a_delivery())

    assert bench.heard() == ['+CMTI: "SM",0']
    assert bench.type("AT+CMGR=0")[0].startswith("+CMGR: 0,,")


def test_quectel_announces_reports_in_the_wrong_store_and_answers_emptily_there() -> None:
    bench = Bench("quectel")
    bench.type('AT+QURCCFG="urcport","usbat"', "AT+CNMI=2,1,0,2,0")
    bench.modem.report(a_report())

    assert bench.heard() == ['+CDSI: "SM",0']
    assert bench.type('AT+CPMS="SM"', "AT+CMGR=0")[2:] == ["OK"]
    assert bench.type('AT+CPMS="SR"', "AT+CMGR=1")[2].startswith("+CMGR: 0,,")


@pytest.mark.parametrize("name", ["zte", "qualcomm"])
def test_settings_for_text_mode_wipe_the_centre(name: str) -> None:
    bench = Bench(name)
    bench.type("AT+CPMS?", "AT+CSMP=17,167,0,0")

    assert bench.type("AT+CSCA?")[0].startswith('+CSCA: ""')


@pytest.mark.parametrize(
    ("name", "notice"),
    [("huawei", '^SMMEMFULL: "SM"'), ("quectel", '+QIND: "smsfull","SM"')],
)
def test_it_says_that_its_memory_is_full(name: str, notice: str) -> None:
    bench = Bench(name)
    bench.modem.stores.capacities["SM"] = 1
    bench.network.deliver(bench.modem, a_delivery())

    assert bench.heard() == [notice]


def test_simcom_numbers_errors_in_its_own_way() -> None:
    bench = Bench("simcom")
    bench.type("AT", "AT+CMGS=20")
    bench.modem.receive(b"00\x1a")

    assert bench.heard() == ["+CMS ERROR: 516"]


def test_an_old_cinterion_loses_what_comes_too_soon_after_the_prompt() -> None:
    bench = Bench("cinterion")

    assert bench.send() == ["> "]
    bench.wait(1)
    bench.modem.receive(a_pdu().hex().encode() + b"\x1a")
    assert bench.heard() == ["+CMGS: 1", "OK"]


@pytest.mark.parametrize(
    ("name", "asked", "answered"),
    [
        ("generic", '"002A0031003000300023"', '"0059006F'),
        ("telit", '"*100#"', '"Your balance'),
        ("huawei", '"AA180C3602"', '"D9775D'),
        ("simcom", '"002A0031003000300023"', '"0059006F'),
    ],
)
def test_codes_are_written_and_answered_in_the_coding_of_the_family(
    name: str, asked: str, answered: str
) -> None:
    bench = Bench(name)
    bench.type("AT", 'AT+CSCS="UCS2"')
    said = [*bench.type(f"AT+CUSD=1,{asked},15"), *bench.wait(1)]

    assert any(line.startswith(f"+CUSD: 0,{answered}") for line in said)
