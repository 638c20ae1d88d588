"""
The AT dialogue without I/O: bytes in, events out; commands in, bytes out (27.005, 27.007, V.250).

The engine owns no port, no clock and no thread. One command is in flight at a time; what arrives
is settled by it: its echo, its prompt, its information lines, its final result. Everything else
is a notification or noise. Which events come out does not depend on how the bytes were cut, and
no bytes make it raise.

Longer than most modules, so that what a line may be is decided in one place.
"""

import re
from string import hexdigits

import attrs

from smscore_modem._line._commands import length_in
from smscore_modem._line._events import Event, Final, Information, Noise, Notification, Prompt

__all__ = ["CTRL_Z", "ESC", "AtEngine", "DialogueError"]

ESC = b"\x1b"
CTRL_Z = b"\x1a"

_LONGEST_LINE = 4096
_MOST_LINES_IN_QUOTES = 16
_MOST_BETWEEN = 2


class DialogueError(Exception):
    """The engine was asked for something that does not fit the state of the dialogue."""


@attrs.define
class _Command:
    """The command in flight."""

    text: str
    payload: str | None = None
    echo: bool = True  # its echo may still come
    payload_echo: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(_COMMAND_NAME.findall(self.text))

    def asks(self, name: str) -> bool:
        """Whether the command reads the value, rather than setting it."""
        return f"{name}?" in self.text or f"{name}=?" in self.text

    @property
    def dials(self) -> bool:
        return self.text.upper().startswith(("ATD", "ATA"))


_COMMAND_NAME = re.compile(r"[+^*#$%][A-Z0-9]+")
_NAME = re.compile(r"([+^*#$%_][A-Za-z0-9]+)(?::\s*(.*))?$", re.DOTALL)
_ERROR = re.compile(r"\+(CME|CMS) ERROR:\s*(.*)")
_VENDOR_ERRORS = ("COMMAND NOT SUPPORT", "MODEM ERROR")
_CALL_RESULTS = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"})
_PLAIN = _CALL_RESULTS | {
    "RING",
    "RDY",
    "Call Ready",
    "SMS Ready",
    "SMS DONE",
    "PB DONE",
    "NORMAL POWER DOWN",
    "MODEM:STARTUP",
}
_PLAIN_BEGINNINGS = ("UNDER-VOLTAGE", "OVER-VOLTAGE", "DST:")  # SIMCom's warnings and clock
_WITH_PDU = frozenset({"+CMT", "+CDS", "+CBM"})
# Also in the middle of a text, whose quotes may never be closed: a message is no part of it.
_ARRIVALS = ("+CMT:", "+CDS:", "+CMTI:", "+CDSI:")
_ALWAYS_UNASKED = _WITH_PDU | {"+CMTI", "+CDSI", "+CRING", "+CUSD"}
_REGISTRATION = frozenset({"+CREG", "+CGREG", "+CEREG"})
_ANSWERED_REGISTRATION = re.compile(r"\d+\s*,\s*\d{1,2}\s*(,|$)")
_LINE_END = re.compile(rb"[\r\n]")
_SHORTEST_PDU = 8  # octets that no other hexadecimal line is made of
_MOSTLY = 0.9  # of its characters are digits, however bad the cable is
# NULs and other controls come from resets and wrong speeds, Ctrl-Z and ESC from echoes.
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\r\n")
_SENDABLE = re.compile(r"[ -~]+")


class AtEngine:
    """One line to one modem."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._pending: _Command | None = None
        self._awaits_prompt = False
        self._header: Notification | None = None  # the first line of two
        self._between = 0  # lines that came since then, and belong to something else
        self._quoted: list[str] = []  # lines of a text whose quotes are still open

    # Out.

    def command(self, text: str, *, prompts: bool = False) -> bytes:
        """
        Begin a command; ``prompts`` says that it asks for a payload.

        Raises:
            DialogueError: the one before is not over.
            ValueError: the text could be more than one line.
        """
        if self._pending is not None:
            # It stays nameless: it may hold a PIN, and this may end in a log.
            raise DialogueError("the command before has not been answered yet")
        if not _SENDABLE.fullmatch(text):
            raise ValueError("a command is one line of printable ASCII")
        self._pending = _Command(text=text)
        self._awaits_prompt = prompts
        self._quoted = []
        return text.encode("ascii") + b"\r"

    def payload(self, text: str) -> bytes:
        """
        What the prompt asked for, with the Ctrl-Z that ends it.

        Raises:
            DialogueError: there was no prompt.
            ValueError: the text could end early.
        """
        if self._pending is None or self._awaits_prompt:
            raise DialogueError("there was no prompt")
        if not _SENDABLE.fullmatch(text):
            raise ValueError("a payload is one line of printable ASCII")
        self._pending.payload = text
        self._pending.payload_echo = True
        return text.encode("ascii") + CTRL_Z

    def abandon(self) -> bytes:
        """Give the pending command up: its deadline has passed. The bytes end an open prompt."""
        self._pending = None
        self._awaits_prompt = False
        return ESC

    # In.

    def receive(self, data: bytes) -> list[Event]:
        """What the bytes, added to those that came before, amount to."""
        self._buffer += data.translate(None, _CONTROLS)
        events: list[Event] = []
        while True:
            # 27.005, 3.4.3: the prompt comes without a line end, so it goes before lines.
            if self._awaits_prompt and self._buffer[:1] == b">":
                del self._buffer[:1]
                self._awaits_prompt = False
                events.append(Prompt())
                continue
            line = self._take_line()
            if line is None:
                return events
            events += self._read(line)

    def _take_line(self) -> bytes | None:
        found = _LINE_END.search(self._buffer)
        if found is None:
            del self._buffer[_LONGEST_LINE + 1 :]  # one more than allowed marks it as too long
            return None
        line = bytes(self._buffer[: found.start()][: _LONGEST_LINE + 1])
        del self._buffer[: found.end()]
        return line

    def _read(self, line: bytes) -> list[Event]:
        if len(line) > _LONGEST_LINE:
            return [Noise(text=_text(line[:80]), why="the line was too long")]
        text = _text(line)
        if not text:
            return []
        if self._header is not None:
            return self._second_line(self._header, text)
        return self._line(text)

    def _line(self, text: str) -> list[Event]:
        if self._is_echo(text):
            return []
        if not self._quoted or text.startswith(_ARRIVALS):
            return self._first_line(text)
        if self._is_awaited(text):
            # A text may hold quotes that nobody closes; what a command waits for is no part of it.
            return [self._unquoted(), *self._first_line(text)]
        return self._continue_quote(text)

    def _is_awaited(self, text: str) -> bool:
        pending = self._pending
        if pending is None or "+CUSD" in pending.names:
            return False
        named = _NAME.match(text)
        answers = named is not None and named[1] in pending.names
        return answers or _final(text, is_call=pending.dials) is not None

    def _is_echo(self, text: str) -> bool:
        pending = self._pending
        # The first byte is what a modem loses that has to find out our speed.
        if pending is not None and pending.echo and text in (pending.text, pending.text[1:]):
            pending.echo = False
            return True
        if pending is not None and pending.payload_echo and text == pending.payload:
            pending.payload_echo = False
            return True
        return False

    def _first_line(self, text: str) -> list[Event]:
        final = _final(text, is_call=self._pending is not None and self._pending.dials)
        if final is not None:
            if self._pending is None:
                return [Noise(text=text, why="a final result of no command", is_final=True)]
            self._pending = None
            self._awaits_prompt = False
            return [final]
        if text in _PLAIN or text.startswith(_PLAIN_BEGINNINGS):
            return [Notification(name=text)]
        named = _NAME.match(text)
        if named is None:
            return [self._unnamed(text)]
        return self._named(text, Notification(name=named[1], text=named[2] or ""))

    def _unnamed(self, text: str) -> Event:
        if self._pending is None:
            return Noise(text=text, why="a line that belongs to no command")
        return Information(text)

    def _named(self, text: str, notification: Notification) -> list[Event]:
        if self._is_answer(notification):
            return [Information(text)]
        if notification.name in _WITH_PDU:
            self._header, self._between = notification, 0
            return []
        if notification.name == "+CUSD" and _is_open(text):
            self._quoted = [notification.text]
            return []
        return [notification]

    def _is_answer(self, notification: Notification) -> bool:
        name, pending = notification.name, self._pending
        if pending is None or name not in pending.names:
            return False
        if name in _ALWAYS_UNASKED:
            return pending.asks(name)
        if name in _REGISTRATION:
            # 27.007, 7.2: only the answer begins with <n>.
            answers = _ANSWERED_REGISTRATION.match(notification.text) is not None
            return pending.asks(name) and (answers or f"{name}=?" in pending.text)
        return True

    def _second_line(self, header: Notification, text: str) -> list[Event]:
        self._header = None
        if _is_meant_as_pdu(text, header.text):
            return [attrs.evolve(header, pdu=text.upper())]
        events = self._line(text)
        if self._is_between(events):
            # Some let other words of theirs slip in; the modem has no second copy of the message.
            self._header = header
            self._between += 1
            return events
        return [header, *events]

    def _is_between(self, events: list[Event]) -> bool:
        """Whether a line was something the modem says besides, and the PDU may still come."""
        is_chatter = bool(events) and all(
            isinstance(event, Notification) and not f"{event.name}:".startswith(_ARRIVALS)
            for event in events
        )
        return is_chatter and self._header is None and self._between < _MOST_BETWEEN

    def _continue_quote(self, text: str) -> list[Event]:
        self._quoted.append(text)
        whole = "\n".join(self._quoted)
        is_full = len(whole) > _LONGEST_LINE or len(self._quoted) >= _MOST_LINES_IN_QUOTES
        if _is_open(whole) and not is_full:
            return []
        return [self._unquoted()]

    def _unquoted(self) -> Notification:
        whole, self._quoted = "\n".join(self._quoted), []
        return Notification(name="+CUSD", text=whole)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()


def _final(text: str, *, is_call: bool) -> Final | None:
    if text in ("OK", "ERROR"):
        return Final(family=text, code="", text=text)
    if error := _ERROR.fullmatch(text):
        return Final(family=error[1], code=error[2].strip(), text=text)
    if text.startswith(_VENDOR_ERRORS) or (is_call and text in _CALL_RESULTS):
        return Final(family="ERROR", code=text, text=text)
    return None


def _is_open(text: str) -> bool:
    return text.count('"') % 2 == 1


def _is_meant_as_pdu(text: str, header: str) -> bool:
    """
    Whether the line is a PDU, maybe with characters that were lost or garbled on the way.

    It is as long as its header announced, maybe with a centre in front; or so long that it can be
    nothing else: a modem that miscounts, and a bad cable, have no second copy of it.
    """
    digits = sum(char in hexdigits for char in text)
    if len(text) >= 2 * _SHORTEST_PDU:
        return digits >= _MOSTLY * len(text)
    announced = length_in(header)
    octets, odd = divmod(digits, 2)
    is_pure = digits == len(text) and not odd
    return is_pure and announced is not None and announced <= octets <= announced + 12
