"""
Whatever is typed at a virtual modem, in whatever portions, whoever it resembles, whatever is wrong.
"""

from bench import Bench, a_pdu
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem.simulator import Fault, Personality

PDU = a_pdu()
WORDS = st.sampled_from(
    [
        *("AT", "ATE0", "ATE1", "ATZ", "AT&F", "A/", "AT+CMEE=1", "AT+CPIN?", "AT+CNMI=2,1,0,1,0"),
        *("AT+CNMI=2,2,0,1,0", "AT+CSMS=1", "AT+CNMA", "AT+CMGL=4", "AT+CMGR=1", "AT+CMGD=1"),
        *('AT+CPMS="ME"', "AT+CFUN=0", "AT+CFUN=1", "AT+CREG=2;+CREG?", "ATV0", "AT+CSQ"),
        *("AT+CMGF=1", 'AT+CMGS="+49170"', f"AT+CMGS={len(PDU) - 1}", PDU.hex() + "\x1a", "\x1b"),
        *("AT+CUSD=1,", "ATD+491701;", "ATH", "AT+CLCC", "AT+CSIM=10", "AT^CURC=0", "AT+CSCA?"),
    ]
).map(lambda word: f"{word}\r".encode())
RESET = st.just(b"AT+CFUN=1,1\r")  # what was typed behind it, and not heard yet, is lost
TYPED = st.lists(WORDS | st.binary(max_size=8), max_size=25)


@given(
    typed=st.lists(WORDS | RESET | st.binary(max_size=8), max_size=25),
    name=st.sampled_from(Personality.names()),
    fault=st.sampled_from(Fault),
    at=st.sampled_from(["now", "prompt", "pdu", "taken", "line", "+CMGL"]),
)
def test_it_is_survived(typed: list[bytes], name: str, fault: Fault, at: str) -> None:
    bench = Bench(name, modems=2)
    bench.modem.faults.begin(fault, at=at, times=2)
    for portion in typed:
        bench.modem.receive(portion)
        bench.wait(1)
    bench.modem.faults.end()
    bench.restart(seconds=200)

    bench.modem.receive(b"\x1b\rAT\rAT\r")
    assert bench.heard()[-1] == "OK"


@given(typed=TYPED, cuts=st.lists(st.integers(1, 9), min_size=1))
def test_it_does_not_matter_in_which_portions(typed: list[bytes], cuts: list[int]) -> None:
    text = b"".join(typed)
    whole, cut = Bench(), Bench()
    whole.modem.receive(text)
    place, turn = 0, 0
    while place < len(text):
        size = cuts[turn % len(cuts)]
        cut.modem.receive(text[place : place + size])
        place, turn = place + size, turn + 1

    assert cut.modem.take() == whole.modem.take()
    assert len(cut.taken) == len(whole.taken)
