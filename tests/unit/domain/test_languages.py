"""
The national tables. What is expected here was written from 23.038, annex A, not from our tables.
"""

import string
from collections.abc import Iterable
from unicodedata import name

import pytest

from smscore.domain.alphabets import GSM7
from smscore.domain.languages import LOCKING_SHIFT, SINGLE_SHIFT, Language

LATIN = [Language.TURKISH, Language.SPANISH, Language.PORTUGUESE]
OTHERS = [language for language in Language if language not in LATIN]

EXTENSION = {  # 6.2.1.1
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

LATIN_LOCKING_SHIFT = {  # where they differ from the default table
    Language.TURKISH: {  # A.3.1
        0x04: "EURO SIGN",
        0x07: "LATIN SMALL LETTER DOTLESS I",
        0x0B: "LATIN CAPITAL LETTER G WITH BREVE",
        0x0C: "LATIN SMALL LETTER G WITH BREVE",
        0x1C: "LATIN CAPITAL LETTER S WITH CEDILLA",
        0x1D: "LATIN SMALL LETTER S WITH CEDILLA",
        0x40: "LATIN CAPITAL LETTER I WITH DOT ABOVE",
        0x60: "LATIN SMALL LETTER C WITH CEDILLA",
    },
    Language.PORTUGUESE: {  # A.3.3
        0x04: "LATIN SMALL LETTER E WITH CIRCUMFLEX",
        0x06: "LATIN SMALL LETTER U WITH ACUTE",
        0x07: "LATIN SMALL LETTER I WITH ACUTE",
        0x08: "LATIN SMALL LETTER O WITH ACUTE",
        0x09: "LATIN SMALL LETTER C WITH CEDILLA",
        0x0B: "LATIN CAPITAL LETTER O WITH CIRCUMFLEX",
        0x0C: "LATIN SMALL LETTER O WITH CIRCUMFLEX",
        0x0E: "LATIN CAPITAL LETTER A WITH ACUTE",
        0x0F: "LATIN SMALL LETTER A WITH ACUTE",
        0x12: "FEMININE ORDINAL INDICATOR",
        0x13: "LATIN CAPITAL LETTER C WITH CEDILLA",
        0x14: "LATIN CAPITAL LETTER A WITH GRAVE",
        0x15: "INFINITY",
        0x16: "CIRCUMFLEX ACCENT",
        0x17: "REVERSE SOLIDUS",
        0x18: "EURO SIGN",
        0x19: "LATIN CAPITAL LETTER O WITH ACUTE",
        0x1A: "VERTICAL LINE",
        0x1C: "LATIN CAPITAL LETTER A WITH CIRCUMFLEX",
        0x1D: "LATIN SMALL LETTER A WITH CIRCUMFLEX",
        0x1E: "LATIN CAPITAL LETTER E WITH CIRCUMFLEX",
        0x24: "MASCULINE ORDINAL INDICATOR",
        0x40: "LATIN CAPITAL LETTER I WITH ACUTE",
        0x5B: "LATIN CAPITAL LETTER A WITH TILDE",
        0x5C: "LATIN CAPITAL LETTER O WITH TILDE",
        0x5D: "LATIN CAPITAL LETTER U WITH ACUTE",
        0x60: "TILDE",
        0x7B: "LATIN SMALL LETTER A WITH TILDE",
        0x7C: "LATIN SMALL LETTER O WITH TILDE",
        0x7D: "GRAVE ACCENT",
    },
}

LATIN_SINGLE_SHIFT = {  # besides the above
    Language.TURKISH: {  # A.2.1
        0x47: "LATIN CAPITAL LETTER G WITH BREVE",
        0x49: "LATIN CAPITAL LETTER I WITH DOT ABOVE",
        0x53: "LATIN CAPITAL LETTER S WITH CEDILLA",
        0x63: "LATIN SMALL LETTER C WITH CEDILLA",
        0x67: "LATIN SMALL LETTER G WITH BREVE",
        0x69: "LATIN SMALL LETTER DOTLESS I",
        0x73: "LATIN SMALL LETTER S WITH CEDILLA",
    },
    Language.SPANISH: {  # A.2.2
        0x09: "LATIN SMALL LETTER C WITH CEDILLA",
        0x41: "LATIN CAPITAL LETTER A WITH ACUTE",
        0x49: "LATIN CAPITAL LETTER I WITH ACUTE",
        0x4F: "LATIN CAPITAL LETTER O WITH ACUTE",
        0x55: "LATIN CAPITAL LETTER U WITH ACUTE",
        0x61: "LATIN SMALL LETTER A WITH ACUTE",
        0x69: "LATIN SMALL LETTER I WITH ACUTE",
        0x6F: "LATIN SMALL LETTER O WITH ACUTE",
        0x75: "LATIN SMALL LETTER U WITH ACUTE",
    },
    Language.PORTUGUESE: {  # A.2.3
        0x05: "LATIN SMALL LETTER E WITH CIRCUMFLEX",
        0x09: "LATIN SMALL LETTER C WITH CEDILLA",
        0x0B: "LATIN CAPITAL LETTER O WITH CIRCUMFLEX",
        0x0C: "LATIN SMALL LETTER O WITH CIRCUMFLEX",
        0x0E: "LATIN CAPITAL LETTER A WITH ACUTE",
        0x0F: "LATIN SMALL LETTER A WITH ACUTE",
        0x12: "GREEK CAPITAL LETTER PHI",
        0x13: "GREEK CAPITAL LETTER GAMMA",
        0x15: "GREEK CAPITAL LETTER OMEGA",
        0x16: "GREEK CAPITAL LETTER PI",
        0x17: "GREEK CAPITAL LETTER PSI",
        0x18: "GREEK CAPITAL LETTER SIGMA",
        0x19: "GREEK CAPITAL LETTER THETA",
        0x1F: "LATIN CAPITAL LETTER E WITH CIRCUMFLEX",
        0x41: "LATIN CAPITAL LETTER A WITH GRAVE",
        0x49: "LATIN CAPITAL LETTER I WITH ACUTE",
        0x4F: "LATIN CAPITAL LETTER O WITH ACUTE",
        0x55: "LATIN CAPITAL LETTER U WITH ACUTE",
        0x5B: "LATIN CAPITAL LETTER A WITH TILDE",
        0x5C: "LATIN CAPITAL LETTER O WITH TILDE",
        0x61: "LATIN CAPITAL LETTER A WITH CIRCUMFLEX",
        0x69: "LATIN SMALL LETTER I WITH ACUTE",
        0x6F: "LATIN SMALL LETTER O WITH ACUTE",
        0x75: "LATIN SMALL LETTER U WITH ACUTE",
        0x7B: "LATIN SMALL LETTER A WITH TILDE",
        0x7C: "LATIN SMALL LETTER O WITH TILDE",
        0x7F: "LATIN SMALL LETTER A WITH CIRCUMFLEX",
    },
}

LOCKING_SHIFT_CELLS = {
    Language.BENGALI: {  # A.3.4
        0x00: "BENGALI SIGN CANDRABINDU",
        0x0F: "BENGALI LETTER E",
        0x15: "BENGALI LETTER KA",
        0x2F: "BENGALI LETTER NA",
        0x46: "BENGALI LETTER LA",
        0x5F: "BENGALI SIGN VIRAMA",
        0x60: "BENGALI LETTER KHANDA TA",
        0x7F: "BENGALI LETTER RA WITH LOWER DIAGONAL",
    },
    Language.GUJARATI: {  # A.3.5
        0x0C: "GUJARATI VOWEL CANDRA E",
        0x11: "GUJARATI VOWEL CANDRA O",
        0x24: "GUJARATI LETTER DDA",
        0x47: "GUJARATI LETTER LLA",
        0x5B: "GUJARATI VOWEL SIGN CANDRA O",
        0x60: "GUJARATI OM",
        0x7F: "GUJARATI RUPEE SIGN",
    },
    Language.HINDI: {  # A.3.6
        0x00: "DEVANAGARI SIGN CANDRABINDU",
        0x0E: "DEVANAGARI LETTER SHORT E",
        0x15: "DEVANAGARI LETTER KA",
        0x3C: "DEVANAGARI LETTER NNNA",
        0x44: "DEVANAGARI LETTER RA",
        0x5F: "DEVANAGARI SIGN VIRAMA",
        0x7B: "DEVANAGARI LETTER CANDRA A",
        0x7C: "DEVANAGARI LETTER GGA",
        0x7D: "DEVANAGARI LETTER JJA",
        0x7E: "DEVANAGARI LETTER DDDA",
        0x7F: "DEVANAGARI LETTER BBA",
    },
    Language.KANNADA: {  # A.3.7
        0x01: "KANNADA SIGN ANUSVARA",
        0x12: "KANNADA LETTER O",
        0x24: "KANNADA LETTER DDA",  # misprinted as PA
        0x3D: "KANNADA LETTER PA",
        0x4E: "KANNADA SIGN NUKTA",
        0x60: "KANNADA LENGTH MARK",
        0x7F: "KANNADA VOWEL SIGN VOCALIC LL",
    },
    Language.MALAYALAM: {  # A.3.8
        0x01: "MALAYALAM SIGN ANUSVARA",
        0x14: "MALAYALAM LETTER AU",
        0x48: "MALAYALAM LETTER LLLA",
        0x5A: "MALAYALAM VOWEL SIGN AI",
        0x60: "MALAYALAM AU LENGTH MARK",
        0x7F: "MALAYALAM DATE MARK",
    },
    Language.ORIYA: {  # A.3.9
        0x00: "ORIYA SIGN CANDRABINDU",
        0x2F: "ORIYA LETTER NA",
        0x47: "ORIYA LETTER LLA",  # misprinted with a nukta before it
        0x4E: "ORIYA SIGN NUKTA",
        0x60: "ORIYA AI LENGTH MARK",
        0x7B: "ORIYA AU LENGTH MARK",
        0x7F: "ORIYA VOWEL SIGN VOCALIC LL",
    },
    Language.PUNJABI: {  # A.3.10
        0x00: "GURMUKHI SIGN ADAK BINDI",
        0x13: "GURMUKHI LETTER OO",
        0x49: "GURMUKHI LETTER VA",
        0x60: "GURMUKHI SIGN UDAAT",
        0x7B: "GURMUKHI TIPPI",
        0x7F: "GURMUKHI EK ONKAR",
    },
    Language.TAMIL: {  # A.3.11
        0x02: "TAMIL SIGN VISARGA",
        0x1D: "TAMIL LETTER JA",
        0x26: "TAMIL LETTER NNA",
        0x3C: "TAMIL LETTER NNNA",
        0x48: "TAMIL LETTER LLLA",
        0x60: "TAMIL OM",
        0x7C: "TAMIL NUMBER TEN",
        0x7F: "TAMIL RUPEE SIGN",
    },
    Language.TELUGU: {  # A.3.12
        0x00: "TELUGU SIGN CANDRABINDU",
        0x0E: "TELUGU LETTER E",
        0x24: "TELUGU LETTER DDA",
        0x45: "TELUGU LETTER RRA",
        0x4F: "TELUGU SIGN AVAGRAHA",
        0x60: "TELUGU LENGTH MARK",
        0x7B: "TELUGU AI LENGTH MARK",
        0x7F: "TELUGU VOWEL SIGN VOCALIC LL",
    },
    Language.URDU: {  # A.3.13
        0x00: "ARABIC LETTER ALEF",
        0x03: "ARABIC LETTER BEEH",
        0x22: "ARABIC LETTER DAL WITH THREE DOTS ABOVE DOWNWARDS",
        0x3C: "ARABIC LETTER SEEN WITH DOT BELOW AND DOT ABOVE",
        0x47: "ARABIC LETTER KEHEH",
        0x56: "ARABIC LETTER HEH GOAL",
        0x5B: "ARABIC LETTER YEH BARREE",
        0x60: "ARABIC HAMZA ABOVE",
        0x7F: "ARABIC LETTER SUPERSCRIPT ALEF",
    },
}

EMPTY_CELLS = {  # the other locking shift tables have none
    Language.BENGALI: "0C 0E 11 12 3C 45 47 48 49 57 58 5B 5C",
    Language.GUJARATI: "0E 12 3C 45 48 58 5C",
    Language.KANNADA: "00 0C 11 3C 48 57 5B",
    Language.MALAYALAM: "00 0C 11 3C 4E 57 5B",
    Language.ORIYA: "0C 0E 11 12 3C 45 48 57 58 5B 5C",
    Language.PUNJABI: "09 0B 0C 0E 11 12 3C 45 48 4B 4F 55 56 57 58 5B 5C",
    Language.TAMIL: ("00 09 0B 0C 11 16 17 18 1C 1E 23 24 25 2A 2B 2D 3E 40 41 4E 4F 55 56 57 5B"),
    Language.TELUGU: "0C 11 3C 48 4E 57 5B",
}

SINGLE_SHIFT_CELLS = {
    Language.BENGALI: {  # A.2.4
        0x19: "BENGALI DIGIT ZERO",
        0x1A: "BENGALI DIGIT ONE",
        0x1C: "BENGALI DIGIT TWO",
        0x23: "BENGALI DIGIT NINE",
        0x24: "BENGALI LETTER YYA",
        0x2B: "BENGALI RUPEE MARK",
        0x34: "BENGALI ISSHAR",
    },
    Language.GUJARATI: {  # A.2.5
        0x19: "DEVANAGARI DANDA",
        0x1A: "DEVANAGARI DOUBLE DANDA",
        0x1C: "GUJARATI DIGIT ZERO",
        0x1F: "GUJARATI DIGIT THREE",
        0x20: "GUJARATI DIGIT FOUR",
        0x25: "GUJARATI DIGIT NINE",
    },
    Language.HINDI: {  # A.2.6
        0x19: "DEVANAGARI DANDA",
        0x1C: "DEVANAGARI DIGIT ZERO",
        0x25: "DEVANAGARI DIGIT NINE",
        0x26: "DEVANAGARI STRESS SIGN UDATTA",
        0x2C: "DEVANAGARI LETTER QA",
        0x34: "DEVANAGARI LETTER YYA",
        0x3A: "DEVANAGARI SIGN HIGH SPACING DOT",
    },
    Language.KANNADA: {  # A.2.7
        0x1A: "DEVANAGARI DOUBLE DANDA",
        0x1C: "KANNADA DIGIT ZERO",
        0x25: "KANNADA DIGIT NINE",
        0x26: "KANNADA LETTER FA",
        0x27: "KANNADA SIGN JIHVAMULIYA",
        0x2A: "KANNADA SIGN UPADHMANIYA",
    },
    Language.MALAYALAM: {  # A.2.8
        0x1C: "MALAYALAM DIGIT ZERO",
        0x25: "MALAYALAM DIGIT NINE",
        0x26: "MALAYALAM NUMBER TEN",
        0x2D: "MALAYALAM FRACTION THREE QUARTERS",
        0x2E: "MALAYALAM LETTER CHILLU NN",
        0x34: "MALAYALAM LETTER CHILLU K",
    },
    Language.ORIYA: {  # A.2.9
        0x1C: "ORIYA DIGIT ZERO",
        0x20: "ORIYA DIGIT FOUR",
        0x25: "ORIYA DIGIT NINE",
        0x26: "ORIYA LETTER RRA",
        0x2A: "ORIYA LETTER YYA",
        0x2C: "ORIYA LETTER WA",
    },
    Language.PUNJABI: {  # A.2.10
        0x1C: "GURMUKHI DIGIT ZERO",
        0x23: "GURMUKHI DIGIT SEVEN",  # misprinted with a letter in its code
        0x25: "GURMUKHI DIGIT NINE",
        0x26: "GURMUKHI LETTER KHHA",
        0x2C: "GURMUKHI LETTER FA",
        0x2D: "GURMUKHI SIGN YAKASH",
    },
    Language.TAMIL: {  # A.2.11
        0x1C: "TAMIL DIGIT ZERO",
        0x23: "TAMIL DIGIT SEVEN",
        0x24: "TAMIL DIGIT EIGHT",  # misprinted as nine
        0x25: "TAMIL DIGIT NINE",
        0x26: "TAMIL DAY SIGN",
        0x2E: "TAMIL NUMBER SIGN",
    },
    Language.TELUGU: {  # A.2.12
        0x1C: "TELUGU DIGIT ZERO",
        0x22: "TELUGU DIGIT SIX",  # misprinted as an Arabic letter
        0x23: "TELUGU DIGIT SEVEN",  # likewise
        0x25: "TELUGU DIGIT NINE",
        0x27: "TELUGU LETTER DZA",
        0x32: "TELUGU SIGN TUUMU",
    },
    Language.URDU: {  # A.2.13
        0x19: "ARABIC NUMBER SIGN",
        0x1C: "EXTENDED ARABIC-INDIC DIGIT ZERO",
        0x25: "EXTENDED ARABIC-INDIC DIGIT NINE",
        0x26: "ARABIC COMMA",
        0x33: "ARABIC QUESTION MARK",
        0x3B: "ARABIC LETTER YEH WITH TAIL",
        0x3F: "ARABIC FULL STOP",
    },
}


def names(cells: Iterable[tuple[int, str]]) -> dict[int, str]:
    return {septet: name(char) for septet, char in cells}


def test_the_identifiers_are_those_of_the_standard() -> None:
    """Table 6.2.1.2.4.1."""
    in_order = ["tr", "es", "pt", "bn", "gu", "hi", "kn", "ml", "or", "pa", "ta", "te", "ur"]

    assert [(language.identifier, language) for language in Language] == list(
        enumerate(in_order, start=1)
    )


@pytest.mark.parametrize("language", Language)
def test_a_language_is_found_by_its_identifier(language: Language) -> None:
    assert Language.of(language.identifier) is language


@pytest.mark.parametrize("identifier", [-1, 0, 14, 255])
def test_a_reserved_identifier_stands_for_no_language(identifier: int) -> None:
    assert Language.of(identifier) is None


def test_each_language_but_spanish_has_a_locking_shift_table() -> None:
    assert [language for language in Language if language not in LOCKING_SHIFT] == ["es"]


def test_each_language_has_a_single_shift_table() -> None:
    assert list(SINGLE_SHIFT) == list(Language)


def test_the_tables_cannot_be_changed() -> None:
    for table in (LOCKING_SHIFT, SINGLE_SHIFT, *SINGLE_SHIFT.values()):
        assert not hasattr(table, "__setitem__")


@pytest.mark.parametrize("language", LOCKING_SHIFT)
def test_a_locking_shift_table_has_128_cells_with_the_escape_and_the_line_ends(
    language: Language,
) -> None:
    table = LOCKING_SHIFT[language]

    assert len(table) == 128
    assert table[0x0A] == "\n"
    assert table[0x0D] == "\r"
    assert table[0x1B] == "\x1b"
    assert table.count("\x1b") == 1


@pytest.mark.parametrize("language", LOCKING_SHIFT)
def test_a_locking_shift_table_has_digits_and_small_letters_where_the_default_table_has_them(
    language: Language,
) -> None:
    table = LOCKING_SHIFT[language]

    assert table[0x30:0x3A] == string.digits
    assert table[0x61:0x7B] == string.ascii_lowercase
    assert {septet: table[septet] for septet in (0x20, 0x21, 0x2C, 0x2E, 0x3A, 0x3B, 0x3F)} == {
        0x20: " ",
        0x21: "!",
        0x2C: ",",
        0x2E: ".",
        0x3A: ":",
        0x3B: ";",
        0x3F: "?",
    }


@pytest.mark.parametrize("language", OTHERS)
def test_the_locking_shift_tables_of_the_indian_languages_close_before_they_open(
    language: Language,
) -> None:
    assert LOCKING_SHIFT[language][0x28:0x2A] == ")("


@pytest.mark.parametrize("language", LOCKING_SHIFT)
def test_no_character_is_twice_in_a_locking_shift_table(language: Language) -> None:
    characters = LOCKING_SHIFT[language].replace("\ufffd", "")

    assert len(set(characters)) == len(characters)


@pytest.mark.parametrize("language", LOCKING_SHIFT)
def test_a_locking_shift_table_is_empty_where_the_standard_has_nothing(language: Language) -> None:
    empty = [septet for septet, char in enumerate(LOCKING_SHIFT[language]) if char == "\ufffd"]

    assert bytes(empty) == bytes.fromhex(EMPTY_CELLS.get(language, ""))


@pytest.mark.parametrize("language", LATIN_LOCKING_SHIFT)
def test_a_latin_locking_shift_table_is_the_default_table_with_other_letters(
    language: Language,
) -> None:
    differences = [
        (septet, char)
        for septet, char in enumerate(LOCKING_SHIFT[language])
        if septet != 0x1B and char != GSM7.decode(bytes([septet]))
    ]

    assert names(differences) == LATIN_LOCKING_SHIFT[language]


@pytest.mark.parametrize("language", OTHERS)
def test_a_locking_shift_table_has_the_letters_of_its_script(language: Language) -> None:
    expected = LOCKING_SHIFT_CELLS[language]

    assert names((septet, LOCKING_SHIFT[language][septet]) for septet in expected) == expected


@pytest.mark.parametrize("language", LATIN)
def test_a_latin_single_shift_table_adds_letters_to_the_extension_table(
    language: Language,
) -> None:
    table = SINGLE_SHIFT[language]
    added = [(septet, char) for septet, char in table.items() if septet not in EXTENSION]

    assert EXTENSION.items() <= table.items()
    assert names(added) == LATIN_SINGLE_SHIFT[language]


@pytest.mark.parametrize("language", [one for one in OTHERS if one is not Language.TELUGU])
def test_a_single_shift_table_keeps_the_characters_of_the_extension_table(
    language: Language,
) -> None:
    assert EXTENSION.items() <= SINGLE_SHIFT[language].items()


def test_the_telugu_single_shift_table_has_no_euro_sign_and_no_danda() -> None:
    """A.2.12 leaves 0x65, 0x19 and 0x1A empty."""
    table = SINGLE_SHIFT[Language.TELUGU]

    assert EXTENSION.keys() - table.keys() == {0x65}
    assert "€" not in table.values()
    assert not {0x19, 0x1A} & table.keys()


@pytest.mark.parametrize("language", OTHERS)
def test_a_single_shift_table_has_signs_before_and_capitals_after_the_characters_of_its_script(
    language: Language,
) -> None:
    table = SINGLE_SHIFT[language]

    assert [table.get(septet) for septet in range(0x19)] == [
        *("@", "£", "$", "¥", "¿", '"', "¤", "%", "&", "'", "\f", "*", "+", None, "-", "/"),
        *("<", "=", ">", "¡", "^", "¡", "_", "#", "*"),
    ]
    assert "".join(table[septet] for septet in range(0x40, 0x5B)) == "|" + string.ascii_uppercase
    assert table.keys() & range(0x5B, 0x80) <= {0x65}


@pytest.mark.parametrize("language", OTHERS)
def test_a_single_shift_table_has_the_digits_of_its_script_in_their_order(
    language: Language,
) -> None:
    table = SINGLE_SHIFT[language]
    # 0x1B is in their way; the Bengali ones take the place of the dandas.
    first = 0x19 if language is Language.BENGALI else 0x1C
    septets = [septet for septet in range(first, 0x30) if septet != 0x1B][:10]

    assert [int(table[septet]) for septet in septets] == list(range(10))
    assert len({name(table[septet]).split(" DIGIT ")[0] for septet in septets}) == 1


@pytest.mark.parametrize("language", OTHERS)
def test_a_single_shift_table_has_the_characters_of_its_script(language: Language) -> None:
    expected = SINGLE_SHIFT_CELLS[language]

    assert names((septet, SINGLE_SHIFT[language][septet]) for septet in expected) == expected


@pytest.mark.parametrize("language", Language)
def test_no_single_shift_table_has_a_control_character_or_one_more_escape(
    language: Language,
) -> None:
    """Notes 1 and 4 of each table in A.2: 0x1B and 0x0D are for other uses."""
    assert not SINGLE_SHIFT[language].keys() & {0x0D, 0x1B}
    assert all(len(char) == 1 for char in SINGLE_SHIFT[language].values())
