"""
The threads of a running gateway: one per channel, and some for what concerns all of them.

Longer than most modules: it is the one list of all threads, and of what each does.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypedDict

from smscore.attendance import Attended
from smscore.config import Role
from smscore.domain.liveness import right_to
from smscore.errors import PluginError
from smscore.grace import Grace
from smscore.heartbeats import keep_alive
from smscore.ports.storage import Store, Topic
from smscore.ports.transport import Journal, Transport
from smscore.services.alerting import Alerting
from smscore.services.dispatch import Dispatch
from smscore.services.housekeeping import Housekeeping
from smscore.services.monitoring import Monitoring
from smscore.services.notification import Notification
from smscore.services.reception import Reception
from smscore.services.recovery import Recovery
from smscore.services.servers import Servers
from smscore.services.webhooks import Announcing
from smscore.workers import Worker

__all__ = ["DUTIES", "Runner"]

_log = logging.getLogger(__name__)

_TICK = 0.5
_LOOK = 1.0
"""Seconds between two looks for servers that have ended."""
_WATCH = 5.0
"""Seconds between two looks for what alerts operators, and for messages with late parts."""
_GATHERING, _MOMENT = 0.05, 0.005
"""
Seconds in which news come together before endpoints and observers are told: each commit would be a
round. From moment to moment those that have answered are told more of what is known already.
"""

DUTIES = ("housekeeping", "recovery", "webhooks", "watch", "alerts")
"""What one server does for all."""


class _ByRight(TypedDict):
    right: str
    may: Callable[[], bool]


class Runner:
    """
    Keeps the workers of a gateway going. None calls another: progress goes through the store.

    What several servers share is done by the one that has the right to. ``stopping`` is set while
    it stops, so that no part of a message is begun any more; one that was begun has the time of
    ``grace`` for its answer, for it would be in doubt without. A transport that does not come back
    in its own is left behind; ``origins`` say whose it is.
    """

    def __init__(
        self,
        *,
        store: Store,
        transports: Mapping[str, Transport],
        journals: Mapping[str, Journal],
        servers: Servers,
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
        origins: Mapping[str, str],
        grace: Grace,
    ) -> None:
        self._store = store
        self._servers = servers
        self._dispatch = dispatch
        self._recovery = recovery
        self._reception = reception
        self._notification = notification
        self._announcing = announcing
        self._role = role
        self._stop = stopping
        self._grace = grace
        self._has_threads = False
        self._unfollowed: Mapping[str, str] = {}  # what was tried in vain, and why
        self._attended = {
            name: self._attend(name, transport, journals[name], origin=origins[name])
            for name, transport in transports.items()
        }
        self._channels = {
            name: self._channel(name, transport) for name, transport in transports.items()
        }
        self._workers = [
            Worker("housekeeping", housekeeping.run_once, **self._by("housekeeping"), pause=_TICK),
            Worker(
                "late parts", reception.publish_overdue, **self._by("housekeeping"), pause=_WATCH
            ),
            Worker("recovery", recovery.recover_dead, **self._by("recovery"), pause=_LOOK),
            # It asks transports how they are.
            Worker("monitoring", monitoring.run_once, pause=_TICK, left_after=grace.caller),
            Worker("watch", monitoring.look_for_absent, **self._by("watch"), pause=_LOOK),
            *self._channels.values(),
        ]
        if alerting.has_receivers:
            self._workers.append(
                Worker(
                    "alerts",
                    alerting.run_once,
                    right="alerts",
                    # Also while the store fails, which is the worst of all, and nobody knows more.
                    may=lambda: servers.had_last("alerts"),
                    pause=_WATCH,
                    prepare=alerting.open,
                    finish=alerting.close,
                )
            )
        if announcing is not None:
            self._workers.append(
                Worker(
                    "webhooks",
                    partial(self._announce, announcing),
                    **self._by("webhooks"),
                    pending=announcing.run_once,
                    wakeup=announcing.open,
                    finish=announcing.close,
                )
            )
        self._observers = Worker(
            "observers",
            self._observe,
            pending=notification.run_once,
            wakeup=lambda: store.wakeup(Topic.EVENTS),
            left_after=0.0,  # it holds nothing
            close=notification.leave,
        )
        self._threads: list[threading.Thread] = []
        self._is_on = False
        self._process = os.getpid()

    def start(self) -> None:
        """
        Become one of the store's servers, and start what this one has the right to.

        Raises:
            RuntimeError: they run already.
            PluginError: a channel cannot be opened.
            StoreUnavailable: another server runs on this store, which bears one only.
            ConfigurationError: another one that runs on it has another key file.
        """
        if self._threads:
            raise RuntimeError("the gateway is running already")
        self._has_threads = True
        try:
            self._begin()
            self._follow_rights()
            keep = partial(keep_alive, self._servers, self._stop)
            for name, work in (("server", keep), ("rights", self._follow)):
                thread = threading.Thread(target=work, name=f"smscore {name}", daemon=True)
                self._threads.append(thread)
                thread.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """
        Stop the threads, close the channels, hand back what they held. May be called twice.

        Raises:
            RuntimeError: one of those threads calls, such as an observer's: it cannot await itself.
        """
        if any(worker.is_current for worker in [*self._workers, self._observers]):
            raise RuntimeError(
                f"{threading.current_thread().name!r} is a thread of the gateway, and cannot stop"
                " it; tell another thread to, as by an event"
            )
        if self._process != os.getpid():
            return  # of a process that was forked: channels and threads are the parent's
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():  # a start that was interrupted
                thread.join()
        self._threads.clear()
        self._end([worker for worker in self._all() if worker.is_open])
        self._has_threads = False
        if self._is_on:
            self._is_on = False
            self._servers.leave()

    def run_pending(self) -> int:
        """One round of everything, on the caller's thread."""
        if self._is_on:
            self._servers.tick()
        else:
            self._begin()
        try:
            self._follow_rights()
        except BaseException:
            self.stop()
            raise
        return sum(worker.run_pending() for worker in self._all() if worker.is_open)

    def is_elsewhere(self, channel: str) -> bool:
        """Whether another server runs the channel, or should, while this one runs."""
        return self._is_on and not self._channels[channel].is_open

    def is_stopping(self, channel: str) -> bool:
        """Whether nothing may be begun on the channel here, of that which was taken."""
        return self._stop.is_set() or (self._is_on and not self._servers.has(right_to(channel)))

    def open_channels(self) -> tuple[str, ...]:
        """Those that run here now."""
        return tuple(name for name, worker in self._channels.items() if worker.is_open)

    def _all(self) -> list[Worker]:
        if not self._role.has_channels:
            return []
        return (
            [*self._workers, self._observers] if self._notification.has_observers else self._workers
        )

    def _by(self, right: str) -> _ByRight:
        return {"right": right, "may": lambda: self._servers.has(right)}

    def _begin(self) -> None:
        self._stop.clear()
        self._process = os.getpid()
        self._servers.appear()
        self._is_on = True
        try:
            if self._role.has_channels and self._servers.has("recovery"):
                # Before anything is begun: who was killed here and started again goes on at once.
                self._recovery.recover_dead()
        except BaseException:
            self.stop()
            raise

    def _follow_rights(self) -> None:
        """Begin what this server may do now, and end what it may not any more."""
        self._end_lost()
        for worker in self._to_begin():
            self._begin_one(worker)

    def _end_lost(self) -> None:
        self._end([worker for worker in self._all() if worker.is_open and self._has_lost(worker)])

    def _to_begin(self) -> Sequence[Worker]:
        return [worker for worker in self._all() if worker.may() and not worker.is_open]

    def _begin_one(self, worker: Worker) -> None:
        worker.open()
        if self._has_threads:
            worker.start()

    def _has_lost(self, worker: Worker) -> bool:
        return worker.right is not None and not self._servers.had_last(worker.right)

    def _end(self, workers: Sequence[Worker]) -> None:
        for worker in workers:
            worker.ask_to_end()
        deadline = time.monotonic() + self._grace.step
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        for worker in workers:
            worker.close()
        deadline = time.monotonic() + self._grace.transport
        for name, attended in self._attended.items():
            if self._channels[name] in workers:
                attended.await_close(max(0.0, deadline - time.monotonic()))
        for worker in workers:
            worker.finish()

    def _follow(self) -> None:
        while not self._stop.wait(_TICK):
            self._follow_once()

    def _follow_once(self) -> None:
        """What cannot be begun or ended keeps nothing else from it, and is told once."""
        faults = {}
        due: list[tuple[str, Callable[[], None]]] = [("an end", self._end_lost)]
        due += [(one.name, partial(self._begin_one, one)) for one in self._to_begin()]
        for what, do in due:
            try:
                do()
            except Exception as fault:  # noqa: BLE001  # a stranger's code among it
                faults[what] = str(fault)
                if self._unfollowed.get(what) != str(fault):
                    _log.exception("what this server has the right to could not be begun or ended")
        self._unfollowed = faults

    def _attend(
        self, name: str, transport: Transport, journal: Journal, *, origin: str
    ) -> Attended:
        return Attended(
            name,
            origin=origin,
            open_it=lambda: transport.open(self._reception, journal),
            close_it=transport.close,
            has_threads=lambda: self._has_threads,
            patience=self._grace.transport,
        )

    def _channel(self, name: str, transport: Transport) -> Worker:
        attended = self._attended[name]

        def send_one() -> int:
            return self._dispatch.run_once(name, transport)

        def open_it() -> None:
            if self._channels[name].has_left:
                raise PluginError(
                    f"the channel {name!r} cannot be opened again: send() of its transport has not "
                    "come back since; end this process"
                )
            attended.open()

        return Worker(
            f"channel {name}",
            send_one,
            **self._by(right_to(name)),
            wakeup=lambda: self._store.wakeup(name),
            is_repeated=True,
            left_after=self._grace.caller,
            prepare=open_it,
            mend=lambda: self._recovery.recover_own(name),
            close=attended.close,
            finish=lambda: self._recovery.recover_own(name),
        )

    def _observe(self) -> int:
        self._stop.wait(_GATHERING)
        return self._notification.run_once()

    def _announce(self, announcing: Announcing) -> int:
        ends_at = time.monotonic() + _GATHERING
        while (left := ends_at - time.monotonic()) > 0 and not self._stop.is_set():
            self._stop.wait(min(left, _MOMENT) if announcing.go_on() else left)
        return announcing.run_once()
