"""
Joining inbound parts: splitting backwards, and what networks do to parts on the way.
"""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.headers import Concatenation, concatenation_element, write_elements
from smscore.domain.inbound import InboundPart
from smscore.domain.joining import GAP, join
from smscore.domain.languages import Language
from smscore.domain.segments import EncodingOptions, split
from smscore.domain.user_data import Coding
from smscore.testing import NOON, a_part

options = st.builds(
    EncodingOptions,
    languages=st.lists(st.sampled_from(Language), max_size=3, unique=True).map(tuple),
    wide_reference=st.booleans(),
    max_parts=st.just(255),
)
texts = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="abc^€", min_size=100, max_size=500),
    st.text(alphabet="ağ€😀", min_size=60, max_size=300),
)


def arriving(text: str, *, reference: int = 7, options: EncodingOptions) -> list[InboundPart]:
    segments = split(text, options=options)
    parts = []
    for number in range(1, segments.count + 1):
        data = segments.user_data(number, reference=reference)
        parts.append(a_part(coding=data.coding, user_data=data.content, header=data.header))
    return parts


def numbered(number: int, user_data: bytes = b"", **changes: object) -> InboundPart:
    """A part of three, whose content tells its number unless another one is given."""
    place = Concatenation(reference=7, total=3, number=number)
    return a_part(
        concatenation=place, coding=Coding.GSM7, user_data=user_data or b"%d" % number, **changes
    )


@given(texts, options, st.data())
def test_joining_gives_back_what_was_split_whatever_the_order_and_however_often(
    text: str, options: EncodingOptions, data: st.DataObject
) -> None:
    parts = arriving(text, options=options)
    repeated = parts + data.draw(st.lists(st.sampled_from(parts), max_size=5))

    joined = join(data.draw(st.permutations(repeated)))

    if len(parts) > 1:
        assert [(one.text, one.is_complete) for one in joined] == [(text, True)]
        assert len(joined[0].duplicates) == len(repeated) - len(parts)
    else:  # without a place nothing tells a repetition from another message
        assert [one.text for one in joined] == [text] * len(repeated)


@given(st.lists(st.integers(1, 3)), st.lists(st.sampled_from([b"a", b"b"]), min_size=12))
def test_no_part_is_ever_lost(numbers: list[int], contents: list[bytes]) -> None:
    parts = [
        numbered(number, content, fingerprint=str(index))
        for index, (number, content) in enumerate(zip(numbers, contents, strict=False))
    ]

    joined = join(parts)

    kept = [part for one in joined for part in (*one.parts, *one.duplicates)]
    assert sorted(part.fingerprint for part in kept) == sorted(part.fingerprint for part in parts)
    assert all(len(one.parts) + len(one.missing) == one.total for one in joined)


@given(st.binary(max_size=140), st.binary(max_size=40), st.sampled_from(Coding))
def test_any_octets_make_a_message(user_data: bytes, header: bytes, coding: Coding) -> None:
    (joined,) = join([a_part(user_data=user_data, header=header, coding=coding)])

    assert isinstance(joined.text, str)


def test_an_escape_cut_from_its_character_between_parts_is_joined_before_decoding() -> None:
    parts = [numbered(1, b"a\x1b"), numbered(2, b"eb"), numbered(3, b"c")]

    assert [one.text for one in join(parts)] == ["a€bc"]


def test_a_surrogate_pair_cut_between_parts_is_joined_before_decoding() -> None:
    emoji = "😀".encode("utf-16-be")
    parts = [
        attrs.evolve(numbered(1, b"\0a" + emoji[:2]), coding=Coding.UCS2),
        attrs.evolve(numbered(2, emoji[2:] + b"\0b"), coding=Coding.UCS2),
        attrs.evolve(numbered(3, b"\0c"), coding=Coding.UCS2),
    ]

    assert [one.text for one in join(parts)] == ["a😀bc"]


def test_parts_of_different_codings_are_read_each_in_its_own() -> None:
    parts = [
        numbered(1, b"a"),
        attrs.evolve(numbered(2, "ж".encode("utf-16-be")), coding=Coding.UCS2),
        attrs.evolve(numbered(3, b"\xff\x00"), coding=Coding.BINARY),
    ]

    assert [one.text for one in join(parts)] == ["aжff00"]


def test_each_part_is_read_with_the_tables_that_its_header_names() -> None:
    place = concatenation_element(Concatenation(reference=1, total=2, number=2))
    turkish = write_elements(place) + bytes.fromhex("240101")
    first = a_part(
        coding=Coding.GSM7,
        user_data=b"\x1bg",
        concatenation=Concatenation(reference=1, total=2, number=1),
    )
    second = a_part(coding=Coding.GSM7, user_data=b"\x1bg", header=turkish)

    assert [one.text for one in join([second, first])] == ["gğ"]


@pytest.mark.parametrize(
    ("present", "text", "missing"),
    [
        ([1, 3], f"1{GAP}3", (2,)),
        ([2], f"{GAP}2{GAP}", (1, 3)),
        ([3], f"{GAP}3", (1, 2)),
        ([1, 2], f"12{GAP}", (3,)),
    ],
)
def test_a_gap_stands_for_the_parts_that_did_not_come(
    present: list[int], text: str, missing: tuple[int, ...]
) -> None:
    (joined,) = join([numbered(number) for number in present])

    assert (joined.text, joined.missing, joined.is_complete) == (text, missing, False)


def test_other_content_under_a_number_begins_a_message_that_uses_the_reference_again() -> None:
    arrived = [numbered(1), numbered(2), numbered(1, b"x"), numbered(2, b"y"), numbered(3, b"z")]

    first, second = join(arrived)

    assert (first.text, second.text) == (f"12{GAP}", "xyz")


def test_time_stamps_more_than_a_day_apart_separate_messages() -> None:
    arrived = [
        numbered(1, sent_at=NOON),
        numbered(2, sent_at=NOON + timedelta(hours=25)),
    ]

    assert [one.missing for one in join(arrived)] == [(2, 3), (1, 3)]


def test_without_time_stamps_the_times_of_arrival_separate_messages() -> None:
    arrived = [numbered(1), numbered(2, received_at=NOON + timedelta(hours=25))]

    assert [one.missing for one in join(arrived)] == [(2, 3), (1, 3)]


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "+491700000000"},
        {"channel": "other"},
        {"concatenation": Concatenation(reference=8, total=3, number=2)},
        {"concatenation": Concatenation(reference=7, total=4, number=2)},
        {"concatenation": Concatenation(reference=7, total=3, number=2, is_wide=True)},
    ],
)
def test_parts_of_different_messages_are_never_mixed(changes: dict[str, object]) -> None:
    other = a_part(**{"concatenation": Concatenation(reference=7, total=3, number=2)} | changes)

    assert len(join([numbered(1), other])) == 2


def test_a_place_that_makes_no_sense_is_ignored() -> None:
    header = bytes.fromhex("0003070304")  # the fourth of three
    part = a_part(coding=Coding.GSM7, user_data=b"hi", header=header)

    assert [(one.text, one.is_complete) for one in join([part, part])] == [("hi", True)] * 2


def test_the_same_content_under_another_header_is_other_content() -> None:
    place = concatenation_element(Concatenation(reference=7, total=3, number=1))
    turkish = a_part(
        coding=Coding.GSM7,
        user_data=b"1",
        header=write_elements(place) + bytes.fromhex("240101"),
    )

    assert len(join([numbered(1), turkish])) == 2


def test_a_part_that_comes_again_after_its_reference_was_reused_is_a_duplicate() -> None:
    first, second = join([numbered(1), numbered(2), numbered(1, b"x"), numbered(2)])

    assert (first.text, len(first.duplicates)) == (f"12{GAP}", 1)
    assert second.text == f"x{GAP}"


def test_time_stamps_a_day_apart_are_near() -> None:
    arrived = [numbered(1, sent_at=NOON), numbered(2, sent_at=NOON + timedelta(hours=24))]

    assert len(join(arrived)) == 1


def test_an_octet_too_many_in_one_part_does_not_garble_those_behind_it() -> None:
    parts = [
        attrs.evolve(numbered(1, b"\0A\0"), coding=Coding.UCS2),
        attrs.evolve(numbered(2, b"\0B"), coding=Coding.UCS2),
        attrs.evolve(numbered(3, b"\0C"), coding=Coding.UCS2),
    ]

    assert [one.text for one in join(parts)] == ["A\ufffdBC"]
