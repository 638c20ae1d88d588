"""
The commands that a virtual modem knows, and what it answers (27.005, 27.007, V.250).

Whatever is not in these tables gets ERROR. ``=?`` lists ranges: clients pick their values from
them.
"""

from collections.abc import Callable, Iterable

from smscore_modem.simulator import _device_commands as _device
from smscore_modem.simulator import _message_commands as _messages
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Refusal, Settings

__all__ = ["execute"]

Handler = Callable[[VirtualModem, Call], Iterable[str]]

_NOT_KNOWN = Refusal("CME", 4)

_FIXED = {
    ("+CGMI", ""): "smscore",
    ("+CGMM", ""): "Virtual Modem",
    ("+CGMR", ""): "1.0",
    ("I", "="): "smscore Virtual Modem",
    ("+GCAP", ""): "+GCAP: +CGSM",
    ("+CSQ", ""): "+CSQ: 20,99",
    ("+CESQ", ""): "+CESQ: 99,99,255,255,20,50",
    ("+CBC", ""): "+CBC: 0,100",
    ("+COPS", "?"): '+COPS: 0,0,"Simulated",7',
    ("+WS46", "?"): "25",
    ("+CMGF", "?"): "+CMGF: 0",
    ("+CMGF", "=?"): "+CMGF: (0)",
    ("+CSMS", "?"): "+CSMS: 0,1,1,1",
    ("+CSMS", "=?"): "+CSMS: (0)",
    ("+CMEE", "=?"): "+CMEE: (0-2)",
    ("+CNMI", "=?"): "+CNMI: (0-2),(0-3),(0),(0-2),(0,1)",
    ("+CPMS", "=?"): '+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")',
    ("+CSCS", "=?"): '+CSCS: ("GSM","IRA","HEX","UCS2")',
    ("+CFUN", "=?"): "+CFUN: (0,1,4),(0,1)",
    ("+CREG", "=?"): "+CREG: (0-2)",
    ("+CGREG", "=?"): "+CGREG: (0-2)",
    ("+CEREG", "=?"): "+CEREG: (0-2)",
    ("+CMGL", "=?"): "+CMGL: (0-4)",
    ("+CMMS", "=?"): "+CMMS: (0-2)",
    ("+CLCK", "=?"): '+CLCK: ("SC")',
}
_ACCEPTED = frozenset(
    {
        *(("+CMGS", "=?"), ("+CMGR", "=?"), ("+CMGW", "=?"), ("+CPIN", "=?"), ("+CSCA", "=?")),
        *((name, "=") for name in ("X", "H", "&C", "&D", "&W", "+COPS", "+IFC", "+CCLK")),
    }
)
# Answered while the SIM is locked (27.007, 8.3).
_WITHOUT_SIM = frozenset(
    {"E", "V", "Q", "Z", "&F", "I", "X", "H", "&C", "&D", "&W", "+CMEE", "+CPIN", "+CPINR"}
    | {"+CFUN", "+CGMI", "+CGMM", "+CGMR", "+CGSN", "+CCID", "+CSQ", "+CREG", "+CLAC", "+GCAP"}
    | {"+CSCS", "+CBC"}
)
_MESSAGE_COMMANDS = frozenset(
    {"+CMGS", "+CMGW", "+CMGL", "+CMGR", "+CMGD", "+CPMS", "+CNMI", "+CSCA", "+CMMS", "+CSMS"}
)


def execute(modem: VirtualModem, call: Call) -> Iterable[str]:
    """
    Obey one call; the lines of its answer.

    Raises:
        Refusal: it is not known, or not possible now.
    """
    if modem.sim.is_locked and call.name not in _WITHOUT_SIM:
        is_blocked = modem.sim.tries_left == 0
        if call.name in _MESSAGE_COMMANDS:
            raise Refusal("CMS", 316 if is_blocked else 311)
        raise Refusal("CME", 12 if is_blocked else 11)
    if (fixed := _FIXED.get((call.name, call.operation))) is not None:
        return (fixed,)
    if (call.name, call.operation) in _ACCEPTED:
        return ()
    handler = _HANDLERS.get((call.name, call.operation)) or _setting(call)
    try:
        return tuple(handler(modem, call))
    except ValueError:
        raise _invalid(call) from None


def _invalid(call: Call) -> Refusal:
    return Refusal("CMS", 302) if call.name in _MESSAGE_COMMANDS else Refusal("CME", 3)


def _setting(call: Call) -> Handler:
    """Values that are only kept and shown."""
    if call.name not in Settings().others:
        raise _NOT_KNOWN
    return _show_other if call.operation == "?" else _set_other


def _show_other(modem: VirtualModem, call: Call) -> Iterable[str]:
    yield f"{call.name}: {modem.settings.others[call.name]}"


def _set_other(modem: VirtualModem, call: Call) -> Iterable[str]:
    if call.operation != "=":
        raise _NOT_KNOWN
    if call.name == "+CUSD" and len(call.arguments) > 1:
        modem.notify("+CUSD: 4")  # no such service in this network
    else:
        modem.settings.others[call.name] = call.text
    return ()


def _list_commands(_: VirtualModem, __: Call) -> Iterable[str]:
    names = {name for name, _ in (*_FIXED, *_ACCEPTED, *_HANDLERS)} | set(Settings().others)
    return sorted(name for name in names if name.startswith("+"))


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("E", "="): _device.echo,
    ("V", "="): _device.verbose,
    ("Q", "="): _device.quiet,
    ("Z", "="): _device.reset,
    ("&F", "="): _device.reset,
    ("+CMEE", "?"): _device.show_errors,
    ("+CMEE", "="): _device.set_errors,
    ("+CLAC", ""): _list_commands,
    ("+CSCS", "?"): _device.show_charset,
    ("+CSCS", "="): _device.set_charset,
    ("+CGSN", ""): _device.serial_number,
    ("+CIMI", ""): _device.subscriber,
    ("+CCID", ""): _device.card,
    ("+CNUM", ""): _device.own_number,
    ("+CPIN", "?"): _device.show_pin,
    ("+CPIN", "="): _device.enter_pin,
    ("+CPINR", ""): _device.pin_tries,
    ("+CPINR", "="): _device.pin_tries,
    ("+CFUN", "?"): _device.show_function,
    ("+CFUN", "="): _device.set_function,
    ("+CMGF", "="): _messages.set_mode,
    ("+CSMS", "="): _messages.set_service,
    ("+CNMI", "?"): _messages.show_routing,
    ("+CNMI", "="): _messages.set_routing,
    ("+CPMS", "?"): _messages.show_stores,
    ("+CPMS", "="): _messages.select_stores,
    ("+CSCA", "?"): _messages.show_centre,
    ("+CSCA", "="): _messages.set_centre,
    ("+CMGS", "="): _messages.prompt,
    ("+CMGW", "="): _messages.prompt,
    ("+CMGL", ""): _messages.list_messages,
    ("+CMGL", "="): _messages.list_messages,
    ("+CMGR", "="): _messages.read,
    ("+CMGD", "="): _messages.delete,
    ("+CMGD", "=?"): _messages.show_deletable,
    ("+CNMA", ""): _messages.acknowledge,
    ("+CNMA", "="): _messages.acknowledge,
    **{(name, "?"): _device.show_registration for name in Settings().registration_forms},
    **{(name, "="): _device.set_registration for name in Settings().registration_forms},
}
