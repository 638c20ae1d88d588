"""
Numbers by their keyed hashes: what can be compared and not be read.
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import cached_property, lru_cache

from smscore.ports.identity import Authenticator

__all__ = ["Pseudonyms"]

_MOST_KNOWN = 16_384  # more than a batch holds


class Pseudonyms:
    """
    HMAC-SHA-256 under a key that is derived from the key file. Any thread may call.

    Telephone numbers are few enough to be tried one after another, so that a hash without a key
    would hide nothing. The key is derived when it is first needed.
    """

    def __init__(self, authenticator: Callable[[], Authenticator]) -> None:
        self._authenticator = authenticator
        # Asked before the unit of work and inside it: there it is known already.
        self.of = lru_cache(maxsize=_MOST_KNOWN)(self._hashed)

    def _hashed(self, number: str) -> str:
        """The hash of a number in its normal form, in hexadecimal digits."""
        hashing = self._keyed.copy()
        hashing.update(number.encode())
        return hashing.hexdigest()

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        # Copied for each number: that keeps the interpreter's lock, which hmac.digest gives up.
        key = self._authenticator().derive_secret("number", 0, generation=1).encode()
        return hmac.new(key, digestmod=hashlib.sha256)
