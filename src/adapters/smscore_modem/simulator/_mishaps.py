"""
What the faults do to a virtual modem: each in a few lines.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from smscore.domain.user_data import Coding, UserData
from smscore_modem._pdu import Deliver, encode_deliver
from smscore_modem.simulator._faults import Fault, How
from smscore_modem.simulator._settings import Settings
from smscore_modem.simulator._stores import Entry

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = ["begin", "end"]

_REPLUG_DELAY = 0.2
_OLD = datetime(2020, 1, 1, tzinfo=UTC)


def begin(modem: "VirtualModem", fault: Fault, how: How) -> bool:
    """Make a fault felt; whether it stays."""
    if (momentary := _MOMENTARY.get(fault)) is not None:
        momentary(modem, how)
        return False
    if (lasting := _LASTING.get(fault)) is not None:
        lasting(modem, how)
    return True


def end(modem: "VirtualModem", fault: Fault) -> None:
    """Undo it."""
    if (undo := _UNDONE.get(fault)) is not None:
        undo(modem)


# Over in a moment.


def _interrupt(modem: "VirtualModem", how: How) -> None:
    modem.announce(how.text)


def _restart(modem: "VirtualModem", _: How) -> None:
    modem.power_cycle()


def _chatter(modem: "VirtualModem", _: How) -> None:
    modem.say_boot_lines()


def _forget_settings(modem: "VirtualModem", _: How) -> None:
    modem.settings = Settings()
    modem.stores.reset()


def _switch_to_text(modem: "VirtualModem", _: How) -> None:
    modem.settings.is_text = True


def _lose_routing(modem: "VirtualModem", _: How) -> None:
    modem.settings.routing = [0, 0, 0, 0, 0]


def _fill_stores(modem: "VirtualModem", _: How) -> None:
    for name in set(modem.stores.capacities) - {"SR"}:
        number = 0
        while not modem.stores.is_full(name):
            number += 1
            text = f"kept in {name}: {number}".encode()
            data = UserData(coding=Coding.GSM7, content=text)
            message = Deliver(sender="+99900000", user_data=data, sent_at=_OLD)
            modem.stores.put(name, Entry(pdu=encode_deliver(message), status=1))
    if modem.personality.full_notice:
        modem.announce(modem.personality.full_notice.format(store="SM"))


# Until they end.


def _unplug(modem: "VirtualModem", how: How, *, renamed: bool = False) -> None:
    modem.unplug(renamed=renamed, seconds=_REPLUG_DELAY if how.delay is None else how.delay)


def _unplug_renamed(modem: "VirtualModem", how: How) -> None:
    _unplug(modem, how, renamed=True)


def _ask_pin(modem: "VirtualModem", how: How) -> None:
    if modem.sim.pin is None:
        modem.sim.pin, modem.sim.is_pin_borrowed = how.pin, True
    modem.sim.lock()
    modem.tell_registration()


def _block(modem: "VirtualModem", how: How) -> None:
    modem.sim.tries_left = 0
    _ask_pin(modem, how)


def _drop_registration(modem: "VirtualModem", how: How) -> None:
    modem.radio.denied = 2 if how.state is None else how.state
    modem.tell_registration()


def _weaken_signal(modem: "VirtualModem", how: How) -> None:
    modem.radio.weakened = 99 if how.state is None else how.state


def _lose_centre(modem: "VirtualModem", _: How) -> None:
    modem.centre = ""


def _mute(modem: "VirtualModem", _: How) -> None:
    modem.reception.is_mute = True


def _tell_registration(modem: "VirtualModem", _: How) -> None:
    modem.tell_registration()


# Undone.


def _unlock(modem: "VirtualModem") -> None:
    sim = modem.sim
    if sim.is_pin_borrowed:
        sim.pin, sim.is_pin_borrowed = None, False
    if sim.is_locked:
        sim.is_locked = False
        sim.tries_left = 3
        modem.tell_registration()


def _register(modem: "VirtualModem") -> None:
    modem.radio.denied = None
    modem.tell_registration()


def _strengthen_signal(modem: "VirtualModem") -> None:
    modem.radio.weakened = None


def _find_centre(modem: "VirtualModem") -> None:
    modem.centre = modem.centre or modem.usual_centre


def _unmute(modem: "VirtualModem") -> None:
    modem.reception.is_mute = False


_MOMENTARY: dict[Fault, Callable[["VirtualModem", How], None]] = {
    Fault.INTERRUPTS: _interrupt,
    Fault.RESTARTS: _restart,
    Fault.BOOT_CHATTER: _chatter,
    Fault.FORGOT_SETTINGS: _forget_settings,
    Fault.TEXT_MODE: _switch_to_text,
    Fault.LOST_ROUTING: _lose_routing,
    Fault.STORE_FULL: _fill_stores,
}
_LASTING: dict[Fault, Callable[["VirtualModem", How], None]] = {
    Fault.UNPLUGGED: _unplug,
    Fault.RENAMED: _unplug_renamed,
    Fault.PIN: _ask_pin,
    Fault.PUK: _block,
    Fault.NO_SIM: _tell_registration,
    Fault.SIM_FAILED: _tell_registration,
    Fault.NO_REGISTRATION: _drop_registration,
    Fault.WEAK_SIGNAL: _weaken_signal,
    Fault.UNANNOUNCED: _mute,
    Fault.LOST_CENTRE: _lose_centre,
}
_UNDONE: dict[Fault, Callable[["VirtualModem"], None]] = {
    Fault.PIN: _unlock,
    Fault.PUK: _unlock,
    Fault.NO_SIM: lambda modem: modem.tell_registration(),
    Fault.SIM_FAILED: lambda modem: modem.tell_registration(),
    Fault.NO_REGISTRATION: _register,
    Fault.WEAK_SIGNAL: _strengthen_signal,
    Fault.UNANNOUNCED: _unmute,
    Fault.LOST_CENTRE: _find_centre,
}
