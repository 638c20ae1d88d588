import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7
from smscore_modem._pdu import Address, MalformedPdu, NumberType
from smscore_modem._pdu._addresses import centre_of, read_address, read_centre, write_centre
from smscore_modem._pdu._octets import Octets
from smscore_modem._pdu._septets import pack_septets

CHARACTERS = [chr(code) for code in range(0x2100) if GSM7.has(chr(code))]
LETTERS = "ABCDEFGHIJK"


def read(octets: str) -> Address:
    return read_address(Octets(bytes.fromhex(octets)))


@pytest.mark.parametrize(
    ("text", "kind", "value", "plan"),
    [
        ("+491701234567", NumberType.INTERNATIONAL, "491701234567", 1),
        ("12345", NumberType.UNKNOWN, "12345", 1),
        ("*100#", NumberType.UNKNOWN, "*100#", 1),
        ("ACME", NumberType.ALPHANUMERIC, "ACME", 0),
        ("abc", NumberType.ALPHANUMERIC, "abc", 0),
        ("+1 555", NumberType.ALPHANUMERIC, "+1 555", 0),
    ],
)
def test_what_people_write_is_a_number_or_a_name(
    text: str, kind: NumberType, value: str, plan: int
) -> None:
    address = Address.of(text)

    assert (address.kind, address.value, address.plan) == (kind, value, plan)
    assert str(address) == text


@pytest.mark.parametrize("kind", NumberType)
@pytest.mark.parametrize("plan", [0, 1, 3, 8, 9, 15])
def test_each_type_of_number_and_each_plan_is_kept(kind: NumberType, plan: int) -> None:
    address = Address(value="123", kind=kind, plan=plan)

    assert address.octets[1] == 0x80 | kind << 4 | plan
    assert read(address.octets.hex()) == address


def test_semi_octets_stand_for_digits_and_five_other_characters() -> None:
    # 24.008, table 10.5.118: 1010 to 1110 are * # a b c; 1111 fills the last octet.
    assert Address(value="0123456789*#abc").octets.hex() == "0f811032547698badcfe"


@given(
    st.builds(
        Address,
        value=st.text("0123456789*#abc", max_size=20),
        kind=st.sampled_from([kind for kind in NumberType if kind is not NumberType.ALPHANUMERIC]),
        plan=st.integers(0, 15),
    )
)
def test_a_number_reads_as_it_was_written(address: Address) -> None:
    assert read(address.octets.hex()) == address
    assert read_centre(Octets(write_centre(address))) == address


@given(st.text(st.sampled_from(CHARACTERS), max_size=11))
def test_a_name_reads_as_it_was_written_or_is_refused_with_a_reason(name: str) -> None:
    septets = len(GSM7.encode(name))
    if septets > 11:
        with pytest.raises(ValueError, match="; "):
            Address(value=name, kind=NumberType.ALPHANUMERIC)
        return

    address = Address(value=name, kind=NumberType.ALPHANUMERIC)

    assert read(address.octets.hex()) == address


@given(
    st.integers(0, 20),
    st.lists(st.sampled_from([0x00, 0x1B, 0x40, 0x41, 0x65]), min_size=12, max_size=12),
)
def test_a_name_of_any_septets_is_read_and_reads_the_same_once_written(
    length: int, septets: list[int]
) -> None:
    value = pack_septets(bytes(septets))[: (length + 1) // 2]

    address = read(f"{length:02x}d0{value.hex()}")

    assert read(address.octets.hex()) == address


@pytest.mark.parametrize("length", range(1, 12))
def test_a_name_may_have_every_length_from_1_to_11(length: int) -> None:
    address = Address.of(LETTERS[:length])

    # 23.040, 9.1.2.5: the length counts useful semi-octets: 7 bits a character, in fours.
    assert address.octets[0] == (0, 2, 4, 6, 7, 9, 11, 13, 14, 16, 18, 20)[length]
    assert str(read(address.octets.hex())) == LETTERS[:length]


@pytest.mark.parametrize("length", range(1, 12))
def test_a_name_whose_length_counts_whole_octets_gains_nothing(length: int) -> None:
    packed = pack_septets(LETTERS[:length].encode())

    address = read(f"{2 * len(packed):02x}d0{packed.hex()}")

    assert str(address) == LETTERS[:length]


def test_seven_characters_gain_no_at_sign() -> None:
    assert str(read("0dd0" + pack_septets(b"Newsbox").hex())) == "Newsbox"
    assert str(read("0ed0" + pack_septets(b"Newsbox").hex())) == "Newsbox"


@pytest.mark.parametrize("name", ["@", "A@", "ABCDEF@", "ABCDEFG@", "ABCDEFGH@", "@" * 8, "@" * 11])
def test_a_name_keeps_the_at_sign_at_its_end(name: str) -> None:
    assert str(read(Address.of(name).octets.hex())) == name


def test_eight_septets_that_end_in_an_at_sign_have_a_length_that_nobody_takes_for_seven() -> None:
    # 60 bits: whoever divides by seven finds eight septets, too.
    assert Address.of("ABCDEFG@").octets[0] == 15


def test_a_centre_has_a_number_whatever_is_said_of_it() -> None:
    assert read_centre(Octets(bytes.fromhex("03D02143"))) == Address(value="1234", plan=0)
    with pytest.raises(ValueError, match="a service centre has a number, not a name like 'ACME'"):
        centre_of("ACME")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Żabka", r"'Żabka' cannot be the name of a sender: 'Ż' \(U\+017B\) is not in the GSM"),
        ("TwelveLetter", "'TwelveLetter' takes 12 septets, .* at most 11"),
        ("[braces]..", "takes 12 septets"),
        ("123456789012345678901", "takes 21 septets, .* a number 20 digits"),
        ("", "an address is empty"),
    ],
)
def test_what_is_neither_number_nor_name_is_refused_with_the_way_out(
    name: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Address.of(name)


@pytest.mark.parametrize("value", ["+49", "12 3", "x", "1" * 21, "١٢٣"])
def test_a_number_has_only_the_characters_of_semi_octets(value: str) -> None:
    with pytest.raises(ValueError, match="is not the value of a number"):
        Address(value=value)


def test_a_plan_is_four_bits() -> None:
    with pytest.raises(ValueError, match="plan of an address is 0 to 15, not 16"):
        Address(value="1", plan=16)


@pytest.mark.parametrize(
    ("octets", "at"),
    [("", 0), ("03", 1), ("0391", 2), ("039121", 2), ("1591" + "00" * 11, 0), ("ff91", 0)],
)
def test_an_address_that_ends_early_or_is_too_long_is_malformed(octets: str, at: int) -> None:
    with pytest.raises(MalformedPdu) as caught:
        read(octets)

    assert caught.value.at == at


@pytest.mark.parametrize(("octets", "at"), [("", 0), ("0791", 1), ("0c91" + "00" * 11, 0)])
def test_a_centre_that_ends_early_or_is_too_long_is_malformed(octets: str, at: int) -> None:
    with pytest.raises(MalformedPdu) as caught:
        read_centre(Octets(bytes.fromhex(octets)))

    assert caught.value.at == at


def test_a_pdu_may_name_no_centre() -> None:
    assert read_centre(Octets(b"\0")) is None
    assert write_centre(None) == b"\0"
