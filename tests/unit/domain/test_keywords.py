import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.keywords import (
    HELP_WORDS,
    START_WORDS,
    STOP_WORDS,
    Keyword,
    Keywords,
)
from smscore.errors import InvalidRequest

WORDS = Keywords()
NOISE = st.text(alphabet=" \t\n.,!?;:'\"()-–…*«»🛑\u00a0\u200b", max_size=5)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            "Stop.",
            " stop\r\n",
            '"STOP"',
            "STOP!!!",
            "ＳＴＯＰ",
            "Ｓtop。",
            "S.T.O.P.",
            "STOP" + "!" * 60,
            "stop" + " " * 200,
        ),
        *(
            "stop 🛑",
            "Stop all",
            "opt-out",
            "OPT OUT",
            "Arrêt",
            "ARRÊTER",
            "ar\u0302ret",
            "désabonner",
        ),
        *("baja", "Stopp", "unsubscribe", "\u200fstop\u200f"),
    ],
)
def test_it_does_not_matter_how_a_word_is_written(text: str) -> None:
    assert WORDS.recognise(text) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "!", "please stop", "STOP please", "stop it", "nonstop", "STOP2", "yes", "no"),
        *(
            "don't stop",
            "stop\nthat",
            "stop " * 10,
            "STOP" + " " * 1000,
            "Help me",
            "Info 5",
            "ende",
        ),
    ],
)
def test_a_word_among_others_is_none(text: str) -> None:
    assert WORDS.recognise(text) is None


@given(
    st.sampled_from([("stop", STOP_WORDS), ("start", START_WORDS), ("help", HELP_WORDS)]),
    st.data(),
    NOISE,
    NOISE,
)
def test_every_word_is_known_whatever_surrounds_it(
    kind: tuple[str, tuple[str, ...]], data: st.DataObject, before: str, after: str
) -> None:
    name, words = kind
    word = data.draw(st.sampled_from(words))
    change = data.draw(st.sampled_from([str.lower, str.title, str.swapcase, str.upper]))

    assert WORDS.recognise(before + change(word) + after) is Keyword(name)


@given(st.text())
def test_every_text_can_be_asked_about(text: str) -> None:
    assert WORDS.recognise(text) in {None, *Keyword}


def test_configured_words_take_the_place_of_the_others() -> None:
    words = Keywords(stop=["Schluß jetzt"], start=[], help=[])

    assert words.recognise("SCHLUSS JETZT") is Keyword.STOP
    assert words.recognise("cancel") is None
    assert words.recognise("unstop") is None


def test_the_three_words_are_always_known() -> None:
    words = Keywords(stop=[], start=[], help=[])

    assert [words.recognise(one.value) for one in Keyword] == list(Keyword)


@pytest.mark.parametrize("word", ["", " ", "!?", "x" * 41])
def test_what_nobody_could_write_is_no_keyword(word: str) -> None:
    with pytest.raises(InvalidRequest, match="no keyword"):
        Keywords(stop=[word])


def test_a_word_cannot_mean_two_things() -> None:
    with pytest.raises(InvalidRequest, match="'stop!' cannot mean start and stop"):
        Keywords(start=["stop!"])
