"""
The information elements of a user data header: reading them, and writing them (23.040, 9.2.3.24).

A header is kept as the octets that came, without the octet of their common length: what we do
not know stays in it. The functions here look into it, and never raise.
"""

from collections.abc import Iterator

import attrs

from smscore.domain.alphabets import GSM7, Alphabet, alphabet
from smscore.domain.languages import Language

__all__ = [
    "Concatenation",
    "Element",
    "Ports",
    "alphabet_of",
    "concatenation_element",
    "concatenation_of",
    "locking_element",
    "place_octets",
    "ports_element",
    "ports_of",
    "read_elements",
    "single_element",
    "write_elements",
]

# Identifiers (23.040, 9.2.3.24).
_CONCATENATED, _CONCATENATED_WIDE = 0x00, 0x08
_PORTS, _PORTS_WIDE = 0x04, 0x05
_SINGLE_SHIFT, _LOCKING_SHIFT = 0x24, 0x25
_MOST = 255  # of what one octet counts or numbers


@attrs.frozen(kw_only=True)
class Element:
    """One information element, known or not."""

    identifier: int
    value: bytes

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.identifier <= _MOST:
            raise ValueError(f"an element's identifier is 0 to {_MOST}, not {self.identifier}")
        if len(self.value) > _MOST:
            raise ValueError(f"an element has at most {_MOST} octets, not {len(self.value)}")

    def to_octets(self) -> bytes:
        """Identifier, length, value."""
        return bytes((self.identifier, len(self.value))) + self.value


@attrs.frozen(kw_only=True)
class Concatenation:
    """The place of a part in its message (23.040, 9.2.3.24.1 and .8): ``number`` from 1."""

    reference: int
    total: int
    number: int
    is_wide: bool = False  # a 16-bit reference

    def __attrs_post_init__(self) -> None:
        self.to_octets()  # refuses what cannot be written

    def to_octets(self) -> bytes:
        """The element that gives a part this place."""
        return place_octets(self.reference, self.total, self.number, is_wide=self.is_wide)

    def has_sense(self) -> bool:
        """Whether the header can be obeyed; one that cannot is ignored."""
        return 1 <= self.number <= self.total


@attrs.frozen(kw_only=True)
class Ports:
    """The applications that a message is for and from (23.040, 9.2.3.24.3 and .4)."""

    destination: int
    source: int
    is_wide: bool = True  # 16-bit ports

    def __attrs_post_init__(self) -> None:
        most = 0xFFFF if self.is_wide else 0xFF
        for name, port in (("destination", self.destination), ("source", self.source)):
            if not 0 <= port <= most:
                raise ValueError(f"{name} is a port of 0 to {most}, not {port}")


def read_elements(header: bytes) -> tuple[Element, ...]:
    """The elements of a header, in order; one that overruns its end is left out."""
    return tuple(
        Element(identifier=identifier, value=value) for identifier, value in _elements(header)
    )


def _elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(header):
        end = at + 2 + header[at + 1]
        if end <= len(header):
            yield header[at], header[at + 2 : end]
        at = end


def write_elements(*elements: Element) -> bytes:
    """
    The header that holds some elements.

    Raises:
        ValueError: together they are longer than a header can say.
    """
    header = b"".join(element.to_octets() for element in elements)
    if len(header) > _MOST:
        raise ValueError(f"a header has at most {_MOST} octets, these elements {len(header)}")
    return header


def concatenation_of(header: bytes) -> Concatenation | None:
    """The place that a header gives its part; an element that makes no sense is no place."""
    found = None
    # Of repeated and of contradicting elements the last one counts (23.040, 9.2.3.24).
    for identifier, value in _elements(header):
        if (identifier, len(value)) in ((_CONCATENATED, 3), (_CONCATENATED_WIDE, 4)):
            *reference, total, number = value
            place = Concatenation(
                reference=int.from_bytes(reference, "big"),
                total=total,
                number=number,
                is_wide=identifier == _CONCATENATED_WIDE,
            )
            found = place if place.has_sense() else found
    return found


def ports_of(header: bytes) -> Ports | None:
    """The application ports that a header names."""
    found = None
    for identifier, value in _elements(header):
        half = len(value) // 2
        if (identifier, len(value)) in ((_PORTS, 2), (_PORTS_WIDE, 4)):
            found = Ports(
                destination=int.from_bytes(value[:half], "big"),
                source=int.from_bytes(value[half:], "big"),
                is_wide=identifier == _PORTS_WIDE,
            )
    return found


def alphabet_of(header: bytes) -> Alphabet:
    """
    The alphabet in which septets behind a header are written.

    A language that is not defined counts as none, as the standard wants it (23.040, 9.2.3.24.15
    and .16).
    """
    if not header:
        return GSM7
    chosen: dict[int, Language | None] = {}
    for identifier, value in _elements(header):
        if identifier in (_SINGLE_SHIFT, _LOCKING_SHIFT) and len(value) == 1:
            chosen[identifier] = Language.of(value[0])
    return alphabet(locking=chosen.get(_LOCKING_SHIFT), single=chosen.get(_SINGLE_SHIFT))


def place_octets(reference: int, total: int, number: int, *, is_wide: bool) -> bytes:
    """
    The element of a :class:`Concatenation`, without the value in between.

    Raises:
        ValueError: a number is too large for its octets.
    """
    if not 0 <= reference <= (0xFFFF if is_wide else _MOST):
        raise ValueError(f"reference is 0 to {0xFFFF if is_wide else _MOST}, not {reference}")
    if not 0 <= total <= _MOST:
        raise ValueError(f"total is 0 to {_MOST}, not {total}")
    if not 0 <= number <= _MOST:
        raise ValueError(f"number is 0 to {_MOST}, not {number}")
    if is_wide:
        return bytes((_CONCATENATED_WIDE, 4, reference >> 8, reference & 0xFF, total, number))
    return bytes((_CONCATENATED, 3, reference, total, number))


def concatenation_element(place: Concatenation) -> Element:
    """The element that gives a part its place."""
    identifier, _, *value = place.to_octets()
    return Element(identifier=identifier, value=bytes(value))


def ports_element(ports: Ports) -> Element:
    """The element that addresses applications."""
    if not ports.is_wide:
        return Element(identifier=_PORTS, value=bytes((ports.destination, ports.source)))
    value = ports.destination.to_bytes(2, "big") + ports.source.to_bytes(2, "big")
    return Element(identifier=_PORTS_WIDE, value=value)


def single_element(language: Language) -> Element:
    """The element that puts a national table behind the escape (23.040, 9.2.3.24.15)."""
    return Element(identifier=_SINGLE_SHIFT, value=bytes((language.identifier,)))


def locking_element(language: Language) -> Element:
    """The element that replaces the default alphabet by a national one (23.040, 9.2.3.24.16)."""
    return Element(identifier=_LOCKING_SHIFT, value=bytes((language.identifier,)))
