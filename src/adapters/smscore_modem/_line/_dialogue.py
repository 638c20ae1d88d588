"""
One command at a time over one open line: the AT engine, a port, and whoever waits for an answer.

Longer than most modules, so that an exchange is read in one place from its command to its answer.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import attrs

from smscore_modem._line._answers import Answer, Ear, Lost, NoAnswer, NoPrompt, Pacing, Unsettled
from smscore_modem._line._at import AtEngine, DialogueError
from smscore_modem._line._events import Event, Final, Information, Noise, Notification, Prompt
from smscore_modem._line._owed import Owed
from smscore_modem._line._serial import LineLost, Port
from smscore_modem._line._transcript import Transcript
from smscore_modem._time import SYSTEM, Mailbox, Silence, Time, Turn

__all__ = ["Answer", "Dialogue", "Ear", "NoAnswer", "NoPrompt", "Pacing", "Unsettled"]

_LONGEST_SETTLING = 2.0
_QUIET = 0.2  # after an escape
_SLOWEST = 2  # times its deadline an answer may take whose lines keep coming
_LAST_WORD = 5.0  # from a reference to the OK behind it
# Whatever a modem says, it fills no more memory than this.
_MOST_EVENTS = 10_000
_MOST_LINES = 5_000
_REFERENCE = "+CMGS:"
_REPORT = "+CDS"
_TAKEN = Final(family="OK", code="", text="OK")


class Dialogue:
    """
    The dialogue with one modem, from opening the port until it is lost.

    Any thread may ask; the others wait for their turn. ``notify`` is called on the reader thread
    and must return at once. ``owed`` is what the modem still owes from a dialogue before.
    """

    def __init__(
        self,
        notify: Callable[[Notification], None],
        *,
        time: Time = SYSTEM,
        transcript: Transcript | None = None,
        owed: Owed | None = None,
    ) -> None:
        self._notify = notify
        self._time = time
        self._transcript = transcript or Transcript(time)
        self._monotonic = time.monotonic
        self._turn = Turn(time)  # from a command to its answer
        self._state = threading.Lock()  # guards the engine
        self._engine = AtEngine()
        self._events: Mailbox[Event | Lost] = Mailbox(time, most=_MOST_EVENTS)
        self._ears: tuple[Ear, ...] = ()
        self._lost: str | None = None
        self._heard = self.spoken_at = self._monotonic()
        self.is_busy = False  # somebody waits for an answer
        self.owed = owed or Owed()
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
            self._transcript.received(data)
            events = self._engine.receive(data)
            ears = self._ears
            # Queued under the lock, so that they cannot fall to the next command.
            for event in events:
                if isinstance(event, Noise) and event.is_final:
                    self.owed.paid(now=self._heard)
                if self._concerns_command(event):
                    self._events.put(event)
        for event in events:
            if isinstance(event, Notification):
                for ear in ears:
                    ear.hear(event)
                self._notify(event)

    def _concerns_command(self, event: Event) -> bool:
        """Whether whoever waits for an answer wants to know; a report may stand in for one."""
        if isinstance(event, Notification):
            return self.is_busy and event.name == _REPORT
        return not isinstance(event, Noise) or event.is_final

    def lose(self, reason: str) -> None:
        """The line has ended: whoever waits is told, and nobody can ask any more."""
        with self._state:
            if self._lost is None:
                self._lost = reason
                self._transcript.note(reason)
            ears = self._ears
        self._events.put(Lost(reason), is_vital=True)
        for ear in ears:
            ear.hear(Lost(reason))

    # The asking side.

    def ask(
        self,
        command: str,
        *,
        timeout: float,
        longest: float | None = None,
        line_suffices_after: float | None = None,
    ) -> Answer:
        """
        Send a command and wait for its final result, or for a line and so much silence behind it.

        Each line of the answer puts the deadline off, until ``longest`` seconds have passed in all,
        or twice the deadline if that is not said. A modem that has shown to be slower gets more.
        What it still owes is waited for afterwards, or it would be the answer to the next command.

        Raises:
            NoAnswer: there was none within ``timeout`` seconds.
            LineLost: the port is gone.
        """
        with self._exchange():
            patience = max(timeout, self.owed.slowest)
            self._begin(command, prompts=False)
            with self._owing(since=self._monotonic()):
                answer = self._collect(
                    timeout=patience,
                    longest=max(longest or _SLOWEST * patience, patience),
                    suffices_after=line_suffices_after,
                )
            self._await_owed()
            return answer

    def submit(
        self,
        command: str,
        payload: str,
        *,
        prompt_timeout: float,
        timeout: float,
        late: float = 0.0,
        pacing: Pacing | None = None,
        answered_by: Callable[[Notification], str | None] = lambda _: None,
    ) -> Answer:
        """
        Send a command that asks for a payload, the payload, and wait for the final result.

        A modem that stays silent instead of asking is escaped from and asked once more. A result
        that is overdue is waited for ``late`` seconds more, unless a report tells it by then:
        ``answered_by`` says which line of an answer one proves, if it does.

        Raises:
            NoPrompt: the line was lost or silent before anything of the payload was written.
            Unsettled: it was lost or silent afterwards.
        """
        escaped = False
        prompt_timeout = max(prompt_timeout, self.owed.slowest)
        with self._exchange(), self._owing():
            try:
                refusal = self._prompted(command, timeout=prompt_timeout)
            except NoPrompt:
                escaped = True
                refusal = self._prompted(command, timeout=prompt_timeout, escapes=True)
            if refusal is not None:
                return refusal
            try:
                was_written = self._write_payload(payload, pacing or Pacing())
                # A reference is proof enough, if the OK behind it gets lost.
                answer = self._collect(
                    timeout=timeout + late,
                    longest=timeout + late,
                    suffices_after=_LAST_WORD,
                    sufficient=_REFERENCE,
                    patience=timeout,
                    answered_by=answered_by,
                )
            except (LineLost, NoAnswer) as error:
                raise Unsettled(str(error)) from error
            if answer.is_ok:
                _check_proof(answer, was_written=was_written, escaped=escaped)
            return attrs.evolve(answer, was_written=was_written)

    @contextmanager
    def listening(self, *names: str) -> Iterator[Ear]:
        """Hear the notifications of these names, which are handed on as always."""
        ear = Ear(names, self._time)
        with self._state:
            self._ears = (*self._ears, ear)
            if self._lost is not None:
                ear.hear(Lost(self._lost))
        try:
            yield ear
        finally:
            with self._state:
                self._ears = tuple([one for one in self._ears if one is not ear])

    def cancel(self, *, quiet: float) -> None:
        """
        Leave an open prompt, then let stale answers pass: wait for so many seconds of silence.

        Raises:
            LineLost: the port is gone.
        """
        with self._exchange():
            self._escape(quiet)

    def _escape(self, quiet: float) -> None:
        with self._state:
            data = self._engine.abandon()
        self._write(data)
        self._settle(quiet)

    def _prompted(self, command: str, *, timeout: float, escapes: bool = False) -> Answer | None:
        """None once the modem asks for the payload, else its refusal."""
        try:
            if escapes:
                self._escape(_QUIET)
            self._begin(command, prompts=True)
            until = self._monotonic() + timeout
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
            self.is_busy = True
            try:
                yield
            except (LineLost, NoAnswer, NoPrompt, Unsettled):
                raise
            except BaseException:
                self.lose("an exchange was interrupted")
                raise
            finally:
                self.is_busy = False

    def _begin(self, command: str, *, prompts: bool) -> None:
        self._check()
        with self._state:
            self._events.clear()
            data = self._engine.command(command, prompts=prompts)
        self._write(data)

    def _write_payload(self, payload: str, pacing: Pacing) -> bool:
        self._pause(pacing.before)
        try:
            with self._state:
                data = self._engine.payload(payload)
        except DialogueError:
            return False  # a final result came right behind the prompt: it is the answer
        if pacing.before_end > 0:
            self._write(data[:-1])
            self._pause(pacing.before_end)
            data = data[-1:]
        self._write(data)
        return True

    @contextmanager
    def _owing(self, *, since: float | None = None) -> Iterator[None]:
        """
        One command; if it is given up, its answer may come later.

        The network takes its time for a message, which says nothing of how slow the modem is: then
        it counts from when it was given up.
        """
        try:
            yield
        except (NoAnswer, NoPrompt, Unsettled):
            self.owed.add(since=self._monotonic() if since is None else since)
            raise

    def _await_owed(self) -> None:
        """Let what was given up be answered before anything else is asked."""
        patience = self.owed.patience(now=self._monotonic())
        with suppress(NoAnswer):
            while self.owed.count:
                self._next(self._monotonic() + patience)
        self.owed.lost()

    def _pause(self, seconds: float) -> None:
        with (gate := self._time.gate()):
            gate.wait_for(lambda: False, seconds)

    def _write(self, data: bytes) -> None:
        port = self._check()
        self._transcript.sent(data)
        try:
            port.write(data)
        except LineLost as error:
            self.lose(str(error))
            raise

    def _check(self) -> Port:
        if self._lost is not None or self._port is None:
            raise LineLost(self._lost or "the port is not open")
        return self._port

    def _collect(
        self,
        *,
        timeout: float,
        longest: float,
        suffices_after: float | None = None,
        sufficient: str = "",
        patience: float = 0.0,
        answered_by: Callable[[Notification], str | None] = lambda _: None,
    ) -> Answer:
        """
        An answer; a line that begins like this may suffice, if nothing follows it in time.

        One told by a report suffices when the ``patience`` is over.
        """
        lines: list[str] = []
        has_enough = False
        told: str | None = None
        began = self._monotonic()
        until, latest = began + timeout, began + longest
        while True:
            try:
                event = self._next(until)
            except (LineLost, NoAnswer):
                answer = _taken(lines if has_enough else None, told=told)
                if answer is None:
                    raise
                self.spoken_at = self._monotonic()
                return answer
            match event:
                case Information(text):
                    lines.append(text)
                    if len(lines) > _MOST_LINES:
                        raise self._given_up("the answer does not end")
                    if suffices_after is not None and text.startswith(sufficient):
                        has_enough = True
                        until = min(until, self._monotonic() + suffices_after)
                    elif not has_enough and told is None:
                        until = min(latest, self._monotonic() + timeout)
                case Notification() if told is None and (told := answered_by(event)) is not None:
                    until = min(until, max(began + patience, self._monotonic() + _LAST_WORD))
                case Final() as final:
                    self.spoken_at = self._monotonic()
                    return Answer(lines=tuple(lines), final=final)

    def _next(self, until: float) -> Event:
        try:
            event = self._events.get(timeout=max(0.0, until - self._monotonic()))
        except Silence:
            raise self._given_up("no answer in time") from None
        if isinstance(event, Lost):
            raise LineLost(event.reason)
        return event

    def _given_up(self, why: str) -> NoAnswer:
        """The pending command is forgotten, and whoever sent it is told."""
        with self._state:
            self._engine.abandon()
        return NoAnswer(why)

    def _settle(self, quiet: float) -> None:
        until = self._monotonic() + _LONGEST_SETTLING
        self._heard = self._monotonic()
        while (left := min(self._heard + quiet, until) - self._monotonic()) > 0:
            with suppress(NoAnswer):
                self._next(self._monotonic() + left)


def _check_proof(answer: Answer, *, was_written: bool, escaped: bool) -> None:
    """See that the OK can be that of the payload: a slow modem says one for an escape, too."""
    if not was_written:
        raise NoPrompt("an OK came in place of the payload")
    if escaped and not any(line.startswith(_REFERENCE) for line in answer.lines):
        raise Unsettled("the OK may be that of the escape, and no reference came")


def _taken(lines: list[str] | None, *, told: str | None) -> Answer | None:
    """The answer for which there is enough, from the modem itself or from a report."""
    if lines is not None:
        return Answer(lines=tuple(lines), final=_TAKEN)
    return Answer(lines=(told,), final=_TAKEN, is_overdue=True) if told is not None else None
