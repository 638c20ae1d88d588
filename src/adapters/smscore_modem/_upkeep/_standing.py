"""
How a modem is right now: written by the thread that keeps it, read by all the others.
"""

import logging
from collections.abc import Callable

import attrs

from smscore.errors import NotReady
from smscore.ports.transport import ChannelHealth
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._profiles import GENERIC, Profile
from smscore_modem._start._identity import Device, SimCard
from smscore_modem._start._network import Watch
from smscore_modem._start._setup import ModemState
from smscore_modem._time import Time
from smscore_modem._upkeep._ladder import Ladder

__all__ = ["Line", "Standing", "View"]

log = logging.getLogger(__name__)

_FILLING = 0.8  # of a store: from here on somebody should look
_NO_CENTRE = "the SIM knows no message centre; set `centre` for this channel"


@attrs.frozen(kw_only=True)
class Line:
    """A modem that is up."""

    dialogue: Dialogue
    state: ModemState


@attrs.frozen(kw_only=True)
class View:
    """All that is known of a modem at one moment."""

    roaming: bool
    detail: str = "not up yet"  # why there is no line
    line: Line | None = None
    last: ModemState | None = None  # also when there is no line any more
    device: Device | None = None  # that answered last, maybe with a SIM that is locked
    profile: Profile = GENERIC
    watch: Watch = attrs.Factory(Watch)
    ladder: Ladder = attrs.Factory(Ladder)
    is_stuck: bool = False  # it answers, and time alone will not make it ready
    is_hopeless: bool = False  # a person has to look
    is_without_sim: bool = False
    fullness: float | None = None  # of a store, after all that could be was taken out
    forgot: int = 0  # how often it started anew without being told
    port: str | None = None
    is_closing: bool = False

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be sent right now."""
        if self.is_closing or self.line is None:
            return self.detail
        if self.line.dialogue.is_lost:
            return self.line.dialogue.reason
        if self.line.state.centre is None:
            return _NO_CENTRE
        return self.watch.networks.obstacle(roaming=self.roaming)

    def health(self, *, now: float) -> ChannelHealth:
        """The same for the gateway."""
        state = self.line.state if self.line else None
        is_denied = self.line is not None and self.watch.is_hopeless(now=now)
        return ChannelHealth(
            is_ready=self.obstacle is None,
            detail=self.obstacle or "ready",
            signal_dbm=state.signal_dbm if state else None,
            identity=state.identity if state else None,
            is_alarming=self.is_hopeless
            or (self.fullness or 0) >= _FILLING
            or is_denied
            or (state is not None and state.centre is None),
            has_radio=True,
            is_without_sim=self.is_without_sim,
            fullness=self.fullness,
            facts=self.facts(),
        )

    def identity(self) -> dict[str, object]:
        """Who the modem and its SIM are; empty until one answered."""
        if self.device is None:
            return {}
        card = SimCard()
        if self.last is not None and self.last.device.imei == self.device.imei:
            card = self.last.card
        return {**attrs.asdict(self.device), **attrs.asdict(card), "profile": self.profile.name}

    def down(
        self, reason: str, *, is_hopeless: bool = False, is_without_sim: bool = False
    ) -> "View":
        """What is true when there is no line any more."""
        return attrs.evolve(
            self,
            line=None,
            detail=reason,
            is_stuck=is_hopeless,
            is_hopeless=is_hopeless,
            is_without_sim=is_without_sim,
        )

    def facts(self) -> dict[str, str]:
        """What else is known, for people."""
        facts = {"port": self.port} if self.port else {}
        if self.last is not None:
            facts |= self.last.capabilities.facts()
            facts["sim"] = self.last.card.key(self.last.device)
        if self.line is not None and self.watch.networks.states:
            facts["registration"] = str(self.watch.networks)
        if self.ladder.rung is not None:
            facts["recovery"] = self.ladder.rung.name.lower().replace("_", " ")
        if self.ladder.is_aside:
            facts["recovery"] = "put aside"
        if self.ladder.tried:
            facts["recoveries"] = str(self.ladder.tried)
        if self.forgot:
            facts["restarts"] = str(self.forgot)
        return facts


class Standing:
    """The view that is true now, and how to wait for another."""

    def __init__(self, *, name: str, view: View, time: Time) -> None:
        self._name = name
        self._time = time
        self._gate = time.gate()
        self._view = view

    def now(self) -> View:
        """What is true now."""
        with self._gate:
            return self._view

    def change(self, alter: Callable[[View], View]) -> tuple[View, View]:
        """Make another view true; the one before, and the new one."""
        with self._gate:
            before, self._view = self._view, alter(self._view)
            self._gate.notify_all()
            return before, self._view

    def publish(self, line: Line) -> None:
        """The modem is up."""
        now = self._time.monotonic()

        def up(view: View) -> View:
            ladder = view.ladder
            is_on_probation = ladder.is_recovering or ladder.is_aside
            return attrs.evolve(
                view,
                line=line,
                last=line.state,
                device=line.state.device,
                is_stuck=False,
                is_hopeless=False,
                is_without_sim=False,
                watch=view.watch.seen(line.state.networks, now=now),
                ladder=ladder.well(now=now) if is_on_probation else ladder,
            )

        before, _ = self.change(up)
        last, state = before.last, line.state
        if last is not None and last.device.imei != state.device.imei:
            log.warning("channel %s: another modem took the place of the last", self._name)
        elif last is not None and last.card.key(last.device) != state.card.key(state.device):
            log.warning("channel %s: another SIM took the place of the last", self._name)
        log.info("channel %s is up: %s", self._name, line.state.identity)

    def wait_for(self, holds: Callable[[View], bool], *, timeout: float) -> View:
        """What is true as soon as something holds, or after so many seconds."""
        with self._gate:
            self._gate.wait_for(lambda: holds(self._view), timeout)
            return self._view

    def health(self) -> ChannelHealth:
        """How the modem was when it was last heard."""
        return self.now().health(now=self._time.monotonic())

    def borrow(self, *, timeout: float) -> Dialogue:
        """
        The dialogue with the modem, once it can send; waits for that, but not for ever.

        Raises:
            NotReady: it could not in time, or the channel is being closed.
        """
        view = self.wait_for(
            lambda view: view.is_closing or view.is_stuck or view.obstacle is None,
            timeout=timeout,
        )
        if view.obstacle is not None or view.line is None:
            raise NotReady(f"channel {self._name} is not ready: {view.obstacle}")
        return view.line.dialogue

    def reach(self, *, timeout: float) -> Dialogue:
        """
        The dialogue with the modem, once it is initialised, whether or not it can send.

        Raises:
            NotReady: it was not in time, or the channel is being closed.
        """
        view = self.wait_for(
            lambda view: view.is_closing or view.is_stuck or view.line is not None,
            timeout=timeout,
        )
        if view.line is None:
            raise NotReady(f"channel {self._name} is not ready: {view.detail}")
        return view.line.dialogue
