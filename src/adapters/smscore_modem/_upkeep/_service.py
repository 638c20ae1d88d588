"""
Serving a modem that is up: what it announces, what it keeps, whether it is still well.
"""

import logging
from math import inf

import attrs

from smscore_modem._line._events import Notification
from smscore_modem._line._serial import LineLost
from smscore_modem._sparing import SparingLog
from smscore_modem._start._access import is_sim_lost
from smscore_modem._start._network import (
    DOMAINS,
    network_state,
    read_networks,
    read_signal,
    smoothed,
)
from smscore_modem._time import Silence, Time
from smscore_modem._traffic._inbox import Inbox, is_full_notice
from smscore_modem._upkeep._memory import has_forgotten
from smscore_modem._upkeep._standing import Line, Standing
from smscore_modem._upkeep._wishes import Letter, Wish, Wishes

__all__ = ["Forgotten", "Service"]

log = logging.getLogger(__name__)

_TIMEOUT = 5.0
_PROBE = 30.0
_LOOK = 60.0
_SOON = 1.0  # after the network was lost
_BUSY = 5.0  # until somebody else's business is looked for again
_KICK_TIMEOUT = 180.0
# What modems say when they have started.
_STARTED = frozenset(
    {"RDY", "Call Ready", "SMS Ready", "SMS DONE", "PB DONE", "^SYSSTART", "+WIND", "#STN"}
)


class Forgotten(Exception):
    """The modem started anew by itself, and with its own settings, or its SIM is not open."""


class Service:
    """One line, from the end of its initialisation until it ends."""

    def __init__(
        self,
        line: Line,
        *,
        name: str,
        standing: Standing,
        inbox: Inbox,
        wishes: Wishes,
        poll_interval: float,
        roaming: bool,
        time: Time,
        sparing: SparingLog,
    ) -> None:
        self._line = line
        self._dialogue = line.dialogue
        self._home = line.state.store
        self._name = name
        self._standing = standing
        self._inbox = inbox
        self._poll_interval = poll_interval
        self._roaming = roaming
        self._wishes = wishes
        self._now = time.monotonic
        self._sparing = sparing
        self._has_swept = False
        self._sweep_at = self._now()
        self._probe_at = self._now() + _PROBE
        self._look_at = self._now() + _LOOK
        self._doubt_at = inf  # when to look because the network or the SIM seem to be lost

    def run(self) -> None:
        """
        Serve until the line ends.

        Raises:
            LineLost: nobody can ask any more, or the port is gone.
            NoAnswer: the modem fell silent.
            Forgotten: it has to be initialised again.
        """
        while not self._dialogue.is_lost and self._wishes.ordered.wish is None:
            now = self._now()
            if now >= self._sweep_at:
                self._sweep()
            elif now >= min(self._look_at, self._doubt_at):
                self._look()
            elif now >= self._probe_at:
                self._probe()
            else:
                moments = (self._sweep_at, self._look_at, self._doubt_at, self._probe_at)
                self._handle_until(min(moments))
            self._settle()
        raise LineLost(self._dialogue.reason)

    # At its time.

    def _sweep(self) -> None:
        with self._wishes.at_work() as may_begin:
            if not may_begin:
                self._sweep_at = self._now() + _BUSY
                return
            if self._has_swept:
                self._check_settings()
            self._has_swept = True
            # Several commands about the store that is selected: nobody may select another.
            self._inbox.sweep(self._dialogue, home=self._home)
        self._standing.change(lambda view: attrs.evolve(view, fullness=self._inbox.fullness))
        self._sweep_at = self._now() + self._poll_interval

    def _probe(self) -> None:
        self._probe_at = max(self._dialogue.spoken_at + _PROBE, self._now() + _BUSY)
        if self._is_idle and self._now() - self._dialogue.spoken_at >= _PROBE:
            self._dialogue.ask("AT", timeout=_TIMEOUT)

    def _look(self) -> None:
        """Look at the network, and have the modem search if it does not by itself."""
        self._doubt_at = inf
        if not self._is_idle:
            self._look_at = self._now() + _BUSY
            return
        networks = read_networks(self._dialogue)
        if networks.obstacle(roaming=True) is not None:
            self._check_sim()
        watch = self._standing.now().watch.seen(networks, now=self._now())
        if watch.should_kick(now=self._now()):
            log.info("channel %s: the modem is told to search for a network", self._name)
            self._dialogue.ask("AT+COPS=0", timeout=_KICK_TIMEOUT)
            watch = watch.kicked(now=self._now())
        self._standing.change(lambda view: attrs.evolve(view, watch=watch))
        self._note_signal(read_signal(self._dialogue))
        self._look_at = self._now() + _LOOK

    def _settle(self) -> None:
        self._sparing.catch_up()
        if (lost := self._wishes.count_lost()) and self._sparing.admits("lost messages"):
            log.error(
                "channel %s: %d messages came too fast to be stored, and are lost", self._name, lost
            )
        ladder = self._standing.now().ladder
        settled = ladder.settled(now=self._now())
        if settled != ladder:
            self._standing.change(lambda view: attrs.evolve(view, ladder=settled))

    def _check_settings(self) -> None:
        if has_forgotten(self._dialogue, self._line.state):
            raise Forgotten("the modem lost its settings")

    def _check_sim(self) -> None:
        """A SIM that was locked or taken out looks like a missing network at first."""
        # 27.007, 8.3. Whoever initialises the modem finds out what can be done, and says so.
        if is_sim_lost(self._dialogue.ask("AT+CPIN?", timeout=_TIMEOUT)):
            raise Forgotten("the SIM is locked or gone")

    @property
    def _is_idle(self) -> bool:
        return not self._dialogue.is_busy and not self._wishes.is_held

    # What it says.

    def _handle_until(self, moment: float) -> None:
        again = self._inbox.again_at
        until = moment if again is None or self._wishes.is_held else min(moment, again)
        try:
            letter = self._wishes.letters.get(max(0.0, until - self._now()))
        except Silence:
            if until < moment:
                self._sweep_at = self._now()
        else:
            self._handle(letter)

    def _handle(self, letter: Letter) -> None:
        match letter:
            case Wish.LOOK:
                self._sweep_at = self._now()
            case Wish.RENEW:
                raise Forgotten("the modem lost its settings")
            case Notification(name="+CMT" | "+CDS"):
                self._accept(letter)
            case Notification(name="+CMTI" | "+CDSI"):
                self._fetch(letter)
            case Notification(name=name, text=text) if name in DOMAINS:
                self._note_registration(name, text)
            case Notification(name="+CPIN", text=text) if text != "READY":
                self._doubt_at = self._now()
            case Notification(name=name) if name in _STARTED:
                if not self._wishes.is_held:
                    self._check_settings()
            case Notification() if is_full_notice(letter):
                self._sweep_at = self._now()

    def _accept(self, message: Notification) -> None:
        if self._inbox.accept(message) and self._line.state.acknowledges:
            # 27.005, 3.4.4: otherwise the network delivers it once more, and nothing follows it.
            self._dialogue.ask("AT+CNMA", timeout=_TIMEOUT)

    def _fetch(self, announced: Notification) -> None:
        with self._wishes.at_work() as may_begin:
            if not may_begin:
                self._sweep_at = self._now() + _BUSY
                return
            self._inbox.fetch(announced, self._dialogue, home=self._home)

    def _note_registration(self, domain: str, text: str) -> None:
        state = network_state(text, is_answer=False)
        if state is None:
            return
        watch = self._standing.now().watch
        changed = watch.networks.changed(domain, state)
        before, _ = self._standing.change(
            lambda view: attrs.evolve(view, watch=watch.seen(changed, now=self._now()))
        )
        was, now = (one.obstacle(roaming=self._roaming) for one in (before.watch.networks, changed))
        is_lost = changed.obstacle(roaming=True) is not None
        self._doubt_at = min(self._doubt_at, self._now() + _SOON) if is_lost else inf
        if was != now and self._sparing.admits("changes of the registration"):
            log.info("channel %s: %s", self._name, now or "the network has the SIM")

    def _note_signal(self, dbm: int | None) -> None:
        line = self._standing.now().line
        if line is not None:
            shown = smoothed(line.state.signal_dbm, dbm)
            state = attrs.evolve(line.state, signal_dbm=shown)
            self._standing.change(
                lambda view: attrs.evolve(view, line=attrs.evolve(line, state=state))
            )
