"""
The directory with the files of published apps: each under its digest, whole or not at all.
"""

import fcntl
import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import attrs

from smscore import GatewayConfig
from smscore.errors import Conflict, InvalidRequest
from smscore_server._output import Failure

__all__ = ["AppFiles", "Draft"]

_LARGEST = 512 << 20  # bytes
_TOO_LARGE = f"it has more than {_LARGEST >> 20} MiB, which no app should have"
_PIECE = 1 << 20
_DRAFT = ".draft"
# The directory may be one in which the operator keeps APKs under names of his own.
_OURS = re.compile(r"[0-9a-f]{64}\.apk|\.draft")
_PUBLIC = 0o644  # anybody may download it


@attrs.frozen(kw_only=True)
class Draft:
    """A copy that nobody can download yet."""

    path: Path
    digest: str
    size: int


class AppFiles:
    """What one command at a time may change."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._directory = config.apps_directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Make the directory if need be, and keep other commands out of it.

        Raises:
            Conflict: one is in it.
            Failure: it cannot be written.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._directory, os.O_RDONLY)
        except OSError as cause:
            raise self._unusable(cause) from cause
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise Conflict("another command publishes or withdraws an app; try again") from cause
        except OSError as cause:  # directories of other machines may know no locks
            raise self._unusable(cause) from cause

    def _unusable(self, cause: OSError) -> Failure:
        return Failure(f"{self._directory} cannot be used: {cause.strerror}")

    @contextmanager
    def draft(self, source: Path) -> Iterator[Draft]:
        """
        A copy of the file, gone at the end unless it was kept.

        Raises:
            InvalidRequest: it is no file, or larger than any app should be.
            Failure: it cannot be read, or the copy not be written.
        """
        path = self._directory / _DRAFT
        try:
            with _opened(source) as file, path.open("wb") as copy:
                digest, size = _copy(file, copy)
            yield Draft(path=path, digest=digest, size=size)
        except OSError as cause:
            raise Failure(f"{cause.filename or path}: {cause.strerror}") from cause
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: Draft) -> None:
        """From now on its file is there, whatever happens to the machine."""
        draft.path.chmod(_PUBLIC)
        draft.path.rename(self._config.app_file(draft.digest))
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sweep(self, *, kept: Collection[str]) -> None:
        """Remove the files that no published version has, such as those of an interrupted one."""
        names = {self._config.app_file(digest).name for digest in kept}
        for path in self._directory.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in names:
                with suppress(OSError):  # the next command tries again
                    path.unlink()


def _opened(source: Path) -> BinaryIO:
    # A pipe would be waited for until somebody writes into it.
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise InvalidRequest(_TOO_LARGE if stat.S_ISREG(found.st_mode) else "it is no file")


def _copy(file: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Its digest and size; the copy is on the disk."""
    digest, size = sha256(), 0
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > _LARGEST:  # it has grown meanwhile
            raise InvalidRequest(_TOO_LARGE)
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    os.fsync(copy.fileno())
    return digest.hexdigest(), size
