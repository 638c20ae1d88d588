"""
Joining inbound parts: which of them are one message, and what it says.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby

import attrs

from smscore.domain.alphabets import Alphabet
from smscore.domain.headers import alphabet_of
from smscore.domain.inbound import InboundPart
from smscore.domain.user_data import Coding

__all__ = ["GAP", "Joined", "join"]

GAP = "[…]"
"""What stands in a text for parts that did not come."""

_LONGEST_JOURNEY = timedelta(hours=24)
"""Parts whose centre's time stamps are further apart belong to different messages."""


@attrs.frozen(kw_only=True)
class Joined:
    """
    The parts of one message, by their numbers.

    ``duplicates`` came again with the same content, and say nothing new.
    """

    total: int
    parts: tuple[InboundPart, ...]
    duplicates: tuple[InboundPart, ...] = ()

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers, from 1, of the parts that did not come."""
        present = {_number(part) for part in self.parts}
        return tuple(number for number in range(1, self.total + 1) if number not in present)

    @property
    def is_complete(self) -> bool:
        """Whether no part is missing."""
        return len(self.parts) == self.total

    @property
    def text(self) -> str:
        """
        What the parts say, with :data:`GAP` for each run of missing ones.

        What lies between two gaps is decoded as a whole: a character may be cut between parts.
        Octets that are no text are shown in hexadecimal.
        """
        return "".join(self._runs())

    def _runs(self) -> Iterator[str]:
        following = 1
        run: list[InboundPart] = []
        for part in self.parts:
            if _number(part) != following:
                yield from (_decode(run), GAP)
                run = []
            run.append(part)
            following = _number(part) + 1
        yield _decode(run)
        if following <= self.total:
            yield GAP


def join(parts: Iterable[InboundPart]) -> tuple[Joined, ...]:
    """
    Sort parts, given in the order of their arrival, into messages.

    Parts belong together when channel, sender, reference, its width and the total are the same
    and their time stamps are near. A part that came before with other content begins a message
    that uses the reference again, and what follows goes to the latest message that lacks it.
    """
    groups: list[_Group] = []
    for part in parts:
        key = _key(part)
        open_groups = [group for group in reversed(groups) if group.takes(part, key)]
        found = next((group for group in open_groups if group.knows(part)), None)
        found = found or next((group for group in open_groups if group.lacks(part)), None)
        if found is None:
            found = _Group(key, part)
            groups.append(found)
        found.add(part)
    return tuple(group.joined() for group in groups)


class _Group:
    """A message while its parts are sorted."""

    def __init__(self, key: object, first: InboundPart) -> None:
        self._key = key
        self._first = first
        self._parts: dict[int, InboundPart] = {}
        self._duplicates: list[InboundPart] = []

    def takes(self, part: InboundPart, key: object) -> bool:
        return key is not None and key == self._key and _are_near(self._first, part)

    def lacks(self, part: InboundPart) -> bool:
        return _number(part) not in self._parts

    def knows(self, part: InboundPart) -> bool:
        before = self._parts.get(_number(part))
        return before is not None and _content(before) == _content(part)

    def add(self, part: InboundPart) -> None:
        if self.knows(part):
            self._duplicates.append(part)
        else:
            self._parts[_number(part)] = part

    def joined(self) -> Joined:
        place = self._first.concatenation
        return Joined(
            total=place.total if place else 1,
            parts=tuple(self._parts[number] for number in sorted(self._parts)),
            duplicates=tuple(self._duplicates),
        )


def _key(part: InboundPart) -> object:
    """What the parts of one message have in common; None: it is a message by itself."""
    place = part.concatenation
    if place is None:
        return None
    return part.channel, part.sender, place.reference, place.is_wide, place.total


def _number(part: InboundPart) -> int:
    return part.concatenation.number if part.concatenation else 1


def _content(part: InboundPart) -> tuple[Coding, bytes, bytes]:
    return part.coding, part.user_data, part.header


def _are_near(one: InboundPart, other: InboundPart) -> bool:
    if one.sent_at is None or other.sent_at is None:
        return abs(one.received_at - other.received_at) <= _LONGEST_JOURNEY
    return abs(one.sent_at - other.sent_at) <= _LONGEST_JOURNEY


def _decode(run: Sequence[InboundPart]) -> str:
    """The text of neighbouring parts; those of one coding are decoded together."""
    return "".join(
        _decoded(b"".join(part.user_data for part in alike), coding, alphabet)
        for (coding, alphabet), alike in groupby(
            run, key=lambda part: (part.coding, alphabet_of(part.header))
        )
    )


def _decoded(user_data: bytes, coding: Coding, alphabet: Alphabet) -> str:
    match coding:
        case Coding.GSM7:
            return alphabet.decode(user_data)
        case Coding.UCS2:
            return user_data.decode("utf-16-be", "replace")
        case Coding.BINARY:
            return user_data.hex()
