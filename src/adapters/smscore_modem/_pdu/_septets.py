"""
Septets packed into octets and back (23.038, 6.1.2.1).
"""

from struct import Struct

__all__ = ["pack_septets", "unpack_septets"]


def _lanes(pattern: int, width: int) -> int:
    return int.from_bytes(pattern.to_bytes(width, "little") * (256 // width), "little")


# Neighbours are joined within ever wider lanes of one big integer: three steps for any length.
_STEPS = tuple(
    (_lanes(low, width), _lanes(low << (width * 4), width), width * 4 - bits)
    for low, width, bits in ((0x7F, 2, 7), (0x3FFF, 4, 14), (0xFFFFFFF, 8, 28))
)
# And parted within ever narrower ones: these are the upper halves that move.
_FOURS, _PAIRS, _SINGLES = _lanes(0xFFFFFFF << 28, 8), _lanes(0x3FFF << 14, 4), _lanes(0x7F << 7, 2)
# Eight septets are packed into seven octets, and take a lane of eight.
_PACKED = tuple(Struct("7s" * groups) for groups in range(33))
_SPREAD = tuple(Struct("8s" * groups) for groups in range(33))


def pack_septets(septets: bytes) -> bytes:
    """At most 256 septets, one per octet, in as few octets as they need."""
    lanes = int.from_bytes(septets, "little")
    for low, high, gap in _STEPS:
        lanes = (lanes & low) | ((lanes & high) >> gap)
    packed = bytearray(lanes.to_bytes(-(-len(septets) // 8) * 8, "little"))
    del packed[7::8]
    return bytes(packed[: -(-len(septets) * 7 // 8)])


def unpack_septets(packed: bytes, count: int) -> bytes:
    """``count`` septets (at most 256), or as many as the octets hold, one per octet."""
    if count * 7 > len(packed) * 8:
        count = len(packed) * 8 // 7
    groups = (count + 7) // 8
    whole = packed.ljust(groups * 7, b"\0")
    spread = _SPREAD[groups].pack(*_PACKED[groups].unpack_from(whole))
    lanes = int.from_bytes(spread, "little")
    # What moves by n bits becomes 2**n times as much: it is there once, the rest is added.
    lanes += (lanes & _FOURS) * 0b1111
    lanes += (lanes & _PAIRS) * 0b11
    lanes += lanes & _SINGLES
    return lanes.to_bytes(groups * 8, "little")[:count]
