"""
Sessions: who has logged in and until when, written down and signed, and kept nowhere.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from smscore.errors import AuthenticationFailed
from smscore.ports.clock import Clock
from smscore.ports.identity import SESSION_SECONDS, Session

__all__ = ["Sessions"]

_PURPOSE = b"session"
_ALGORITHM = "HS256"
_LONGEST = 1000  # characters; ours have some 200


class Sessions:
    """Issues and reads tokens of RFC 7519, signed with a key of their own. Any thread may call."""

    def __init__(self, *, key: bytes, clock: Clock) -> None:
        # What was signed for another purpose with the key file is no session, and the reverse.
        self._key = hmac.digest(key, _PURPOSE, hashlib.sha256)
        self._clock = clock

    def issue(self, login: str) -> Session:
        """A session that stands for a login."""
        from jwt import encode

        expires_at = (self._clock.now() + timedelta(seconds=SESSION_SECONDS)).replace(microsecond=0)
        claims = {"sub": login, "exp": int(expires_at.timestamp())}
        return Session(token=encode(claims, self._key, _ALGORITHM), expires_at=expires_at)

    def read(self, token: str) -> str:
        """
        The login that a session stands for.

        Raises:
            AuthenticationFailed: it is over, or none of ours.
        """
        from jwt import InvalidTokenError, decode

        try:
            if len(token) > _LONGEST:
                raise InvalidTokenError
            claims = decode(
                token,
                self._key,
                [_ALGORITHM],
                # The library would ask the machine for the time; ours may be virtual.
                options={"require": ["sub", "exp"], "verify_exp": False},
            )
            until = datetime.fromtimestamp(claims["exp"], UTC)
        except (InvalidTokenError, ValueError, OverflowError) as cause:
            raise AuthenticationFailed("the session is none of ours") from cause
        if self._clock.now() >= until:
            raise AuthenticationFailed("the session is over")
        login: str = claims["sub"]
        return login
