"""
Telling observers what happened, after it is durable.
"""

import logging
from collections.abc import Collection, Sequence

import attrs

from smscore.domain.events import Event
from smscore.ports.policy import Observer
from smscore.ports.storage import Store, View

__all__ = ["Notification"]

_log = logging.getLogger(__name__)
_BATCH = 2_000


class Notification:
    """
    The use case *notify*: best effort, from the moment it is made.

    An observer that raises is logged and told of the next event all the same.
    """

    def __init__(self, *, store: Store, observers: Sequence[Observer] = ()) -> None:
        self._store = store
        self._observers: tuple[_Told, ...] = ()
        self._kinds: Collection[str] = ()  # that somebody wants to hear of; none: all of them
        self._cursor = 0
        self._turn = object()
        for observer in observers:
            self.add(observer)

    @property
    def has_observers(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._observers)

    def add(self, observer: Observer, *, kinds: Collection[str] = ()) -> None:
        """Tell this one, too, from now on, of events of these kinds; none means all."""
        if not self._observers:
            self._cursor = self._store.read(lambda view: view.events.newest())
        self._observers = (*self._observers, _Told(observer, frozenset(kinds)))
        wanted = [told.kinds for told in self._observers]
        self._kinds = frozenset().union(*wanted) if all(wanted) else ()

    def run_once(self) -> int:
        """Tell every observer of the events since the last call, and say how many those were."""
        if not self._observers:
            return 0
        turn = self._turn
        newest, news = self._store.read(self._look)
        for position, event in news:
            self._tell(event)
            if self._turn is not turn:
                return 0
            self._cursor = position
        if len(news) < _BATCH:
            self._cursor = max(self._cursor, newest)  # behind those that nobody wants to hear of
        return len(news)

    def leave(self) -> None:
        """Let a round that is under way end with the event that it is at."""
        self._turn = object()

    def _look(self, view: View) -> tuple[int, Sequence[tuple[int, Event]]]:
        newest = view.events.newest()  # first: what comes in between is told the next time
        return newest, view.events.since(self._cursor, limit=_BATCH, kinds=self._kinds)

    def _tell(self, event: Event) -> None:
        for told in self._observers:
            if told.kinds and event.kind not in told.kinds:
                continue
            try:
                told.observer(event)
            except (Exception, SystemExit):  # noqa: BLE001  # a stranger's code
                _log.exception("an observer failed on %s", event.kind)


@attrs.frozen
class _Told:
    observer: Observer
    kinds: frozenset[str]  # none: all of them
