"""
What one channel remembers of refusals: of each part that is being tried, and of the modem.
"""

from collections import Counter, OrderedDict, deque

import attrs

__all__ = ["History"]

_MOST_PARTS = 1000
_SICK_AT = 3
_WINDOW = 600.0  # seconds

_Key = tuple[int, int]


@attrs.define
class _Past:
    causes: Counter[str] = attrs.field(factory=Counter)
    is_in_doubt: bool = False


class History:
    """
    Used by one thread, the one that sends.

    It is not durable: what follows on a repetition follows a little later after a restart.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[_Key, _Past] = OrderedDict()
        self._complaints: deque[tuple[float, int]] = deque(maxlen=_SICK_AT)

    def refused(self, message: int, part: int, cause: str) -> int:
        """The part was refused like this; how often it was before."""
        past = self._past((message, part))
        past.causes[cause] += 1
        return past.causes[cause] - 1

    def doubted(self, message: int, part: int) -> None:
        """The part may have left."""
        self._past((message, part)).is_in_doubt = True

    def was_doubted(self, message: int, part: int) -> bool:
        """Whether an earlier try of the part may have left."""
        return (message, part) in self._parts and self._parts[message, part].is_in_doubt

    def settled(self, message: int, part: int) -> None:
        """The network has the part: the modem works, whatever it said of others."""
        self._parts.pop((message, part), None)
        self._complaints.clear()

    def complained(self, message: int, *, at: float) -> bool:
        """
        The modem failed at this moment; whether it has so often that it must be sick.

        One message alone proves nothing: it may be its number that this network does not take.
        """
        self._complaints.append((at, message))
        since, _ = self._complaints[0]
        is_sick = (
            len(self._complaints) == _SICK_AT
            and at - since <= _WINDOW
            and len({message for _, message in self._complaints}) > 1
        )
        if is_sick:
            self._complaints.clear()
        return is_sick

    def _past(self, key: _Key) -> _Past:
        past = self._parts.setdefault(key, _Past())
        self._parts.move_to_end(key)
        if len(self._parts) > _MOST_PARTS:
            self._parts.popitem(last=False)
        return past
