"""
SIGINT and SIGTERM for a command that works until one of them comes.
"""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

__all__ = ["work_until_told"]

T = TypeVar("T")

_LOOK = 0.5
"""Seconds between two looks for signals."""


def work_until_told(work: Callable[[], T], *, stop: Callable[[], None]) -> T:
    """
    Work on a thread of its own, and call ``stop`` for each signal; what the work returns or raises.

    From its beginning on, no signal ends the process. ``stop`` is called here and not by a handler,
    which must not meet a lock that it would have to wait for.
    """
    # A queue into which a handler may put something whatever it has interrupted.
    heard: SimpleQueue[int | None] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: heard.put(number))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="smscore work") as executor:
        future = executor.submit(work)
        future.add_done_callback(lambda _: heard.put(None))
        while not future.done():
            # signal(7): the system gives a signal to any thread, most likely to a new one. Python
            # handles it on this one, and nothing wakes it for that: it has to look by itself.
            with suppress(Empty):
                if heard.get(timeout=_LOOK) is not None:
                    stop()
        return future.result()
