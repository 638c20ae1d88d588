"""
What a virtual modem answers about its line, itself, its SIM and its network.
"""

from collections.abc import Iterable

from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Refusal, Settings

__all__ = [
    "card",
    "echo",
    "enter_pin",
    "own_number",
    "pin_tries",
    "quiet",
    "reset",
    "serial_number",
    "set_charset",
    "set_errors",
    "set_function",
    "set_registration",
    "show_charset",
    "show_errors",
    "show_function",
    "show_pin",
    "show_registration",
    "subscriber",
    "verbose",
    "within",
]


def within(value: int, lowest: int, highest: int) -> int:
    if not lowest <= value <= highest:
        raise ValueError(f"{value} is not within {lowest} and {highest}")
    return value


# The line.


def echo(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.echo = bool(call.number(0, 0))
    return ()


def verbose(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.is_verbose = bool(call.number(0, 0))
    return ()


def quiet(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.is_quiet = bool(call.number(0, 0))
    return ()


def reset(modem: VirtualModem, _: Call) -> Iterable[str]:
    modem.settings = Settings()
    return ()


def show_errors(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CMEE: {modem.settings.error_form}"


def set_errors(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.error_form = within(call.number(0, 0), 0, 2)
    return ()


def show_charset(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f'+CSCS: "{modem.settings.charset}"'


def set_charset(modem: VirtualModem, call: Call) -> Iterable[str]:
    (charset,) = call.arguments
    if charset not in ("GSM", "IRA", "HEX", "UCS2"):
        raise ValueError(charset)
    modem.settings.charset = charset
    return ()


# The device and its SIM.


def serial_number(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield modem.imei


def subscriber(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield modem.sim.imsi


def card(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CCID: {modem.sim.iccid}"


def own_number(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f'+CNUM: "","{modem.number}",145'


def show_pin(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CPIN: {modem.sim.state}"


def enter_pin(modem: VirtualModem, call: Call) -> Iterable[str]:
    if not modem.sim.is_locked:
        raise Refusal("CME", 3)
    if not modem.sim.enter(call.arguments[0] if call.arguments else ""):
        raise Refusal("CME", 16 if modem.sim.tries_left else 12)
    return ()


def pin_tries(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CPINR: SIM PIN,{modem.sim.tries_left},3"


def show_function(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CFUN: {modem.settings.functionality}"


def set_function(modem: VirtualModem, call: Call) -> Iterable[str]:
    functionality = call.number(0, 1)
    if functionality not in (0, 1, 4):
        raise ValueError(functionality)
    if call.number(1, 0):
        modem.power_cycle()
    modem.settings.functionality = functionality
    return ()


def show_registration(modem: VirtualModem, call: Call) -> Iterable[str]:
    form = modem.settings.registration_forms[call.name]
    state = 1 if modem.settings.functionality == 1 and not modem.sim.is_locked else 0
    place = ',"0001","00000001"' if form == 2 and state else ""
    yield f"{call.name}: {form},{state}{place}"


def set_registration(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.registration_forms[call.name] = within(call.number(0, 0), 0, 2)
    return ()
