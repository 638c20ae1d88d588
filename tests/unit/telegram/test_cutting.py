from itertools import accumulate

from hypothesis import assume, example, given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from smscore_telegram._cutting import LONGEST, cut, units

CLUSTERS = st.sampled_from(
    ["e\u0301", "👩\u200d👩\u200d👧", "🇩🇪", "नि", "👍🏽", "\r\n", "각", " \u0308", "😀", "ß", "a"]
)
PIECES = CLUSTERS | st.sampled_from([" ", "\n", "\n\n", ". ", "! ", "。", "word", "Sentence. "])
TEXTS = st.lists(PIECES | st.characters(exclude_categories=["Cs"]), max_size=120).map("".join)
LIMITS = st.integers(min_value=24, max_value=60)


@given(TEXTS, LIMITS)
def test_no_piece_is_longer_than_allowed(text: str, longest: int):
    assert all(units(piece) <= longest for piece in cut(text, longest=longest))


@given(TEXTS, LIMITS)
def test_nothing_but_blanks_is_lost(text: str, longest: int):
    joined = "".join(cut(text, longest=longest))

    assert "".join(joined.split()) == "".join(text.split())


@given(TEXTS.map(lambda text: "".join(text.split())), LIMITS)
def test_of_a_text_without_blanks_nothing_is_lost(text: str, longest: int):
    assert "".join(cut(text, longest=longest)) == text


@given(TEXTS, LIMITS)
@example("-" * 30 + " \u0308" + "-" * 30, 31)
@example("🇩🇪" * 30, 25)
def test_no_cut_goes_through_what_a_reader_sees_as_one_character(text: str, longest: int):
    clusters = list(iter_graphemes(text))
    pieces = cut(text, longest=longest)
    assume("".join(pieces) == text)
    assume(all(units(cluster) <= longest for cluster in clusters))

    assert set(accumulate(map(len, pieces))) <= {0, *accumulate(map(len, clusters))}


@given(TEXTS, LIMITS)
def test_every_piece_can_be_written_in_utf_8(text: str, longest: int):
    for piece in cut(text, longest=longest):
        piece.encode()


@given(TEXTS, LIMITS)
def test_there_is_at_least_one_piece_and_none_is_blank_beside_others(text: str, longest: int):
    pieces = cut(text, longest=longest)

    assert pieces
    assert len(pieces) == 1 or not any(piece.isspace() for piece in pieces)


def test_a_text_that_fits_is_left_as_it_is():
    text = " two\n\nparagraphs " + "x" * (LONGEST - 17)

    assert cut(text) == (text,)


def test_the_longest_text_is_measured_in_units_of_utf_16():
    assert [units(piece) for piece in cut("😀" * 2049)] == [4096, 2]


def test_a_paragraph_is_the_best_place():
    assert cut("One line. \nA\n\nB c. d\ne f", longest=20) == ("One line. \nA\n\n", "B c. d\ne f")


def test_a_line_is_better_than_a_sentence():
    assert cut("One two three\nfour. Five", longest=20) == ("One two three\n", "four. Five")


def test_a_sentence_is_better_than_a_word():
    assert cut("One two. Three (four.) five six", longest=26) == (
        "One two. Three (four.) ",
        "five six",
    )


def test_a_sentence_of_chinese_needs_no_blank_behind_it():
    assert cut("你好你好你好。再见再见再见", longest=10) == ("你好你好你好。", "再见再见再见")


def test_a_word_is_better_than_a_character():
    assert cut("one two three four", longest=12) == ("one two ", "three four")


def test_a_place_that_leaves_a_piece_less_than_half_full_is_not_taken():
    assert cut("a\n" + "b" * 30, longest=20) == ("a\n" + "b" * 18, "b" * 12)


def test_a_character_that_is_longer_than_a_message_is_cut_all_the_same():
    assert cut("e" + "\u0301" * 30, longest=20) == ("e" + "\u0301" * 19, "\u0301" * 11)


def test_a_stretch_of_blanks_as_long_as_a_message_is_left_out():
    assert cut("a" + " " * 60 + "b", longest=20)[0].strip() == "a"
    assert cut("a" + " " * 60 + "b", longest=20)[-1].strip() == "b"


def test_a_text_of_blanks_alone_is_one_piece():
    assert cut("\n" * 50, longest=20) == ("\n" * 20,)
