import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import encode_gsm7
from smscore.domain.segments import Encoding, split
from smscore.errors import MessageTooLong

gsm7_texts = st.text(alphabet="abc @é^{}€", min_size=100, max_size=700)
wide_texts = st.text(alphabet="aйé😀字", min_size=50, max_size=300)


@given(st.one_of(st.text(max_size=400), gsm7_texts, wide_texts))
def test_the_parts_joined_are_the_text_and_each_fits(text: str) -> None:
    segments = split(text)

    assert "".join(segments.parts) == text
    if segments.encoding is Encoding.GSM7:
        room = 160 if segments.count == 1 else 153
        assert all(len(encode_gsm7(part)) <= room for part in segments.parts)
    else:
        room = 70 if segments.count == 1 else 67
        assert all(len(part.encode("utf-16-be")) // 2 <= room for part in segments.parts)


@given(st.one_of(gsm7_texts, wide_texts))
def test_no_part_leaves_room_for_the_character_behind_it(text: str) -> None:
    segments = split(text)

    for part, following in zip(segments.parts, segments.parts[1:], strict=False):
        longer = part + following[0]
        if segments.encoding is Encoding.GSM7:
            assert len(encode_gsm7(longer)) > 153
        else:
            assert len(longer.encode("utf-16-be")) // 2 > 67


@pytest.mark.parametrize(
    ("text", "encoding", "sizes"),
    [
        ("", Encoding.GSM7, [0]),
        ("a" * 160, Encoding.GSM7, [160]),
        ("a" * 161, Encoding.GSM7, [153, 8]),
        ("€" * 80, Encoding.GSM7, [80]),
        ("€" * 81, Encoding.GSM7, [76, 5]),
        ("ж" * 70, Encoding.UCS2, [70]),
        ("ж" * 71, Encoding.UCS2, [67, 4]),
        ("😀" * 35, Encoding.UCS2, [35]),
        ("😀" * 36, Encoding.UCS2, [33, 3]),
    ],
)
def test_the_borders_are_those_of_the_standard(
    text: str, encoding: Encoding, sizes: list[int]
) -> None:
    segments = split(text)

    assert segments.encoding is encoding
    assert [len(part) for part in segments.parts] == sizes


def test_an_escape_pair_at_the_border_moves_to_the_next_part() -> None:
    segments = split("a" * 152 + "€" + "b" * 20)

    assert segments.parts == ("a" * 152, "€" + "b" * 20)


def test_a_surrogate_pair_at_the_border_moves_to_the_next_part() -> None:
    segments = split("ж" * 66 + "😀" + "ж" * 20)

    assert segments.parts == ("ж" * 66, "😀" + "ж" * 20)


def test_a_text_that_is_too_long_is_refused_with_the_parts_it_would_need() -> None:
    with pytest.raises(MessageTooLong, match=r"needs 4 parts in gsm7.*at most 3"):
        split("a" * 460, max_parts=3)


def test_nobody_may_allow_more_parts_than_the_header_can_count() -> None:
    with pytest.raises(MessageTooLong, match="at most 255"):
        split("a" * 153 * 256, max_parts=1000)


def test_half_a_surrogate_pair_is_cut_like_any_other_character() -> None:
    segments = split("\ud83d" * 80)

    assert [len(part) for part in segments.parts] == [67, 13]
