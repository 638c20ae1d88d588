"""
A virtual modem's end of the line: what it hears and when, and what it says.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from smscore_modem.simulator._faults import Fault
from smscore_modem.simulator._input import Aborted, CommandLine, Input, Payload
from smscore_modem.simulator._life import State

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = ["Heard", "Line"]

Heard = CommandLine | Payload | Aborted

# V.250, 5.7.1.
_SHORT_RESULTS = {
    "OK": "0",
    "RING": "2",
    "NO CARRIER": "3",
    "ERROR": "4",
    "BUSY": "7",
    "NO ANSWER": "8",
}
_MOST_HELD = 100
_NOISE = 0xA5  # turns every octet of an answer into one that is no text


class Line:
    """``hear`` is told what the client typed, one thing after the other."""

    def __init__(self, modem: "VirtualModem", *, hear: Callable[[Heard], None]) -> None:
        self._modem = modem
        self._hear = hear
        self._input = Input()
        self._unheard = bytearray()
        self._occupation: object | None = None  # what the modem does instead of hearing
        self._output = bytearray()
        self._held: list[str] = []  # announcements that a prompt holds back

    def clear(self) -> None:
        """The modem was switched off."""
        self._input.clear()
        self._unheard.clear()
        self._occupation = None
        self._output.clear()
        self._held.clear()

    # Hearing.

    def receive(self, data: bytes) -> None:
        """Bytes from the client, in any portions."""
        self._unheard += data
        self._go_on()

    def wait(self, delay: float, then: Callable[[], None]) -> None:
        """Do something later, and hear nothing until then."""
        if delay <= 0:
            then()
        else:
            self._modem.life.soon(delay, self.hold(then))

    def hold(self, then: Callable[[], None]) -> Callable[[], None]:
        """Hear nothing until the result is called, which does ``then``, once."""
        occupation = self._occupation = object()

        def let_go() -> None:
            if self._occupation is occupation:
                self._occupation = None
                then()
                self._go_on()

        return let_go

    def _go_on(self) -> None:
        modem = self._modem
        while self._unheard and self._occupation is None:
            octet = self._unheard.pop(0)
            if State.DEAF in modem.life:
                continue
            if modem.settings.echo and modem.knows_speed:
                self.say(bytes((octet,)))
            if (heard := self._input.take(octet)) is not None:
                self._hear(heard)

    # Saying.

    def take(self) -> bytes:
        """Bytes for the client."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def write(self, text: str) -> None:
        """One line of an answer, or several."""
        start = "\r\n" if self._modem.settings.is_verbose else ""  # V.250, 6.2.6
        data = f"{start}{text}\r\n".encode("latin-1", "replace")
        faults = self._modem.faults
        if how := faults.how(Fault.HALF_A_LINE):
            self.say(data[: len(data) // 2])
            faults.end(Fault.HALF_A_LINE)
            faults.begin(Fault.SILENT, commands=how.commands, seconds=how.seconds)
        else:
            self.say(data)

    def announce(self, text: str) -> None:
        """Something unasked, as soon as no prompt is open."""
        if self._input.is_prompting:
            self._held = [*self._held, text][-_MOST_HELD:]
        else:
            self.write(text)

    def end_command(self, text: str) -> None:
        """The final result of a command, if there is one."""
        settings = self._modem.settings
        if settings.is_quiet or not text:
            return
        if settings.is_verbose:
            self.write(text)
        else:
            self.say(f"{_SHORT_RESULTS.get(text, text)}\r".encode("latin-1"))

    def prompt(self) -> None:
        """What is typed from now on is no command."""
        if self._modem.is_mute:
            return
        self._input.is_prompting = True
        self.say(b"\r\n> ")
        self._modem.life.be(State.DEAF, self._modem.personality.deaf_after_prompt)

    def release(self) -> None:
        """Say what the prompt held back."""
        held, self._held = self._held, []
        for text in held:
            self.write(text)

    def say(self, data: bytes) -> None:
        """Octets, as they are unless something is wrong."""
        if self._modem.is_mute:
            return
        if Fault.GARBAGE in self._modem.faults:
            data = bytes(octet ^ _NOISE for octet in data)
        self._output += data
