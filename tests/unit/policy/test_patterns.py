"""
Patterns of callers: what they find, what they cost, what is refused.
"""

import time
from contextlib import suppress

import pytest

from smscore.errors import InvalidRequest
from smscore.ports.patterns import LONGEST_PATTERN, LONGEST_REPLACED, MOST_REPLACED
from smscore_policy import make_pattern_engine

BUDGET = 0.005  # seconds for compiling and searching
LONG = 20_000

CATASTROPHES = [
    r"(a|aa)+$",
    r"(a+)+$",
    r"(a*)*$",
    r"(a|a?)+$",
    r"(a|a)*$",
    r"(.*)*x",
    r"(.*a){11}x",
    r"(.*?,){11}P",
    r"(x+x+)+y",
    r"^(a+)*b$",
    r"^(\w+\s?)*$",
    r"^(\d+)*$",
    r"([a-zA-Z]+)*$",
    r"(a|b|ab)*(?:bc|c)+x",
    r"((a{0,99}){0,99}){0,99}",
    r"(a{0,30}){0,30}x",
    r"(a{1000}){1000}",
    r"(.{0,31}){0,31}x",
    r"(\pL{0,500}){0,2}",
    r"(\pL\pN){0,200}",
    r"(a?){30}a{30}",
    r"(a?){50}a{50}",
    r"(.*a){20}x",
    r"[ab]*a[ab]{30}x",
    r"(.*.*.*.*.*.*.*)=(.*.*.*.*.*)",
    r"((((((((((a*)*)*)*)*)*)*)*)*)*)*$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
    "a*" * 256,
    "(" * 128 + "a" + ")*" * 128,
    "(a|b|" * 100 + ")" * 12,
]


@pytest.fixture(scope="module")
def engine():
    return make_pattern_engine()


def finds(engine, pattern, text):
    return engine.compile(pattern).search(text)


def refusal(engine, pattern):
    with pytest.raises(InvalidRequest) as caught:
        engine.compile(pattern)
    return str(caught.value)


def cost(engine, pattern, text):
    """Seconds of this thread's own, for the machine may be busy with others."""
    began = time.thread_time()
    with suppress(InvalidRequest):
        engine.compile(pattern).search(text)
    return time.thread_time() - began


def test_a_pattern_is_found_anywhere(engine):
    assert finds(engine, "1701?2", "+491701234567")
    assert not finds(engine, "^1701", "+491701234567")
    assert finds(engine, r"^4917[0-9]{8,9}$", "4917012345678")
    assert finds(engine, "Ü(ber|nter)", "xÜberx")


def test_everything_is_found_by_nothing(engine):
    assert finds(engine, "", "")


def test_word_characters_digits_and_borders_are_those_of_ascii(engine):
    assert not finds(engine, r"^\w$", "ü")
    assert not finds(engine, r"\d", "٣")
    assert finds(engine, r"\bber", "über")


def test_cases_are_ignored_on_request_also_beyond_ascii(engine):
    assert finds(engine, "(?i)^über$", "ÜBER")


@pytest.mark.parametrize("text", ["a" * LONG + "!", "ab" * (LONG // 2), "x" * LONG, "1" * LONG])
@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_no_pattern_is_a_catastrophe(engine, pattern, text):
    assert min(cost(engine, f"{pattern}{spare}", text) for spare in ("", "|z", "|q")) < BUDGET


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", "a(?=b"])
def test_look_around_is_refused_by_name(engine, pattern):
    assert "look-around" in refusal(engine, pattern)


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", r"(a)(b)\2", r"(?P<n>a)(?P=n)", r"(?<n>a)\k<n>", r"(a)\g{1}"]
)
def test_back_references_are_refused_by_name(engine, pattern):
    assert "back-reference" in refusal(engine, pattern)


@pytest.mark.parametrize(
    "pattern", ["(a{1000}){1000}", "(a{0,30}){0,30}", "a{1001}", r"\pL{1,500}", "ü" * 512]
)
def test_too_large_patterns_are_refused_by_name(engine, pattern):
    assert "too large" in refusal(engine, pattern)


def test_the_worst_pattern_costs_little_for_a_number(engine):
    for worst in (r"(a*[0-9]*){140}!", r"[0-9]{600}!", r"([0-9]{0,16}){0,16}!"):
        assert min(cost(engine, worst, "4917012345678901234567") for _ in range(3)) < BUDGET / 5


@pytest.mark.parametrize("pattern", ["[a", "(a", "a)", "*a", "a**", "(?P<n", r"\Z", "(?x)(", "\\"])
def test_what_is_not_understood_is_refused_with_the_place(engine, pattern):
    reason = refusal(engine, pattern)

    assert "not understood" in reason
    assert reason.endswith(tuple(pattern))


def test_a_pattern_has_512_characters_at_most(engine):
    assert finds(engine, "a" * LONGEST_PATTERN, "a" * LONGEST_PATTERN)
    assert "513 characters" in refusal(engine, "a" * 513)


def test_forty_numbers_fit_into_a_pattern(engine):
    numbers = [str(491_500_000_000 + number * 7_919_993) for number in range(39)]

    assert finds(engine, "|".join(numbers), numbers[-1])


def test_odd_characters_are_no_matter(engine):
    assert "Unicode" in refusal(engine, "\ud800")
    assert finds(engine, "a\0b", "xa\0bx")
    assert finds(engine, r"\?", "\ud800")


def test_nothing_is_written_to_standard_error(engine, capfd):
    refusal(engine, "(a")
    finds(engine, "(a*b*){140}x", "ab" * 1000)

    assert capfd.readouterr().err == ""


def test_a_set_finds_what_its_patterns_find_by_themselves():
    engine = make_pattern_engine()
    patterns = ["a", "^a", "b$", r"\d+", "ä", "", "a"]
    found = engine.compile_set(patterns)

    for text in ("", "a", "ab 1", "ä", "\ud800"):
        alone = [place for place, one in enumerate(patterns) if engine.compile(one).search(text)]
        assert sorted(found.find(text)) == alone


def test_a_set_of_nothing_finds_nothing():
    assert list(make_pattern_engine().compile_set([]).find("a")) == []


def test_patterns_that_do_not_fit_into_one_set_are_found_all_the_same():
    patterns = [f"{place:04}" + "[äöü]" * 100 for place in range(2000)]
    found = make_pattern_engine().compile_set(patterns)

    assert list(found.find("0000" + "ä" * 100 + "1999" + "ü" * 100)) == [0, 1999]


def test_a_pattern_of_a_set_is_refused_as_it_is_alone():
    with pytest.raises(InvalidRequest, match="look-around"):
        make_pattern_engine().compile_set(["a", "(?=a)"])


@pytest.mark.parametrize(
    ("pattern", "substitution", "text", "replaced"),
    [
        ("a", "b", "banana", "bbnbnb"),
        (r"(\w+) is (\w+)", r"\2 \1", "door is open", "open door"),
        (r"(?i)^alarm:? *", "", "ALARM: fire", "fire"),
        ("x", "y", "nothing", "nothing"),
        ("x*", "-", "aä", "-a-ä-"),
        ("(a)|(b)", r"<\1\2\0>", "ab", "<aa><bb>"),
        ("ü", r"\\", "fünf 😀", "f\\nf 😀"),
        ("(?P<word>b)", r"\1$1&", "abc", "ab$1&c"),
    ],
)
def test_what_is_found_is_replaced_everywhere(engine, pattern, substitution, text, replaced):
    assert engine.compile_replace(pattern, substitution)(text) == replaced


@pytest.mark.parametrize(
    ("pattern", "substitution", "complaint"),
    [
        ("a", r"\1", "the pattern has 0 groups"),
        ("(a)", r"\2", "the pattern has 1 groups"),
        ("a", r"\n", r"\n"),
        ("a", "b\\", r"for a backslash"),
        ("a", r"\¹", "for a backslash"),
        ("a", "b" * 513, "at most 512"),
        ("a(", "b", "not understood"),
        ("a" * 513, "b", "at most 512"),
        (r"(a)\1", "b", "back-reference"),
    ],
)
def test_a_substitution_that_makes_no_sense_is_refused(engine, pattern, substitution, complaint):
    with pytest.raises(InvalidRequest) as refusal:
        engine.compile_replace(pattern, substitution)
    assert complaint in str(refusal.value)


def test_no_substitution_makes_a_text_longer_than_allowed(engine):
    doubled = engine.compile_replace("(?s)(.+)", r"\1" * 100)

    assert len(doubled("ab" * 5000)) == LONGEST_REPLACED


def test_so_many_places_are_replaced_and_no_more(engine):
    replace = engine.compile_replace("a", "b")

    assert replace("a" * 150) == "b" * MOST_REPLACED + "a" * 50
