"""
How a virtual modem passes on what arrives: stored and announced, or direct, as ``+CNMI`` says.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import attrs

from smscore_modem._pdu import Deliver, StatusReport, encode_deliver, encode_status_report
from smscore_modem.simulator._personality import Personality
from smscore_modem.simulator._settings import Refusal, Settings
from smscore_modem.simulator._showing import announced
from smscore_modem.simulator._stores import Entry, Stores

__all__ = ["Reception"]

_MOST_BUFFERED = 100
# 27.005, 3.4.4 does not say how long; a telephone waits 12 to 20 seconds (24.011, timer TR2M).
_ACKNOWLEDGEMENT = 15.0


class _Phone(Protocol):
    """What reception needs of a modem."""

    centre: str
    personality: Personality
    settings: Settings
    stores: Stores

    def announce(self, text: str) -> None: ...

    def after(self, delay: float, action: Callable[[], None]) -> None: ...


@attrs.frozen(kw_only=True)
class _Direct:
    """What was passed on directly; ``report`` belongs to no memory of messages."""

    text: str
    entry: Entry
    is_report: bool


class Reception:
    """One modem's; it forgets what it holds back when the modem is switched off."""

    def __init__(self, phone: _Phone) -> None:
        self._phone = phone
        self._held: list[str] = []  # by <mode> 0
        self._unacknowledged: _Direct | None = None
        self._behind: deque[_Direct] = deque()  # wait for their turn to be acknowledged
        self._turn = 0
        self.is_mute = False  # it keeps what arrives, and tells nobody

    def clear(self) -> None:
        """The modem was switched off."""
        self._held.clear()
        self._behind.clear()
        self._unacknowledged = None
        self._turn += 1

    def deliver(self, message: Deliver) -> bool:
        """A message arrives. False: there is no room for it, try again later."""
        pdu = encode_deliver(attrs.evolve(message, centre=self._phone.centre or None))
        return self._take(Entry(pdu=pdu), message.scheme.message_class)

    def deliver_pdu(self, pdu: bytes) -> bool:
        """The same for octets that may be no message at all."""
        if self._phone.settings.is_text:  # where only a message could be shown
            return self._keep(Entry(pdu=pdu))
        return self._take(Entry(pdu=pdu), None)

    def _take(self, entry: Entry, message_class: int | None) -> bool:
        announces = self._phone.settings.routing[1]
        # 27.005, 3.4.1 <mt>: class 2 belongs to the SIM, class 0 is shown and never stored.
        is_direct = announces == 2 or (announces == 3 and message_class == 3)
        if (is_direct and message_class != 2) or (announces and message_class == 0):
            text = announced("+CMT", entry, self._phone.settings)
            self._pass_on(_Direct(text=text, entry=entry, is_report=False))
            return True
        return self._keep(entry, is_for_sim=message_class == 2)

    def report(self, report: StatusReport) -> None:
        """A status report arrives; it is lost when the client has not asked for any."""
        entry = Entry(
            pdu=encode_status_report(attrs.evolve(report, centre=self._phone.centre or None))
        )
        match self._phone.settings.routing[3]:
            case 1:
                text = announced("+CDS", entry, self._phone.settings)
                self._pass_on(_Direct(text=text, entry=entry, is_report=True))
            case 2:
                self._keep_report(entry)

    def release(self, *, drop: bool = False) -> None:
        """The client may hear what was held back (27.005, 3.4.1 <bfr>)."""
        held, self._held = self._held, []
        for text in () if drop else held:
            self._tell(text)

    def acknowledge(self, *, is_taken: bool = True) -> None:
        """
        The client says that it has what was passed on to it (27.005, 3.4.4).

        Raises:
            Refusal: nothing waits for that.
        """
        waiting, self._unacknowledged = self._unacknowledged, None
        if waiting is None:
            raise Refusal("CMS", 340)
        self._turn += 1
        if not is_taken:
            self._give_up(waiting)
        elif self._behind:
            self._offer(self._behind.popleft())

    def _keep(self, entry: Entry, *, is_for_sim: bool = False) -> bool:
        stores = self._phone.stores
        is_for_sim = is_for_sim and "SM" in stores.capacities
        store = "SM" if is_for_sim else stores.selected[2]
        index = stores.put(store, entry)
        if index is None:
            return False
        if self._phone.settings.routing[1]:
            self._tell(f'+CMTI: "{store}",{index}')
        if stores.is_full(store) and (notice := self._phone.personality.full_notice):
            self._phone.announce(notice.format(store=store))
        return True

    def _keep_report(self, entry: Entry) -> None:
        store = "SR" if "SR" in self._phone.stores.capacities else self._phone.stores.selected[2]
        index = self._phone.stores.put(store, entry)
        if index is not None:
            place = self._phone.personality.report_place.format(index=index, store=store)
            self._tell(f"+CDSI: {place}")

    def _pass_on(self, direct: _Direct) -> None:
        if self._phone.settings.service != 1:
            self._tell(direct.text)
        elif self._unacknowledged is not None:
            self._behind.append(direct)
        else:
            self._offer(direct)

    def _offer(self, direct: _Direct) -> None:
        self._unacknowledged = direct
        self._turn += 1
        turn = self._turn
        self._tell(direct.text)
        self._phone.after(_ACKNOWLEDGEMENT, lambda: self._expire(turn))

    def _expire(self, turn: int) -> None:
        if turn == self._turn and self._unacknowledged is not None:
            waiting, self._unacknowledged = self._unacknowledged, None
            self._give_up(waiting)

    def _give_up(self, waiting: _Direct) -> None:
        # 27.005, 3.4.4: nothing is passed on directly any more until the client asks again.
        self._phone.settings.routing[1] = 0
        self._phone.settings.routing[3] = 0
        for direct in (waiting, *self._behind):
            if not direct.is_report:
                self._keep(direct.entry)
        self._behind.clear()

    def _tell(self, text: str) -> None:
        if self.is_mute:
            return
        if self._phone.settings.routing[0] == 0:
            self._held = [*self._held, text][-_MOST_BUFFERED:]
        else:
            self._phone.announce(text)
