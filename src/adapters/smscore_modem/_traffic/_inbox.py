"""
What a modem received: taken in first, deleted from the modem only then.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from smscore_modem._line._commands import (
    Listed,
    length_in,
    listed_messages,
    read_message,
    selected_usage,
    usage_of,
)
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._line._events import Notification
from smscore_modem._sparing import SparingLog
from smscore_modem._time import Time
from smscore_modem._traffic._errors import number_of
from smscore_modem._traffic._intake import Intake

__all__ = ["Inbox", "is_full_notice", "listing"]

log = logging.getLogger(__name__)

_TIMEOUT = 5.0
_FIRST_OFFER, _LAST_OFFER = 0.2, 30.0  # seconds until the sink is offered again what it refused
_BURST = 1.0  # announcements that follow so closely may have swallowed another one
_SOON = 1.0  # one look for a whole burst; some modems hang when they are asked too often
_MOST_UNSTORED = 1000
_MOST_UNDELETED = 1000
_NOTHING_THERE = frozenset({("CMS", 321), ("CME", 21)})  # 27.005, 3.2.5 and 27.007, 9.2.1
_MOST_PLACES = 300
# So long the listing of one place may take, on a line of 1200 bits a second; and that of all.
_PER_PLACE, _LONGEST_LISTING = 3.5, 300.0
_ANNOUNCED = re.compile(r'"(\w+)"\s*,\s*(\d+)')
_FULL = re.compile(r"sms-?full", re.IGNORECASE)


def is_full_notice(notification: Notification) -> bool:
    """Whether the modem says that it has no room for what the network holds for it."""
    if notification.name == "^SMMEMFULL":
        return True
    return notification.name in ("+QIND", "+CIEV") and bool(_FULL.search(notification.text))


class Inbox:
    """
    The way from the modem's stores and direct notifications to the intake.

    Used by one thread. From ``again_at`` on there is something to look for: what was not stored,
    or what a burst of announcements hid.
    """

    def __init__(
        self,
        *,
        channel: str,
        intake: Intake,
        list_timeout: Callable[[], float],
        time: Time,
        sparing: SparingLog,
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._list_timeout = list_timeout
        self._monotonic = time.monotonic
        self._sparing = sparing
        self._unstored: list[Notification] = []
        # By place and PDU, what the look before, and this one, found in lists alone, and damaged.
        self._doubted: set[tuple[int, str]] = set()
        self._doubtful: set[tuple[int, str]] = set()
        self._undeleted: set[tuple[int, str]] = set()  # the same, stored and still in the modem
        self._delay = _FIRST_OFFER
        self._announced_at: float | None = None
        self.again_at: float | None = None  # on the monotonic clock; None: nothing waits
        self.usage: Mapping[str, tuple[int, int]] = {}  # of the stores: used and total

    @property
    def fullness(self) -> float | None:
        """How full the fullest store is, from 0 to 1; None: nobody has looked."""
        return max((used / total for used, total in self.usage.values() if total), default=None)

    def accept(self, notification: Notification) -> bool:
        """
        Store what ``+CMT`` or ``+CDS`` brought along; blocks until it is durable.

        False: it is not, and is offered again.
        """
        if notification.pdu is None:
            if self._sparing.admits("messages that did not follow"):
                log.error(
                    "channel %s: the line lost what %s announced", self._channel, notification.name
                )
            self._again_in(_SOON)  # some keep a copy all the same
            return False
        if self._stored(notification.pdu, length=length_in(notification.text)):
            return True
        # The modem keeps no copy of it: this is the only one.
        if len(self._unstored) < _MOST_UNSTORED:
            self._unstored.append(notification)
        elif self._sparing.admits("lost messages"):
            log.error("channel %s: too much waits to be stored; a message is lost", self._channel)
        self._again_in(self._delay)
        return False

    def fetch(self, notification: Notification, dialogue: Dialogue, *, home: str | None) -> None:
        """
        Take out of its store what ``+CMTI`` or ``+CDSI`` announced.

        ``home`` is the store that is to be selected afterwards.
        """
        place = _ANNOUNCED.search(notification.text)
        if place is None:
            self._again_in(_SOON)
            return
        with _selected(dialogue, place[1], home) as usage:
            found = None if usage is None else _read(dialogue, int(place[2]))
            # An empty OK or an error means that nothing is there, not that something is empty.
            # Some name the wrong place, others a place that only a list can read.
            if found is None:
                self._again_in(_SOON)
            else:
                self._take(dialogue, found)
        self._mind_bursts()

    def sweep(self, dialogue: Dialogue, *, home: str | None) -> None:
        """Look into all stores: announcements get lost while the line is busy or closed."""
        self.offer_again()
        self._doubted, self._doubtful = self._doubtful, set()
        # One that starts anew keeps what arrives in a store of its own choice until it is set up.
        for store in dict.fromkeys((home or "SM", "SM", "ME", "SR")):
            with _selected(dialogue, store, home) as usage:
                # Those that know that nothing is there need not list it.
                if usage is not None and usage[0] != 0:
                    self._sweep_selected(dialogue, usage[1])
        self.usage = {**self.usage, **_usage(dialogue)}

    def offer_again(self) -> None:
        """Offer to the sink what it did not store, if the modem has no copy of it."""
        self.again_at = None
        waiting, self._unstored = self._unstored, []
        for notification in waiting:
            self.accept(notification)

    def _sweep_selected(self, dialogue: Dialogue, total: int) -> None:
        for found in listing(dialogue, total=total, timeout=self._list_timeout()):
            if found.is_received:
                self._take(dialogue, found)

    def _take(self, dialogue: Dialogue, found: Listed) -> None:
        sound = self._sound(dialogue, found)
        if sound is None:
            return
        is_known = (sound.index, sound.pdu) in self._undeleted
        if not is_known and not self._stored(
            sound.pdu, length=sound.length, place=str(sound.index)
        ):
            self._again_in(self._delay)
            return
        self._delete(dialogue, sound)

    def _delete(self, dialogue: Dialogue, stored: Listed) -> None:
        """Take it out of the modem; one that a modem holds on to is not stored time and again."""
        mark = (stored.index, stored.pdu)
        # One index only: other forms of the command delete what came in the meantime.
        final = dialogue.ask(f"AT+CMGD={stored.index}", timeout=_TIMEOUT).final
        if final.is_ok or (final.family, number_of(final)) in _NOTHING_THERE:
            self._undeleted.discard(mark)
            return
        if mark not in self._undeleted and self._sparing.admits("messages that cannot be deleted"):
            log.warning(
                "channel %s: message %d is stored, and the modem does not delete it: %s; "
                "when all its places are taken nothing more arrives",
                self._channel,
                stored.index,
                final.text,
            )
        if len(self._undeleted) >= _MOST_UNDELETED:
            self._undeleted.clear()
        self._undeleted.add(mark)

    def _sound(self, dialogue: Dialogue, found: Listed) -> Listed | None:
        """
        What was listed, read once more if it looks damaged: a line may have lost a character.

        What looks damaged in the same way twice is like that, or lacks its centre: read alone or,
        where a modem refuses that, in the next list. None: nobody knows yet.
        """
        if found.is_plausible:
            return found
        again = _read(dialogue, found.index)
        if again is not None:
            return again if again.is_plausible or again.pdu == found.pdu else None
        mark = (found.index, found.pdu)
        if found.pdu and mark in self._doubted:
            return found
        self._doubtful.add(mark)
        return None

    def _mind_bursts(self) -> None:
        now, before = self._monotonic(), self._announced_at
        self._announced_at = now
        if before is not None and now - before < _BURST:
            self._again_in(_SOON)

    def _again_in(self, delay: float) -> None:
        moment = self._monotonic() + delay
        self.again_at = moment if self.again_at is None else min(moment, self.again_at)

    def _stored(self, pdu: str, *, length: int | None, place: str = "") -> bool:
        try:
            self._intake.take(pdu, length=length, place=place)
        except Exception:
            # The sink is not ours; whatever it raises means that nothing was stored.
            if self._sparing.admits("failures to store"):
                log.exception("channel %s: a received message could not be stored", self._channel)
            self._delay = min(2 * self._delay, _LAST_OFFER)
            return False
        self._delay = _FIRST_OFFER
        return True


def listing(dialogue: Dialogue, *, total: int, timeout: float) -> tuple[Listed, ...]:
    """
    All messages in the selected store, which has ``total`` places.

    What cannot be listed is read place by place; they count from 0 or from 1.
    """
    longest = min(timeout + _PER_PLACE * total, _LONGEST_LISTING)
    answer = dialogue.ask("AT+CMGL=4", timeout=timeout, longest=max(timeout, longest))
    if answer.is_ok:
        return listed_messages(answer.lines)
    places = range(min(total, _MOST_PLACES) + 1)
    return tuple([found for index in places if (found := _read(dialogue, index)) is not None])


def _read(dialogue: Dialogue, index: int) -> Listed | None:
    answer = dialogue.ask(f"AT+CMGR={index}", timeout=_TIMEOUT)
    return read_message(index, answer.lines) if answer.is_ok else None


def _usage(dialogue: Dialogue) -> dict[str, tuple[int, int]]:
    return usage_of(dialogue.ask("AT+CPMS?", timeout=_TIMEOUT).lines)


@contextmanager
def _selected(dialogue: Dialogue, store: str, home: str | None) -> Iterator[tuple[int, int] | None]:
    """
    A store selected for reading; afterwards ``home`` is selected again.

    Yields how much of it is used, of how many places; None: the modem has no such store.
    """
    if store == home:
        yield -1, _MOST_PLACES
        return
    answer = dialogue.ask(f'AT+CPMS="{store}"', timeout=_TIMEOUT)
    yield (selected_usage(answer.lines) or (-1, _MOST_PLACES)) if answer.is_ok else None
    if answer.is_ok and home is not None:
        dialogue.ask(f'AT+CPMS="{home}"', timeout=_TIMEOUT)
