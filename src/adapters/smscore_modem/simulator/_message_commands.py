"""
What a virtual modem answers about messages: how they are kept, announced, sent and read.
"""

from collections.abc import Iterable

from smscore_modem._pdu import Address, NumberType
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._device_commands import within
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Refusal

__all__ = [
    "acknowledge",
    "delete",
    "list_messages",
    "prompt",
    "read",
    "select_stores",
    "set_centre",
    "set_mode",
    "set_routing",
    "set_service",
    "show_centre",
    "show_deletable",
    "show_routing",
    "show_stores",
]


def set_mode(_: VirtualModem, call: Call) -> Iterable[str]:
    if call.number(0, 0) != 0:
        raise ValueError("there is no text mode here")
    return ()


def set_service(_: VirtualModem, call: Call) -> Iterable[str]:
    if call.number(0) != 0:
        raise ValueError("there is no phase 2+ acknowledgement here")
    yield "+CSMS: 1,1,1"


def show_routing(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield "+CNMI: " + ",".join(map(str, modem.settings.routing))


def set_routing(modem: VirtualModem, call: Call) -> Iterable[str]:
    limits = (2, 3, 0, 2, 1)
    if len(call.arguments) > len(limits):
        raise ValueError(call.text)
    modem.settings.routing = [
        within(call.number(place, 0), 0, limit) for place, limit in enumerate(limits)
    ]
    if modem.settings.routing[0]:
        modem.release_notifications(drop=modem.settings.routing[4] == 1)
    return ()


def show_stores(modem: VirtualModem, _: Call) -> Iterable[str]:
    stores = modem.stores
    yield "+CPMS: " + ",".join(f'"{name}",{stores.usage(name)}' for name in stores.selected)


def select_stores(modem: VirtualModem, call: Call) -> Iterable[str]:
    stores = modem.stores
    stores.select(call.arguments)
    yield "+CPMS: " + ",".join(stores.usage(name) for name in stores.selected)


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


def prompt(modem: VirtualModem, call: Call) -> Iterable[str]:
    within(call.number(0), 7, 164)
    modem.prompt(call)
    return ()


def list_messages(modem: VirtualModem, call: Call) -> Iterable[str]:
    wanted = within(call.number(0, 0), 0, 4)
    for index, entry in sorted(modem.stores.readable.items()):
        if wanted in (4, entry.status):
            pdu = entry.pdu.hex().upper()
            yield f"+CMGL: {index},{entry.status},,{entry.length}\r\n{pdu}"
            entry.status = 1 if entry.status == 0 else entry.status


def read(modem: VirtualModem, call: Call) -> Iterable[str]:
    entry = modem.stores.readable.get(call.number(0))
    if entry is None:
        raise Refusal("CMS", 321)
    yield f"+CMGR: {entry.status},,{entry.length}\r\n{entry.pdu.hex().upper()}"
    entry.status = 1 if entry.status == 0 else entry.status


def delete(modem: VirtualModem, call: Call) -> Iterable[str]:
    entries = modem.stores.readable
    index, flag = call.number(0), within(call.number(1, 0), 0, 4)
    if flag == 0 and entries.pop(index, None) is None:
        raise Refusal("CMS", 321)
    # 27.005, 3.5.4: read; also sent; also stored to be sent; all.
    doomed = {0: (), 1: (1,), 2: (1, 3), 3: (1, 2, 3), 4: (0, 1, 2, 3)}[flag]
    for place in [place for place, entry in entries.items() if entry.status in doomed]:
        del entries[place]
    return ()


def show_deletable(modem: VirtualModem, _: Call) -> Iterable[str]:
    places = ",".join(map(str, sorted(modem.stores.readable)))
    yield f"+CMGD: ({places}),(0-4)"


def acknowledge(_: VirtualModem, __: Call) -> Iterable[str]:
    raise Refusal("CMS", 340)
