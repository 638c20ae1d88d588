"""
Being in touch with Telegram for as long as the channel is open: who we are, and what happened.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from hashlib import sha256
from hmac import digest

import msgspec

from smscore.errors import ConfigurationError
from smscore_telegram._api import BotApi, NoAnswer, Refusal
from smscore_telegram._happenings import happening_of, read
from smscore_telegram._objects import User
from smscore_telegram._options import TelegramOptions
from smscore_telegram._people import People
from smscore_telegram._standing import Standing

__all__ = ["Visit", "webhook_secret"]

log = logging.getLogger(__name__)

_PATIENCE = 10.0
_LONG_POLL = 25
"""Seconds that Telegram keeps a request for updates; what stands in between allows for 30."""
_FIRST_POLL = 3
"""Seconds that the first one takes: whoever else fetches interrupts it by then."""
_SHORT = 1.0
_PULSE = 60.0
"""Seconds between two signs of life when updates come by themselves."""
_LONGEST_PAUSE = 60.0


def webhook_secret(token: str, purpose: str) -> str:
    """What only those who know the token can say, for an address or a header: 64 characters."""
    return digest(token.encode(), f"smscore webhook {purpose}".encode(), sha256).hex()


class Visit:
    """
    Says who we are, then fetches updates or has them sent, and begins anew when that fails.

    An update is confirmed, by asking for the next one, when all that follows from it is stored.
    """

    def __init__(
        self,
        *,
        channel: str,
        options: TelegramOptions,
        api: Callable[[], BotApi],
        people: People,
        standing: Standing,
        address: str | None,
    ) -> None:
        self._channel = channel
        self._options = options
        self._api = api
        self._people = people
        self._standing = standing
        self._address = address
        self._bot = 0
        self._offset: int | None = None
        self._faults = 0
        self.token = ""

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self._visit()
            except ConfigurationError as error:
                remedy = f"see [channels.{self._channel}]"
                self._standing.troubled(str(error), remedy=remedy, is_alarming=True)
            except Refusal as refusal:
                self._standing.refused(refusal)
            except NoAnswer as error:
                self._standing.unheard(error)
            except Exception:  # nothing may end a channel's thread
                log.exception("channel %s stumbled; it goes on after a pause", self._channel)
            await asyncio.sleep(self._pause())

    async def follow(self, raw: msgspec.Raw) -> int | None:
        """Store what follows from an update, and say which number it has, if it has any."""
        update = read(raw)
        if update is None:
            log.warning("channel %s: an update without a number was left out", self._channel)
            return None
        happening = happening_of(update)
        if happening is not None:
            await self._people.follow(happening, bot=self._bot)
        return update.update_id

    def _pause(self) -> float:
        """Longer with each failure in a row, and never quite the same for two of us."""
        self._faults += 1
        pause = self._options.reconnect_delay * 2.0 ** min(self._faults - 1, 16)
        return min(pause, _LONGEST_PAUSE) * random.uniform(0.75, 1.0)

    async def _visit(self) -> None:
        self.token = self._options.read_token()
        api = self._api()
        api.use(self.token)
        bot = await api.get_me(patience=_PATIENCE)
        self._meet(bot)
        if not self._options.webhook:
            # While there is a webhook, asking is refused. What waits for it stays for us.
            await api.delete_webhook(patience=_PATIENCE)
            self._standing.well(bot, is_alone=False)
            await self._fetch(api)
        else:
            if self._address is None:
                raise ConfigurationError("webhook = true needs [http] public_url, for Telegram")
            await api.set_webhook(
                f"{self._address}/{webhook_secret(self.token, 'path')}",
                secret=webhook_secret(self.token, "header"),
                patience=_PATIENCE,
            )
            await self._keep_alive(api)

    def _meet(self, bot: User) -> None:
        if bot.id != self._bot:
            self._bot, self._offset = bot.id, None  # the numbers are those of another bot

    async def _fetch(self, api: BotApi) -> None:
        loop, wait = asyncio.get_running_loop(), _FIRST_POLL
        while True:
            asked_at = loop.time()
            updates = await api.get_updates(offset=self._offset, wait=wait, patience=_PATIENCE)
            self._went_well()
            wait = _LONG_POLL
            for update in updates:
                number = await self.follow(update)
                if number is not None:
                    self._offset = number + 1
            if not updates and loop.time() - asked_at < _SHORT:
                # Telegram would have waited; who does not must not be asked without end.
                await asyncio.sleep(self._options.reconnect_delay)

    async def _keep_alive(self, api: BotApi) -> None:
        while True:
            self._standing.well(await api.get_me(patience=_PATIENCE))
            self._faults = 0
            await asyncio.sleep(_PULSE)

    def _went_well(self) -> None:
        self._standing.well()
        self._faults = 0
