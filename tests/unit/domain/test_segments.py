"""
Cutting texts, with the sizes of 23.040, 9.2.3.24.1 and 9.2.3.24.15.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from smscore.domain.alphabets import alphabet
from smscore.domain.headers import Concatenation, alphabet_of, concatenation_of
from smscore.domain.languages import Language
from smscore.domain.segments import Encoding, EncodingOptions, Segments, split
from smscore.domain.user_data import Coding
from smscore.errors import InvalidRequest, MessageTooLong

TURKISH = "ğışĞİŞç"
gsm7_texts = st.text(alphabet="abc @é^{}€\r\n", min_size=100, max_size=700)
wide_texts = st.text(alphabet="aйé😀字", min_size=50, max_size=300)
national_texts = st.text(alphabet="ab€[" + TURKISH, min_size=50, max_size=400)
clusters = st.sampled_from(
    ["e\u0301\u0323", "👩‍👩‍👧‍👦", "🇩🇪", "नि", "\r\n", "👍🏽", "각", "o" + "\u0302" * 7]
)
# Clusters where parts end, or anywhere.
clustered_texts = st.one_of(
    st.lists(st.tuples(st.integers(55, 67).map("ж".__mul__), clusters).map("".join), max_size=6),
    st.lists(clusters | st.sampled_from("aж"), max_size=120),
).map("".join)
texts = st.one_of(st.text(max_size=400), gsm7_texts, wide_texts, national_texts, clustered_texts)
options = st.builds(
    EncodingOptions,
    languages=st.lists(st.sampled_from(Language), max_size=3, unique=True).map(tuple),
    wide_reference=st.booleans(),
    max_parts=st.just(255),
)


def units(segments: Segments, text: str) -> int:
    if segments.encoding is Encoding.UCS2:
        return len(text.encode("utf-16-be")) // 2
    return len(alphabet(locking=segments.locking, single=segments.single).encode(text))


def fewest_parts(segments: Segments) -> int:
    """How many parts there are if every one is filled as far as whole characters allow."""
    count, free = 1, segments.units_per_part
    for char in "".join(segments.parts):
        taken = units(segments, char)
        if taken > free:
            count, free = count + 1, segments.units_per_part
        free -= taken
    return count


@given(texts, options)
def test_the_parts_joined_are_the_text_and_each_fits(text: str, options: EncodingOptions) -> None:
    segments = split(text, options=options)

    assert "".join(segments.parts) == text
    assert all(units(segments, part) <= segments.units_per_part for part in segments.parts)


@given(texts, options)
def test_there_are_as_few_parts_as_possible(text: str, options: EncodingOptions) -> None:
    segments = split(text, options=options)

    assert segments.count == fewest_parts(segments)


@given(texts, options)
def test_a_part_and_its_header_fill_140_octets_at_most(text: str, options: EncodingOptions) -> None:
    segments = split(text, options=options)

    for number in range(1, segments.count + 1):
        data = segments.user_data(number, reference=7)
        header = (len(data.header) + 1) * 8 if data.header else 0
        size = 7 if data.coding is Coding.GSM7 else 8
        filled = -(-header // size) * size if data.coding is Coding.GSM7 else header
        assert filled + len(data.content) * size <= 140 * 8


@given(texts, options)
def test_what_is_counted_is_what_is_encoded(text: str, options: EncodingOptions) -> None:
    segments = split(text, options=options)
    carried = [
        segments.user_data(number, reference=1).content for number in range(1, segments.count + 1)
    ]
    per_unit = 1 if segments.encoding is Encoding.GSM7 else 2

    assert segments.units_used == sum(map(len, carried)) // per_unit
    assert segments.units_free == segments.units_per_part - len(carried[-1]) // per_unit
    assert segments.units_free >= 0


@given(clustered_texts)
def test_no_cluster_is_cut_if_that_costs_no_part(text: str) -> None:
    segments = split(text, options=EncodingOptions(max_parts=255))
    clusters = list(iter_graphemes(text))
    aligned = 1
    free = segments.units_per_part
    for cluster in clusters:
        taken = units(segments, cluster)
        if taken > free:
            aligned, free = aligned + 1, segments.units_per_part
        free -= taken
    if aligned > segments.count:
        return  # some had to be cut

    starts = {0}
    for cluster in clusters:
        starts.add(max(starts) + len(cluster))
    ends = [sum(map(len, segments.parts[:number])) for number in range(segments.count)]
    assert set(ends) <= starts


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


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a" * 160, [160]),
        ("a" * 161, [152, 9]),
        ("ж" * 70, [70]),
        ("ж" * 71, [66, 5]),
    ],
)
def test_a_wide_reference_takes_one_octet_of_each_part(text: str, sizes: list[int]) -> None:
    segments = split(text, options=EncodingOptions(wide_reference=True))

    assert [len(part) for part in segments.parts] == sizes


# Octets left by the header: 3 for each table's indicator, 5 or 6 for the place, 1 for the length.
@pytest.mark.parametrize(
    ("filler", "room", "room_of_many", "room_of_many_wide"),
    [
        ("ğ", 155, 149, 148),  # one table
        ("ñ", 160, 153, 152),  # none needed
    ],
)
def test_a_national_table_takes_three_octets_of_each_part(
    filler: str, room: int, room_of_many: int, room_of_many_wide: int
) -> None:
    # One septet each but for the filler, which the single shift table has behind the escape.
    turkish = EncodingOptions(languages=(Language.TURKISH,))
    wide = EncodingOptions(languages=(Language.TURKISH,), wide_reference=True)

    assert split(filler + "ñ" * 20, options=turkish).units_per_part == room
    assert split(filler + "ñ" * 300, options=turkish).units_per_part == room_of_many
    assert split(filler + "ñ" * 300, options=wide).units_per_part == room_of_many_wide


def test_a_national_table_is_used_only_if_it_is_allowed() -> None:
    text = "Yarın görüşürüz"

    assert split(text).encoding is Encoding.UCS2
    allowed = split(text, options=EncodingOptions(languages=(Language.TURKISH,)))
    assert (allowed.encoding, allowed.single) == (Encoding.GSM7, Language.TURKISH)


def test_a_text_of_the_default_alphabet_never_needs_a_national_table() -> None:
    segments = split("€" * 100, options=EncodingOptions(languages=(Language.PORTUGUESE,)))

    assert (segments.locking, segments.single, segments.count) == (None, None, 2)


def test_of_several_tables_those_with_the_fewest_parts_are_chosen() -> None:
    options = EncodingOptions(languages=(Language.TURKISH,))
    mostly_plain = split("ğ" + "a" * 100, options=options)
    dense = split("ğ" * 100, options=options)

    assert (mostly_plain.locking, mostly_plain.single) == (None, Language.TURKISH)
    # Behind the escape they would be 200 septets, in the locking table they are 100.
    assert (dense.locking, dense.single, dense.count) == (Language.TURKISH, None, 1)


def test_tables_of_two_languages_may_be_used_together() -> None:
    text = "ç ã " * 10 + "Ğ" * 10
    options = EncodingOptions(languages=(Language.TURKISH, Language.PORTUGUESE))

    segments = split(text, options=options)

    assert segments.encoding is Encoding.GSM7
    assert {segments.locking, segments.single} == {Language.TURKISH, Language.PORTUGUESE}


def test_a_text_that_no_allowed_table_has_is_sent_in_ucs2() -> None:
    options = EncodingOptions(languages=tuple(Language))

    assert split("漢字", options=options).encoding is Encoding.UCS2


def test_a_part_says_where_it_belongs_and_how_it_is_to_be_read() -> None:
    segments = split(
        "ğ" + "a" * 200, options=EncodingOptions(languages=(Language.TURKISH,), wide_reference=True)
    )
    header = segments.user_data(2, reference=0x1234).header

    assert header == bytes.fromhex("080412340202240101")
    assert concatenation_of(header) == Concatenation(
        reference=0x1234, total=2, number=2, is_wide=True
    )
    assert alphabet_of(header) is alphabet(single=Language.TURKISH)


def test_a_single_part_has_no_header() -> None:
    assert split("hi").user_data(1, reference=300).header == b""


def test_a_reference_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="reference is 0 to 255, not 256"):
        split("a" * 200).user_data(1, reference=256)


def test_an_escape_pair_at_the_border_moves_to_the_next_part() -> None:
    segments = split("a" * 152 + "€" + "b" * 20)

    assert segments.parts == ("a" * 152, "€" + "b" * 20)


def test_a_surrogate_pair_at_the_border_moves_to_the_next_part() -> None:
    segments = split("ж" * 66 + "😀" + "ж" * 20)

    assert segments.parts == ("ж" * 66, "😀" + "ж" * 20)


@pytest.mark.parametrize(
    "cluster", ["e\u0301", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "क्षि", "\u1112\u1161\u11ab", "\r\n"]
)
def test_a_cluster_at_the_border_moves_to_the_next_part(cluster: str) -> None:
    segments = split("ж" * 66 + cluster + "ж" * 20)

    assert segments.parts == ("ж" * 66, cluster + "ж" * 20)


def test_a_line_end_of_two_characters_is_not_cut_in_the_default_alphabet() -> None:
    segments = split("a" * 152 + "\r\n" + "b" * 20)

    assert segments.parts == ("a" * 152, "\r\n" + "b" * 20)


def test_a_cluster_is_cut_where_moving_it_would_cost_a_part() -> None:
    segments = split("ж" * 66 + "e\u0301" + "ж" * 66)

    assert [len(part) for part in segments.parts] == [67, 67]


def test_a_cut_that_moved_moves_those_behind_it() -> None:
    family, accents = "👩‍👩‍👧", "e\u0301\u0301\u0301"
    segments = split("ж" * 63 + family + "ж" * 61 + accents + "ж" * 40)

    # The second cut was at 134 before the first one moved from 67 to 63.
    assert segments.parts[:2] == ("ж" * 63, family + "ж" * 59)


def test_a_cluster_longer_than_a_part_is_cut() -> None:
    segments = split("ж" + "e" + "\u0301" * 200)

    assert segments.count == 4


def test_a_text_that_is_too_long_is_refused_with_the_parts_it_would_need() -> None:
    with pytest.raises(MessageTooLong, match=r"needs 4 parts in gsm7.*at most 3"):
        split("a" * 460, options=EncodingOptions(max_parts=3))


def test_a_text_of_100_000_characters_is_refused_with_the_parts_it_would_need() -> None:
    with pytest.raises(MessageTooLong, match=r"needs 1493 parts in ucs2.*at most 50"):
        split("ж" * 100_000)


@pytest.mark.parametrize("max_parts", [0, -1, 256, 1000])
def test_nobody_may_allow_more_parts_than_the_header_can_count(max_parts: int) -> None:
    with pytest.raises(InvalidRequest, match=f"1 to 255 parts, not {max_parts}"):
        EncodingOptions(max_parts=max_parts)


def test_half_a_surrogate_pair_is_cut_like_any_other_character() -> None:
    segments = split("\ud83d" * 80)

    assert [len(part) for part in segments.parts] == [67, 13]
    assert segments.user_data(2, reference=0).content == bytes.fromhex("d83d" * 13)


@pytest.mark.parametrize("text", ["\ue000", "\U000f0000", "\ufffe", "\0"])
def test_private_use_and_other_odd_characters_travel_in_ucs2(text: str) -> None:
    segments = split(text)

    assert segments.encoding is Encoding.UCS2
    assert segments.user_data(1, reference=0).content == text.encode("utf-16-be")


def test_a_text_of_escaped_characters_may_be_short_and_yet_need_two_parts() -> None:
    # 78 characters of two septets each, and 155 septets beside a single shift table's indicator.
    segments = split("Í" * 78, options=EncodingOptions(languages=(Language.SPANISH,)))

    assert [len(part) for part in segments.parts] == [74, 4]


def test_surrogate_pairs_may_fill_a_part_to_its_last_unit() -> None:
    segments = split("ж" + "😀" * 50)

    assert [len(part) for part in segments.parts] == [34, 17]


def test_two_cuts_in_a_row_may_move() -> None:
    accents = "e\u0301\u0301\u0301"
    segments = split("ж" * 65 + accents + "ж" * 61 + accents + "ж" * 30)

    assert segments.parts == ("ж" * 65, accents + "ж" * 61, accents + "ж" * 30)


def test_languages_may_be_given_by_their_codes_and_are_taken_once() -> None:
    options = EncodingOptions(languages=["tr", Language.TURKISH, "es"])  # type: ignore[arg-type]

    assert options.languages == (Language.TURKISH, Language.SPANISH)
    assert split("ş", options=options).single is Language.TURKISH


@pytest.mark.parametrize("languages", ["tr", ("xx",), ("tr", 7), None, 7])
def test_what_is_no_sequence_of_languages_is_refused_with_those_that_there_are(
    languages: object,
) -> None:
    with pytest.raises(InvalidRequest, match=r"no sequence of languages.*those are tr, es, pt"):
        EncodingOptions(languages=languages)  # type: ignore[arg-type]


@pytest.mark.parametrize("max_parts", [True, None, "5", 5.5])
def test_a_number_of_parts_that_is_no_number_is_refused(max_parts: object) -> None:
    with pytest.raises(InvalidRequest, match="1 to 255 parts, not"):
        EncodingOptions(max_parts=max_parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["wide_reference", "replace_typography"])
def test_an_option_that_is_neither_on_nor_off_is_refused(option: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{option} is True or False, not 'no'"):
        EncodingOptions(**{option: "no"})
