"""
Whatever a client sends, a virtual modem answers and goes on.
"""

from hypothesis import example, given
from hypothesis import strategies as st

from smscore_modem.simulator import Submission, Verdict, VirtualModem
from smscore_modem.simulator._commands import _HANDLERS, _RANGES, _TESTABLE

NAMES = sorted({name for name, _ in _HANDLERS} | set(_RANGES) | _TESTABLE)

arguments = st.lists(
    st.one_of(
        st.integers(0, 300).map(str),
        st.sampled_from(
            ['"SM"', '"ON"', '"UCS2"', '"+491701"', '"*101#"', '"1"', '"ALL"', "", '"']
        ),
        st.text("0123456789ABCDEF", max_size=20).map('"{}"'.format),
        st.text(st.characters(codec="latin-1"), max_size=5),
    ),
    max_size=5,
).map(",".join)
calls = st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "=", "?", "=?"]), arguments)
lines = st.one_of(
    st.lists(calls.map("".join), max_size=3).map(lambda parts: "AT" + ";".join(parts)),
    st.text(st.characters(codec="latin-1"), max_size=30),
)
pieces = st.tuples(lines, st.sampled_from(["\r", "\r\n", "\x1a", "\x1b", ""])).map("".join)


@given(st.lists(pieces, max_size=12))
@example(['AT+CMGS="10"\x1a'])
def test_no_input_makes_a_modem_break(typed: list[str]) -> None:
    modem = VirtualModem(number="+99910001", submit=accept)
    modem.receive("".join(typed).encode("latin-1"))

    modem.receive(b"\r\x1b\rATQ0V1E0\r")  # the first ends a command, which may ask for a text
    modem.take()
    modem.receive(b"AT+CGSN\r")
    assert modem.take() == b"\r\n990000000000001\r\n\r\nOK\r\n"


def accept(_: Submission) -> Verdict:
    return Verdict()
