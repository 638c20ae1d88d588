"""
A thread with an event loop, for calls that last long and must be given up at any moment.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["LoopThread"]

T = TypeVar("T")

_PATIENCE = 1.0  # seconds, with tasks that are not ours and do not end


class LoopThread:
    """
    Runs one coroutine for as long as it lives, and others beside it for whoever asks.

    A thread that waits for a socket cannot be woken; a coroutine can be cancelled.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()  # ours, and not those that libraries make

    def start(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Returns when the loop runs."""
        begun = threading.Event()

        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            task = self.spawn(main())
            begun.set()
            await asyncio.wait([task])
            # Also what libraries have begun, such as a connection that is being accepted: given
            # up in the middle, it would never be closed.
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                done, _ = await asyncio.wait(others, timeout=_PATIENCE)
                if not done and not self._tasks:
                    break

        self._thread = threading.Thread(
            target=lambda: asyncio.run(run()), name=self._name, daemon=True
        )
        self._thread.start()
        begun.wait()

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin something, on the loop's own thread; it is cancelled when the loop stops."""
        task = asyncio.create_task(work)
        self._adopt(task)
        return task

    def submit(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """
        Have something done there. Not to be waited for on the loop's own thread.

        Raises:
            RuntimeError: it has ended, or not begun.
        """

        async def submitted() -> T:
            self._adopt(asyncio.current_task())
            return await work()

        with self._lock:
            if self._loop is None:
                raise RuntimeError(f"{self._name} does not run")
            return asyncio.run_coroutine_threadsafe(submitted(), self._loop)

    def stop(self) -> None:
        """Cancel everything, and wait for the end. May be called twice, from any other thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._cancel)
        if self._thread is not None:
            self._thread.join()

    def _adopt(self, task: "asyncio.Task[Any] | None") -> None:
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if self._is_stopping:
                task.cancel()

    def _cancel(self) -> None:
        self._is_stopping = True
        for task in self._tasks:
            task.cancel()
