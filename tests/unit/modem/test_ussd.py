import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._traffic._ussd import UssdAnswer, UssdState, is_code, read_answer, write_code

TEXTS = [
    "Your balance is 5 EUR.",
    "Hi 5",
    "1234567 MB",
    "Grüße 5€\r\n1 Konto\r\n2 Hilfe",
    "Ваш баланс 5",
    "余额是5元",
    "رصيدك 5",
    "नमस्ते 12",
    "5 ₹",
]


def text_of(written: str, *, coding: str = "guess", scheme: int = 15) -> str:
    answer = read_answer(f'0,"{written}",{scheme}', coding=coding)
    assert answer is not None
    return answer.text


@pytest.mark.parametrize("coding", ["text", "packed", "ucs2"])
@pytest.mark.parametrize("code", ["*100#", "*1234567#", "*123456#", "1", "**21*+4917#"])
def test_a_code_is_read_as_it_was_written(code: str, coding: str) -> None:
    assert text_of(write_code(code, coding=coding), coding=coding) == code


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_in_utf_16_is_recognised(text: str) -> None:
    assert text_of(text.encode("utf-16-be").hex()) == text
    for coding in ("guess", "text", "packed"):
        assert text_of(text.encode("utf-16-be").hex(), coding=coding, scheme=72) == text
    assert text_of("CB32" + text.encode("utf-16-be").hex(), scheme=17) == text


@pytest.mark.parametrize("text", TEXTS[:4])
def test_packed_septets_are_recognised(text: str) -> None:
    assert text_of(write_code(text, coding="packed")) == text


@pytest.mark.parametrize(
    "text", ["5.20 EUR", "491701234567", "1234", "20", "12345678", "0049170123456789", "", "abc"]
)
def test_a_plain_text_is_left_alone_also_when_it_could_be_hexadecimal(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('0,"a "b" c",15', UssdAnswer(state=UssdState.DONE, text='a "b" c')),
        ('1, "1 a\n2 b" , 15', UssdAnswer(state=UssdState.WANTS_REPLY, text="1 a\n2 b")),
        ("2", UssdAnswer(state=UssdState.ENDED, text="")),
        ("4", UssdAnswer(state=UssdState.UNSUPPORTED, text="")),
        ("0,hello,15", UssdAnswer(state=UssdState.DONE, text="hello")),
        ('0,"hello"', UssdAnswer(state=UssdState.DONE, text="hello")),
        ('7,"x",15', None),
        ("x", None),
    ],
)
def test_answers_are_read_loosely(text: str, answer: UssdAnswer | None) -> None:
    assert read_answer(text, coding="guess") == answer


@pytest.mark.parametrize("code", ["", "*100#\rATD1;", 'a"', "١", "1" * 161, "*100# "])
def test_nothing_else_gets_into_a_command(code: str) -> None:
    assert not is_code(code)


@given(st.text(), st.sampled_from(["guess", "text", "packed", "ucs2"]))
def test_no_answer_makes_it_raise(text: str, coding: str) -> None:
    read_answer(text, coding=coding)
    read_answer(f'0,"{text}",15', coding=coding)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_octets_make_it_raise(octets: bytes, scheme: int) -> None:
    for coding in ("guess", "packed", "ucs2"):
        read_answer(f'0,"{octets.hex()}",{scheme}', coding=coding)
