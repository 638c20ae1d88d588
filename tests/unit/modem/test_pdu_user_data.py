import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7
from smscore.domain.headers import Concatenation, concatenation_element, write_elements
from smscore.domain.segments import EncodingOptions, split
from smscore_modem._pdu import Coding, MalformedPdu, Scheme, UserData
from smscore_modem._pdu._octets import Octets
from smscore_modem._pdu._user_data import check_user_data, read_user_data, write_user_data


def septets(text: str, header: bytes = b"") -> UserData:
    return UserData(coding=Coding.GSM7, content=GSM7.encode(text), header=header)


def read(
    octets: bytes | str, *, coding: Coding = Coding.GSM7, has_header: bool = False
) -> tuple[UserData, bool]:
    if isinstance(octets, str):
        octets = bytes.fromhex(octets)
    return read_user_data(Octets(octets), coding=coding, has_header=has_header)


def read_again(data: UserData) -> UserData:
    again, is_cut = read(write_user_data(data), coding=data.coding, has_header=bool(data.header))
    assert not is_cut
    return again


# What other libraries get wrong.


@pytest.mark.parametrize("length", [8, 16, 24, 80, 152, 160])
def test_an_at_sign_as_the_eighth_septet_is_not_lost(length: int) -> None:
    data = septets("x" * (length - 1) + "@")

    assert read_again(data) == data


@pytest.mark.parametrize("length", [7, 15, 23, 159])
def test_text_that_leaves_seven_bits_free_gains_no_at_sign(length: int) -> None:
    data = septets("x" * length)

    assert read_again(data) == data


@pytest.mark.parametrize(
    ("reference", "octets"),
    [
        # 7 octets of header are 8 septets: no fill bits.
        (Concatenation(reference=0x1234, total=2, number=1, is_wide=True), "090608041234020141"),
        # 6 octets of header are 7 septets less one bit: one fill bit.
        (Concatenation(reference=0xCC, total=2, number=1), "08050003CC020182"),
    ],
)
def test_the_first_character_behind_a_reference_of_8_or_16_bits_is_not_lost(
    reference: Concatenation, octets: str
) -> None:
    data = septets("A", write_elements(concatenation_element(reference)))

    assert write_user_data(data).hex().upper() == octets
    assert read(octets, has_header=True) == (data, False)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("text", ["[€]" * 200, "😀" * 200, "@" * 400])
def test_each_part_of_a_text_reads_as_it_was_cut(text: str, *, wide: bool) -> None:
    segments = split(text, options=EncodingOptions(wide_reference=wide))

    for number in range(1, segments.count + 1):
        data = segments.user_data(number, reference=7)
        assert len(write_user_data(data)) <= 141
        assert read_again(data) == data


@pytest.mark.parametrize("length", range(1, 21))
def test_the_text_begins_at_a_border_of_septets_behind_a_header_of_any_length(length: int) -> None:
    data = septets("hello", bytes(length))

    written = write_user_data(data)

    # 23.040, 9.2.3.24: the header, its own length octet and the fill bits count as septets.
    bits = int.from_bytes(written[1:], "little")
    start = -(-(length + 1) * 8 // 7)
    assert written[0] == start + 5
    assert bytes(bits >> 7 * (start + place) & 0x7F for place in range(5)) == b"hello"
    assert read_again(data) == data


# Other codings.


@pytest.mark.parametrize("coding", [Coding.UCS2, Coding.BINARY])
@given(content=st.binary(max_size=130))
def test_octets_are_kept_as_they_are(coding: Coding, content: bytes) -> None:
    plain = UserData(coding=coding, content=content)
    headed = UserData(coding=coding, content=content, header=b"\x70\x02ab")

    assert read_again(plain) == plain
    assert read_again(headed) == headed


def test_an_odd_octet_of_ucs2_is_kept() -> None:
    data, is_cut = read("03" + "004100", coding=Coding.UCS2)

    assert (data.content, is_cut) == (b"\0A\0", False)


# Lengths that are wrong.


@pytest.mark.parametrize("kept", range(1, 12))
def test_user_data_that_came_short_is_read_as_far_as_it_goes(kept: int) -> None:
    octets = write_user_data(septets("hello world"))

    data, is_cut = read(octets[:kept])

    assert is_cut == (kept < len(octets))
    assert data.content == b"hello world"[: (kept - 1) * 8 // 7]


def test_what_follows_the_user_data_is_not_read() -> None:
    assert read("03" + "61F118" + "FFFF") == (septets("abc"), False)


@pytest.mark.parametrize(("coding", "most"), [(Coding.GSM7, 160), (Coding.BINARY, 140)])
def test_more_than_a_message_holds_is_cut(coding: Coding, most: int) -> None:
    data, is_cut = read(b"\xff" + bytes(255), coding=coding)

    assert (len(data.content), is_cut) == (most, True)


@pytest.mark.parametrize(
    ("octets", "at"),
    [
        ("", 0),
        ("0A" + "0A" + "0003CC020182", 1),  # the header overruns what came
        ("03" + "050003CC0201", 1),  # and what was announced
        ("01" + "FF" * 200, 1),
        ("01", 1),
    ],
)
def test_a_header_longer_than_the_user_data_is_malformed(octets: str, at: int) -> None:
    with pytest.raises(MalformedPdu) as caught:
        read(octets, coding=Coding.BINARY, has_header=True)

    assert caught.value.at == at


@pytest.mark.parametrize("coding", Coding)
def test_a_header_that_is_announced_and_does_not_come_is_malformed(coding: Coding) -> None:
    octets = Octets(bytes.fromhex("FFFF05"), at=2)

    with pytest.raises(MalformedPdu) as caught:
        read_user_data(octets, coding=coding, has_header=True)

    assert (caught.value.at, caught.value.reason) == (3, "the header is missing")


def test_a_malformed_header_is_told_at_its_place_in_the_whole_pdu() -> None:
    octets = Octets(bytes.fromhex("FFFF050500"), at=2)

    with pytest.raises(MalformedPdu, match="octet 3: the header has 5 octets, but 1 of"):
        read_user_data(octets, coding=Coding.BINARY, has_header=True)


def test_a_header_that_leaves_no_room_for_fill_bits_is_malformed() -> None:
    # 151 octets, the most of some reports, are no whole number of septets.
    header = bytes((172, 150)) + bytes(150)

    with pytest.raises(MalformedPdu, match="no room for fill bits"):
        read_user_data(Octets(header), coding=Coding.GSM7, has_header=True, most=151)


@pytest.mark.parametrize("coding", Coding)
def test_an_empty_header_and_none_at_all_hold_nothing(coding: Coding) -> None:
    assert read("00", coding=coding, has_header=True) == (
        UserData(coding=coding, content=b""),
        False,
    )
    octets = "0300" + "C1" * 2 if coding is not Coding.GSM7 else "03008200"
    data, is_cut = read(octets, coding=coding, has_header=True)
    assert (data.header, is_cut) == (b"", False)


def test_a_header_that_ends_within_its_last_element_is_kept_as_it_came() -> None:
    data, _ = read("05" + "03" + "0003CC" + "41", coding=Coding.BINARY, has_header=True)

    assert (data.header, data.content) == (bytes.fromhex("0003CC"), b"A")


# What cannot be written.


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (septets("x" * 161), "141 octets of user data do not fit into 140"),
        (septets("x" * 154, b"\0\x03\1\2\1"), "141 octets"),
        (UserData(coding=Coding.BINARY, content=bytes(141)), "141 octets"),
        (UserData(coding=Coding.UCS2, content=bytes(134), header=bytes(6)), "141 octets"),
        (UserData(coding=Coding.GSM7, content=b"\x80"), "above 0x7F"),
    ],
)
def test_user_data_that_does_not_fit_is_refused(data: UserData, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_user_data(data, Scheme.of(data.coding))


@pytest.mark.parametrize(
    "data",
    [
        septets("x" * 160),
        septets("x" * 153, b"\0\x03\1\2\1"),
        septets("x" * 152, b"\x08\x04\0\1\2\1"),
        UserData(coding=Coding.UCS2, content=bytes(134), header=b"\0\x03\1\2\1"),
        UserData(coding=Coding.GSM7, content=b"", header=bytes(139)),
    ],
)
def test_user_data_that_just_fits_is_written_in_140_octets(data: UserData) -> None:
    check_user_data(data, Scheme.of(data.coding))

    assert len(write_user_data(data)) == 141
    assert read_again(data) == data


def test_a_scheme_of_another_coding_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="is gsm7, but the coding scheme 0x08 says ucs2; leave"):
        check_user_data(septets("x"), Scheme.of(Coding.UCS2))
