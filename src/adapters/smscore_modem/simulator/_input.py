"""
What a virtual modem reads: bytes in any portions, become command lines and payloads (V.250, 5.2).
"""

import attrs

__all__ = ["Aborted", "CommandLine", "Input", "Payload"]

_CR, _LF, _BACKSPACE, _CTRL_Z, _ESC = b"\r"[0], b"\n"[0], 0x08, 0x1A, 0x1B
_LONGEST = 2048


@attrs.frozen
class CommandLine:
    """Everything behind ``AT``."""

    text: str


@attrs.frozen
class Payload:
    """What was typed at a prompt, up to the Ctrl-Z."""

    text: str


@attrs.frozen
class Aborted:
    """The prompt was left by ESC."""


class Input:
    """One octet after the other, since a modem hears no more than that."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._last = ""
        self.is_prompting = False

    def clear(self) -> None:
        """Forget what was typed."""
        self._line.clear()
        self.is_prompting = False

    def take(self, octet: int) -> CommandLine | Payload | Aborted | None:
        """What the octet completes, if anything."""
        return self._take_payload(octet) if self.is_prompting else self._take_command(octet)

    def _take_payload(self, octet: int) -> Payload | Aborted | None:
        if octet == _BACKSPACE:
            del self._line[-1:]
            return None
        if octet not in (_CTRL_Z, _ESC):
            # The rest of a line end of two octets came too late to belong to the command.
            if octet != _LF or self._line:
                self._keep(octet)
            return None
        text = self._line.decode("latin-1")
        self.clear()
        return Payload(text) if octet == _CTRL_Z else Aborted()

    def _take_command(self, octet: int) -> CommandLine | None:
        if octet == _BACKSPACE:
            del self._line[-1:]
        elif octet == _CR:
            text = self._line.decode("latin-1").strip()
            self._line.clear()
            return self._command(text)
        elif octet >= 0x20:
            self._keep(octet)
            # The one command without a line end: do it again (V.250, 5.2.4).
            if self._line.upper() == b"A/":
                self._line.clear()
                return CommandLine(self._last)
        return None

    def _command(self, text: str) -> CommandLine | None:
        # What stands before it was heard at the wrong speed.
        start = text.upper().find("AT")
        if start < 0:
            return None
        self._last = text[start + 2 :]
        return CommandLine(self._last)

    def _keep(self, octet: int) -> None:
        if len(self._line) < _LONGEST:
            self._line.append(octet)
