"""
Whatever comes in, in whatever order: the door answers, and is there for the next one.
"""

import logging
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtp_world import NUMBER, Place, a_mail, open_place

WORDS = (
    "EHLO|HELO|MAIL FROM:|RCPT TO:|DATA|RSET|NOOP|QUIT|VRFY|AUTH|PLAIN|LOGIN|STARTTLS|HELP|EXPN|<>"
    f'|<a@b>|SIZE=1|<{NUMBER}>|BODY=8BITMIME|SMTPUTF8| | | |.|\0|ä|"|<|@|*|=|AHgAeA==|x|\r|\n'
)
LINE_END = b"\r\n"
PIECES = st.sampled_from([*WORDS.encode().split(b"|"), LINE_END, LINE_END, LINE_END])
THE_END = b"\r\n.\r\n" + b"QUIT\r\n" * 3  # two of them may be taken for a name and a password


@pytest.fixture(scope="module")
def place():
    with open_place(timeout=5) as place:
        yield place


def heard(place: Place, octets: bytes) -> list[str]:
    """All that is answered until the door hangs up."""
    answers = []
    # Hanging up on somebody who is still speaking is a reset.
    with place.talk() as talk, suppress(ConnectionError):
        talk.say_raw(octets + THE_END)
        while line := talk.hear():
            answers.append(line)
    return answers


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_the_door_answers_whatever_is_said(place, octets):
    faults = logging.getLogger("smscore_smtp")
    with_trouble = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = with_trouble.append  # type: ignore[method-assign]
    faults.addHandler(handler)
    try:
        answers = heard(place, b"EHLO x\r\n" + octets)
    finally:
        faults.removeHandler(handler)

    assert with_trouble == []
    assert all(answer[:3].isdigit() and answer[0] in "2345" for answer in answers)
    assert place.send(a_mail()).startswith("250 ")


def test_a_mail_whose_answer_nobody_heard_is_the_same_when_it_comes_again(place):
    mail = a_mail("Nobody heard.", Message_ID="<again@example.org>")
    for _ in range(2):
        with place.talk() as talk:
            talk.begin()
            talk.say(*mail.as_bytes().split(b"\n"), ".")

    place.send(mail)

    assert [text for _, text in place.texts].count("Nobody heard.") == 1
