"""
Finding the port of a modem by its serial number, when no path stays the same.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import attrs

from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._line._events import Notification
from smscore_modem._line._serial import LineLost, Port
from smscore_modem._start._identity import read_imei
from smscore_modem._time import Mailbox, Silence, Time

__all__ = ["Connect", "candidates", "find_port"]

_TRIES = 2
_TIMEOUT = 1.0
_LISTENING = 3.0


class Connect(Protocol):
    """Opens a port; see :func:`smscore_modem._line._serial.open_serial`."""

    def __call__(
        self,
        path: str,
        *,
        baudrate: int,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str,
    ) -> Port: ...


@attrs.frozen(kw_only=True)
class _Search:
    imei: str
    connect: Connect
    baudrate: int
    time: Time
    name: str
    talkative: Mailbox[str]  # ports that said something by themselves

    def probe(self, path: str) -> Port | None:
        """The open port if the modem is there."""

        def talks(_: Notification) -> None:
            self.talkative.put(path)

        dialogue = Dialogue(talks, time=self.time)
        try:
            port = self.connect(
                path,
                baudrate=self.baudrate,
                on_bytes=dialogue.receive,
                on_lost=dialogue.lose,
                name=f"{self.name}-search",
            )
        except LineLost:
            return None  # somebody else's, perhaps
        dialogue.attach(port)
        try:
            if self._answers(dialogue) and read_imei(dialogue) == self.imei:
                return port
        except (LineLost, NoAnswer):
            pass
        port.close()
        return None

    def _answers(self, dialogue: Dialogue) -> bool:
        for _ in range(_TRIES):
            try:
                if dialogue.ask("AT", timeout=_TIMEOUT).is_ok:
                    return True
            except NoAnswer:
                continue
        return False


def candidates(devices: Path = Path("/dev")) -> tuple[str, ...]:
    """All ports at which a modem may be, by their most lasting names."""
    found = [
        *sorted(devices.glob("serial/by-id/*")),
        *sorted(devices.glob("ttyUSB*")),
        *sorted(devices.glob("ttyACM*")),
    ]
    by_device: dict[Path, str] = {}
    for path in found:
        by_device.setdefault(path.resolve(), str(path))
    return tuple(by_device.values())


def find_port(
    imei: str,
    *,
    ports: Iterable[str],
    connect: Connect,
    baudrate: int,
    time: Time,
    name: str,
) -> str:
    """
    The port at which the modem of that serial number answers.

    A stick answers on several, but notifies on one: the first that says anything is preferred.

    Raises:
        LineLost: it is at none of them.
    """
    search = _Search(
        imei=imei,
        connect=connect,
        baudrate=baudrate,
        time=time,
        name=name,
        talkative=Mailbox(time),
    )
    with ExitStack() as opened:
        matching = []
        for path in ports:
            port = search.probe(path)
            if port is not None:
                opened.enter_context(closing(port))
                matching.append(path)
        if not matching:
            raise LineLost(f"no port has the modem with the IMEI {imei}")
        return matching[0] if len(matching) == 1 else _talkative(search, matching)


def _talkative(search: _Search, matching: list[str]) -> str:
    until = search.time.monotonic() + _LISTENING
    try:
        while (path := search.talkative.get(until - search.time.monotonic())) not in matching:
            pass  # of another modem
    except Silence:
        return matching[0]
    return path
