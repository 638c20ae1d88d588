"""
What a virtual modem answers about its line and itself.
"""

from collections.abc import Iterable

from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Settings

__all__ = [
    "echo",
    "quiet",
    "reset",
    "serial_number",
    "set_charset",
    "set_errors",
    "set_function",
    "set_register",
    "show_charset",
    "show_errors",
    "show_function",
    "show_register",
    "verbose",
]


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
    modem.settings = Settings(functionality=modem.settings.functionality)
    return ()


def show_errors(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CMEE: {modem.settings.error_form}"


def set_errors(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.error_form = call.number(0, 0)
    return ()


def show_charset(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f'+CSCS: "{modem.settings.charset}"'


def set_charset(modem: VirtualModem, call: Call) -> Iterable[str]:
    (modem.settings.charset,) = call.arguments
    return ()


# The device.


def serial_number(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield modem.imei


def show_function(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CFUN: {modem.settings.functionality}"


def set_function(modem: VirtualModem, call: Call) -> Iterable[str]:
    functionality = call.number(0, 1)
    if call.number(1, 0):
        modem.power_cycle()
    modem.settings.functionality = functionality
    return ()


def show_register(modem: VirtualModem, call: Call) -> Iterable[str]:
    yield f"{modem.settings.registers.get(call.name, 0):03}"


def set_register(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.registers[call.name] = call.number(0, 0) % 256
    return ()
