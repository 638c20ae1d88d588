"""
Virtual modems with their network, on a time that passes when told to; and a client that types.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from smscore_modem._channel import ModemChannel
from smscore_modem._line._transcript import read_transcript
from smscore_modem._pdu import Coding, Submit, UserData, encode_submit
from smscore_modem.simulator import Personality, Submission, VirtualModem, VirtualNetwork
from smscore_modem.simulator._sim import Sim

__all__ = ["Bench", "a_pdu", "commands", "said"]

_BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_pdu(
    recipient: str = "+491701234567",
    *,
    content: bytes = b"hi",
    header: bytes = b"",
    wants_report: bool = True,
    validity: timedelta | None = None,
) -> bytes:
    data = UserData(coding=Coding.GSM7, content=content, header=header)
    return encode_submit(
        Submit(recipient=recipient, user_data=data, wants_report=wants_report, validity=validity)
    )


def commands(channel: ModemChannel) -> list[str]:
    """What the driver said, of what is still in the transcript."""
    lines = cast("list[str]", channel.operate("transcript", {})["lines"])
    said = "".join(one.data.decode() for one in read_transcript(lines) if one.is_ours)
    return [command for command in said.replace("\x1b", "").split("\r") if command]


def said(modem: VirtualModem, *typed: str) -> list[str]:
    """What the modem says to some command lines, without empty lines."""
    for text in typed:
        modem.receive(text.encode("latin-1") + b"\r")
    return [line for line in modem.take().decode("latin-1").split("\r\n") if line]


class Bench:
    """The first modem is the one that the client speaks to; its echo is off."""

    def __init__(
        self,
        personality: str | Personality = "generic",
        *,
        modems: int = 1,
        pin: str | None = None,
        report_delay: float = 5.0,
    ) -> None:
        self.taken: list[Submission] = []
        self.absences: list[tuple[bool, float]] = []  # renamed or not, and how long
        self._passed = 0.0
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.network = VirtualNetwork(
            clock=self,
            later=self.later,
            report_delay=report_delay,
            record=self.taken.append,
            unplug=self._unplug,
        )
        if isinstance(personality, str):
            personality = Personality.load(personality)
        self.modems = [
            VirtualModem(
                number=f"+9991000{place}",
                submit=self.network.submit,
                personality=personality,
                sim=Sim(pin=pin),
            )
            for place in range(1, modems + 1)
        ]
        for modem in self.modems:
            self.network.add(modem)
            modem.settings.echo = False
        self.modem = self.modems[0]

    # A clock, and an agenda.

    def now(self) -> datetime:
        return _BEGIN + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self._passed + delay, next(self._order), action))

    def _unplug(self, modem: VirtualModem, *, renamed: bool = False, seconds: float = 0.2) -> None:
        self.absences.append((renamed, seconds))
        self.later(seconds, modem.power_cycle)

    # The client.

    def heard(self) -> list[str]:
        """What the modem said meanwhile, without empty lines."""
        return [line for line in self.modem.take().decode("latin-1").split("\r\n") if line]

    def wait(self, seconds: float) -> list[str]:
        """Let time pass."""
        end = self._passed + seconds
        while self._agenda and self._agenda[0][0] <= end:
            self._passed, _, action = heapq.heappop(self._agenda)
            action()
        self._passed = end
        return self.heard()

    def type(self, *lines: str) -> list[str]:
        """Command lines, one after the other."""
        for line in lines:
            self.modem.receive(line.encode("latin-1") + b"\r")
        return self.heard()

    def send(self, pdu: bytes | None = None) -> list[str]:
        """A message; the prompt is part of what is heard."""
        pdu = a_pdu() if pdu is None else pdu
        prompt = self.type(f"AT+CMGS={len(pdu) - 1 - pdu[0]}")
        if prompt[-1:] != ["> "]:
            return prompt
        self.modem.receive(pdu.hex().encode() + b"\x1a")
        return prompt + self.heard()

    def restart(self, *, seconds: float = 60.0) -> list[str]:
        """Switch the modem off and on, and wait until it has come up."""
        self.modem.power_cycle()
        said = self.wait(seconds)
        self.modem.settings.echo = False
        return said
