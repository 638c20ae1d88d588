"""
What follows from what people do: links, inbound messages, and the bot's few answers.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from smscore.domain.alphabets import encode_ucs2
from smscore.domain.inbound import TELEGRAM_SENDER, InboundKind, InboundPart
from smscore.domain.links import Link
from smscore.domain.user_data import Coding
from smscore.ports.clock import Clock
from smscore.ports.transport import TransportSink
from smscore_telegram._api import BotApi, NoAnswer, Refusal
from smscore_telegram._happenings import Blocked, Happening, Shared, Started, Stopped, Wrote
from smscore_telegram._options import Texts

__all__ = ["People"]

log = logging.getLogger(__name__)

_PATIENCE = 10.0
_NO_KEYBOARD = {"remove_keyboard": True}


class People:
    """
    Those who talk with one bot.

    :meth:`follow` returns when everything is stored that has to be, and raises when it is not: then
    the update must be offered again. An answer that does not get through is none of that.
    """

    def __init__(
        self,
        *,
        channel: str,
        texts: Texts,
        api: Callable[[], BotApi],
        sink: TransportSink,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._texts = texts
        self._api = api
        self._sink = sink
        self._clock = clock

    async def follow(self, happening: Happening, *, bot: int) -> None:
        """Store what happened, then answer."""
        match happening:
            case Started():
                await self._answer(happening, self._texts.greeting, self._keyboard())
            case Shared(number=None):
                await self._answer(happening, self._texts.foreign, self._keyboard())
            case Shared():
                await asyncio.to_thread(self._sink.linked, self._link(happening))
                await self._answer(happening, self._texts.linked, _NO_KEYBOARD)
            case Stopped():
                await self._unlink(happening)
                await self._answer(happening, self._texts.stopped, _NO_KEYBOARD)
            case Blocked():
                await self._unlink(happening)
            case Wrote():
                await asyncio.to_thread(self._sink.received, self._part(happening, bot=bot))

    async def _unlink(self, happening: Happening) -> None:
        await asyncio.to_thread(
            self._sink.unlinked, channel=self._channel, address=happening.address
        )

    def _link(self, shared: Shared) -> Link:
        assert shared.number is not None  # noqa: S101  # for the type checker: its case has it
        return Link(
            channel=self._channel,
            number=shared.number,
            address=shared.address,
            linked_at=self._clock.now(),
            name=shared.name,
        )

    def _part(self, wrote: Wrote, *, bot: int) -> InboundPart:
        return InboundPart(
            channel=self._channel,
            sender=TELEGRAM_SENDER + wrote.address,
            coding=Coding.UCS2,
            user_data=encode_ucs2(wrote.text),
            received_at=self._clock.now(),
            sent_at=wrote.at,
            # Updates are counted for each bot, and a channel may become another bot.
            fingerprint=f"telegram:{bot}:{wrote.update}",
            kind=InboundKind.TELEGRAM,
        )

    def _keyboard(self) -> Mapping[str, Any]:
        button = {"text": self._texts.button, "request_contact": True}
        return {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}

    async def _answer(self, happening: Happening, text: str, markup: Mapping[str, Any]) -> None:
        try:
            await self._api().send_message(
                happening.address, text, patience=_PATIENCE, markup=markup
            )
        except (Refusal, NoAnswer) as error:
            log.warning("channel %s: a person got no answer: %s", self._channel, error)
