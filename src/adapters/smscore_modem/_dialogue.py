"""
One command at a time over one open line: the AT engine, a port, and whoever waits for an answer.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import attrs

from smscore_modem._at import AtEngine, DialogueError
from smscore_modem._events import Event, Final, Information, Noise, Notification, Prompt
from smscore_modem._serial import LineLost, Port
from smscore_modem._time import SYSTEM, Mailbox, Silence, Time, Turn

__all__ = ["Answer", "Dialogue", "NoAnswer", "NoPrompt", "Unsettled"]

_LONGEST_SETTLING = 2.0


class NoAnswer(Exception):
    """The deadline of a command passed."""


class NoPrompt(Exception):
    """The payload was never asked for, and nothing of it was written."""


class Unsettled(Exception):
    """The payload was written, wholly or in part, and no final result came."""


@attrs.frozen(kw_only=True)
class Answer:
    """
    What came back for one command.

    ``was_written`` says whether its payload, if it has one, had been written before.
    """

    lines: tuple[str, ...]
    final: Final
    was_written: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether the command was obeyed."""
        return self.final.is_ok


@attrs.frozen
class _Lost:
    reason: str


class Dialogue:
    """
    The dialogue with one modem, from opening the port until it is lost.

    Any thread may ask; the others wait for their turn. ``notify`` is called on the reader thread
    and must return at once.
    """

    def __init__(self, notify: Callable[[Notification], None], *, time: Time = SYSTEM) -> None:
        self._notify = notify
        self._monotonic = time.monotonic
        self._turn = Turn(time)  # from a command to its answer
        self._state = threading.Lock()  # guards the engine
        self._engine = AtEngine()
        self._events: Mailbox[Event | _Lost] = Mailbox(time)
        self._lost: str | None = None
        self._heard = self._monotonic()
        self._port: Port | None = None

    def attach(self, port: Port) -> None:
        """Speak over this port; its bytes go to :meth:`receive`, its end to :meth:`lose`."""
        self._port = port

    @property
    def is_lost(self) -> bool:
        """Whether the line has ended."""
        return self._lost is not None

    @property
    def reason(self) -> str:
        """Why the line has ended."""
        return self._lost or ""

    # The reader's side.

    def receive(self, data: bytes) -> None:
        """Bytes came in."""
        with self._state:
            self._heard = self._monotonic()
            events = self._engine.receive(data)
            # Queued under the lock, so that they cannot fall to the next command.
            for event in events:
                if not isinstance(event, Notification | Noise):
                    self._events.put(event)
        for event in events:
            if isinstance(event, Notification):
                self._notify(event)

    def lose(self, reason: str) -> None:
        """The line has ended: whoever waits is told, and nobody can ask any more."""
        with self._state:
            self._lost = self._lost or reason
        self._events.put(_Lost(reason))

    # The asking side.

    def ask(self, command: str, *, timeout: float) -> Answer:
        """
        Send a command and wait for its final result.

        Raises:
            NoAnswer: there was none within ``timeout`` seconds.
            LineLost: the port is gone.
        """
        with self._exchange():
            self._begin(command, prompts=False)
            lines: list[str] = []
            return self._collect(lines, until=self._monotonic() + timeout)

    def submit(
        self, command: str, payload: str, *, prompt_timeout: float, timeout: float
    ) -> Answer:
        """
        Send a command that asks for a payload, the payload, and wait for the final result.

        Raises:
            NoPrompt: the line was lost or silent before anything of the payload was written.
            Unsettled: it was lost or silent afterwards.
        """
        with self._exchange():
            refusal = self._prompted(command, timeout=prompt_timeout)
            if refusal is not None:
                return refusal
            try:
                was_written = self._write_payload(payload)
                answer = self._collect([], until=self._monotonic() + timeout)
            except (LineLost, NoAnswer) as error:
                raise Unsettled(str(error)) from error
            return attrs.evolve(answer, was_written=was_written)

    def cancel(self, *, quiet: float) -> None:
        """
        Leave an open prompt, then let stale answers pass: wait for so many seconds of silence.

        Raises:
            LineLost: the port is gone.
        """
        with self._exchange():
            with self._state:
                data = self._engine.abandon()
            self._write(data)
            self._settle(quiet)

    def _prompted(self, command: str, *, timeout: float) -> Answer | None:
        """None once the modem asks for the payload, else its refusal."""
        until = self._monotonic() + timeout
        try:
            self._begin(command, prompts=True)
            while True:
                match self._next(until):
                    case Prompt():
                        return None
                    case Final(is_ok=True):
                        raise NoPrompt(f"{command!r} was answered OK without a prompt")
                    case Final() as final:
                        return Answer(lines=(), final=final)
        except (LineLost, NoAnswer) as error:
            raise NoPrompt(str(error)) from error

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        """One turn; whoever is interrupted in the middle of it leaves a line that is no use."""
        with self._turn:
            try:
                yield
            except (LineLost, NoAnswer, NoPrompt, Unsettled):
                raise
            except BaseException:
                self.lose("an exchange was interrupted")
                raise

    def _begin(self, command: str, *, prompts: bool) -> None:
        self._check()
        with self._state:
            self._events.clear()
            data = self._engine.command(command, prompts=prompts)
        self._write(data)

    def _write_payload(self, payload: str) -> bool:
        try:
            with self._state:
                data = self._engine.payload(payload)
        except DialogueError:
            return False  # a final result came right behind the prompt: it is the answer
        self._write(data)
        return True

    def _write(self, data: bytes) -> None:
        port = self._check()
        try:
            port.write(data)
        except LineLost as error:
            self.lose(str(error))
            raise

    def _check(self) -> Port:
        if self._lost is not None or self._port is None:
            raise LineLost(self._lost or "the port is not open")
        return self._port

    def _collect(self, lines: list[str], *, until: float) -> Answer:
        while True:
            match self._next(until):
                case Information(text):
                    lines.append(text)
                case Final() as final:
                    return Answer(lines=tuple(lines), final=final)

    def _next(self, until: float) -> Event:
        try:
            event = self._events.get(timeout=max(0.0, until - self._monotonic()))
        except Silence:
            with self._state:
                self._engine.abandon()
            raise NoAnswer("no answer in time") from None
        if isinstance(event, _Lost):
            raise LineLost(event.reason)
        return event

    def _settle(self, quiet: float) -> None:
        until = self._monotonic() + _LONGEST_SETTLING
        self._heard = self._monotonic()
        while (left := min(self._heard + quiet, until) - self._monotonic()) > 0:
            with suppress(NoAnswer):
                self._next(self._monotonic() + left)
