"""
The commands that a virtual modem knows, and what it answers (27.005, 27.007, V.250).

Whatever is not in these tables gets ERROR. ``=?`` lists ranges: clients pick their values from
them, and values outside them are refused.
"""

from collections.abc import Callable, Iterable

from smscore_modem.simulator import _device_commands as _device
from smscore_modem.simulator import _message_commands as _messages
from smscore_modem.simulator import _network_commands as _network
from smscore_modem.simulator import _sim_commands as _sim
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._habits import OF_MESSAGES, sim_refusal
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._ranges import allows
from smscore_modem.simulator._settings import Refusal, Settings

__all__ = ["execute"]

Handler = Callable[[VirtualModem, Call], Iterable[str]]

_NOT_KNOWN = Refusal("CME", 4)

_FIXED = {
    ("I", "="): "smscore Virtual Modem",
    ("+CESQ", ""): "+CESQ: 99,99,255,255,20,50",
    ("+CBC", ""): "+CBC: 0,100",
}
# What =? lists. Where a setting is kept and shown, the values that it takes.
_RANGES = {
    "+CMEE": "(0-2)",
    "+CFUN": "(0,1,4),(0,1)",
    "+CSCS": '("GSM","IRA","HEX","UCS2")',
    "+CLCK": '("SC","FD","PN")',
    "+CPBS": '("SM","ME","ON","LD","MC","RC")',
    "+CGDCONT": '(1-16),("IP","IPV6","IPV4V6")',
    "+IFC": "(0-2),(0-2)",
    "+IPR": "(0,9600,19200,38400,57600,115200)",
    "+WS46": "(12,22,25,28)",
    "+CTZU": "(0,1)",
    # Messages.
    "+CMGF": "(0,1)",
    "+CSDH": "(0,1)",
    "+CSMP": "(0-255),(0-255),(0-255),(0-255)",
    "+CSMS": "(0,1)",
    "+CMMS": "(0-2)",
    "+CGSMS": "(0-3)",
    "+CNMI": "(0-2),(0-3),(0,2),(0-2),(0,1)",
    "+CNMA": "(0-2)",
    "+CPMS": '("SM","ME","SR"),("SM","ME"),("SM","ME")',
    # The network.
    "+CREG": "(0-2)",
    "+CGREG": "(0-2)",
    "+CEREG": "(0-2)",
    "+CSQ": "(0-31,99),(0-7,99)",
    "+CESQ": "(0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)",
    "+CBC": "(0-2),(1-100)",
    "+CUSD": "(0-2)",
    "+CLIP": "(0,1)",
    "+CLIR": "(0-2)",
    "+COLP": "(0,1)",
    "+CCWA": "(0,1)",
    "+CRC": "(0,1)",
    "+CVHU": "(0,1)",
    "+CSSN": "(0,1),(0,1)",
}
# Whether they exist can be asked, and nothing more.
_TESTABLE = frozenset(
    {"+CMGS", "+CMGR", "+CMGW", "+CMSS", "+CSCA", "+CPIN", "+CPINR", "+CGMI", "+CGMM", "+CGMR"}
    | {
        "+CGSN",
        "+GSN",
        "+GCAP",
        "+CLAC",
        "+CIMI",
        "+CCID",
        "+CNUM",
        "+CRSM",
        "+CSIM",
        "+CCLK",
        "+CPAS",
    }
    | {"+CGATT", "+CHUP", "+CLCC", "+VTS"}
)
_ACCEPTED = frozenset({"X", "L", "M", "&C", "&D", "&K", "&S", "&W"})
# Answered while the SIM is locked (27.007, 8.3).
_WITHOUT_SIM = frozenset(
    {"E", "V", "Q", "Z", "&F", "I", "H", "+CMEE", "+CPIN", "+CPINR", "+CSIM", "+CFUN", "+CGMI"}
    | {"+CGMM", "+CGMR", "+CGSN", "+CCID", "+CSQ", "+CREG", "+CGREG", "+CEREG", "+CLAC", "+GCAP"}
    | {"+CSCS", "+CBC", "+CPAS", "+CHUP", "+CLCC", "+IFC", "+IPR"}
    | _ACCEPTED
)
_REGISTER = "S0"  # stands for all of them in the table of handlers


def execute(modem: VirtualModem, call: Call) -> Iterable[str]:
    """
    Obey one call; the lines of its answer.

    Raises:
        Refusal: it is not known, or not possible now.
    """
    is_message = call.name in OF_MESSAGES
    if call.name not in _WITHOUT_SIM and (refusal := sim_refusal(modem, is_message=is_message)):
        raise refusal
    try:
        return tuple(_handler(call)(modem, call))
    except (ValueError, IndexError):
        raise (Refusal("CMS", 302) if is_message else Refusal("CME", 3)) from None


def _handler(call: Call) -> Handler:
    name = _REGISTER if call.name[:1] == "S" and call.name[1:].isdecimal() else call.name
    if (fixed := _FIXED.get((name, call.operation))) is not None:
        return lambda _, __: (fixed,)
    if name in _ACCEPTED and call.operation == "=":
        return _accept
    if call.operation == "=":
        _check_range(call)
    if (handler := _HANDLERS.get((name, call.operation))) is not None:
        return handler
    if call.operation == "=?":
        return _list_range
    if name not in Settings().others or not call.operation:
        raise _NOT_KNOWN
    return _show_kept if call.operation == "?" else _keep


def _check_range(call: Call) -> None:
    if not allows(_RANGES.get(call.name, ""), call.arguments):
        raise ValueError(f"{call.name}: {call.text} is out of range")


def _accept(_: VirtualModem, __: Call) -> Iterable[str]:
    return ()


def _list_range(_: VirtualModem, call: Call) -> Iterable[str]:
    if call.name in _RANGES:
        return (f"{call.name}: {_RANGES[call.name]}",)
    if call.name in _TESTABLE:
        return ()
    raise _NOT_KNOWN


def _show_kept(modem: VirtualModem, call: Call) -> Iterable[str]:
    yield f"{call.name}: {modem.settings.others[call.name]}{_BEHIND.get(call.name, '')}"


def _keep(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.others[call.name] = call.text
    return ()


# 27.007, 7.6 and 7.8: whether the network knows the service.
_BEHIND = {"+CLIP": ",1", "+COLP": ",1", "+CLIR": ",0"}


def _list_commands(_: VirtualModem, __: Call) -> Iterable[str]:
    names = {*_RANGES, *_TESTABLE, *(name for name, _ in _HANDLERS), *Settings().others}
    return sorted(name for name in names if name.startswith("+"))


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("E", "="): _device.echo,
    ("V", "="): _device.verbose,
    ("Q", "="): _device.quiet,
    ("Z", "="): _device.reset,
    ("&F", "="): _device.reset,
    (_REGISTER, "?"): _device.show_register,
    (_REGISTER, "="): _device.set_register,
    ("+CMEE", "?"): _device.show_errors,
    ("+CMEE", "="): _device.set_errors,
    ("+CLAC", ""): _list_commands,
    ("+CSCS", "?"): _device.show_charset,
    ("+CSCS", "="): _device.set_charset,
    ("+CGSN", ""): _device.serial_number,
    ("+GSN", ""): _device.serial_number,
    ("+CFUN", "?"): _device.show_function,
    ("+CFUN", "="): _device.set_function,
    # The SIM.
    ("+CIMI", ""): _sim.subscriber,
    ("+CCID", ""): _sim.card,
    ("+CNUM", ""): _sim.own_number,
    ("+CPIN", "?"): _sim.show_pin,
    ("+CPIN", "="): _sim.enter_pin,
    ("+CPINR", ""): _sim.pin_tries,
    ("+CPINR", "="): _sim.pin_tries,
    ("+CLCK", "="): _sim.lock,
    ("+CRSM", "="): _sim.access,
    ("+CSIM", "="): _sim.exchange,
    ("+CPBS", "?"): _sim.show_phone_book,
    ("+CPBS", "="): _sim.select_phone_book,
    ("+CPBR", "=?"): _sim.range_of_contacts,
    ("+CPBR", "="): _sim.read_contacts,
    ("+CPBW", "=?"): _sim.range_of_contacts,
    ("+CPBW", "="): _sim.write_contact,
    # The network.
    ("+CSQ", ""): _network.signal,
    ("+COPS", "?"): _network.show_operator,
    ("+COPS", "="): _network.choose_operator,
    ("+COPS", "=?"): _network.show_operators,
    ("+CGATT", "?"): _network.attachment,
    ("+CUSD", "?"): _network.show_services,
    ("+CUSD", "="): _network.use_services,
    **{(name, "?"): _network.show_registration for name in Settings().registration_forms},
    **{(name, "="): _network.set_registration for name in Settings().registration_forms},
    ("D", ""): _network.dial,
    ("A", ""): _network.answer,
    ("H", "="): _network.hang_up,
    ("+CHUP", ""): _network.hang_up,
    ("+CLCC", ""): _network.list_calls,
    ("+CPAS", ""): _network.activity,
    ("+VTS", "="): _network.send_tones,
    # Messages.
    ("+CMGF", "?"): _messages.show_mode,
    ("+CMGF", "="): _messages.set_mode,
    ("+CSMP", "?"): _messages.show_parameters,
    ("+CSMP", "="): _messages.set_parameters,
    ("+CSDH", "?"): _messages.show_details,
    ("+CSDH", "="): _messages.set_details,
    ("+CSMS", "?"): _messages.show_service,
    ("+CSMS", "="): _messages.set_service,
    ("+CNMI", "?"): _messages.show_routing,
    ("+CNMI", "="): _messages.set_routing,
    ("+CPMS", "?"): _messages.show_stores,
    ("+CPMS", "="): _messages.select_stores,
    ("+CSCA", "?"): _messages.show_centre,
    ("+CSCA", "="): _messages.set_centre,
    ("+CMGS", "="): _messages.prompt,
    ("+CMGW", ""): _messages.prompt,
    ("+CMGW", "="): _messages.prompt,
    ("+CMSS", "="): _messages.send_stored,
    ("+CMGL", "=?"): _messages.show_listable,
    ("+CMGL", ""): _messages.list_messages,
    ("+CMGL", "="): _messages.list_messages,
    ("+CMGR", "="): _messages.read,
    ("+CMGD", "="): _messages.delete,
    ("+CMGD", "=?"): _messages.show_deletable,
    ("+CNMA", ""): _messages.acknowledge,
    ("+CNMA", "="): _messages.acknowledge,
}
