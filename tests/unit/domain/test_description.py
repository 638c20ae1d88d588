import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7
from smscore.domain.description import ForcingCharacter, describe
from smscore.domain.languages import Language
from smscore.domain.messages import clean_text
from smscore.domain.segments import Encoding, EncodingOptions, split
from smscore.errors import MessageTooLong

options = st.builds(
    EncodingOptions,
    languages=st.lists(st.sampled_from(Language), max_size=3, unique=True).map(tuple),
    wide_reference=st.booleans(),
    replace_typography=st.booleans(),
    max_parts=st.just(255),
)
any_text = st.text(alphabet=st.one_of(st.sampled_from("aé“…\0\ud800ğ😀"), st.characters()))


@given(any_text, options)
def test_a_text_is_described_by_the_code_that_cuts_it(text: str, options: EncodingOptions) -> None:
    described = describe(text, options=options)

    assert described.given == text
    assert described.segments == split(described.text, options=options)


@given(any_text, options)
def test_a_text_changes_exactly_where_a_replacement_is_told(
    text: str, options: EncodingOptions
) -> None:
    described = describe(text, options=options)

    sent = text
    for one in reversed(described.replacements):
        end = one.index + len(one.character)
        assert text[one.index : end] == one.character
        sent = sent[: one.index] + one.replacement + sent[end:]
    assert sent == described.text


@given(any_text, options)
def test_a_text_in_ucs2_always_names_a_character_that_forces_it(
    text: str, options: EncodingOptions
) -> None:
    described = describe(text, options=options)

    assert bool(described.forcing) == (described.segments.encoding is Encoding.UCS2)
    assert all(text[one.index] == one.character for one in described.forcing)


def test_each_forcing_character_has_its_place_and_its_name() -> None:
    described = describe("Łódź 😀")

    assert described.forcing == (
        ForcingCharacter(index=0, character="Ł"),
        ForcingCharacter(index=1, character="ó"),
        ForcingCharacter(index=3, character="ź"),
        ForcingCharacter(index=5, character="😀"),
    )
    assert [one.name for one in described.forcing] == [
        "LATIN CAPITAL LETTER L WITH STROKE",
        "LATIN SMALL LETTER O WITH ACUTE",
        "LATIN SMALL LETTER Z WITH ACUTE",
        "GRINNING FACE",
    ]


def test_characters_of_an_allowed_national_table_do_not_force_anything() -> None:
    described = describe("ğ ж", options=EncodingOptions(languages=(Language.TURKISH,)))

    assert [one.character for one in described.forcing] == ["ж"]


def test_when_no_one_table_has_all_characters_those_outside_the_default_alphabet_are_told() -> None:
    languages = (Language.TURKISH, Language.HINDI, Language.TAMIL)
    text = "ğ क க"
    described = describe(text, options=EncodingOptions(languages=languages))

    assert described.segments.encoding is Encoding.UCS2
    assert [one.character for one in described.forcing] == ["ğ", "क", "க"]


def test_nothing_is_replaced_unless_it_is_asked_for() -> None:
    described = describe("“quoted” – text…")

    assert described.text == "“quoted” – text…"
    assert described.segments.encoding is Encoding.UCS2
    assert described.replacements == ()


def test_replaced_typography_spares_ucs2_and_is_told() -> None:
    described = describe("“quoted” – text…", options=EncodingOptions(replace_typography=True))

    assert described.text == '"quoted" - text...'
    assert described.segments.encoding is Encoding.GSM7
    assert [(one.index, one.character, one.replacement) for one in described.replacements] == [
        (0, "“", '"'),
        (7, "”", '"'),
        (9, "–", "-"),
        (15, "…", "..."),
    ]


def test_places_are_those_of_the_given_text_even_behind_a_longer_replacement() -> None:
    described = describe("…ж", options=EncodingOptions(replace_typography=True))

    assert described.forcing == (ForcingCharacter(index=1, character="ж"),)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_without_options_a_text_goes_as_it_is(text: str) -> None:
    assert describe(text, options=EncodingOptions(max_parts=255)).text == text


@pytest.mark.parametrize("char", ["\0", "\ud83d"])
def test_what_nobody_can_carry_is_sent_as_the_replacement_character_and_told(char: str) -> None:
    described = describe(f"a{char}b")

    assert described.text == "a\ufffdb" == clean_text(f"a{char}b")
    assert [(one.index, one.name) for one in described.replacements] == [(1, f"U+{ord(char):04X}")]
    assert [one.index for one in described.forcing] == [1]


def test_a_private_use_character_goes_as_it_is_and_forces_ucs2() -> None:
    described = describe("\ue000")

    assert described.text == "\ue000"
    assert [one.name for one in described.forcing] == ["U+E000"]


def test_an_empty_text_is_one_empty_part() -> None:
    described = describe("")

    assert (described.segments.count, described.segments.units_used) == (1, 0)
    assert described.segments.units_free == 160


def test_the_numbers_of_a_short_text_are_those_of_the_standard() -> None:
    segments = describe("Price: 5 €").segments

    assert (segments.encoding, segments.count) == (Encoding.GSM7, 1)
    assert (segments.units_used, segments.units_free, segments.units_per_part) == (11, 149, 160)


def test_a_text_of_100_000_characters_is_refused_with_the_parts_it_would_need() -> None:
    with pytest.raises(MessageTooLong, match="needs 654 parts in gsm7, but at most 50"):
        describe("a" * 100_000)


@given(st.text(alphabet=st.characters()).filter(GSM7.has))
def test_the_default_alphabet_needs_no_reasons(text: str) -> None:
    assert describe(text, options=EncodingOptions(languages=tuple(Language))).forcing == ()


def test_the_place_of_a_character_behind_accents_that_were_joined_to_their_letter() -> None:
    described = describe("e\u0301ł", options=EncodingOptions(replace_typography=True))

    assert described.forcing == (ForcingCharacter(index=2, character="ł"),)


def test_replacements_of_every_kind_are_told_in_the_order_of_their_places() -> None:
    described = describe("a\0“\0", options=EncodingOptions(replace_typography=True))

    assert [one.index for one in described.replacements] == [1, 2, 3]


def test_accents_behind_their_letter_are_joined_to_it_for_an_allowed_language() -> None:
    turkish = EncodingOptions(languages=(Language.TURKISH,), replace_typography=True)
    plain = EncodingOptions(replace_typography=True)

    assert describe("s\u0327imdi", options=turkish).text == "şimdi"
    assert describe("s\u0327imdi", options=plain).text == "s\u0327imdi"
