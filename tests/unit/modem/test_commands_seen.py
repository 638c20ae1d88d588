"""
Every command that foreign clients were seen to send gets a sane answer, or a clean ERROR.
"""

import pytest
from bench import said

from smscore_modem._pdu import Coding, Submit, UserData, encode_submit
from smscore_modem.simulator import Submission, Verdict, VirtualModem

PDU = encode_submit(
    Submit(recipient="+491701234567", user_data=UserData(coding=Coding.GSM7, content=b"hi"))
)
READABLE = 'AT+CMGW="+491701"'


@pytest.fixture
def modem() -> VirtualModem:
    modem = VirtualModem(number="+99910001", submit=accept)
    modem.receive(b"ATE0\r")
    modem.take()
    return modem


def accept(_: Submission) -> Verdict:
    return Verdict()


@pytest.mark.parametrize(
    "command",
    [
        "",
        *("E0", "E1", "V1", "Q0", "X4", "&C1", "&D2", "&F", "&W", "Z", "Z0", "H", "H0", "L3", "M1"),
        *("S0=0", "S7=60", "E0V1Q0", "E0V1Q0X4&C1&D2"),
        *("+CMEE=0", "+CMEE=1", "+CMEE=2", "+CMEE=1;+CREG=2", "+CFUN=1", "+CFUN=1,0"),
        *('+CSCS="GSM"', '+CSCS="IRA"', '+CSCS="HEX"', '+CSCS="UCS2"'),
        *("+CMGF=0", "+CMGF=1", "+CNMI=2,1,0,2", "+CNMI=2,1,0,2,0", "+CNMI=2,1,2,2,0", "+CNMI="),
        *("+CMGL=4", "+CMGL", "+CMMS=2", "+CGSMS=3", "+CSDH=1", "+CSMP=49,167,0,0", "+CSMP=,,0,8"),
        *('+CSCA="+491710760000"', '+CSCA="+491710760000",145', "+CMGD=1,4"),
        *("+CREG=2", "+CGREG=2", "+CEREG=2", "+COPS=3,0", "+COPS=0", "+CTZU=1", "+CUSD=1"),
        *("+CUSD=2", '+CCLK="26/03/01,12:00:00+00"', '+CGDCONT=1,"IP","internet"', "+IFC=0,0"),
        *("+CLIP=1", "+CRC=1", "+CCWA=1", "+CVHU=0", "+COLP=1", "+CSSN=1,1", "+CHUP", "+CLCC"),
        *('+CPBS="ON"', "+CPBR=1", "+CPBR=1,250", '+CPBW=1,"+491701",145,"Someone"', "+CPBW=1"),
    ],
)
def test_what_sets_something_or_finds_nothing_is_ok(modem: VirtualModem, command: str) -> None:
    assert said(modem, f"AT{command}")[-1:] == ["OK"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("I", "smscore Virtual Modem"),
        ("S0?", "000"),
        ("+CGMI", "smscore"),
        ("+CGMM", "Virtual Modem"),
        ("+CGMR", "1.0"),
        ("+CGSN", "990000000000001"),
        ("+GSN", "990000000000001"),
        ("+GCAP", "+GCAP: +CGSM"),
        ("+CIMI", "999010000000001"),
        ("+CCID", "+CCID: 8999100000000000001"),
        ("+CNUM", '+CNUM: "","+99910001",145'),
        ("+CMEE?", "+CMEE: 0"),
        ("+CPIN?", "+CPIN: READY"),
        ('+CLCK="SC",2', "+CLCK: 0"),
        ("+CFUN?", "+CFUN: 1"),
        ("+CSCS?", '+CSCS: "GSM"'),
        ("+CSMS?", "+CSMS: 0,1,1,1"),
        ("+CSMS=0", "+CSMS: 1,1,1"),
        ("+CMGF?", "+CMGF: 0"),
        ("+CNMI?", "+CNMI: 0,0,0,0,0"),
        ("+CPMS?", '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30'),
        ('+CPMS="ME"', "+CPMS: 0,255,0,30,0,30"),
        ('+CPMS="SM","SM"', "+CPMS: 0,30,0,30,0,30"),
        ("+CSCA?", '+CSCA: "+99910000",145'),
        ("+CSMP?", "+CSMP: 17,167,0,0"),
        ("+CSDH?", "+CSDH: 0"),
        ("+CMMS?", "+CMMS: 0"),
        ("+CGSMS?", "+CGSMS: 1"),
        ("+CREG?", "+CREG: 0,1"),
        ("+CGREG?", "+CGREG: 0,1"),
        ("+CEREG?", "+CEREG: 0,1"),
        ("+CGATT?", "+CGATT: 1"),
        ("+COPS?", '+COPS: 0,0,"Simulated",7'),
        ("+COPS=?", '+COPS: (2,"Simulated","SIM","99901",7),,(0-4),(0-2)'),
        ("+CSQ", "+CSQ: 20,99"),
        ("+CESQ", "+CESQ: 99,99,255,255,20,50"),
        ("+CBC", "+CBC: 0,100"),
        ("+CUSD?", "+CUSD: 0"),
        ("+CCLK?", '+CCLK: "80/01/06,00:00:00+00"'),
        ("+CTZU?", "+CTZU: 0"),
        ("+WS46?", "+WS46: 25"),
        ("+CGDCONT?", '+CGDCONT: 1,"IP","internet"'),
        ("+IFC?", "+IFC: 0,0"),
        ("+CLIP?", "+CLIP: 0,1"),
        ("+CRC?", "+CRC: 0"),
        ("+CCWA?", "+CCWA: 0"),
        ("+CVHU?", "+CVHU: 0"),
        ("+COLP?", "+COLP: 0,1"),
        ("+CSSN?", "+CSSN: 0,0"),
        ("+CPAS", "+CPAS: 0"),
        ("+CPBS?", '+CPBS: "SM",0,250'),
        ("+CPBR=?", "+CPBR: (1-250),40,14"),
        ("+CRSM=176,12258,0,0,10", '+CRSM: 144,0,"989901000000000000F1"'),
        ("+CRSM=176,28423,0,0,9", '+CRSM: 144,0,"089999100000000010"'),
        ("+CRSM=176,28486,0,0,17", '+CRSM: 144,0,"0053696D756C61746564FFFFFFFFFFFFFF"'),
        ("+CRSM=176,28589,0,0,4", '+CRSM: 144,0,"00000002"'),
        ("+CRSM=176,28539,0,0,0", "+CRSM: 106,130"),
        ("+CRSM=242", "+CRSM: 144,0"),
        ("+CRSM=214,28539,0,0,1", "+CRSM: 109,0"),
        ('+CSIM=10,"0020000100"', '+CSIM: 4,"63C3"'),
        ('+CSIM=10,"002C000100"', '+CSIM: 4,"63CA"'),
        ('+CSIM=14,"00A40004022FE2"', '+CSIM: 4,"6D00"'),
    ],
)
def test_what_asks_is_answered(modem: VirtualModem, command: str, answer: str) -> None:
    assert said(modem, f"AT{command}") == [answer, "OK"]


def test_the_tries_for_the_pin_are_told(modem: VirtualModem) -> None:
    assert said(modem, "AT+CPINR") == ["+CPINR: SIM PIN,3,3", "+CPINR: SIM PUK,10,10", "OK"]


@pytest.mark.parametrize(
    "command",
    [
        *("+ZPAS?", "+MODE=2", "+CPROT=?", "+SYNCML=?", "$TSSPCSW=?", "*CNTI=0", "^SBNR=?"),
        *("+SPBR=?", "+MPBR=?", "+SIMSTATE?", "+PTTY=?", "^CVOICE=0", "^USSDMODE=0", "+WIND?"),
        *("+DDET=1", "+NONSENSE", "+CMGF", "+CSQ?", "+CSQ=1", "?", "%", "+", "+CMEE=3"),
        *('+CSCS="EBCDIC"', "+CFUN=9", '+CPBS="XX"', "+CPBR=0", "+CPBR=9,1", "+CPBR=x"),
        *('+CSIM=2,"0020000100"', "+CSIM=1", '+CLCK="SC",1,"1234"', '+CLCK="XX",2', "+COPS"),
        *("+VTS=1", "+CREG=7", "+IFC=9,9", "+CLIP=x", '+CPIN="1234"'),
    ],
)
def test_what_is_unknown_or_impossible_is_a_clean_error(modem: VirtualModem, command: str) -> None:
    assert said(modem, f"AT{command}") == ["ERROR"]


@pytest.mark.parametrize(
    "command",
    [
        *("+CMGR=1", "+CMGD=1", "+CMSS=1", "+CNMA", "+CNMI=9", '+CPMS="XX"', '+CPMS="SM","SR"'),
        *("+CMGS=x", "+CMGS=3", "+CMGS=200", "+CMGL=7", "+CMGD=1,9", "+CSCA", "+CSMP=256"),
        *("+CMGF=2", "+CSMS=2", '+CSCA="nowhere"', "+CMMS=3"),
    ],
)
def test_errors_about_messages_have_a_number(modem: VirtualModem, command: str) -> None:
    (answer,) = said(modem, f"AT{command}")

    assert answer == "ERROR" or answer.startswith("+CMS ERROR: 3")


def test_the_last_command_is_done_again(modem: VirtualModem) -> None:
    said(modem, "AT+CSQ")
    modem.receive(b"A/")

    assert modem.take() == b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"


def test_all_that_is_listed_can_be_asked_for_its_ranges(modem: VirtualModem) -> None:
    *names, _ = said(modem, "AT+CLAC")

    assert len(names) > 60
    assert names == sorted(names)
    for name in names:
        answer = said(modem, f"AT{name}=?")
        assert answer[-1] == "OK", name
        assert all(line.startswith(f"{name}: ") for line in answer[:-1])


def test_a_chain_may_hold_semicolons_in_quotes(modem: VirtualModem) -> None:
    chain = 'AT+CPBW=1,"+491701",145,"One; two";+CPBR=1;+CSQ'

    assert said(modem, chain) == ['+CPBR: 1,"+491701",145,"One; two"', "+CSQ: 20,99", "OK"]


def test_results_can_be_numbers(modem: VirtualModem) -> None:
    modem.receive(b"ATV0\rAT+NONSENSE\rATD1\rAT+CSQ\r")

    assert modem.take() == b"0\r4\r3\r+CSQ: 20,99\r\n0\r"


def test_results_can_be_left_out(modem: VirtualModem) -> None:
    assert said(modem, "ATQ1", "AT+NONSENSE", "AT+CSQ") == ["+CSQ: 20,99"]


@pytest.mark.parametrize(
    ("form", "equipment", "service"),
    [
        (0, "ERROR", "+CMS ERROR: 321"),
        (1, "+CME ERROR: 3", "+CMS ERROR: 321"),
        (2, "+CME ERROR: operation not allowed", "+CMS ERROR: invalid memory index"),
    ],
)
def test_errors_come_in_the_form_that_was_asked_for(
    modem: VirtualModem, form: int, equipment: str, service: str
) -> None:
    said(modem, f"AT+CMEE={form}")

    assert said(modem, "AT+CREG=9", "AT+CMGR=1") == [equipment, service]


def test_a_setting_is_kept_until_it_is_reset(modem: VirtualModem) -> None:
    said(modem, "AT+CLIP=1", "ATS3=13", "AT+COPS=3,2", "AT+CFUN=4")

    assert said(modem, "AT+CLIP?", "ATS3?") == ["+CLIP: 1,1", "OK", "013", "OK"]
    assert said(modem, "ATZ", "ATE0", "AT+CLIP?")[-2:] == ["+CLIP: 0,1", "OK"]
    assert said(modem, "AT+CFUN?") == ["+CFUN: 4", "OK"]


@pytest.mark.parametrize(("form", "name"), [(0, "Simulated"), (1, "SIM"), (2, "99901")])
def test_the_operator_is_named_as_asked_for(modem: VirtualModem, form: int, name: str) -> None:
    assert said(modem, f"AT+COPS=3,{form}", "AT+COPS?") == [
        "OK",
        f'+COPS: 0,{form},"{name}",7',
        "OK",
    ]


def test_an_operator_is_named_only_while_one_is_there(modem: VirtualModem) -> None:
    assert said(modem, "AT+CFUN=4", "AT+COPS?", "AT+CSQ", "AT+CGATT?")[1::2] == [
        "+COPS: 0",
        "+CSQ: 99,99",
        "+CGATT: 0",
    ]


def test_the_phone_book_has_memories_of_its_own(modem: VirtualModem) -> None:
    said(modem, 'AT+CPBW=3,"0170","129","Me"')

    assert said(modem, "AT+CPBR=1,250") == ['+CPBR: 3,"0170",129,"Me"', "OK"]
    assert said(modem, 'AT+CPBS="ON"', "AT+CPBR=1") == ["OK", '+CPBR: 1,"+99910001",145,""', "OK"]
