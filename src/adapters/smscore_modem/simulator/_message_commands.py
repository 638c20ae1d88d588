"""
What a virtual modem answers about messages: how they are kept, announced, sent and read.
"""

from collections.abc import Iterable
from functools import partial
from typing import NoReturn

from smscore_modem._pdu import Address, NumberType
from smscore_modem.simulator import _showing
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._composing import pdu_of_text, readdressed, recipient_of
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Final, Refusal

__all__ = [
    "acknowledge",
    "delete",
    "list_messages",
    "prompt",
    "read",
    "select_stores",
    "send_stored",
    "set_centre",
    "set_details",
    "set_mode",
    "set_parameters",
    "set_routing",
    "set_service",
    "show_centre",
    "show_deletable",
    "show_details",
    "show_listable",
    "show_mode",
    "show_parameters",
    "show_routing",
    "show_service",
    "show_stores",
]

_SENT = 3  # a state of a stored message
_FAILED = 2  # of an acknowledgement
_SHORTEST, _LONGEST = 7, 164  # octets of a PDU without its centre


# How.


def show_mode(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CMGF: {int(modem.settings.is_text)}"


def set_mode(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.is_text = call.number(0, 0) == 1
    return ()


def show_parameters(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield "+CSMP: " + ",".join(map(str, modem.settings.text_parameters))


def set_parameters(modem: VirtualModem, call: Call) -> Iterable[str]:
    first, validity, protocol, scheme = modem.settings.text_parameters
    modem.settings.text_parameters = (
        call.number(0, first),
        call.number(1, validity),
        call.number(2, protocol),
        call.number(3, scheme),
    )
    return ()


def show_details(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CSDH: {int(modem.settings.shows_details)}"


def set_details(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.shows_details = call.number(0, 0) == 1
    return ()


def show_service(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CSMS: {modem.settings.service},1,1,1"


def set_service(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.service = call.number(0)
    yield "+CSMS: 1,1,1"


def show_routing(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield "+CNMI: " + ",".join(map(str, modem.settings.routing))


def set_routing(modem: VirtualModem, call: Call) -> Iterable[str]:
    places = range(len(modem.settings.routing))
    if len(call.arguments) > len(places):
        raise ValueError(call.text)
    modem.settings.routing = [call.number(place, 0) for place in places]
    if modem.settings.routing[0]:
        modem.release_notifications(drop=modem.settings.routing[4] == 1)
    return ()


def show_centre(modem: VirtualModem, _: Call) -> Iterable[str]:
    kind = 145 if modem.centre.startswith("+") else 129
    yield f'+CSCA: "{modem.centre}",{kind}'


def set_centre(modem: VirtualModem, call: Call) -> Iterable[str]:
    if not call.arguments:
        raise ValueError("no centre")
    centre = Address.of(call.arguments[0])
    if centre.kind is NumberType.ALPHANUMERIC:
        raise ValueError(call.text)
    modem.centre = str(centre)
    return ()


# Sending.


def prompt(modem: VirtualModem, call: Call) -> Iterable[str]:
    settings = modem.settings
    if settings.is_text:
        if call.name == "+CMGS" or call.arguments:
            recipient_of(call, settings)
        modem.prompt(call, partial(pdu_of_text, settings))
    elif _SHORTEST <= call.number(0) <= _LONGEST:
        modem.prompt(call)
    else:
        raise ValueError(f"no message is so long: {call.text}")
    return ()


def send_stored(modem: VirtualModem, call: Call) -> Iterable[str]:
    entry = modem.stores.readable.get(call.number(0))
    if entry is None:
        raise Refusal("CMS", 321)
    to_others = Call(name=call.name, text=call.text.partition(",")[2])
    recipient = recipient_of(to_others, modem.settings) if to_others.text else None
    modem.sending.send(readdressed(entry.pdu, recipient), answer=call.name)
    entry.status = _SENT
    raise Final("")  # the reference comes by itself, and the result behind it


def acknowledge(modem: VirtualModem, call: Call) -> Iterable[str]:
    if call.number(1, 0):
        modem.prompt(call, partial(_acknowledge_by_pdu, modem))
    else:
        modem.reception.acknowledge(is_taken=call.number(0, 0) != _FAILED)
    return ()


def _acknowledge_by_pdu(modem: VirtualModem, call: Call, typed: str) -> NoReturn:
    """27.005, 4.7: what is typed is an SMS-DELIVER-REPORT, and nothing is sent but that."""
    if len(bytes.fromhex(typed)) != call.number(1):
        raise ValueError("the PDU is of another length")
    modem.reception.acknowledge(is_taken=call.number(0) != _FAILED)
    raise Final("OK")


# What is kept.


def show_stores(modem: VirtualModem, _: Call) -> Iterable[str]:
    stores = modem.stores
    yield "+CPMS: " + ",".join(f'"{name}",{stores.usage(name)}' for name in stores.selected)


def select_stores(modem: VirtualModem, call: Call) -> Iterable[str]:
    stores = modem.stores
    stores.select(call.arguments)
    yield "+CPMS: " + ",".join(stores.usage(name) for name in stores.selected)


def show_listable(modem: VirtualModem, _: Call) -> Iterable[str]:
    names = ",".join(f'"{name}"' for name in _showing.STATUSES)
    yield f"+CMGL: ({names if modem.settings.is_text else '0-4'})"


def list_messages(modem: VirtualModem, call: Call) -> Iterable[str]:
    if modem.settings.is_text:
        wanted = _showing.STATUSES.index(call.arguments[0] if call.arguments else "REC UNREAD")
    else:
        wanted = call.number(0, 0)
        if wanted not in range(len(_showing.STATUSES)):
            raise ValueError(call.text)
    for index, entry in sorted(modem.stores.readable.items()):
        if wanted in (4, entry.status):
            yield _showing.listed(index, entry, modem.settings)
            entry.status = entry.status or 1


def read(modem: VirtualModem, call: Call) -> Iterable[str]:
    entry = modem.stores.readable.get(call.number(0))
    if entry is None:
        raise Refusal("CMS", 321)
    yield _showing.read(entry, modem.settings)
    entry.status = entry.status or 1


def delete(modem: VirtualModem, call: Call) -> Iterable[str]:
    entries = modem.stores.readable
    index, flag = call.number(0), call.number(1, 0)
    # 27.005, 3.5.4: read; also sent; also stored to be sent; all.
    doomed = {0: (), 1: (1,), 2: (1, 3), 3: (1, 2, 3), 4: (0, 1, 2, 3)}.get(flag)
    if doomed is None:
        raise ValueError(call.text)
    if flag == 0 and entries.pop(index, None) is None:
        raise Refusal("CMS", 321)
    for place in [place for place, entry in entries.items() if entry.status in doomed]:
        del entries[place]
    return ()


def show_deletable(modem: VirtualModem, _: Call) -> Iterable[str]:
    places = ",".join(map(str, sorted(modem.stores.readable)))
    yield f"+CMGD: ({places}),(0-4)"
