import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._pdu._septets import pack_septets, unpack_septets

septets = st.lists(st.integers(0, 127), max_size=181).map(bytes)


@given(septets)
def test_packed_septets_unpack_to_themselves(value: bytes) -> None:
    assert unpack_septets(pack_septets(value), len(value)) == value


@given(septets)
def test_packing_puts_each_septet_seven_bits_further(value: bytes) -> None:
    bits = sum(septet << 7 * place for place, septet in enumerate(value))

    assert int.from_bytes(pack_septets(value), "little") == bits


@pytest.mark.parametrize(
    ("value", "packed"),
    [
        # As drawn in 23.038, 6.1.2.1.1: the second character fills the first octet, and so on.
        (b"\x01\x02", "0101"),
        (b"\x7f" * 8, "ff" * 7),
        (b"\x7f" + b"\0" * 6, "7f" + "00" * 6),
        (b"\0" * 7 + b"\x7f", "00" * 6 + "fe"),
        # Published examples.
        (b"hellohello", "e8329bfd4697d9ec37"),
        (b"12345678", "31d98c56b3dd70"),
        (b"Hello World!", "c8329bfd065ddf72363904"),
    ],
)
def test_septets_are_packed_as_in_the_standard(value: bytes, packed: str) -> None:
    assert pack_septets(value).hex() == packed
    assert unpack_septets(bytes.fromhex(packed), len(value)) == value


def test_fewer_octets_than_announced_give_fewer_septets() -> None:
    assert unpack_septets(pack_septets(b"abcdefgh"), 160) == b"abcdefgh"


@given(st.binary(max_size=224), st.integers(0, 256))
def test_unpacking_gives_no_more_than_was_asked_for_and_came(packed: bytes, count: int) -> None:
    value = unpack_septets(packed, count)

    assert len(value) == min(count, len(packed) * 8 // 7)
    assert all(septet < 0x80 for septet in value)
