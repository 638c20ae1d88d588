"""
Whether the SIM in a modem may send now: its ceilings, its circuit, and the gap between messages.
"""

import logging
import random
from contextlib import suppress
from zoneinfo import ZoneInfo

from smscore.domain.messages import Priority
from smscore.errors import GatewayError, NotReady
from smscore.ports.clock import Clock
from smscore.ports.transport import Journal
from smscore_modem._options import ModemOptions
from smscore_modem._time import Time
from smscore_modem._traffic._circuit import Circuit
from smscore_modem._traffic._pace import Ceilings, Pace

__all__ = ["Allowance"]

log = logging.getLogger(__name__)

_JITTER = 0.2  # of a gap: a machine's regular beat is what networks look for


class Allowance:
    """What one SIM may send; a modem that gets another SIM gets another allowance."""

    def __init__(
        self, *, name: str, options: ModemOptions, journal: Journal, clock: Clock, time: Time
    ) -> None:
        self._name = name
        self._gap = options.gap
        self._clock = clock
        self._time = time
        self._gate = time.gate()  # guards the next three
        self._closing = False
        self._circuit = Circuit()
        self._sim: str | None = None
        self._dice = random.Random(name)
        self._next_at = time.monotonic()  # when the gap after the message before is over
        self._pace = Pace(
            ceilings=Ceilings(
                per_minute=options.per_minute,
                per_hour=options.per_hour,
                per_day=options.per_day,
                per_month=options.per_month,
                reserve=options.reserve,
            ),
            zone=ZoneInfo(options.time_zone),
            journal=journal,
        )

    # For any thread.

    def obstacle(self, priority: Priority, *, parts: int = 1) -> str | None:
        """
        Why the SIM should not send a message of this priority and so many parts now, although the
        modem could.
        """
        now = self._clock.now()
        with self._gate:
            until = self._circuit.closed_from(now)
        if until is not None:
            moment = until.isoformat(timespec="seconds")
            return f"the network refuses what this SIM sends, to several recipients; until {moment}"
        exhausted = self._pace.exhausted(parts=parts, priority=priority, now=now)
        return None if exhausted is None else str(exhausted)

    def meet(self, sim: str) -> None:
        """This SIM is in the modem: from now on, tell how much of its ceilings it has used."""
        with suppress(NotReady):  # whoever sends says so
            self._look_at(sim)

    def facts(self) -> dict[str, str]:
        """What the SIM has sent, in parts, of what it may; for people."""
        return self._pace.facts(now=self._clock.now())

    @property
    def is_suspended(self) -> bool:
        """Whether the network seems to have blocked the SIM."""
        with self._gate:
            return self._circuit.is_tripped

    def suspect(self, recipient: str) -> None:
        """The network said of this recipient what it says of all when a SIM is blocked."""
        with self._gate:
            has_opened = self._circuit.refused(recipient, now=self._clock.now())
        if has_opened:
            log.error("channel %s: the network seems to have blocked the SIM", self._name)

    def trust(self) -> None:
        """The network took something."""
        with self._gate:
            self._circuit.accepted()

    def close(self) -> None:
        """Let a message that waits for its time wait no longer."""
        with self._gate:
            self._closing = True
            self._gate.notify_all()

    # For the one that sends.

    def admit(self, sim: str, *, priority: Priority, parts: int) -> None:
        """
        Let a message of so many parts pass; blocks until the gap is over.

        Raises:
            NotReady: it may not, for longer than that.
        """
        self._look_at(sim)
        obstacle = self.obstacle(priority, parts=parts)
        if obstacle is not None:
            raise NotReady(f"channel {self._name}: {obstacle}")
        if self._gap:
            self._await_gap()

    def count(self, by: int) -> None:
        """
        One more part, or one that did not leave after all; returns when that is durable.

        Raises:
            GatewayError: it cannot be stored.
        """
        self._pace.count(by, now=self._clock.now())

    def _look_at(self, sim: str) -> None:
        try:
            self._pace.look_at(sim)
        except GatewayError as error:
            raise NotReady("what the SIM has sent could not be read") from error
        with self._gate:
            if sim != self._sim:
                self._circuit, self._sim = Circuit(), sim

    def _await_gap(self) -> None:
        with self._gate:
            left = max(0.0, self._next_at - self._time.monotonic())
            if self._gate.wait_for(lambda: self._closing, left):
                raise NotReady(f"channel {self._name} is being closed")
        stretch = 1 + self._dice.random() * _JITTER
        self._next_at = self._time.monotonic() + self._gap * stretch
