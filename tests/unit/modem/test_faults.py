"""
What named faults do, from when and until when.
"""

import pytest
from bench import Bench, a_pdu

from smscore_modem._pdu import Coding, Deliver, UserData
from smscore_modem.simulator import Fault, Point

ROUTED = "AT+CNMI=2,1,0,1,0"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def a_delivery(bench: Bench) -> Deliver:
    data = UserData(coding=Coding.GSM7, content=b"hello")
    return Deliver(sender="+491701", user_data=data, sent_at=bench.now())


def test_a_silent_modem_neither_obeys_nor_answers_for_as_many_commands(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT, commands=2)

    assert bench.type("AT+CMEE=1", "AT") == []
    assert bench.type("AT+CMEE?") == ["+CMEE: 0", "OK"]


def test_a_fault_may_last_for_some_seconds(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT, seconds=30)

    assert bench.type("AT") == []
    assert bench.wait(31) == []
    assert bench.type("AT") == ["OK"]


def test_a_fault_lasts_until_it_is_ended(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT)
    bench.type(*["AT"] * 20)
    bench.modem.faults.end(Fault.SILENT)

    assert bench.modem.faults.present == ()
    assert bench.type("AT") == ["OK"]


def test_all_faults_are_ended_at_once_even_those_to_come(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.GARBAGE)
    bench.modem.faults.begin(Fault.SILENT, at=Point.PDU)
    bench.modem.faults.end()

    assert bench.send() == ["> ", "+CMGS: 1", "OK"]


def test_power_cures_silence_but_not_the_network(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT)
    bench.modem.faults.begin(Fault.NO_REGISTRATION)
    bench.restart()

    assert bench.modem.faults.present == (Fault.NO_REGISTRATION,)


def test_a_fault_is_written_on_one_line(bench: Bench) -> None:
    bench.modem.faults.begin("refuses cms=21 times=2")

    assert bench.send() == ["> ", "+CMS ERROR: 21"]
    assert bench.send() == ["> ", "+CMS ERROR: 21"]
    assert bench.send() == ["> ", "+CMGS: 1", "OK"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("silence", "did you mean 'silent'"),
        ("silent command=3 sms=1", "a fault has no 'sms'"),
        ("silent at=pdus", "did you mean 'pdu'"),
        ("silent commands=many", "many"),
        ("silent commands=-1", "a whole number from 0"),
        ("refuses cms=1234567890", "a whole number from 0"),
        ("slow delay=nan", "no nan seconds"),
        ("unplugged delay=inf", "no inf seconds"),
        ("silent cure=prayer", "nothing is cured by"),
        ("", "no fault is called ''"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused_with_its_remedy(
    bench: Bench, text: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        bench.modem.faults.begin(text)


@pytest.mark.parametrize("name", list(Fault))
def test_every_fault_begins_and_ends_and_leaves_a_modem_that_works(name: Fault) -> None:
    bench = Bench()
    bench.modem.faults.begin(name)
    bench.type("AT", "AT+CPIN?")
    bench.modem.faults.end()
    bench.wait(10)
    bench.modem.settings.echo = bench.modem.settings.is_text = False
    bench.modem.centre = "+99910000"
    bench.wait(0)

    assert bench.send() == ["> ", "+CMGS: 1", "OK"]


def test_words_on_the_line_and_beside_it_go_together(bench: Bench) -> None:
    bench.modem.faults.begin("refuses cms=21", times=1)

    assert bench.send()[1:] == ["+CMS ERROR: 21"]
    assert bench.send()[1:] == ["+CMGS: 1", "OK"]


def test_a_fault_that_does_not_exist_cannot_be_ended(bench: Bench) -> None:
    with pytest.raises(ValueError, match="did you mean 'silent'"):
        bench.modem.faults.end("silence")


def test_a_modem_in_text_mode_takes_a_length_for_a_number(bench: Bench) -> None:
    bench.modem.faults.begin("text_mode")
    bench.send()

    assert [str(one.submit.recipient) for one in bench.taken] == [str(len(a_pdu()) - 1)]


# What a client hears.


def test_garbage_is_never_mistaken_for_an_answer(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.GARBAGE, commands=1)
    bench.modem.receive(b"AT+CSQ\r")
    said = bench.modem.take()

    assert said
    assert min(said) >= 0x80
    assert bench.type("AT") == ["OK"]


def test_half_a_line_is_followed_by_silence(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.HALF_A_LINE, seconds=10)
    bench.modem.receive(b"AT+CSQ\r")

    assert bench.modem.take() == b"\r\n+CSQ:"
    assert bench.type("AT") == []
    bench.wait(11)
    assert bench.type("AT") == ["OK"]


def test_a_slow_modem_hears_nothing_while_it_works(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SLOW, delay=3, times=1)

    assert bench.type("AT+CMEE?", "AT+CSQ") == []
    assert bench.wait(3) == ["+CMEE: 0", "OK", "+CSQ: 20,99", "OK"]


def test_something_is_said_between_two_lines_of_an_answer(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.INTERRUPTS, at=Point.LINE, text="+CREG: 1")

    assert bench.type("AT+CMEE?") == ["+CMEE: 0", "+CREG: 1", "OK"]


def test_something_is_said_whenever_a_command_comes(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.INTERRUPTS, at="+CSQ", times=2)

    assert bench.type("AT+CSQ", "AT+CMEE?", "AT+CSQ", "AT+CSQ") == [
        *("RING", "+CSQ: 20,99", "OK"),
        *("+CMEE: 0", "OK"),
        *("RING", "+CSQ: 20,99", "OK"),
        *("+CSQ: 20,99", "OK"),
    ]


def test_something_is_said_between_the_pdu_and_its_reference(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.INTERRUPTS, at=Point.TAKEN)

    assert bench.send() == ["> ", "RING", "+CMGS: 1", "OK"]


# Sending.


@pytest.mark.parametrize(
    ("point", "heard", "taken"),
    [
        (Point.PROMPT, [], 0),
        (Point.PDU, ["> "], 0),
        (Point.TAKEN, ["> "], 1),
        (Point.REFERENCE, ["> ", "+CMGS: 1", "OK"], 1),
    ],
)
@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.UNPLUGGED, Fault.RENAMED])
def test_a_fault_begins_in_the_middle_of_sending(
    bench: Bench, fault: Fault, point: Point, heard: list[str], taken: int
) -> None:
    bench.modem.faults.begin(fault, at=point)

    said = bench.send()

    # A modem that vanishes takes along what it was saying.
    assert said in (heard, heard[:1])
    assert len(bench.taken) == taken
    assert bench.type("AT") == []


def test_a_modem_that_restarts_in_between_has_sent_and_will_not_say_so(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.RESTARTS, at=Point.TAKEN)

    assert bench.send() == ["> "]
    assert len(bench.taken) == 1
    bench.type("ATE0")
    assert bench.send()[1] == "+CMGS: 1"


def test_it_vanishes_and_comes_back_under_another_name(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.RENAMED, delay=4)

    assert bench.absences == [(True, 4)]
    assert bench.type("AT") == []
    bench.wait(5)
    assert bench.modem.faults.present == ()
    assert "OK" in bench.type("AT")


def test_a_fault_waits_until_a_point_has_passed_so_often(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT, at=Point.TAKEN, skip=1)

    assert bench.send() == ["> ", "+CMGS: 1", "OK"]
    assert bench.send() == ["> "]


def test_a_fault_begins_between_two_parts(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.SILENT, at=Point.PART)
    alone, first = a_pdu(), a_pdu(header=bytes((0, 3, 7, 2, 1)))

    assert bench.send(alone)[1:] == ["+CMGS: 1", "OK"]
    assert bench.send(first)[1:] == ["+CMGS: 2", "OK"]
    assert bench.type("AT") == []


def test_a_reference_comes_late_and_the_next_commands_wait(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.LATE_REFERENCE, delay=150, times=1)

    assert bench.send() == ["> "]
    assert bench.type("AT+CSQ") == []
    assert bench.wait(149) == []
    assert bench.wait(1) == ["+CMGS: 1", "OK", "+CSQ: 20,99", "OK"]
    assert bench.send() == ["> ", "+CMGS: 2", "OK"]


def test_a_message_is_sent_and_has_no_reference(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.NO_REFERENCE, times=1)

    assert bench.send() == ["> ", "OK"]
    assert bench.taken[0].reference == 1


def test_the_report_comes_before_the_reference(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.modem.faults.begin(Fault.REPORT_BEFORE_REFERENCE, times=1)

    assert bench.send() == ["> "]
    header, _, *rest = bench.wait(5)
    assert header.startswith("+CDS:")
    assert rest == ["+CMGS: 1", "OK"]


def test_a_reference_does_not_wait_for_ever_for_its_report(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.REPORT_BEFORE_REFERENCE)

    assert bench.send(a_pdu("+9990400001")) == ["> "]
    assert bench.wait(61) == ["+CMGS: 1", "OK"]


@pytest.mark.parametrize(
    ("how", "answer"),
    [
        ({"cms": 38}, "+CMS ERROR: 38"),
        ({"cme": 14}, "+CME ERROR: 14"),
        ({}, "ERROR"),
    ],
)
def test_messages_are_refused_with_any_error(
    bench: Bench, how: dict[str, object], answer: str
) -> None:
    bench.type("AT+CMEE=1")
    bench.modem.faults.begin(Fault.REFUSES, **how)

    assert bench.send() == ["> ", answer]
    assert bench.taken == []


def test_a_message_is_refused_before_its_prompt(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.REFUSES, at=Point.PROMPT, cms=302, times=1)

    assert bench.send() == ["+CMS ERROR: 302"]
    assert bench.send() == ["> ", "+CMGS: 1", "OK"]


def test_a_message_is_sent_and_refused_all_the_same(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.REFUSES, at=Point.TAKEN, cms=332, times=1)

    assert bench.send() == ["> ", "+CMS ERROR: 332"]
    assert len(bench.taken) == 1


def test_any_other_command_may_be_refused(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.REFUSES, command="+CMGL", cms=500, times=1)

    assert bench.type("AT+CMGL=4", "AT+CMGL=4") == ["+CMS ERROR: 500", "OK"]
    assert bench.send() == ["> ", "+CMGS: 1", "OK"]


# Receiving.


def test_reports_get_lost_or_come_twice(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.modem.faults.begin(Fault.REPORTS_LOST, times=1)
    bench.send()
    assert bench.wait(10) == []

    bench.modem.faults.begin(Fault.REPORTS_TWICE, times=1)
    bench.send()
    assert [line[:5] for line in bench.wait(10)][::2] == ["+CDS:", "+CDS:"]


def test_what_arrives_is_kept_and_nobody_is_told(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.modem.faults.begin(Fault.UNANNOUNCED)
    bench.network.deliver(bench.modem, a_delivery(bench))

    assert bench.heard() == []
    assert bench.type("AT+CMGL=4")[0].startswith("+CMGL: 1,0")


def test_what_comes_for_a_stuck_modem_waits_in_the_network(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.send()
    bench.modem.faults.begin(Fault.SILENT, seconds=60)
    bench.network.deliver(bench.modem, a_delivery(bench))
    assert bench.wait(59) == []

    assert [line.split(":")[0] for line in bench.wait(3)][::2] == ["+CDS", "+CMTI"]


def test_a_full_store_takes_what_comes_once_there_is_room(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.modem.faults.begin(Fault.STORE_FULL)
    bench.network.deliver(bench.modem, a_delivery(bench))

    assert bench.type("AT+CPMS?")[0].startswith('+CPMS: "SM",30,30')
    assert bench.wait(5) == []
    assert bench.type("AT+CMGD=7") == ["OK"]
    assert bench.wait(2) == ['+CMTI: "SM",7']


def test_it_forgets_what_was_set_without_a_word(bench: Bench) -> None:
    bench.type("AT+CMEE=2", ROUTED)
    bench.modem.faults.begin(Fault.FORGOT_SETTINGS)

    assert bench.type("AT+CNMI?")[-2:] == ["+CNMI: 0,0,0,0,0", "OK"]
    assert bench.modem.settings.echo


def test_only_the_routing_gets_lost(bench: Bench) -> None:
    bench.type("AT+CMEE=2", ROUTED)
    bench.modem.faults.begin(Fault.LOST_ROUTING)

    assert bench.type("AT+CNMI?", "AT+CMEE?") == ["+CNMI: 0,0,0,0,0", "OK", "+CMEE: 2", "OK"]


def test_without_its_centre_it_cannot_send(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.LOST_CENTRE)

    assert bench.type("AT+CSCA?")[0].startswith('+CSCA: ""')
    assert bench.send() == ["> ", "+CMS ERROR: 330"]
    bench.type('AT+CSCA="+491710760000"')
    assert bench.send()[1] == "+CMGS: 1"


def test_it_still_receives_without_its_centre(bench: Bench) -> None:
    bench.type(ROUTED)
    bench.modem.faults.begin(Fault.LOST_CENTRE)
    bench.network.deliver(bench.modem, a_delivery(bench))

    assert bench.heard() == ['+CMTI: "SM",1']


# The SIM and the network.


@pytest.mark.parametrize(
    ("fault", "card", "messages"),
    [
        (Fault.NO_SIM, "+CME ERROR: 10", "+CMS ERROR: 310"),
        (Fault.SIM_BUSY, "+CME ERROR: 14", "+CMS ERROR: 314"),
        (Fault.SIM_FAILED, "+CME ERROR: 13", "+CMS ERROR: 313"),
    ],
)
def test_a_sim_that_does_not_answer_is_told_in_the_words_of_each_family(
    bench: Bench, fault: Fault, card: str, messages: str
) -> None:
    bench.type("AT+CMEE=1")
    bench.modem.faults.begin(fault)

    assert bench.type("AT+CPIN?", "AT+CMGL=4") == [card, messages]
    assert bench.type("AT", "AT+CGSN")[0] == "OK"


def test_a_sim_is_busy_so_many_times(bench: Bench) -> None:
    bench.type("AT+CMEE=1")
    bench.modem.faults.begin(Fault.SIM_BUSY, times=2)

    assert bench.type(*["AT+CPIN?"] * 3) == [*["+CME ERROR: 14"] * 2, "+CPIN: READY", "OK"]


def test_a_failed_sim_recovers_when_the_radio_was_off(bench: Bench) -> None:
    bench.type("AT+CREG=1")
    bench.modem.faults.begin(Fault.SIM_FAILED)
    assert bench.heard() == ["+CREG: 0"]

    assert bench.type("AT+CFUN=4", "AT+CFUN=1") == [
        *("+CREG: 0", "OK", "+CREG: 1", "+CREG: 1", "OK"),
    ]
    assert bench.type("AT+CPIN?") == ["+CPIN: READY", "OK"]


def test_a_sim_asks_for_its_pin_again(bench: Bench) -> None:
    bench.type("AT+CMEE=1")
    bench.modem.faults.begin(Fault.PIN, pin="4321")

    assert bench.type("AT+CPIN?", "AT+CMGL=4") == ["+CPIN: SIM PIN", "OK", "+CMS ERROR: 311"]
    assert bench.type('AT+CPIN="4321"', "AT+CPIN?") == ["OK", "+CPIN: READY", "OK"]
    assert bench.modem.faults.present == ()


def test_a_blocked_sim_is_freed_by_its_puk(bench: Bench) -> None:
    bench.type("AT+CMEE=1")
    bench.modem.faults.begin(Fault.PUK)

    assert bench.type("AT+CPIN?") == ["+CPIN: SIM PUK", "OK"]
    assert bench.type('AT+CPIN="12345678","5678"', "AT+CPIN?") == ["OK", "+CPIN: READY", "OK"]


@pytest.mark.parametrize("fault", [Fault.PIN, Fault.PUK])
def test_a_sim_that_had_no_pin_has_none_when_all_is_right_again(bench: Bench, fault: Fault) -> None:
    bench.modem.faults.begin(fault, seconds=60)
    bench.wait(61)
    bench.restart()

    assert bench.type("AT+CPIN?") == ["+CPIN: READY", "OK"]


def test_without_registration_nothing_is_sent_and_what_comes_waits(bench: Bench) -> None:
    bench.type("AT+CREG=2", ROUTED)
    bench.modem.faults.begin(Fault.NO_REGISTRATION, state=3, seconds=60)

    assert bench.heard() == ['+CREG: 3,"0001","00000001"']
    assert bench.send() == ["> ", "+CMS ERROR: 331"]
    bench.network.deliver(bench.modem, a_delivery(bench))
    assert bench.wait(61) == ['+CREG: 1,"0001","00000001"', '+CMTI: "SM",1']


def test_the_network_is_found_again_by_looking_for_it(bench: Bench) -> None:
    bench.modem.faults.begin("no_registration cure=operator")

    assert bench.type("AT+COPS=0", "AT+CREG?") == ["OK", "+CREG: 0,1", "OK"]


@pytest.mark.parametrize(
    ("cure", "commands"),
    [
        ("settings", ["ATZ", "ATE0"]),
        ("operator", ["AT+CFUN=0", "AT+CFUN=1"]),
        ("radio", ["AT+CFUN=4", "AT+CFUN=1"]),
        ("radio", ["AT+CFUN=1,1"]),
    ],
)
def test_a_fault_is_cured_by_what_it_needs(bench: Bench, cure: str, commands: list[str]) -> None:
    bench.modem.faults.begin(Fault.WEAK_SIGNAL, cure=cure)
    bench.type("AT+COPS?", "AT+CFUN?")
    assert bench.modem.faults.present == (Fault.WEAK_SIGNAL,)

    bench.type(*commands)
    assert bench.modem.faults.present == ()


def test_the_network_is_found_again_even_after_a_restart(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.NO_REGISTRATION, seconds=60)
    bench.restart(seconds=30)
    bench.wait(31)

    assert bench.type("AT+CREG?") == ["+CREG: 0,1", "OK"]


def test_the_signal_gets_weak(bench: Bench) -> None:
    bench.modem.faults.begin(Fault.WEAK_SIGNAL)

    assert bench.type("AT+CSQ") == ["+CSQ: 99,99", "OK"]
    bench.modem.faults.end(Fault.WEAK_SIGNAL)
    assert bench.type("AT+CSQ") == ["+CSQ: 20,99", "OK"]


def test_it_says_in_between_what_it_says_after_switching_on() -> None:
    bench = Bench("simcom")
    bench.modem.faults.begin(Fault.BOOT_CHATTER)

    assert bench.wait(10) == ["RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"]
