r"""
A modem that answers as one did before, according to the transcript of a channel.

What the client says is looked for in the transcript, from where the last answer was found, and
then from the beginning. The answer is what the modem said there until the client spoke again, after
the same delays and with whatever notifications fell in between. Messages are found by their command
alone, since texts differ. What was never asked, an ordinary simulated modem answers: a transcript
rarely holds everything, such as how the channel began.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import attrs

from smscore_modem._line._transcript import Spoken
from smscore_modem.simulator._plug import Device, Later

__all__ = ["ReplayedModem"]

_END = re.compile(rb"[\r\x1a\x1b]")
# What differs from one time to the next: a message, its length, and a secret that was masked.
_ALIKE = re.compile(rb"(AT\+CMG[SW]=|AT\+CMSS=|AT\+CPIN=).*(\r)\Z|()[^\x1a]*(\x1a)\Z")
_LONGEST = 4096


@attrs.frozen(kw_only=True)
class _Exchange:
    said: bytes
    answers: tuple[tuple[float, bytes], ...]  # each with its delay


class ReplayedModem:
    """
    What is plugged in, in place of a virtual modem; it asks ``other`` what it does not know.

    ``later`` does something after so many seconds.
    """

    def __init__(self, spoken: Sequence[Spoken], *, other: Device, later: Later) -> None:
        self._exchanges = tuple(_exchanges(spoken))
        self._other = other
        self._is_others_turn = False
        self._later = later
        self._place = 0
        self._heard = bytearray()
        self._output = bytearray()
        self._life = 0

    def receive(self, data: bytes) -> None:
        """Bytes from the client, in any portions."""
        said = _units(bytes(self._heard) + data)
        self._heard[:] = said.pop()[-_LONGEST:]
        for unit in said:
            self._answer(unit)

    def take(self) -> bytes:
        """Bytes for the client."""
        data = bytes(self._output) + self._other.take()
        self._output.clear()
        return data

    def power_cycle(self) -> None:
        """Begin the transcript anew."""
        self._other.power_cycle()
        self._is_others_turn = False
        self._place = 0
        self._life += 1
        self._heard.clear()
        self._output.clear()

    def _answer(self, said: bytes) -> None:
        # A payload belongs to whoever asked for it.
        is_command = said.endswith(b"\r")
        place = None if self._is_others_turn and not is_command else self._find(said)
        self._is_others_turn = place is None
        if place is None:
            self._other.receive(said)
            return
        self._place = place + 1
        for delay, data in self._exchanges[place].answers:
            self._later(delay, partial(self._say, data, self._life))

    def _say(self, data: bytes, life: int) -> None:
        if life == self._life:
            self._output += data

    def _find(self, said: bytes) -> int | None:
        order: tuple[int, ...] = (*range(self._place, len(self._exchanges)), *range(self._place))
        forms: tuple[Callable[[bytes], bytes], ...] = (_exact, _general)
        for form in forms:
            wanted = form(said)
            for place in order:
                if form(self._exchanges[place].said) == wanted:
                    return place
        return None


def _units(data: bytes) -> list[bytes]:
    """What ends with CR, Ctrl-Z or ESC; and what has no end yet, maybe nothing."""
    units = []
    begin = 0
    for end in _END.finditer(data):
        # ESC means itself, and nothing of what came before it.
        units.append(end[0] if end[0] == b"\x1b" else data[begin : end.end()])
        begin = end.end()
    return [*units, data[begin:]]


def _exact(said: bytes) -> bytes:
    return said.strip(b"\n ").upper()


def _general(said: bytes) -> bytes:
    """What stays the same when another message is sent."""
    return _ALIKE.sub(rb"\1\2\3\4", _exact(said))


def _exchanges(spoken: Sequence[Spoken]) -> Iterable[_Exchange]:
    """Each command and payload, with what was answered to it."""
    for is_ours, run in itertools.groupby(spoken, key=lambda one: one.is_ours):
        lines = tuple(run)
        if not is_ours:
            continue
        units = _units(b"".join(line.data for line in lines))[:-1]
        answers = tuple(_answers(spoken, after=lines[-1]))
        for number, unit in enumerate(units, start=1):
            yield _Exchange(said=unit, answers=answers if number == len(units) else ())


def _answers(spoken: Sequence[Spoken], *, after: Spoken) -> Iterable[tuple[float, bytes]]:
    place = next(place for place, one in enumerate(spoken) if one is after)
    for line in itertools.takewhile(lambda one: not one.is_ours, spoken[place + 1 :]):
        yield max(0.0, line.at - after.at), line.data
