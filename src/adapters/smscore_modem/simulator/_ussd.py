"""
The services behind codes like ``*100#``: what the virtual network answers, and how it is written.
"""

import enum
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import attrs

from smscore.domain.alphabets import GSM7
from smscore_modem.simulator import _charsets
from smscore_modem.simulator._personality import Personality
from smscore_modem.simulator._settings import Refusal, Settings

__all__ = ["SERVICES", "Page", "Sessions", "State"]

_ANSWERS_AFTER = 0.02  # seconds
_PATIENCE = 30.0  # seconds that the network waits for a reply
_GSM7, _UCS2 = 15, 72  # 23.038, 5: language unspecified; the general coding of UCS2


class State(enum.IntEnum):
    """What becomes of the session (27.007, 7.15 <m>)."""

    DONE = 0
    WANTS_REPLY = 1
    ENDED = 2
    UNKNOWN = 4
    TIMED_OUT = 5


@attrs.frozen(kw_only=True)
class Page:
    """An answer of the network; ``choices`` are the replies that lead on."""

    text: str = ""
    state: State = State.DONE
    choices: Mapping[str, "Page"] = MappingProxyType({})
    after: float = _ANSWERS_AFTER


_BALANCE = Page(text="Your balance is 12.34 EUR.")
_UNKNOWN = Page(state=State.UNKNOWN)
_NO_CHOICE = Page(text="There is no such choice.", state=State.ENDED)
_TIMED_OUT = Page(state=State.TIMED_OUT)
SERVICES: Mapping[str, Page] = MappingProxyType(
    {
        "*100#": _BALANCE,
        "*101#": Page(
            text="1 Balance\r\n2 Tariff",
            state=State.WANTS_REPLY,
            choices={"1": _BALANCE, "2": Page(text='Your tariff is "Simulated".')},
        ),
        "*102#": Page(state=State.TIMED_OUT, after=_PATIENCE),
        "*103#": Page(text="The session is over.", state=State.ENDED),
        "*104#": Page(text="Ваш баланс 12,34 €"),
    }
)


class _Phone(Protocol):
    """What a session needs of a modem."""

    personality: Personality
    settings: Settings

    def announce(self, text: str) -> None: ...
    def after(self, delay: float, action: Callable[[], None]) -> None: ...


class Sessions:
    """One modem's: at most one is open at a time."""

    def __init__(self, phone: _Phone) -> None:
        self._phone = phone
        self._open: Page | None = None  # what the network said last, if it waits for a reply
        self._awaits_network = False
        self._turn = 0

    def cancel(self) -> None:
        """The client is not interested any more, or the modem was switched off."""
        self._open = None
        self._awaits_network = False
        self._turn += 1

    def ask(self, typed: str) -> None:
        """
        The client dials a code, or replies.

        Raises:
            ValueError: the text cannot be read.
            Refusal: the answer before has not come yet.
        """
        text = self._read(typed)
        if self._awaits_network:
            raise Refusal("CME", 3)
        before, self._open = self._open, None
        if before is None:
            page = SERVICES.get(text, _UNKNOWN)
        else:
            page = before.choices.get(text, _NO_CHOICE)
        self._awaits_network = True
        self._in_turn(page)

    def _in_turn(self, page: Page, *, after: float | None = None) -> None:
        self._turn += 1
        turn = self._turn

        def say() -> None:
            if turn == self._turn:
                self._say(page)

        self._phone.after(page.after if after is None else after, say)

    def _say(self, page: Page) -> None:
        self._awaits_network = False
        if page.state is State.WANTS_REPLY:
            self._open = page
            self._in_turn(_TIMED_OUT, after=_PATIENCE)
        else:
            self._open = None
        if self._phone.settings.hears_services:
            self._phone.announce(self._line(page))

    def _line(self, page: Page) -> str:
        if not page.text:
            return f"+CUSD: {page.state.value}"
        text, scheme = self._written(page.text)
        return f'+CUSD: {page.state.value},"{text}",{scheme}'

    def _written(self, text: str) -> tuple[str, int]:
        # 27.007, 7.15: the character set counts only for texts of the GSM alphabet.
        if not GSM7.has(text) or self._phone.personality.ussd == "ucs2":
            return _charsets.written(text, "UCS2"), _UCS2
        if self._phone.personality.ussd == "packed":
            return _charsets.packed(text), _GSM7
        return _charsets.written(text, self._charset), _GSM7

    def _read(self, typed: str) -> str:
        if self._phone.personality.ussd == "packed":
            return _charsets.unpacked(typed)
        return _charsets.text_of(typed, self._charset)

    @property
    def _charset(self) -> str:
        obeys = self._phone.personality.ussd == "charset"
        return self._phone.settings.charset if obeys else "GSM"
