import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7, Alphabet, alphabet, decode_ucs2, encode_ucs2
from smscore.domain.languages import LOCKING_SHIFT, Language

DEFAULT = "".join(GSM7.decode(bytes([septet])) for septet in range(0x80) if septet != 0x1B)
EXTENDED = "\f^{}\\[~]|€"
gsm7_texts = st.text(alphabet=DEFAULT + EXTENDED)
alphabets = st.builds(
    lambda locking, single: alphabet(locking=locking, single=single),
    st.none() | st.sampled_from(Language),
    st.none() | st.sampled_from(Language),
)


def characters(alphabet: Alphabet) -> str:
    """All that an alphabet can write, found by reading every septet with and without escape."""
    septets = [bytes([septet]) for septet in range(0x80) if septet != 0x1B]
    read = {alphabet.decode(one) for one in septets}
    read |= {alphabet.decode(b"\x1b" + one) for one in septets}
    return "".join(sorted(read - {"\ufffd"}))


def test_the_default_alphabet_has_127_characters_and_the_extension_ten() -> None:
    assert len(set(DEFAULT)) == 127
    assert all(len(GSM7.encode(char)) == 1 for char in DEFAULT)
    assert all(len(GSM7.encode(char)) == 2 for char in EXTENDED)


# 23.038, 6.2.1: row and column of each in the standard's table.
@pytest.mark.parametrize(
    ("char", "septets"),
    [
        ("@", b"\x00"),
        ("Δ", b"\x10"),
        ("Ç", b"\x09"),
        ("à", b"\x7f"),
        ("¤", b"\x24"),
        ("€", b"\x1be"),
        ("[", b"\x1b<"),
        ("\f", b"\x1b\n"),
    ],
)
def test_a_character_has_the_septets_of_the_standard(char: str, septets: bytes) -> None:
    assert GSM7.encode(char) == septets


@pytest.mark.parametrize("char", ["ç", "`", "\x1b", "\t", "\0", "Ж", "😀", "\u00a0", "\ud800"])
def test_other_characters_are_refused_by_name(char: str) -> None:
    assert not GSM7.has(char)
    with pytest.raises(ValueError, match=rf"U\+{ord(char):04X}.* not in the GSM 7-bit alphabet"):
        GSM7.encode(f"a{char}b")


@given(alphabets, st.data())
def test_what_was_encoded_decodes_to_itself(alphabet: Alphabet, data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet=characters(alphabet)))

    assert alphabet.has(text)
    assert alphabet.decode(alphabet.encode(text)) == text


@given(alphabets, st.text())
def test_an_alphabet_has_a_text_exactly_if_it_can_encode_it(alphabet: Alphabet, text: str) -> None:
    try:
        septets = alphabet.encode(text)
    except ValueError:
        assert not alphabet.has(text)
    else:
        assert alphabet.has(text)
        assert max(septets, default=0) < 0x80


@given(alphabets, st.binary())
def test_decoding_never_fails(alphabet: Alphabet, septets: bytes) -> None:
    assert len(alphabet.decode(septets)) <= len(septets)


@given(st.text(alphabet=DEFAULT + EXTENDED + "`\t") | st.text(alphabet="Your code is 123{@"))
def test_a_text_is_plain_if_it_is_ascii_and_takes_a_septet_for_each_character(text: str) -> None:
    is_plain = text.isascii() and GSM7.has(text) and len(GSM7.encode(text)) == len(text)

    assert GSM7.encode_plain(text) == (GSM7.encode(text) if is_plain else None)


def test_an_escape_that_leads_nowhere_is_a_space() -> None:
    assert GSM7.decode(b"a\x1b") == "a "
    assert GSM7.decode(b"\x1b\x1ba") == " a"


def test_an_unknown_escaped_septet_is_read_from_the_table_without_escape() -> None:
    assert GSM7.decode(b"\x1bA") == "A"
    assert alphabet(locking=Language.TURKISH).decode(b"\x1b\x0b") == "Ğ"


def test_an_octet_that_is_no_septet_becomes_the_replacement_character() -> None:
    assert GSM7.decode(b"a\xffb") == "a\ufffdb"


def test_a_septet_without_a_character_becomes_the_replacement_character() -> None:
    tamil = alphabet(locking=Language.TAMIL)
    empty = LOCKING_SHIFT[Language.TAMIL].index("\ufffd")

    assert tamil.decode(bytes([empty])) == "\ufffd"
    assert not tamil.has("\ufffd")


def test_a_character_of_both_tables_is_written_without_escape() -> None:
    assert alphabet(locking=Language.PORTUGUESE).encode("€") == b"\x18"
    assert alphabet(single=Language.PORTUGUESE).encode("€") == b"\x1be"


def test_a_language_without_a_locking_table_keeps_the_default_one() -> None:
    assert alphabet(locking=Language.SPANISH).encode("é@") == GSM7.encode("é@")
    assert alphabet(locking=Language.SPANISH).locking is None


def test_a_language_may_be_given_by_its_code_without_confusing_others() -> None:
    assert alphabet(single="es").single is Language.SPANISH  # type: ignore[arg-type]
    assert alphabet(locking="pt") is alphabet(locking=Language.PORTUGUESE)  # type: ignore[arg-type]


def test_what_follows_an_escape_is_looked_at_once() -> None:
    # As long as all parts of the longest message; looked at from every septet it took seconds.
    septets = b"\x1be" + b"a" * 1_000_000

    assert GSM7.decode(septets) == "€" + "a" * 1_000_000


@given(st.text())
def test_ucs2_is_utf16_with_the_higher_octet_first(text: str) -> None:
    assert encode_ucs2(text) == text.encode("utf-16-be")
    assert decode_ucs2(encode_ucs2(text)) == text


@given(st.binary())
def test_reading_ucs2_never_fails(octets: bytes) -> None:
    assert decode_ucs2(octets) == octets.decode("utf-16-be", "replace")


def test_half_a_surrogate_pair_is_written_as_it_is_and_read_as_no_character() -> None:
    assert encode_ucs2("\ud83d") == b"\xd8\x3d"
    assert decode_ucs2(b"\xd8\x3d") == "\ufffd"
