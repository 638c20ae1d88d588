"""
The right to run channels on an SQLite file, which one server has at a time.
"""

import fcntl
import os
import threading
from collections.abc import Collection

from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreUnavailable
from smscore_sqlmodel._holder import holder, sign
from smscore_sqlmodel._sqlite import SqliteFile

__all__ = ["ServerLock"]


class ServerLock:
    """
    The right to run channels on a file: ``flock`` on its neighbour ``<file>.lock``.

    The kernel takes it back when the process ends, however it ends.
    """

    is_alone = True

    def __init__(self, file: SqliteFile) -> None:
        database = file.path.resolve()  # one lock, by whatever link it is reached
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None
        self._process: ProcessId | None = None
        self._lock = threading.Lock()  # guards these two

    def acquire(self, process: ProcessId) -> None:
        """
        Take it; whoever has it already keeps it.

        Raises:
            StoreUnavailable: another server has it.
        """
        with self._lock:
            if self._descriptor is None:
                self._descriptor = self._take()
            self._process = process

    def check_free(self) -> None:
        """
        Let pass whoever takes nothing. Where no server ever ran no file is made.

        Raises:
            StoreUnavailable: a server has it.
        """
        if self._path.exists():
            os.close(self._take())

    def holders(self) -> Collection[ProcessId]:
        """Nobody else can have it. Raises StoreUnavailable as :meth:`renew` does."""
        self.renew()
        return () if self._descriptor is None or self._process is None else (self._process,)

    def renew(self) -> None:
        """
        Take it again if it was taken and its file is another one now, as that of the database.

        Raises:
            StoreUnavailable: a server that was started since then has it.
        """
        with self._lock:
            if self._descriptor is not None and not self._has_file():
                taken = self._take()  # or else the old one is kept, to try again
                self._give_back()
                self._descriptor = taken

    def release(self) -> None:
        """Give it back, for children that have inherited it as well."""
        with self._lock:
            self._give_back()

    def _give_back(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self) -> int:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as cause:
            raise StoreUnavailable(f"the lock {self._path} cannot be opened: {cause}") from cause
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            who = holder(descriptor)
            os.close(descriptor)
            raise StoreUnavailable(
                f"{who} runs the channels of this database and holds {self._path}; stop it first"
            ) from cause
        sign(descriptor)
        return descriptor

    def _has_file(self) -> bool:
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False
