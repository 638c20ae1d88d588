"""
Telling observers what happened, after it is durable.
"""

import logging
from collections.abc import Sequence

from smscore.ports.policy import Observer
from smscore.ports.storage import Store

__all__ = ["Notification"]

_log = logging.getLogger(__name__)
_BATCH = 500


class Notification:
    """
    The use case *notify*: best effort, from the moment it is made.

    An observer that raises is logged and told of the next event all the same.
    """

    def __init__(self, *, store: Store, observers: Sequence[Observer] = ()) -> None:
        self._store = store
        self._observers = observers
        self._cursor = store.read(lambda view: view.events.newest()) if observers else 0

    @property
    def has_observers(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._observers)

    def run_once(self) -> int:
        """Tell every observer of the events since the last call, and say how many those were."""
        cursor = self._cursor
        news = self._store.read(lambda view: view.events.since(cursor, limit=_BATCH))
        for position, event in news:
            for observer in self._observers:
                try:
                    observer(event)
                except Exception:  # noqa: BLE001  # a stranger's code
                    _log.exception("an observer failed on %s", event.kind)
            self._cursor = position
        return len(news)
