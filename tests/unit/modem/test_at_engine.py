import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._line._at import AtEngine, DialogueError
from smscore_modem._line._events import Event, Final, Information, Noise, Notification, Prompt

OK = Final(family="OK", code="", text="OK")
PDU = "0001000B916407281553F800000AE8329BFD4697D9EC37"
LENGTH = len(PDU) // 2 - 1


def answers(
    command: str | None, data: str, *, prompts: bool = False, payload: str | None = None
) -> list[Event]:
    """The events of some bytes while a command is pending."""
    engine = AtEngine()
    if command is not None:
        engine.command(command, prompts=prompts)
    events = []
    if payload is not None:
        events = engine.receive(b"\r\n> ")
        engine.payload(payload)
    return events + engine.receive(data.encode("latin-1"))


def test_a_command_ends_with_cr_and_its_answer_with_ok() -> None:
    engine = AtEngine()

    assert engine.command("AT+CGMI") == b"AT+CGMI\r"
    assert engine.receive(b"\r\nAcme\r\n\r\nOK\r\n") == [Information("Acme"), OK]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_lines_may_end_in_many_ways(end: str) -> None:
    assert answers("ATI", f"{end}Acme{end}OK{end}") == [Information("Acme"), OK]


@pytest.mark.parametrize(
    ("text", "family", "code"),
    [
        ("ERROR", "ERROR", ""),
        ("+CMS ERROR: 38", "CMS", "38"),
        ("+CME ERROR: SIM busy", "CME", "SIM busy"),
        ("+CME ERROR:10", "CME", "10"),
        ("COMMAND NOT SUPPORT", "ERROR", "COMMAND NOT SUPPORT"),
    ],
)
def test_every_form_of_refusal_is_final(text: str, family: str, code: str) -> None:
    (event,) = answers("AT+CMGS=23", f"\r\n{text}\r\n", prompts=True)

    assert event == Final(family=family, code=code, text=text)


def test_an_ok_inside_a_line_is_not_final() -> None:
    assert answers("AT+COPS?", '+COPS: 0,0,"OK Mobile"\r\nOK >\r\n') == [
        Information('+COPS: 0,0,"OK Mobile"'),
        Information("OK >"),
    ]


def test_the_echo_is_dropped_once_and_only_as_a_whole_line() -> None:
    assert answers("ATI", "ATI\r\r\nATI\r\nATI 2\r\nOK\r\n") == [
        Information("ATI"),
        Information("ATI 2"),
        OK,
    ]


def test_the_prompt_comes_without_a_line_end() -> None:
    assert answers("AT+CMGS=23", "AT+CMGS=23\r\r\n> ", prompts=True) == [Prompt()]


def test_no_prompt_is_seen_where_none_is_awaited() -> None:
    assert answers("ATI", "\r\n> x\r\nOK\r\n") == [Information("> x"), OK]


def test_the_echo_of_the_payload_is_dropped() -> None:
    events = answers(
        "AT+CMGS=22",
        f"{PDU}\x1a\r\n+CMGS: 7\r\n\r\nOK\r\n",
        prompts=True,
        payload=PDU,
    )

    assert events == [Prompt(), Information("+CMGS: 7"), OK]


def test_a_report_between_payload_and_reference_is_a_notification() -> None:
    events = answers(
        "AT+CMGS=22",
        f"\r\n+CDS: {LENGTH}\r\n{PDU}\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n",
        prompts=True,
        payload=PDU,
    )

    assert events == [
        Prompt(),
        Notification(name="+CDS", text=str(LENGTH), pdu=PDU),
        Information("+CMGS: 7"),
        OK,
    ]


def test_two_notifications_in_one_burst_are_both_seen() -> None:
    assert answers(None, '\r\n+CDSI: "SM",1\r\n\r\n+CUSD: 0,"5 EUR",15\r\n') == [
        Notification(name="+CDSI", text='"SM",1'),
        Notification(name="+CUSD", text='0,"5 EUR",15'),
    ]


def test_a_text_of_several_lines_is_read_to_its_closing_quote() -> None:
    assert answers("AT+CUSD=1", '\r\n+CUSD: 1,"1 a\r\nOK\r\n2 b",15\r\nOK\r\n') == [
        Notification(name="+CUSD", text='1,"1 a\nOK\n2 b",15'),
        OK,
    ]


def test_a_quote_that_nobody_closes_does_not_swallow_the_reference_of_a_message() -> None:
    said = '+CUSD: 0,"a 5" disc",15\r\n+CMGS: 5\r\n\r\nOK\r\n'

    assert answers("AT+CMGS=20", said, prompts=True, payload="0011") == [
        Prompt(),
        Notification(name="+CUSD", text='0,"a 5" disc",15'),
        Information("+CMGS: 5"),
        OK,
    ]


@pytest.mark.parametrize("command", ["AT+CUSD=1", "AT+CMGL=4", None])
def test_what_arrives_in_the_middle_of_a_text_is_no_part_of_it(command: str | None) -> None:
    said = f'+CUSD: 0,"a\r\n+CMT: ,{LENGTH}\r\n{PDU}\r\n+CDSI: "SR",1\r\nb",15\r\n'

    assert answers(command, said) == [
        Notification(name="+CMT", text=f",{LENGTH}", pdu=PDU),
        Notification(name="+CDSI", text='"SR",1'),
        Notification(name="+CUSD", text='0,"a\nb",15'),
    ]


def test_a_quote_that_never_closes_does_not_swallow_everything() -> None:
    events = answers("AT", '+CUSD: 1,"x\r\n' + "line\r\n" * 15 + "OK\r\n")

    assert isinstance(events[0], Notification)
    assert events[1] == OK


def test_a_message_is_announced_between_the_lines_of_a_list() -> None:
    assert answers(
        "AT+CMGL=4",
        f'+CMGL: 1,1,,22\r\n{PDU}\r\n+CMTI: "SM",2\r\n+CMGL: 2,0,,22\r\n{PDU}\r\nOK\r\n',
    ) == [
        Information("+CMGL: 1,1,,22"),
        Information(PDU),
        Notification(name="+CMTI", text='"SM",2'),
        Information("+CMGL: 2,0,,22"),
        Information(PDU),
        OK,
    ]


def test_a_registration_that_begins_with_n_is_the_answer_and_the_other_is_not() -> None:
    assert answers(
        "AT+CREG?", '+CREG: 5\r\n+CREG: 1,"00A1","0B"\r\n+CREG: 2,1,"00A1"\r\nOK\r\n'
    ) == [
        Notification(name="+CREG", text="5"),
        Notification(name="+CREG", text='1,"00A1","0B"'),
        Information('+CREG: 2,1,"00A1"'),
        OK,
    ]


def test_a_pin_state_belongs_to_who_asks_for_it() -> None:
    assert answers("AT+CPIN?", "+CPIN: READY\r\n") == [Information("+CPIN: READY")]
    assert answers("AT+CSQ", "+CPIN: READY\r\n") == [Notification(name="+CPIN", text="READY")]


def test_the_commands_of_one_line_may_all_answer() -> None:
    assert answers("AT+CMEE?;+CSQ", "+CMEE: 1\r\n+CSQ: 20,99\r\nOK\r\n") == [
        Information("+CMEE: 1"),
        Information("+CSQ: 20,99"),
        OK,
    ]


def test_the_end_of_a_call_is_final_only_while_dialling() -> None:
    assert answers("ATD123;", "NO CARRIER\r\n")[0] == Final(
        family="ERROR", code="NO CARRIER", text="NO CARRIER"
    )
    assert answers("AT", "NO CARRIER\r\nOK\r\n") == [Notification(name="NO CARRIER"), OK]


@pytest.mark.parametrize("second", ["not hexadecimal", "0011", "+CSQ: 9,99", ""])
def test_a_first_line_whose_pdu_got_lost_is_told_and_the_next_line_stands(second: str) -> None:
    events = answers(None, f"+CMT: ,22\r\n{second}\r\n+CMTI: 1\r\n")

    assert Notification(name="+CMT", text=",22") in events
    assert events[-1] == Notification(name="+CMTI", text="1")


def test_a_pdu_is_found_behind_what_slipped_in_before_it() -> None:
    said = f"+CMT: ,{LENGTH}\r\n^RSSI: 17\r\n+CREG: 1\r\n{PDU}\r\n"

    assert answers(None, said) == [
        Notification(name="^RSSI", text="17"),
        Notification(name="+CREG", text="1"),
        Notification(name="+CMT", text=f",{LENGTH}", pdu=PDU),
    ]


def test_a_pdu_that_never_comes_is_not_waited_for_for_ever() -> None:
    said = f"+CMT: ,{LENGTH}\r\n" + "^RSSI: 17\r\n" * 3

    assert Notification(name="+CMT", text=f",{LENGTH}") in answers(None, said)


def test_what_is_listed_is_not_taken_for_a_pdu_that_got_lost() -> None:
    said = f"+CMT: ,{LENGTH}\r\n+CMGL: 1,1,,{LENGTH}\r\n{PDU}\r\nOK\r\n"

    events = answers("AT+CMGL=4", said)
    assert events[0] == Notification(name="+CMT", text=f",{LENGTH}")
    assert events[2] == Information(PDU)


@pytest.mark.parametrize("damaged", [PDU[1:], PDU[:20] + "\ufffd" + PDU[21:]])
@pytest.mark.parametrize("header", [",22", ",", ""])
def test_a_pdu_that_was_damaged_on_the_line_is_handed_on_as_it_came(
    damaged: str, header: str
) -> None:
    engine = AtEngine()

    assert engine.receive(f"+CMT: {header}\r\n{damaged}\r\n".encode()) == [
        Notification(name="+CMT", text=header, pdu=damaged)
    ]


def test_a_pdu_behind_a_header_without_a_length_is_one() -> None:
    assert answers(None, f"+CMT: \r\n{PDU}\r\n") == [Notification(name="+CMT", pdu=PDU)]


def test_a_pdu_may_come_without_its_centre() -> None:
    assert answers(None, f"+CMT: ,{LENGTH + 1}\r\n{PDU}\r\n") == [
        Notification(name="+CMT", text=f",{LENGTH + 1}", pdu=PDU)
    ]


def test_a_line_that_never_ends_is_cut_and_said_once() -> None:
    engine = AtEngine()
    for _ in range(100):
        assert engine.receive(b"x" * 1000) == []

    (event,) = engine.receive(b"\r\n")

    assert isinstance(event, Noise)


def test_nuls_of_a_reset_are_not_there() -> None:
    assert answers("AT", "\0\0\r\nO\0K\r\n") == [OK]


def test_a_final_of_no_command_is_noise() -> None:
    (event,) = answers(None, "\r\nOK\r\n")

    assert isinstance(event, Noise)


def test_a_second_command_has_to_wait_for_the_first() -> None:
    engine = AtEngine()
    engine.command("AT")

    with pytest.raises(DialogueError):
        engine.command("AT")


def test_an_abandoned_command_is_forgotten() -> None:
    engine = AtEngine()
    engine.command("AT+CMGS=22", prompts=True)

    assert engine.abandon() == b"\x1b"
    assert engine.command("AT") == b"AT\r"


def test_a_payload_needs_a_prompt() -> None:
    engine = AtEngine()
    engine.command("AT+CMGS=22", prompts=True)

    with pytest.raises(DialogueError):
        engine.payload(PDU)


@pytest.mark.parametrize("text", ["AT\rATD110", "", "AT\x1a", "AT\n", "ATé"])
def test_nothing_but_one_line_can_be_sent(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        AtEngine().command(text)


# The same events, however the bytes were cut.

lines = st.sampled_from(
    [
        "OK",
        "ERROR",
        "+CMS ERROR: 500",
        "+CMGS: 3",
        "+CMT: ,22",
        f"+CDS: {LENGTH}",
        PDU,
        "AT+CMGS=22",
        '+CUSD: 0,"a',
        'b",15',
        "+CREG: 1",
        "+CREG: 0,1",
        "+CPIN: READY",
        "COMMAND NOT SUPPORT",
        "_OSIGQ: 3,0",
        "UNDER-VOLTAGE WARNNING",
        "T+CMGS=22",
        '+CMTI: "SM",1',
        "RING",
        "> ",
        ">",
        "x" * 5000,
        "\0\xff",
        "",
    ]
)
transcripts = st.lists(st.tuples(lines, st.sampled_from(["\r\n", "\n", "\r\r\n", ""]))).map(
    lambda written: "".join(line + end for line, end in written).encode("latin-1")
)
pending = st.sampled_from([None, "AT+CMGS=22", "AT+CREG?", "AT+CMGL=4", "ATI"])


def begun(command: str | None) -> AtEngine:
    engine = AtEngine()
    if command is not None:
        engine.command(command, prompts=command.startswith("AT+CMGS"))
    return engine


@given(st.one_of(transcripts, st.binary()), pending, st.lists(st.integers(1, 40), min_size=1))
def test_events_do_not_depend_on_how_the_bytes_were_cut(
    data: bytes, command: str | None, sizes: list[int]
) -> None:
    whole = begun(command).receive(data)

    engine = begun(command)
    pieces: list[Event] = []
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces += engine.receive(data[at : at + size])
        at, turn = at + size, turn + 1

    assert pieces == whole


@given(st.one_of(transcripts, st.binary(max_size=300)), pending)
def test_no_bytes_make_it_raise(data: bytes, command: str | None) -> None:
    begun(command).receive(data)


@given(
    pieces=st.lists(st.one_of(transcripts, st.binary()), max_size=20),
    command=pending,
    is_endless=st.booleans(),
)
def test_no_bytes_make_it_grow(
    pieces: list[bytes], command: str | None, *, is_endless: bool
) -> None:
    engine = begun(command)
    for piece in pieces:
        engine.receive(piece.translate(None, b"\r\n") if is_endless else piece)

    held = [len(part) for part in (engine._buffer, *engine._quoted)]
    assert sum(held) <= 4 * 4096


def test_a_quote_that_stays_open_holds_no_more_than_some_lines() -> None:
    engine = begun("AT+CUSD=1")
    engine.receive(b'+CUSD: 0,"' + b"x" * 4000 + b"\r\n")
    (event, *_) = engine.receive(b"y" * 4000 + b"\r\n")

    assert isinstance(event, Notification)


# What modems are known for.


@pytest.mark.parametrize("command", ["AT+CGMI", "ATE0V1Q0"])
def test_an_echo_whose_first_byte_got_lost_is_an_echo(command: str) -> None:
    assert answers(command, f"{command[1:]}\r\r\nOK\r\n") == [OK]


@pytest.mark.parametrize(
    "line",
    [
        "RDY",
        "SMS Ready",
        "Call Ready",
        "UNDER-VOLTAGE WARNNING",
        "DST: 1",
        "MODEM:STARTUP",
        "RING",
    ],
)
def test_what_a_modem_says_by_itself_is_no_answer(line: str) -> None:
    assert answers("AT+CGMI", f"Acme\r\n{line}\r\nOK\r\n") == [
        Information("Acme"),
        Notification(name=line),
        OK,
    ]


@pytest.mark.parametrize(
    "line", ["^RSSI: 17", "*PSUTTZ: 2026", "_OSIGQ: 3,0", "%CTZV: 1", "#STN: 1", "$QCPDPP: 1"]
)
def test_chatter_of_every_family_is_a_notification(line: str) -> None:
    name, _, text = line.partition(": ")

    assert answers("AT+CSQ", f"{line}\r\n+CSQ: 9,99\r\nOK\r\n") == [
        Notification(name=name, text=text),
        Information("+CSQ: 9,99"),
        OK,
    ]


def test_a_pdu_that_a_modem_counts_wrongly_is_not_lost() -> None:
    assert answers(None, f"+CDS: 3\r\n{PDU}\r\n") == [Notification(name="+CDS", text="3", pdu=PDU)]


def test_all_of_one_read_is_seen() -> None:
    events = answers(
        "AT+CMGS=22",
        f'+CMTI: "SM",1\r\n\r\n+CDS: {LENGTH}\r\n{PDU}\r\nRING\r\n+CMGS: 7\r\n'
        f"+CMT: ,{LENGTH}\r\n{PDU}\r\nOK\r\n+CREG: 5\r\n",
        prompts=True,
        payload=PDU,
    )

    assert [getattr(event, "name", event) for event in events] == [
        Prompt(),
        "+CMTI",
        "+CDS",
        "RING",
        Information("+CMGS: 7"),
        "+CMT",
        OK,
        "+CREG",
    ]
