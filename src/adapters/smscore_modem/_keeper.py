"""
The thread that keeps one modem working: opens, initialises, serves what comes in, opens again.
"""

import logging
from collections.abc import Callable
from typing import Protocol

import attrs

from smscore.errors import NotReady
from smscore.ports.transport import ChannelHealth, Journal
from smscore_modem._commands import registration
from smscore_modem._dialogue import Dialogue, NoAnswer
from smscore_modem._events import Notification
from smscore_modem._inbox import Inbox
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import Profile
from smscore_modem._serial import LineLost, Port
from smscore_modem._setup import ModemState, Unusable, bring_up, read_signal
from smscore_modem._time import Mailbox, Running, Silence, Time

__all__ = ["Connect", "Keeper"]

log = logging.getLogger(__name__)

_LONGEST_DELAY = 60.0


class Connect(Protocol):
    """Opens a port; see :func:`smscore_modem._serial.open_serial`."""

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
class _Line:
    """A modem that is up."""

    dialogue: Dialogue
    state: ModemState


class Keeper:
    """
    Owns the line to one modem, from :meth:`start` to :meth:`close`.

    Its thread alone calls the sink, so neither the port's reader nor a sender ever waits for a
    commit. Senders borrow the dialogue.
    """

    def __init__(
        self, *, name: str, options: ModemOptions, profile: Profile, connect: Connect, time: Time
    ) -> None:
        self._name = name
        self._options = options
        self._profile = profile
        self._connect = connect
        self._time = time
        self._changed = time.gate()  # guards the next five
        self._line: _Line | None = None
        self._dialogue: Dialogue | None = None  # also while the modem is being initialised
        self._detail = "not opened yet"
        self._is_stuck = False  # it answers, and time alone will not make it ready
        self._closing = False
        # None only wakes the thread.
        self._work: Mailbox[Notification | None] = Mailbox(time)
        self._thread: Running | None = None

    # For other threads.

    def start(self, *, inbox: Inbox, journal: Journal) -> None:
        """Begin; returns at once."""
        self._inbox = inbox
        self._journal = journal
        self._thread = self._time.start(self._run, name=f"smscore-modem-{self._name}")

    def borrow(self) -> Dialogue:
        """
        The dialogue with the modem, once it can send; waits for that, but not for ever.

        Raises:
            NotReady: it could not in time, or the channel is being closed.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or self._is_stuck or self._obstacle() is None,
                timeout=self._options.ready_timeout,
            )
            obstacle = self._obstacle()
            if obstacle is not None or self._line is None:
                raise NotReady(f"channel {self._name} is not ready: {obstacle}")
            return self._line.dialogue

    def drop(self, dialogue: Dialogue, reason: str) -> None:
        """The dialogue cannot be trusted any more: open the port anew."""
        dialogue.lose(reason)
        self._work.put(None)

    def health(self) -> ChannelHealth:
        """How the modem was when it was last heard."""
        with self._changed:
            obstacle = self._obstacle()
            state = self._line.state if self._line else None
        return ChannelHealth(
            is_ready=obstacle is None,
            detail=obstacle or "ready",
            signal_dbm=state.signal_dbm if state else None,
            identity=state.identity if state else None,
        )

    def close(self) -> None:
        """Stop and join the thread; whoever waits for an answer is told. May be called twice."""
        with self._changed:
            self._closing = True
            self._detail = "closed"
            dialogue = self._dialogue
            self._changed.notify_all()
        if dialogue is not None:
            dialogue.lose("the channel is being closed")
        self._work.put(None)
        if self._thread is not None:
            self._thread.join()

    def _obstacle(self) -> str | None:
        """Why nothing can be sent right now."""
        if self._closing or self._line is None:
            return self._detail
        if self._line.dialogue.is_lost:
            return self._line.dialogue.reason
        if self._line.state.centre is None:
            return "the SIM knows no message centre; set `centre` for this channel"
        if self._line.state.is_registered is False:
            return "no network has registered the SIM"
        return None

    # The thread.

    def _run(self) -> None:
        delay = self._options.reconnect_delay
        while not self._closing:
            try:
                if self._session():
                    delay = self._options.reconnect_delay
            except Exception:
                log.exception("channel %s: the modem's thread broke and begins again", self._name)
            self._serve_until(self._time.monotonic() + delay)
            delay = min(2 * delay, _LONGEST_DELAY)
        self._inbox.offer_again()

    def _session(self) -> bool:
        """One life of the line; whether the modem was ever up."""
        dialogue = Dialogue(self._work.put, time=self._time)
        port = None
        was_ready = False
        try:
            port = self._open(dialogue)
            state = self._bring_up(dialogue)
            line = _Line(dialogue=dialogue, state=state)
            self._publish(line)
            was_ready = True
            self._serve(line)
        except (LineLost, NoAnswer) as error:
            self._withdraw(str(error))
        except Unusable as error:
            self._withdraw(str(error), is_stuck=True)
        finally:
            dialogue.lose("the port is being closed")
            if port is not None:
                port.close()
        return was_ready

    def _open(self, dialogue: Dialogue) -> Port:
        with self._changed:
            if self._closing:
                raise LineLost("closed")
            self._dialogue = dialogue

        def lost(reason: str) -> None:
            self.drop(dialogue, reason)

        port = self._connect(
            self._options.port,
            baudrate=self._options.baudrate,
            on_bytes=dialogue.receive,
            on_lost=lost,
            name=f"smscore-modem-{self._name}",
        )
        dialogue.attach(port)
        return port

    def _bring_up(self, dialogue: Dialogue) -> ModemState:
        return bring_up(
            dialogue,
            profile=self._profile,
            pin=self._options.pin,
            centre=self._options.centre,
            journal=self._journal,
            pause=self._pause,
        )

    def _pause(self, seconds: float) -> None:
        with self._changed:
            if self._changed.wait_for(lambda: self._closing, seconds):
                raise LineLost("closed")

    def _publish(self, line: _Line) -> None:
        with self._changed:
            self._line = line
            self._is_stuck = False
            self._changed.notify_all()
        log.info("channel %s is up: %s", self._name, line.state.identity)

    def _withdraw(self, reason: str, *, is_stuck: bool = False) -> None:
        with self._changed:
            is_news = reason != self._detail and not self._closing
            self._line = None
            self._is_stuck = is_stuck
            self._detail = self._detail if self._closing else reason
            self._changed.notify_all()
        if is_news:
            log.warning("channel %s is down: %s", self._name, reason)

    # What comes in.

    def _serve(self, line: _Line) -> None:
        while not self._closing:
            self._inbox.sweep(line.dialogue, home=line.state.store)
            self._note_signal(read_signal(line.dialogue))
            self._serve_until(self._time.monotonic() + self._options.poll_interval, line)
            if line.dialogue.is_lost:
                raise LineLost(line.dialogue.reason)

    def _note_signal(self, dbm: int | None) -> None:
        self._change(lambda state: attrs.evolve(state, signal_dbm=dbm))

    def _note_registration(self, domain: str, *, is_registered: bool) -> None:
        self._change(
            lambda state: attrs.evolve(
                state, registrations={**state.registrations, domain: is_registered}
            )
        )

    def _serve_until(self, moment: float, line: _Line | None = None) -> None:
        """Handle what comes in until then, or until the line is lost or the channel closed."""
        while not self._closing and not (line and line.dialogue.is_lost):
            until = min(moment, self._inbox.again_at or moment)
            try:
                notification = self._work.get(timeout=max(0.0, until - self._time.monotonic()))
            except Silence:
                if until == moment:
                    return
                self._offer_again(line)
            else:
                self._handle(notification, line)

    def _offer_again(self, line: _Line | None) -> None:
        if line is None:
            self._inbox.offer_again()
        else:
            self._inbox.sweep(line.dialogue, home=line.state.store)

    def _handle(self, notification: Notification | None, line: _Line | None) -> None:
        match notification:
            case Notification(name="+CMT" | "+CDS"):
                self._inbox.accept(notification)
            case Notification(name="+CMTI" | "+CDSI") if line is not None:
                self._inbox.fetch(notification, line.dialogue, home=line.state.store)
            case Notification(name="+CREG" | "+CGREG" | "+CEREG" as domain, text=text):
                is_registered = registration(text, is_answer=False)
                if is_registered is not None:
                    self._note_registration(domain, is_registered=is_registered)

    def _change(self, change: Callable[[ModemState], ModemState]) -> None:
        with self._changed:
            if self._line is not None:
                self._line = attrs.evolve(self._line, state=change(self._line.state))
                self._changed.notify_all()
