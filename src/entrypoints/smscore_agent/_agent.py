"""
The agent: fetches what its channels can carry soon, has it sent, and tells what became of it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import attrs

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.channels import ChannelMode
from smscore.domain.messages import Priority
from smscore.errors import ConfigurationError, Conflict, StoreError
from smscore.ports.storage import Topic, View
from smscore_agent._acceptance import USED_UP, Acceptance
from smscore_agent._journal import HandoutJournal
from smscore_agent._options import AgentOptions
from smscore_agent._outcomes import is_waiting
from smscore_agent._pace import until_next_poll, until_next_try
from smscore_agent._server import DELIVERED, FAILED, Handout, QueueServer, Trouble
from smscore_agent._telling import Telling

__all__ = ["Agent", "Balance"]

_log = logging.getLogger(__name__)

_FAULTS = (Trouble, StoreError, ConfigurationError, *USED_UP)

_LOOK = 0.5
"""Seconds after which to look again at what is awaited, although nobody woke us."""


@attrs.frozen(kw_only=True)
class Balance:
    """
    What a single poll came to; ``left`` are those whose outcome the server has not heard of.

    None was fetched if the server did not answer in time, or nothing here was able to send.
    """

    fetched: int | None
    delivered: int
    failed: int
    left: int

    @property
    def is_settled(self) -> bool:
        """Whether the server was asked, and has heard of everything."""
        return self.fetched is not None and not self.left


class Agent:
    """
    One device of one server, over a gateway of its own; only one agent works on a gateway.

    Everything blocks; :meth:`stop` may be called from any thread.
    """

    def __init__(
        self, gateway: Gateway, options: AgentOptions, *, token: Callable[[], str]
    ) -> None:
        self._gateway = gateway
        self._options = options
        self._server = QueueServer(
            options.server,
            token=token,
            device=options.device,
            timeout=options.timeout,
            clock=gateway.clock,
        )
        self._journal = HandoutJournal(gateway.store, server=options.server)
        self._telling = Telling(
            gateway,
            self._journal,
            self._server,
            patience=timedelta(seconds=options.delivery_patience),
        )
        self._changed = gateway.store.wakeup(Topic.EVENTS)
        self._stopping = threading.Event()
        self._claimed: Sequence[Handout] = ()  # handed out to us, and not durable yet
        self._was_able: bool | None = None
        self._failures = 0

    def stop(self) -> None:
        """Have what runs end as soon as what has begun is done."""
        self._stopping.set()
        self._changed.set()

    def run(self) -> None:
        """
        Work until stopped.

        Raises:
            StoreUnavailable: a server or another agent runs on the store.
        """
        with self._working():
            while not self._stopping.is_set():
                self._stopping.wait(self._round())
            self._tell_last()

    def run_once(self, *, patience: float) -> Balance:
        """
        Poll once, wait for what became of everything, and tell; for at most so many seconds.

        Raises:
            StoreUnavailable: a server or another agent runs on the store.
        """
        ends = self._gateway.clock.monotonic() + patience
        fetched = None
        with self._working():
            while not self._stopping.is_set():
                remaining = ends - self._gateway.clock.monotonic()
                try:
                    self._settle()
                    fetched = self._fetch() if fetched is None else fetched
                except _FAULTS as fault:
                    pause = self._failed(fault)
                    if pause >= remaining:
                        break
                    self._stopping.wait(pause)
                    continue
                self._failures = 0
                if remaining <= 0 or (fetched is not None and not self._journal.open()):
                    break
                self._changed.wait(min(_LOOK, remaining))
            return Balance(
                fetched=fetched,
                delivered=self._telling.heard[DELIVERED],
                failed=self._telling.heard[FAILED],
                left=len(self._journal.open()) + self._telling.refused,
            )

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._gateway.running():
            self._acceptance = Acceptance(self._gateway, self._journal, account=self._account())
            try:
                yield
            finally:
                self._server.close()
                if lost := ", ".join(one.hash for one in self._claimed):
                    _log.error("not kept here; have the server hand them out again: %s", lost)

    def _account(self) -> Account:
        with suppress(Conflict):  # it is there, and as its operator wants it
            self._gateway.administration.create_account(self._options.account)
        return self._gateway.inquiry.account_named(self._options.account)

    # One round.

    def _round(self) -> float:
        """Tell, then fetch; says after how many seconds to do so again."""
        try:
            self._settle()
            self._fetch()
        except _FAULTS as fault:
            return self._failed(fault)
        self._failures = 0
        return until_next_poll(self._options.poll_every)

    def _settle(self) -> None:
        try:
            self._accept()
        finally:  # what cannot be kept must not keep the server from hearing of the rest
            self._telling.run_once()

    def _tell_last(self) -> None:
        """What became of messages meanwhile; if that fails, it is told after the next start."""
        try:
            self._settle()
        except _FAULTS as fault:
            _log.warning("outcomes are told after the next start: %s", fault)

    def _failed(self, fault: Exception) -> float:
        """Say it, loudly if a person has to act; how many seconds to leave the server alone."""
        self._failures += 1
        trouble = fault if isinstance(fault, Trouble) else None
        is_loud = not isinstance(fault, Trouble) or fault.needs_person
        pause = until_next_try(self._failures, trouble, first=self._options.reconnect_delay)
        _log.log(
            logging.ERROR if is_loud else logging.WARNING,
            "nothing is fetched and told for %.1f s: %s",
            pause,
            fault,
        )
        return pause

    # Fetching.

    def _fetch(self) -> int | None:
        """As many as there is room for; None: there is none, or nothing here could send."""
        room = self._room()
        if not room:
            return None
        self._claimed = self._server.fetch(room)
        return self._accept()

    def _accept(self) -> int:
        """Make durable what was handed out; until then it is kept in mind, for it is ours alone."""
        claimed = self._claimed
        if claimed:
            self._acceptance.accept(claimed)
            self._claimed = ()
        return len(claimed)

    def _room(self) -> int:
        if not self._is_able():
            return 0
        entries = self._journal.open()

        def look(view: View) -> int:
            found = [view.outbox.get(one.message) for one in entries if one.message is not None]
            return sum(1 for one in found if one is not None and is_waiting(one.delivery))

        return max(0, self._options.batch - self._gateway.store.read(look))

    def _is_able(self) -> bool:
        """Whether anything here can send; the log hears of it when that changes."""
        is_able = any(self._can_send(name) for name in self._gateway.transports)
        if is_able is not self._was_able:
            if is_able:
                _log.info("messages are fetched: a channel can send")
            else:
                _log.warning("nothing is fetched: no channel here is running and ready")
        self._was_able = is_able
        return is_able

    def _can_send(self, channel: str) -> bool:
        if self._gateway.settings.mode(channel) is not ChannelMode.RUNNING:
            return False
        health = self._gateway.health(channel)
        return health.is_ready and health.least_priority <= Priority.NORMAL
