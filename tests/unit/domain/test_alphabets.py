import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import decode_gsm7, encode_gsm7, is_gsm7, septets_of

DEFAULT = "".join(decode_gsm7(bytes([septet])) for septet in range(0x80) if septet != 0x1B)
EXTENDED = "\f^{}\\[~]|€"
gsm7_texts = st.text(alphabet=DEFAULT + EXTENDED)


def test_the_default_alphabet_has_127_characters_and_the_extension_ten() -> None:
    assert len(set(DEFAULT)) == 127
    assert all(septets_of(char) == 1 for char in DEFAULT)
    assert all(septets_of(char) == 2 for char in EXTENDED)


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
    assert encode_gsm7(char) == septets


@pytest.mark.parametrize("char", ["ç", "`", "\x1b", "\t", "Ж", "😀", "\u00a0"])
def test_other_characters_are_refused_by_name(char: str) -> None:
    assert not is_gsm7(char)
    assert septets_of(char) == 0
    with pytest.raises(ValueError, match="not in the GSM 7-bit alphabet"):
        encode_gsm7(f"a{char}b")


@given(gsm7_texts)
def test_what_was_encoded_decodes_to_itself(text: str) -> None:
    assert is_gsm7(text)
    assert decode_gsm7(encode_gsm7(text)) == text


@given(st.text())
def test_a_text_is_gsm7_exactly_if_it_can_be_encoded(text: str) -> None:
    try:
        encode_gsm7(text)
    except ValueError:
        assert not is_gsm7(text)
    else:
        assert is_gsm7(text)


@given(st.binary())
def test_decoding_never_fails(septets: bytes) -> None:
    assert len(decode_gsm7(septets)) <= len(septets)


def test_an_escape_that_leads_nowhere_is_a_space() -> None:
    assert decode_gsm7(b"a\x1b") == "a "
    assert decode_gsm7(b"\x1b\x1ba") == " a"


def test_an_unknown_escaped_septet_is_read_from_the_default_table() -> None:
    assert decode_gsm7(b"\x1bA") == "A"


def test_an_octet_that_is_no_septet_becomes_the_replacement_character() -> None:
    assert decode_gsm7(b"a\xffb") == "a\ufffdb"
