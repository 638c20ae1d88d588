"""
Which lines a channel may write into the log, so that a modem that raves does not fill it.
"""

import logging

import attrs

from smscore_modem._time import Time

__all__ = ["SparingLog"]

log = logging.getLogger(__name__)

_MOST = 5
_WINDOW = 60.0  # seconds


@attrs.define
class _Seen:
    since: float
    times: int = 0


class SparingLog:
    """
    A few lines of each kind within a minute, and then one that says how many were left out.

    For what a modem brings about as often as it likes. Used by one thread.
    """

    def __init__(self, channel: str, time: Time) -> None:
        self._channel = channel
        self._monotonic = time.monotonic
        self._seen: dict[str, _Seen] = {}

    def admits(self, kind: str) -> bool:
        """Whether a line of this kind may be written; it is counted in any case."""
        self.catch_up()
        seen = self._seen.setdefault(kind, _Seen(self._monotonic()))
        seen.times += 1
        return seen.times <= _MOST

    def catch_up(self) -> None:
        """Tell what was left out, of the kinds whose minute is over."""
        now = self._monotonic()
        for kind, seen in tuple(self._seen.items()):
            if now - seen.since < _WINDOW:
                continue
            del self._seen[kind]
            if seen.times > _MOST:
                log.warning(
                    "channel %s: %s: seen %d times in %.0f s, and told %d times",
                    self._channel,
                    kind,
                    seen.times,
                    now - seen.since,
                    _MOST,
                )
