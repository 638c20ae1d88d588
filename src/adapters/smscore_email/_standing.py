"""
How a relay's channel stands: what was heard last, and what a person should know of it.
"""

import logging
import threading

from smscore.ports.transport import ChannelHealth
from smscore_email._conversation import RelayDown
from smscore_email._options import EmailOptions

__all__ = ["Standing"]

log = logging.getLogger(__name__)

_UNHEARD = "it is asked again and again; may this host reach it?"


class Standing:
    """Written by the threads of the channel, read by any."""

    def __init__(self, *, channel: str, options: EmailOptions) -> None:
        self._channel = channel
        self._well = ChannelHealth(
            is_ready=True,
            detail=f"{options.host}:{options.relay_port} takes mail from {options.sender}",
            identity=options.sender.value,
        )
        self._health = ChannelHealth(is_ready=False, detail="not connected")
        self._has_word = threading.Event()
        self._is_closed = False

    def wait(self, timeout: float) -> None:
        """Until there is a first word of how it stands, or time is up."""
        self._has_word.wait(timeout)

    def health(self) -> ChannelHealth:
        """In one word and one sentence."""
        return ChannelHealth(is_ready=False, detail="closed") if self._is_closed else self._health

    def well(self) -> None:
        """The relay takes mail."""
        if self._health is not self._well:
            log.info("channel %s: %s", self._channel, self._well.detail)
        self._set(self._well)

    def troubled(self, trouble: RelayDown) -> None:
        """It does not; that is alarming if nobody but a person can help."""
        health = ChannelHealth(
            is_ready=False,
            detail=str(trouble),
            is_alarming=trouble.remedy is not None,
            facts={"remedy": trouble.remedy or _UNHEARD},
        )
        if health != self._health and not self._is_closed:
            level = logging.ERROR if health.is_alarming else logging.WARNING
            log.log(level, "channel %s: %s", self._channel, health.detail)
        self._set(health)

    def close(self) -> None:
        """Nothing more is heard, whatever may still come."""
        self._is_closed = True
        self._has_word.set()

    def _set(self, health: ChannelHealth) -> None:
        self._health = health
        self._has_word.set()
