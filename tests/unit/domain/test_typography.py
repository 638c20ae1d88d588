import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7
from smscore.domain.typography import Replacement, replace_typography

TYPOGRAPHIC = "“”„«»‘’‚‹›–—−‐…•\u00a0\u2009\u202f\t\u200b\ufeff\u00adﬁﬂ\u2028⁄"


@pytest.mark.parametrize(
    ("typographic", "plain"),
    [
        ("“quoted”", '"quoted"'),
        ("„Zitat“ «citation»", '"Zitat" "citation"'),
        ("it’s ‹so›", "it's 'so'"),
        ("1–2 — −3", "1-2 - -3"),
        ("wait…", "wait..."),
        ("a\u00a0b\u2009c\td", "a b c d"),
        ("one\u2028two", "one\ntwo"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("ﬁne", "fine"),
        ("cafe\u0301 in Ko\u0308ln", "café in Köln"),
        ("20 \u212b, 5 k\u2126", "20 Å, 5 kΩ"),
    ],
)
def test_typographic_characters_become_plain_ones(typographic: str, plain: str) -> None:
    assert replace_typography(typographic)[0] == plain


@pytest.mark.parametrize(
    "text", ["Łódź", "Привет", "a\u0328", "中文。", "½ ™ ×", "👩\u200d👧", "e\u0327", "ａ\u0300"]
)
def test_letters_and_signs_without_an_equivalent_stay(text: str) -> None:
    assert replace_typography(text) == (text, ())


def test_each_replacement_is_told_with_its_place_and_name() -> None:
    text, replacements = replace_typography("a…b e\u0301")

    assert text == "a...b é"
    assert replacements == (
        Replacement(index=1, character="…", replacement="..."),
        Replacement(index=4, character="e\u0301", replacement="é"),
    )
    assert [one.name for one in replacements] == [
        "HORIZONTAL ELLIPSIS",
        "LATIN SMALL LETTER E + COMBINING ACUTE ACCENT",
    ]


@given(st.text(alphabet=st.one_of(st.sampled_from(TYPOGRAPHIC), st.characters())))
def test_the_replacements_made_in_the_given_text_give_the_other(given: str) -> None:
    text, replacements = replace_typography(given)

    made = given
    for one in reversed(replacements):
        end = one.index + len(one.character)
        assert made[one.index : end] == one.character
        made = made[: one.index] + one.replacement + made[end:]
    assert made == text


@given(st.text(alphabet=TYPOGRAPHIC))
def test_every_replacement_is_in_the_default_alphabet(given: str) -> None:
    assert GSM7.has(replace_typography(given)[0])


@given(st.text(alphabet=st.characters()).filter(GSM7.has))
def test_what_the_default_alphabet_has_is_never_touched(text: str) -> None:
    assert replace_typography(text) == (text, ())


@given(st.text(alphabet=st.one_of(st.sampled_from(TYPOGRAPHIC), st.characters())))
def test_replacing_twice_is_replacing_once(given: str) -> None:
    once, _ = replace_typography(given)

    assert replace_typography(once) == (once, ())
