"""
The threads of a running gateway: one per channel, and some for what concerns all of them.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from smscore.config import Role
from smscore.errors import ConfigurationError, GatewayError, StoreError
from smscore.ports.storage import Store, Topic, Wakeup
from smscore.ports.transport import Journal, Transport
from smscore.services.alerting import Alerting
from smscore.services.dispatch import Dispatch
from smscore.services.housekeeping import Housekeeping
from smscore.services.monitoring import Monitoring
from smscore.services.notification import Notification
from smscore.services.reception import Reception
from smscore.services.recovery import Recovery
from smscore.services.webhooks import Announcing

__all__ = ["Runner"]

_log = logging.getLogger(__name__)

_SAFETY_NET = 1.0
"""Seconds after which a thread looks again although nobody woke it."""
_TICK = 0.5
_WATCH = 5.0
"""Seconds between two looks for processes that have ended, and for what alerts operators."""
_LONGEST_PAUSE = 30.0
_GATHERING, _MOMENT = 0.05, 0.005
"""
Seconds in which news come together before endpoints and observers are told: each commit would be a
round. From moment to moment those that have answered are told more of what is known already.
"""


class Runner:
    """
    Keeps the parts of a gateway going. They never call each other: progress goes through the store.

    ``stopping`` is set while it stops, so that no part is begun any more; one that was begun has
    ``grace`` seconds for its answer, for it would be in doubt without.
    """

    def __init__(
        self,
        *,
        store: Store,
        transports: Mapping[str, Transport],
        journals: Mapping[str, Journal],
        dispatch: Dispatch,
        recovery: Recovery,
        reception: Reception,
        housekeeping: Housekeeping,
        notification: Notification,
        monitoring: Monitoring,
        alerting: Alerting,
        announcing: Announcing | None,
        role: Role,
        stopping: threading.Event,
        grace: float = 15.0,
    ) -> None:
        self._store = store
        self._transports = transports
        self._journals = journals
        self._dispatch = dispatch
        self._recovery = recovery
        self._reception = reception
        self._housekeeping = housekeeping
        self._notification = notification
        self._monitoring = monitoring
        self._alerting = alerting
        self._announcing = announcing
        self._role = role
        self._stop = stopping
        self._grace = grace
        self._threads: list[threading.Thread] = []
        self._wakeups: list[Wakeup] = []
        self._is_open = False
        self._stumbled: set[str] = set()  # channels, in a round on the caller's thread

    def start(self) -> None:
        """
        Start the threads; before that, if channels run here, open them as the store's server.

        Raises:
            RuntimeError: they run already.
            StoreUnavailable: another server runs on this store.
        """
        if self._threads:
            raise RuntimeError("the gateway is running already")
        if not self._role.has_channels:
            self._stop.clear()
            self._start("heartbeat", self._housekeeping.beat, wait=self._stop.wait, pause=_TICK)
            return
        self._open()
        for name, transport in self._transports.items():
            self._start_channel(name, transport)
        self._start("housekeeping", self._housekeeping.run_once, wait=self._stop.wait, pause=_TICK)
        self._start("recovery", self._recovery.recover_dead, wait=self._stop.wait, pause=_WATCH)
        self._start("monitoring", self._monitoring.run_once, wait=self._stop.wait, pause=_TICK)
        if self._alerting.has_receivers:
            self._start("alerts", self._alerting.run_once, wait=self._stop.wait, pause=_WATCH)
        if self._notification.has_observers:
            wakeup = self._wake_up(Topic.EVENTS)
            self._start("observers", self._observe, wait=wakeup.wait)
        if self._announcing is not None:
            wakeup = self._announcing.open()
            self._wakeups.append(wakeup)
            announce = partial(self._announce, self._announcing)
            self._start("webhooks", announce, wait=wakeup.wait)

    def stop(self) -> None:
        """Stop the threads, close the channels, hand back what they held. May be called twice."""
        self._stop.set()
        for wakeup in self._wakeups:
            wakeup.set()
        deadline = time.monotonic() + self._grace
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._is_open:
            for transport in self._transports.values():
                transport.close()
        for thread in self._threads:
            thread.join()
        if self._announcing is not None:
            self._announcing.close()
        self._threads.clear()
        self._wakeups.clear()
        if self._is_open:
            self._is_open = False
            self._hand_back()

    def run_pending(self) -> int:
        """One round of everything, on the caller's thread."""
        if not self._role.has_channels:
            return self._housekeeping.beat()
        self._open()
        done = self._housekeeping.run_once() + self._recovery.recover_dead()
        done += self._monitoring.run_once() + self._alerting.run_once()
        for name, transport in self._transports.items():
            done += self._send_pending(name, transport)
        if self._notification.has_observers:
            done += self._notification.run_once()
        if self._announcing is not None:
            done += self._announcing.run_once()
        return done

    def _observe(self) -> int:
        self._stop.wait(_GATHERING)
        return self._notification.run_once()

    def _announce(self, announcing: Announcing) -> int:
        ends_at = time.monotonic() + _GATHERING
        while (left := ends_at - time.monotonic()) > 0 and not self._stop.is_set():
            self._stop.wait(min(left, _MOMENT) if announcing.go_on() else left)
        return announcing.run_once()

    def _send_pending(self, name: str, transport: Transport) -> int:
        if name in self._stumbled:
            self._recovery.recover_own(name)
            self._stumbled.discard(name)
        done = 0
        try:
            while self._dispatch.run_once(name, transport):
                done += 1
        except BaseException:
            self._stumbled.add(name)  # the next round mends what this one has left
            raise
        return done

    def _open(self) -> None:
        if self._is_open:
            return
        self._stop.clear()
        if self._store.become_server():
            # No other server can be alive: what others hold was left behind.
            self._recovery.recover_all()
        self._alerting.open()
        self._is_open = True
        try:
            for name, transport in self._transports.items():
                transport.open(self._reception, self._journals[name])
        except BaseException:
            self.stop()
            raise

    def _hand_back(self) -> None:
        for name in self._transports:
            try:
                self._recovery.recover_own(name)
            except GatewayError:
                _log.exception("what channel %s held could not be handed back", name)

    def _start_channel(self, name: str, transport: Transport) -> None:
        wakeup = self._wake_up(name)

        def send_one() -> int:
            return self._dispatch.run_once(name, transport)

        def mend() -> None:
            self._recovery.recover_own(name)

        self._start(f"channel {name}", send_one, wait=wakeup.wait, mend=mend)

    def _wake_up(self, topic: str) -> Wakeup:
        wakeup = self._store.wakeup(topic)
        self._wakeups.append(wakeup)
        return wakeup

    def _start(
        self,
        name: str,
        step: Callable[[], int],
        *,
        wait: Callable[[float], bool],
        pause: float = _SAFETY_NET,
        mend: Callable[[], None] | None = None,
    ) -> None:
        loop = _Loop(name, step, wait=wait, pause=pause, mend=mend, stop=self._stop)
        thread = threading.Thread(target=loop.run, name=f"smscore {name}", daemon=True)
        self._threads.append(thread)
        thread.start()


class _Loop:
    """One step after another; a step that did nothing is followed by a wait, a fault by a pause."""

    def __init__(
        self,
        name: str,
        step: Callable[[], int],
        *,
        wait: Callable[[float], bool],
        pause: float,
        mend: Callable[[], None] | None,
        stop: threading.Event,
    ) -> None:
        self._name = name
        self._step = step
        self._wait = wait
        self._pause = pause
        self._mend = mend
        self._stop = stop
        self._faults = 0
        self._said = ""

    def run(self) -> None:
        """Until the stop event is set."""
        while not self._stop.is_set():
            try:
                self._step_once()
            except BaseException as fault:  # noqa: BLE001  # nothing may end a channel's thread
                self._tell(fault)
                self._faults += 1
                self._stop.wait(min(2.0 ** (self._faults - 1), _LONGEST_PAUSE))

    def _step_once(self) -> None:
        if self._faults and self._mend is not None:
            self._mend()
        done = self._step()
        self._faults, self._said = 0, ""
        if not done:
            self._wait(self._pause)

    def _tell(self, fault: BaseException) -> None:
        """A bug with its traceback; what an operator has to mend in one line, and once."""
        if not isinstance(fault, StoreError | ConfigurationError):
            _log.exception("%s stumbled; it goes on after a pause", self._name)
        elif self._said != str(fault):
            self._said = str(fault)
            _log.error("%s cannot go on, and tries again: %s", self._name, fault)
