"""
Joining inbound parts: which of them are one message, and what it says.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import attrs

from smscore.domain.alphabets import Alphabet, decode_ucs2, encode_ucs2
from smscore.domain.headers import alphabet_of
from smscore.domain.inbound import InboundPart
from smscore.domain.messages import MessageId
from smscore.domain.user_data import Coding

__all__ = ["GAP", "LONGEST_WAIT", "Joined", "join"]

GAP = "[…]"
"""What stands in a text for parts that did not come."""

_UNKNOWN = encode_ucs2("\ufffd")

_LONGEST_JOURNEY = timedelta(hours=24)
"""Parts whose centre's time stamps are further apart belong to different messages."""

LONGEST_WAIT = timedelta(hours=72)
"""After the first part of a message no other is taken for one of it: centres try for days."""


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
    def published_as(self) -> MessageId | None:
        """The message that has been made of it while parts were missing; None: there is none."""
        return next((one.published_as for one in self.parts if one.published_as is not None), None)

    @property
    def since(self) -> datetime:
        """When the first of the parts came."""
        return min(part.received_at for part in self.parts)

    @property
    def newest(self) -> InboundPart:
        """The part that came last; one that came again does not count."""
        return max(self.parts, key=lambda part: part.received_at)

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
            number = _number(part)
            if number != following:
                yield from (_decode(run), GAP)
                run = []
            run.append(part)
            following = number + 1
        yield _decode(run)
        if following <= self.total:
            yield GAP


def join(parts: Iterable[InboundPart]) -> tuple[Joined, ...]:
    """
    Sort parts, given in the order of their arrival, into messages.

    Parts belong together when channel, sender, reference, its width and the total are the same
    and their time stamps are near. A part that came before with other content begins a message
    that uses the reference again, and what follows goes to the latest message that lacks it.
    Parts of which different messages have been made stay with them.
    """
    groups: list[_Group] = []
    alike: dict[object, list[_Group]] = defaultdict(list)  # the latest last
    for part in parts:
        place = part.concatenation
        if place is None:
            groups.append(_Group(part, total=1))
            continue
        number = place.number
        candidates = alike[part.channel, part.sender, place.reference, place.is_wide, place.total]
        if any(group.takes_again(part, number) for group in reversed(candidates)):
            continue
        if any(group.takes(part, number) for group in reversed(candidates)):
            continue
        candidates.append(_Group(part, total=place.total, number=number))
        groups.append(candidates[-1])
    return tuple(group.joined() for group in groups)


class _Group:
    """A message while its parts are sorted."""

    def __init__(self, first: InboundPart, *, total: int, number: int = 1) -> None:
        self._first = first
        self._total = total
        self._parts = {number: first}
        self._duplicates: list[InboundPart] = []

    def takes_again(self, part: InboundPart, number: int) -> bool:
        """Whether it came before; then it is kept as a duplicate."""
        present = self._parts.get(number)
        if present is None or _content(present) != _content(part):
            return False
        if not self._may_have(part):
            return False
        self._duplicates.append(part)
        return True

    def takes(self, part: InboundPart, number: int) -> bool:
        """Whether it was lacking; then it is in its place now."""
        if number in self._parts or not self._may_have(part):
            return False
        self._parts[number] = part
        return True

    def _may_have(self, part: InboundPart) -> bool:
        """Whether nothing speaks against it but what it says."""
        known = {one.published_as for one in self._parts.values()} - {None}
        if part.published_as is not None and known - {part.published_as}:
            return False
        return _are_near(self._first, part)

    def joined(self) -> Joined:
        """What became of it."""
        return Joined(
            total=self._total,
            parts=tuple(part for _, part in sorted(self._parts.items(), key=itemgetter(0))),
            duplicates=tuple(self._duplicates),
        )


def _number(part: InboundPart) -> int:
    place = part.concatenation
    return place.number if place else 1


def _content(part: InboundPart) -> tuple[Coding, bytes, bytes]:
    return part.coding, part.user_data, part.header


def _are_near(one: InboundPart, other: InboundPart) -> bool:
    if abs(one.received_at - other.received_at) > LONGEST_WAIT:
        return False
    if one.sent_at is None or other.sent_at is None:
        return abs(one.received_at - other.received_at) <= _LONGEST_JOURNEY
    return abs(one.sent_at - other.sent_at) <= _LONGEST_JOURNEY


def _decode(run: Sequence[InboundPart]) -> str:
    """The text of neighbouring parts; those of one coding are decoded together."""
    return "".join(
        _decoded([part.user_data for part in alike], coding, alphabet)
        for (coding, alphabet), alike in groupby(
            run, key=lambda part: (part.coding, alphabet_of(part.header))
        )
    )


def _decoded(contents: Iterable[bytes], coding: Coding, alphabet: Alphabet) -> str:
    match coding:
        case Coding.GSM7:
            return alphabet.decode(b"".join(contents))
        case Coding.UCS2:
            return decode_ucs2(b"".join(map(_whole_units, contents)))
        case Coding.BINARY:
            return b"".join(contents).hex()


def _whole_units(content: bytes) -> bytes:
    """UTF-16 of one part: an octet too many must not shift those of the parts behind it."""
    return content if len(content) % 2 == 0 else content[:-1] + _UNKNOWN
