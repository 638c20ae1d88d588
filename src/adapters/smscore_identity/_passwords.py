"""
Passwords: argon2id, at most two at a time, and a short memory of what was right.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["Passwords"]

_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
_AT_ONCE = 2  # each takes 19 MiB and tens of milliseconds of a core
_REMEMBERED_FOR = 300.0  # seconds


class Passwords:
    """Hashes and verifies. Any thread may call; ``monotonic`` counts seconds."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._process_key = secrets.token_bytes(32)
        self._verified: dict[bytes, float] = {}  # until when

    def hash(self, password: str) -> str:
        """The hash to store, salted anew each time."""
        with self._turns:
            return self._hasher.hash(_encoded(password))

    def verify(self, username: str, password: str, *, stored: str | None) -> bool:
        """
        Whether the password is the stored one.

        Takes as long without a stored hash as with a wrong one. What was right is remembered.
        """
        if stored is not None and self.was_verified(username, password, stored=stored):
            return True
        dummy = self._dummy  # asked for each time: else the first unknown user would take longer
        is_right = self._verify(stored or dummy, password)
        if not is_right or stored is None:
            return False
        self._remember(self._print(username, password, stored))
        return True

    def was_verified(self, username: str, password: str, *, stored: str) -> bool:
        """Whether these were found right in the last minutes."""
        until = self._verified.get(self._print(username, password, stored))
        return until is not None and self._monotonic() < until

    def _verify(self, stored: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._turns:
            try:
                return self._hasher.verify(stored, _encoded(password))
            except (VerificationError, InvalidHashError):
                return False

    def _remember(self, print_: bytes) -> None:
        now = self._monotonic()
        # A new dict, because other threads may be reading the one there is.
        self._verified = {
            **{known: until for known, until in self._verified.items() if now < until},
            print_: now + _REMEMBERED_FOR,
        }

    def _print(self, username: str, password: str, stored: str) -> bytes:
        """Stands for a verified triple; without this process's key it tells nothing."""
        message = _encoded(f"{len(username)} {len(password)} {username}{password}{stored}")
        # Keyed (RFC 7693), since an HMAC of hashlib gives up the interpreter's lock for an instant,
        # and then waits for it longer than all the rest of a request takes.
        return hashlib.blake2b(message, key=self._process_key, digest_size=32).digest()

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        # The library costs a good part of the start-up time, and commands seldom need it.
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)

    @cached_property
    def _dummy(self) -> str:
        return self._hasher.hash(secrets.token_bytes(16))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
