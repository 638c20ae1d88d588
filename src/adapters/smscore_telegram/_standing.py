"""
How a bot's channel stands: what was heard last, and what a person should know of it.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from smscore.ports.transport import ChannelHealth
from smscore_telegram._api import NoAnswer, Refusal
from smscore_telegram._objects import User
from smscore_telegram._verdicts import Verdict, verdict_of

__all__ = ["Standing"]

log = logging.getLogger(__name__)

_REMEDIES = {
    Verdict.TOKEN: "ask @BotFather for the bot's token, and correct token or token_file",
    Verdict.RIVAL: "a token serves one program: stop the other one, or make it a bot of its own",
}
_UNHEARD = "it is asked again and again; may this host reach base_url?"
_FLOOD = 5.0
"""Seconds to be quiet for when we are told to be, and not for how long."""


class Standing:
    """
    Written by the threads of the channel, read by any.

    A refusal that only a person can mend stays until the same thing goes well.
    """

    def __init__(self, *, channel: str, monotonic: Callable[[], float]) -> None:
        self._channel = channel
        self._monotonic = monotonic
        self._bot = ""
        self._trouble: ChannelHealth | None = ChannelHealth(is_ready=False, detail="not connected")
        self._has_word = threading.Event()
        self._quiet_until = 0.0
        self._pause = 0.0
        self._is_closed = False
        self._is_alone = False

    def wait(self, timeout: float) -> None:
        """Until there is a first word of how it stands, or time is up."""
        self._has_word.wait(timeout)

    def health(self) -> ChannelHealth:
        """In one word and one sentence."""
        if self._is_closed:
            return self._health("closed", is_ready=False)
        trouble = self._trouble
        if trouble is not None and not trouble.is_ready:
            return trouble
        if self._monotonic() < self._quiet_until:
            said = f"Telegram asked for a pause of {self._pause:g} s"
            return self._health(said, is_ready=False)
        return trouble or self._health(self._bot, is_tentative=not self._is_alone)

    def well(self, bot: User | None = None, *, is_alone: bool = True) -> None:
        """It answered as it should; ``is_alone``: nobody else who fetches updates was heard of."""
        if bot is not None:
            self._bot = f"@{bot.username}" if bot.username else bot.first_name
        self._is_alone = is_alone
        has_rival = self._trouble is not None and self._trouble.is_ready
        if is_alone or not has_rival:
            self._set(None)

    def troubled(self, detail: str, *, remedy: str, is_alarming: bool = False) -> None:
        """It cannot send; that is alarming if nobody but a person can help."""
        self._set(self._health(detail, is_ready=False, is_alarming=is_alarming, remedy=remedy))

    def close(self) -> None:
        """Nothing more is heard, whatever may still come."""
        self._is_closed = True
        self._has_word.set()

    def unheard(self, error: NoAnswer) -> None:
        """It did not answer."""
        self.troubled(f"Telegram cannot be reached: {error}", remedy=_UNHEARD)

    def refused(self, refusal: Refusal) -> None:
        """It refused what it should do for every bot."""
        match verdict_of(refusal):
            case Verdict.FLOOD:
                self.flooded(refusal)
            case Verdict.TOKEN as verdict:
                said = f"Telegram knows no bot with this token ({refusal})"
                self.troubled(said, remedy=_REMEDIES[verdict], is_alarming=True)
            case Verdict.RIVAL as verdict:
                # It sends all the same.
                said = f"something else fetches what people write to the bot ({refusal})"
                self._set(self._health(said, is_alarming=True, remedy=_REMEDIES[verdict]))
            case _:
                self.troubled(f"Telegram refuses to work: {refusal}", remedy=_UNHEARD)

    def flooded(self, refusal: Refusal) -> None:
        """It was too much: nothing may be sent for a while."""
        self._pause = _FLOOD if refusal.retry_after is None else refusal.retry_after
        self._quiet_until = max(self._quiet_until, self._monotonic() + self._pause)

    def _set(self, trouble: ChannelHealth | None) -> None:
        if trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble
        self._has_word.set()

    def _tell(self, trouble: ChannelHealth | None) -> None:
        """A person reads the log; the rest of the gateway asks for the health."""
        if trouble is None:
            log.info("channel %s is in touch with Telegram", self._channel)
        else:
            level = logging.ERROR if trouble.is_alarming else logging.WARNING
            log.log(level, "channel %s: %s", self._channel, trouble.detail)

    def _health(
        self,
        detail: str,
        *,
        is_ready: bool = True,
        is_alarming: bool = False,
        is_tentative: bool = False,
        remedy: str | None = None,
    ) -> ChannelHealth:
        facts: Mapping[str, str] = {"bot": self._bot, "remedy": remedy or ""}
        return ChannelHealth(
            is_ready=is_ready,
            detail=detail,
            is_alarming=is_alarming,
            is_tentative=is_tentative,
            identity=self._bot or None,
            facts={key: value for key, value in facts.items() if value},
        )
