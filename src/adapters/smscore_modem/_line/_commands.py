"""
The commands of the driver, and how their answers are read. Answers are read loosely.
"""

import re
from itertools import pairwise

import attrs

__all__ = [
    "Listed",
    "length_in",
    "listed_messages",
    "message_reference",
    "quoted",
    "read_message",
    "registration",
    "selected_usage",
    "signal_dbm",
    "stores_for_receiving",
    "usage_of",
    "value_of",
]

_QUOTED = re.compile(r'"([^"]*)"')
_INDEX = re.compile(r"\s*(\d+)\s*,\s*(\d+)")
_USAGE = re.compile(r'"(\w+)"\s*,\s*(\d+)\s*,\s*(\d+)')
_LENGTH = re.compile(r"(\d+)\s*$")
_REGISTERED = frozenset({1, 5, 6, 7, 9, 10})  # 27.007, 7.2; with SMS only among them


@attrs.frozen(kw_only=True)
class Listed:
    """A message in a modem's store; ``length`` does not count the centre's octets."""

    index: int
    status: int
    pdu: str
    length: int | None

    @property
    def is_received(self) -> bool:
        """Whether it came in; the others were stored to be sent (27.005, 3.1 <stat>)."""
        return self.status in (0, 1)

    @property
    def is_plausible(self) -> bool:
        """Whether it is as long as its header says, with a centre in front of it."""
        try:
            pdu = bytes.fromhex(self.pdu)
        except ValueError:
            return False
        return bool(pdu) and self.length in (None, len(pdu) - 1 - pdu[0])


def value_of(lines: tuple[str, ...], name: str) -> str | None:
    """What follows ``name:`` in the first line that has it."""
    for line in lines:
        if line.startswith(f"{name}:"):
            return line.removeprefix(f"{name}:").strip()
    return None


def quoted(text: str) -> tuple[str, ...]:
    """All quoted strings of a text, without their quotes."""
    return tuple(_QUOTED.findall(text))


def message_reference(lines: tuple[str, ...]) -> int | None:
    """The reference in an answer to ``AT+CMGS``; None when the modem gives none."""
    found = re.match(r"\d+", value_of(lines, "+CMGS") or "")
    return int(found[0]) if found else None


def listed_messages(lines: tuple[str, ...]) -> tuple[Listed, ...]:
    """
    The answer to ``AT+CMGL=4``: headers, each with a PDU behind it (27.005, 3.4.2).

    Where the PDU is missing it is empty.
    """
    found = []
    for header, behind in pairwise((*lines, "")):
        place = _INDEX.match(header.removeprefix("+CMGL:"))
        if header.startswith("+CMGL:") and place:
            pdu = "" if behind.startswith("+CMGL:") else behind
            index, status = int(place[1]), int(place[2])
            found.append(Listed(index=index, status=status, pdu=pdu, length=length_in(header)))
    return tuple(found)


def read_message(index: int, lines: tuple[str, ...]) -> Listed | None:
    """The answer to ``AT+CMGR``; None when nothing is there (27.005, 3.4.3)."""
    for header, pdu in pairwise(lines):
        status = re.match(r"\+CMGR:\s*(\d+)", header)
        if status:
            return Listed(index=index, status=int(status[1]), pdu=pdu, length=length_in(header))
    return None


def length_in(header: str) -> int | None:
    """How long a PDU is without its centre, from the line in front of it; None: it does not say."""
    found = _LENGTH.search(header)
    return int(found[1]) if found else None


def usage_of(lines: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """How many messages each store has, and has room for, from the answer to ``AT+CPMS?``."""
    found = _USAGE.findall(value_of(lines, "+CPMS") or "")
    return {store: (int(used), int(total)) for store, used, total in found}


def selected_usage(lines: tuple[str, ...]) -> tuple[int, int] | None:
    """The same of the store that ``AT+CPMS="…"`` selected, from its answer."""
    found = re.match(r"(\d+)\s*,\s*(\d+)", value_of(lines, "+CPMS") or "")
    return (int(found[1]), int(found[2])) if found else None


def stores_for_receiving(lines: tuple[str, ...]) -> tuple[str, ...]:
    """
    The stores that ``AT+CPMS=?`` offers for what arrives.

    Lists come nested, empty or without parentheses; so the last group that names any store counts.
    """
    value = value_of(lines, "+CPMS") or ""
    groups = [names for group in value.split(")") if (names := quoted(group))]
    return groups[-1] if groups else ()


def registration(text: str, *, is_answer: bool) -> bool | None:
    """
    Whether the network has us, from ``+CREG`` and its relatives.

    An answer begins with ``<n>``, a notification does not. None: it does not say.
    """
    numbers = [field.strip() for field in text.split(",")]
    field = numbers[1:2] if is_answer else numbers[:1]
    return int(field[0]) in _REGISTERED if field and field[0].isdecimal() else None


def signal_dbm(lines: tuple[str, ...]) -> int | None:
    """The answer to ``AT+CSQ`` in dBm; None when the modem does not know (27.007, 8.5)."""
    found = re.match(r"\d+", value_of(lines, "+CSQ") or "")
    strength = int(found[0]) if found else 99
    return 2 * strength - 113 if strength <= 31 else None
