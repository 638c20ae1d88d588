"""
What a virtual modem answers about its SIM: numbers, locks, phone book, and access to its files.
"""

from collections.abc import Callable, Iterable

from smscore_modem.simulator import _charsets
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._phone_book import Contact
from smscore_modem.simulator._settings import Refusal
from smscore_modem.simulator._sim import Sim

__all__ = [
    "access",
    "card",
    "enter_pin",
    "exchange",
    "lock",
    "own_number",
    "pin_tries",
    "range_of_contacts",
    "read_contacts",
    "select_phone_book",
    "show_phone_book",
    "show_phone_books",
    "show_pin",
    "subscriber",
    "write_contact",
]

_READ_BINARY, _STATUS = 176, 242
_VERIFY, _UNBLOCK = 0x20, 0x2C


def subscriber(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield modem.sim.imsi


def card(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CCID: {modem.sim.iccid}"


def own_number(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f'+CNUM: "","{modem.number}",145'


# Locks.


def show_pin(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CPIN: {modem.sim.state}"


def enter_pin(modem: VirtualModem, call: Call) -> Iterable[str]:
    if not modem.sim.is_locked:
        raise Refusal("CME", 3)
    match call.arguments:
        case (puk, pin) if not modem.sim.tries_left:
            is_open = modem.sim.unblock(puk, pin)
        case (pin, *_):
            is_open = modem.sim.enter(pin)
        case _:
            raise ValueError("no PIN")
    if not is_open:
        raise Refusal("CME", 16 if modem.sim.tries_left else 12)
    return ()


def pin_tries(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CPINR: SIM PIN,{modem.sim.tries_left},3"
    yield f"+CPINR: SIM PUK,{modem.sim.puk_tries_left},10"


def lock(modem: VirtualModem, call: Call) -> Iterable[str]:
    if call.number(1) != 2:  # 27.007, 7.4: asking only; the lock itself stays as it is
        raise Refusal("CME", 3)
    is_locked = call.arguments[0] == "SC" and modem.sim.pin is not None
    yield f"+CLCK: {int(is_locked)}"


# Files.


def access(modem: VirtualModem, call: Call) -> Iterable[str]:
    """Restricted access (27.007, 8.18): the card's status words in decimal, and its answer."""
    command, read = call.number(0), _FILES.get(call.number(1, 0))
    if command == _STATUS:
        yield "+CRSM: 144,0"
    elif command != _READ_BINARY:
        yield "+CRSM: 109,0"  # 6D00: instruction not supported
    elif read is None:
        yield "+CRSM: 106,130"  # 6A82: file not found
    else:
        content = read(modem.sim)
        octets = content[: call.number(4, 0) or len(content)]
        yield f'+CRSM: 144,0,"{octets.hex().upper()}"'


def exchange(modem: VirtualModem, call: Call) -> Iterable[str]:
    """Generic access (27.007, 8.17): how many tries are left, nothing else."""
    digits = call.arguments[1]
    octets = bytes.fromhex(digits)
    if len(digits) != call.number(0) or len(octets) < 5:
        raise ValueError(f"no command for the card: {digits}")
    if octets[1] == _VERIFY and octets[4] == 0:
        answer = modem.sim.verification_status()
    elif octets[1] == _UNBLOCK and octets[4] == 0:
        answer = f"63C{modem.sim.puk_tries_left:X}"
    else:
        answer = "6D00"
    yield f'+CSIM: {len(answer)},"{answer}"'


def _swapped(digits: str) -> bytes:
    pairs = zip(digits[::2], digits[1::2], strict=True)
    return bytes.fromhex("".join(second + first for first, second in pairs))


# 51.011, 10: the card's number, the subscriber's (its length, and its parity in front), the name
# of the provider, and that the number of its network has two digits.
_FILES: dict[int, Callable[[Sim], bytes]] = {
    0x2FE2: lambda sim: _swapped(sim.iccid.ljust(20, "F")),
    0x6F07: lambda sim: b"\x08" + _swapped(f"9{sim.imsi}"),
    0x6F46: lambda _: b"\x00" + b"Simulated".ljust(16, b"\xff"),
    0x6FAD: lambda _: b"\x00\x00\x00\x02",
}


# Phone book.


def show_phone_book(modem: VirtualModem, _: Call) -> Iterable[str]:
    book = modem.phone_book
    yield f'+CPBS: "{book.selected}",{book.used},{book.capacity}'


def show_phone_books(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield "+CPBS: (" + ",".join(f'"{name}"' for name in modem.phone_book.names) + ")"


def select_phone_book(modem: VirtualModem, call: Call) -> Iterable[str]:
    (name, *_) = call.arguments
    if name not in modem.phone_book.names:
        raise ValueError(name)
    modem.phone_book.selected = name
    return ()


def range_of_contacts(modem: VirtualModem, call: Call) -> Iterable[str]:
    lengths = "40,(129,145),14" if call.name == "+CPBW" else "40,14"
    yield f"{call.name}: (1-{modem.phone_book.capacity}),{lengths}"


def read_contacts(modem: VirtualModem, call: Call) -> Iterable[str]:
    first = call.number(0)
    for place, contact in modem.phone_book.between(first, call.number(1, first)):
        name = _charsets.written(contact.name, modem.settings.charset)
        yield f'+CPBR: {place},"{contact.number}",{contact.kind},"{name}"'


def write_contact(modem: VirtualModem, call: Call) -> Iterable[str]:
    place, number = call.number(0), "".join(call.arguments[1:2])
    name = _charsets.text_of("".join(call.arguments[3:4]), modem.settings.charset)
    kind = call.number(2, 145 if number.startswith("+") else 129)
    contact = Contact(number=number, kind=kind, name=name) if number else None
    modem.phone_book.put(place, contact)
    return ()
