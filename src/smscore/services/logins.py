"""
Who guesses passwords is slowed down, and nobody else: mistakes by user and by address.

Each mistake is forgiven after a while, so that after too many of them there is one more try each
time that one is forgiven. What is counted, and refused, is the same for names that do not exist.
"""

import hashlib
import hmac
import logging
import math
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

import attrs

from smscore.domain.credentials import Principal
from smscore.errors import AuthenticationFailed
from smscore.ports.identity import Authenticator

__all__ = ["Attempt", "LoginThrottle", "Logins", "Throttled"]

_log = logging.getLogger(__name__)

_DAY = 86_400.0
_MOST_KNOWN = 10_000  # of each kind; who was silent for the longest is forgotten first


class Throttled(AuthenticationFailed):
    """
    Too many mistakes were made: nobody looks at the password for ``retry_after`` seconds.

    To the caller it is a wrong password, whatever it was.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many wrong passwords")
        self.retry_after = retry_after


@attrs.frozen(kw_only=True)
class Attempt:
    """A name and a password from an address."""

    username: str
    password: str = attrs.field(repr=False)
    address: str


class Logins:
    """
    Names and passwords, as every surface checks them: mistakes on one count on all. Any thread.
    """

    def __init__(
        self, *, authenticator: Callable[[], Authenticator], monotonic: Callable[[], float]
    ) -> None:
        self._authenticator = authenticator
        self._throttle = LoginThrottle(monotonic=monotonic)

    def recall(self, attempt: Attempt) -> Principal | None:
        """Who was verified lately with these, at no cost; None means :meth:`verify`."""
        return self._authenticator().recall(attempt.username, attempt.password)

    def check(self, attempt: Attempt) -> None:
        """
        Let the password be looked at.

        Raises:
            Throttled: not now.
        """
        self._throttle.check(attempt)

    def verify(self, attempt: Attempt) -> Principal:
        """
        The user behind a name and password. Blocks for tens of milliseconds if not recalled.

        Raises:
            AuthenticationFailed: one of them is wrong.
            Throttled: the same, and there were too many before.
        """
        if (verified := self.recall(attempt)) is not None:
            return verified
        self._throttle.check(attempt)
        try:
            found = self._authenticator().password(attempt.username, attempt.password)
        except AuthenticationFailed:
            self._throttle.failed(attempt)
            raise
        self._throttle.succeeded(attempt)
        return found


class LoginThrottle:
    """
    Decides whether a password is looked at. Any thread may call; ``monotonic`` counts seconds.

    A user at an address has ten mistakes, and one more every 30 seconds; an address fifty and one
    every 6, whatever the names; a user a hundred and one every 3, wherever they come from. The
    last rule is not for addresses that have made no mistake with this name in a day: else anybody
    could lock out anybody. No rule is for credentials that were right before.
    """

    def __init__(self, *, monotonic: Callable[[], float], most_known: int = _MOST_KNOWN) -> None:
        self._monotonic = monotonic
        self._most_known = most_known
        self._lock = threading.Lock()
        # Names may be as long as a request and passwords are secret: only prints of them are kept.
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._at_address = _Mistakes(10, seconds_each=30.0, kept_for=_DAY, most_known=most_known)
        self._of_address = _Mistakes(50, seconds_each=6.0, most_known=most_known)
        self._of_user = _Mistakes(100, seconds_each=3.0, most_known=most_known)

    def check(self, attempt: Attempt) -> None:
        """
        Let the password be looked at.

        Raises:
            Throttled: not now.
        """
        with self._lock:
            if self._print(attempt.username, attempt.password) not in self._right:
                self._check(attempt, self._monotonic())

    def succeeded(self, attempt: Attempt) -> None:
        """The password was right."""
        with self._lock:
            right = self._print(attempt.username, attempt.password)
            self._right[right] = None
            self._right.move_to_end(right)
            if len(self._right) > self._most_known:
                self._right.popitem(last=False)

    def failed(self, attempt: Attempt) -> None:
        """The name or the password was wrong."""
        source = _source(attempt.address)
        user, pair = self._print(attempt.username), self._print(attempt.username, source)
        with self._lock:
            now = self._monotonic()
            self._right.pop(self._print(attempt.username, attempt.password), None)
            is_too_much = [
                self._at_address.add(pair, now),
                self._of_address.add(source.encode(), now),
                self._of_user.add(user, now),
            ]
        if any(is_too_much[:2]):
            _log.warning("too many wrong passwords from %s: its logins are slowed down", source)
        elif is_too_much[2]:
            _log.warning("too many wrong passwords for one user, the last from %s", source)

    def _check(self, attempt: Attempt, now: float) -> None:
        source = _source(attempt.address)
        pair = self._print(attempt.username, source)
        waits = [self._at_address.wait(pair, now), self._of_address.wait(source.encode(), now)]
        if pair in self._at_address:
            waits.append(self._of_user.wait(self._print(attempt.username), now))
        if (wait := max(waits)) > 0:
            raise Throttled(math.ceil(wait))

    def _print(self, *parts: str) -> bytes:
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        message = b"".join(len(part).to_bytes(8) + part for part in encoded)
        return hmac.digest(self._key, message, hashlib.sha256)


class _Mistakes:
    """
    Mistakes by who made them: ``allowed`` at once, each forgiven ``seconds_each`` after the other.

    Who has made any is remembered ``kept_for`` seconds longer.
    """

    def __init__(
        self, allowed: int, *, seconds_each: float, most_known: int, kept_for: float = 0.0
    ) -> None:
        self._room = (allowed - 1) * seconds_each
        self._seconds_each = seconds_each
        self._kept_for = kept_for
        self._most_known = most_known
        self._forgiven_at: OrderedDict[bytes, float] = OrderedDict()  # latest mistake last

    def wait(self, who: bytes, now: float) -> float:
        """Seconds until another mistake is allowed."""
        return max(0.0, self._forgiven_at.get(who, now) - now - self._room)

    def add(self, who: bytes, now: float) -> bool:
        """Count a mistake, and say whether there is to be no other now."""
        self._forgiven_at[who] = max(now, self._forgiven_at.get(who, now)) + self._seconds_each
        self._forgiven_at.move_to_end(who)
        while self._is_dispensable(next(iter(self._forgiven_at.values())), now):
            self._forgiven_at.popitem(last=False)
        return self.wait(who, now) > 0

    def _is_dispensable(self, forgiven_at: float, now: float) -> bool:
        return now >= forgiven_at + self._kept_for or len(self._forgiven_at) > self._most_known

    def __contains__(self, who: bytes) -> bool:
        return who in self._forgiven_at


def _source(address: str) -> str:
    """What stands for a client: of IPv6 the network, for one client has all addresses of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False))
