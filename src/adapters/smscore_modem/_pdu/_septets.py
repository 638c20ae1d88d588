"""
Septets packed into octets and back (23.038, 6.1.2.1).
"""

__all__ = ["pack_septets", "unpack_septets"]


def _lanes(pattern: int, width: int) -> int:
    return int.from_bytes(pattern.to_bytes(width, "little") * (256 // width), "little")


# Neighbours are joined within ever wider lanes of one big integer: three steps for any length.
_STEPS = tuple(
    (_lanes(low, width), _lanes(low << (width * 4), width), width * 4 - bits)
    for low, width, bits in ((0x7F, 2, 7), (0x3FFF, 4, 14), (0xFFFFFFF, 8, 28))
)
_PACKED_STEPS = tuple(
    (_lanes(low, width), _lanes(low << bits, width), width * 4 - bits)
    for low, width, bits in ((0xFFFFFFF, 8, 28), (0x3FFF, 4, 14), (0x7F, 2, 7))
)


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
    spread = bytearray(packed[: -(-count * 7 // 8)])
    groups = -(-len(spread) // 7)
    for place in range(7, groups * 8 - 1, 8):
        spread.insert(place, 0)
    lanes = int.from_bytes(spread, "little")
    for low, high, gap in _PACKED_STEPS:
        lanes = (lanes & low) | ((lanes & high) << gap)
    return lanes.to_bytes(groups * 8, "little")[: min(count, len(packed) * 8 // 7)]
