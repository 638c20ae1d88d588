"""
Keeping a server alive in the eyes of the others, on a thread that does nothing else.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from smscore.errors import StoreError
from smscore.services.servers import Servers

__all__ = ["holding", "keep_alive"]

_log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks at the others."""


@contextmanager
def holding(servers: Servers) -> Iterator[None]:
    """
    Have all the rights of this server until the block ends, without doing anything by them.

    Raises:
        StoreUnavailable: another server has one of them, or the store cannot be reached.
    """
    servers.appear()
    stop = threading.Event()
    keeping = threading.Thread(target=keep_alive, args=(servers, stop), daemon=True)
    keeping.start()
    try:
        servers.check_rights()
        yield
    finally:
        stop.set()
        keeping.join()
        servers.leave()


def keep_alive(servers: Servers, stop: threading.Event) -> None:
    """On a thread that does nothing else: whoever misses it is dead."""
    is_well = True
    while not stop.wait(_LOOK):
        was_well, is_well = is_well, False
        try:
            servers.tick()
            is_well = True
        except StoreError as fault:
            if was_well:
                _log.warning("nothing is known of other servers now: %s", fault)
        except Exception:  # noqa: BLE001  # nothing may end this thread
            _log.exception("the look at other servers failed")
        if is_well and not was_well:
            _log.warning("other servers are known again")
