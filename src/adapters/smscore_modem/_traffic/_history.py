"""
What one channel remembers of refusals: of each part that is being tried, and of the modem.
"""

import enum
from collections import Counter, OrderedDict, deque

import attrs

__all__ = ["Culprit", "History"]

_MOST_PARTS = 1000
_SICK_AT = 3
_WINDOW = 600.0  # seconds
_POISON_AT = 3
# Every time that the modem is to blame it climbs a rung of its ladder. For the sake of one message
# it goes no further than to the radio, and no message is tried for ever.
_MOST_ALONE, _MOST_BLAMED = 4, 10

_Key = tuple[int, int]


class Culprit(enum.Enum):
    """Whose fault it is that a modem fails."""

    UNKNOWN = enum.auto()
    MODEM = enum.auto()
    MESSAGE = enum.auto()


@attrs.define
class _Past:
    causes: Counter[str] = attrs.field(factory=Counter)
    accepted_before: int | None = None  # of the channel's parts, when this one was refused last
    outdone: int = 1  # refusals: the first, and each before which others had passed
    blamed: int = 0  # times that the modem was to blame for its failure


class History:
    """
    Used by one thread, the one that sends.

    It is not durable: what follows on a repetition follows a little later after a restart.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[_Key, _Past] = OrderedDict()
        self._complaints: deque[tuple[float, int]] = deque(maxlen=_SICK_AT)
        self._accepted = 0

    def refused(self, message: int, part: int, cause: str) -> int:
        """The part was refused like this; how often it was before."""
        past = self._past((message, part))
        past.causes[cause] += 1
        if past.accepted_before is not None and self._accepted > past.accepted_before:
            past.outdone += 1
        past.accepted_before = self._accepted
        return past.causes[cause] - 1

    def settled(self, message: int, part: int) -> None:
        """The network has the part: the modem works, whatever it said of others."""
        self._parts.pop((message, part), None)
        self._complaints.clear()
        self._accepted += 1

    def failed(self, message: int, part: int, *, at: float, earlier: int) -> Culprit:
        """
        The modem failed with the part, at this moment and ``earlier`` as well; who is to blame.

        A part that fails again and again while others pass is poison. A modem with which nothing
        passes is sick; if it was given nothing but one message, that one gets the doubt in the end.
        """
        past = self._past((message, part))
        if past.outdone >= _POISON_AT:
            return Culprit.MESSAGE
        self._complaints.append((at, message))
        is_alone = {message for _, message in self._complaints} == {message}
        is_often = len(self._complaints) == _SICK_AT and at - self._complaints[0][0] <= _WINDOW
        # What is retried at first counts too, if the modem was given nothing else.
        is_often = is_often or (is_alone and earlier + 1 >= _SICK_AT)
        if not is_often or past.blamed >= (_MOST_ALONE if is_alone else _MOST_BLAMED):
            return Culprit.UNKNOWN
        past.blamed += 1
        return Culprit.MODEM

    def _past(self, key: _Key) -> _Past:
        past = self._parts.setdefault(key, _Past())
        self._parts.move_to_end(key)
        if len(self._parts) > _MOST_PARTS:
            self._parts.popitem(last=False)
        return past
