"""
Looking at what was set aside: it is listed, read once more, or thrown away.
"""

from collections.abc import Callable, Mapping

import msgspec

from smscore.errors import InvalidRequest, NotFound
from smscore.ports.clock import Clock
from smscore.ports.transport import Journal, TransportSink
from smscore_modem._sparing import SparingLog
from smscore_modem._time import SYSTEM
from smscore_modem._traffic._intake import Intake
from smscore_modem._traffic._shelf import Shelf, Shelved

__all__ = ["Study", "study_of"]

_ALL = "all"


class Study:
    """
    Both shelves of one channel: what could not be read, and what the modem did not understand.

    ``take`` hands over what was not readable before, if it is by now, and says whether it was.
    """

    def __init__(
        self, *, unreadable: Shelf, poison: Shelf, take: Callable[[Shelved], bool]
    ) -> None:
        self._unreadable = unreadable
        self._poison = poison
        self._take = take

    def run(self, arguments: Mapping[str, str]) -> Mapping[str, object]:
        """
        Do what ``do`` says, ``list`` unless given, to the ``entries``: names, or ``all``.

        Raises:
            InvalidRequest: it cannot be done.
            NotFound: there is no such entry.
        """
        actions = {"list": self._list, "retry": self._retry, "discard": self._discard}
        do = arguments.get("do", "list")
        if do not in actions:
            raise InvalidRequest(f"`do` must be one of {', '.join(actions)}")
        if do == "discard" and not arguments.get("entries"):
            raise InvalidRequest(f"say which `entries`, or `{_ALL}`")
        return actions[do](arguments.get("entries", _ALL).split())

    def _list(self, names: list[str]) -> Mapping[str, object]:
        return {"entries": [msgspec.to_builtins(one) for one, _ in self._chosen(names)]}

    def _retry(self, names: list[str]) -> Mapping[str, object]:
        chosen = [(one, shelf) for one, shelf in self._chosen(names) if shelf is self._unreadable]
        found: dict[bool, list[str]] = {True: [], False: []}
        for one, shelf in chosen:
            is_read = self._take(one)
            if is_read:
                shelf.drop(one)
            found[is_read].append(one.entry)
        return {"read": found[True], "unreadable": found[False]}

    def _discard(self, names: list[str]) -> Mapping[str, object]:
        chosen = self._chosen(names)
        for one, shelf in chosen:
            shelf.drop(one)
        return {"discarded": [one.entry for one, _ in chosen]}

    def _chosen(self, names: list[str]) -> list[tuple[Shelved, Shelf]]:
        there = {
            one.entry: (one, shelf) for shelf in (self._unreadable, self._poison) for one in shelf
        }
        if names == [_ALL]:
            return list(there.values())
        missing = [name for name in names if name not in there]
        if missing:
            raise NotFound(f"nothing is set aside as {missing[0]!r}")
        return [there[name] for name in dict.fromkeys(names)]


def study_of(channel: str, *, sink: TransportSink, journal: Journal, clock: Clock) -> Study:
    """The shelves of a channel whose modem nobody has opened."""
    unreadable = Shelf(journal, "unreadable", clock=clock)
    intake = Intake(
        channel=channel,
        sink=sink,
        unreadable=unreadable,
        clock=clock,
        suspect=lambda _: None,  # there is no SIM whose pace could be slowed
        sparing=SparingLog(channel, SYSTEM),
    )
    return Study(
        unreadable=unreadable,
        poison=Shelf(journal, "poison", clock=clock),
        take=intake.take_again,
    )
