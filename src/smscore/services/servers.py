"""
Several servers on one store: who lives, and who does what only one of them may do.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

import attrs

from smscore.config import Role
from smscore.domain.deliveries import ProcessId
from smscore.domain.liveness import Glimpse, Watch
from smscore.errors import ConfigurationError, StoreError, StoreUnavailable
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Process, Right, ServerFacts, Store, UnitOfWork, commit

__all__ = ["Servers"]

_log = logging.getLogger(__name__)

_HEARTBEAT = timedelta(seconds=10)
_TERM = 20.0
"""Seconds for which a right is believed to be ours still; others think us dead after 30."""
_PATIENCE = 5.0
_CLOCKS_AGREE = timedelta(seconds=20)
"""As far as can be seen: a heartbeat is written down some time before it is seen."""
_WITH_DOORS = (Role.ALL, Role.API)


class Servers:
    """
    This server among the others. Call :meth:`tick` about once a second.

    A right is a row in the store: one of the servers has it until it gives it back or is dead. Of
    messages the marks of their parts decide, whoever believes to have what; the rights only see to
    it that no two servers are at it in normal times.

    ``wanted`` are the rights that this server would have; those that are ``bound`` belong to a
    machine, and are not taken over from a server of another name, not even from a dead one.

    ``key`` tells the key file of this server from others; it is asked for if there may be others.
    None: this one needs none.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        about: ServerFacts,
        wanted: Collection[str],
        bound: Collection[str] = (),
        has_ended: Callable[[str | None], bool] = lambda _: False,
        key: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._about = about
        self._wanted = wanted
        self._bound = bound
        self._has_ended = has_ended
        self._key = key
        self._is_alone = False
        self._watch = Watch()
        self._beaten_at: datetime | None = None
        self._held: frozenset[str] = frozenset()
        self._believed_until = 0.0
        self._refused: set[str] = set()
        self._heard: Mapping[ProcessId, datetime] = {}
        self._looked_at = 0.0
        self._wrong_clocks: set[ProcessId] = set()
        self.dead: frozenset[ProcessId] = frozenset()
        self.living: tuple[ServerFacts, ...] = (about,)
        self.rights: Mapping[str, Right] = {}

    def appear(self) -> None:
        """
        Become one of the servers.

        Raises:
            StoreUnavailable: the store bears one server only and has one, or cannot be reached.
            ConfigurationError: another one that runs has another key file.
        """
        self._is_alone = self._store.become_server(self._ids.process)
        if not self._is_alone and (key := self._key()) is not None:
            self._about = attrs.evolve(self._about, key=key)
            self._check_key()
        self._watch, self._beaten_at = Watch(), None
        self._about = attrs.evolve(self._about, started_at=self._clock.now())
        self.tick()

    def tick(self) -> None:
        """
        Show that this server lives, see who else does, and take what nobody has.

        Raises:
            StoreError: nothing is known; what we had is believed to be ours for a little longer.
        """
        began, me = self._clock.monotonic(), self._ids.process
        connected = self._store.servers()
        processes, rights = self._store.read(
            lambda view: (view.processes.all(), view.processes.rights())
        )
        others = [one for one in processes if one.id != me]
        self._compare_clocks(others, at=began)
        glimpses = [self._glimpse(one, connected) for one in others]
        self.dead = self._watch.look(glimpses, at=self._clock.monotonic())
        self.living = (
            self._about,
            *(one.about for one in others if one.about and one.id not in self.dead),
        )
        free = self._free(rights, {one.id for one in others} - self.dead)
        if free or self._is_time_to_beat():
            rights = self._keep(free, rights)
        self.rights = rights
        self._held = frozenset(one.name for one in rights.values() if one.process == me)
        self._believed_until = began + _TERM

    def has(self, right: str) -> bool:
        """Whether this server may do what only one may: it has heard so within the last moments."""
        is_believed = self._is_alone or self._clock.monotonic() < self._believed_until
        return is_believed and right in self._held

    def had_last(self, right: str) -> bool:
        """Whether it was so when anything was heard last, which may be long ago."""
        return right in self._held

    def check_rights(self) -> None:
        """
        Let a server pass that has all the rights that it would have.

        Raises:
            StoreUnavailable: another one has one of them.
        """
        for name in self._wanted:
            if not self.has(name) and (had := self.rights.get(name)) is not None:
                raise StoreUnavailable(f"the server {had.server} has the {name}; stop it first")

    @property
    def doors(self) -> int:
        """How many servers that live take messages: they share the callers' limits."""
        return max(1, sum(one.role in _WITH_DOORS for one in self.living))

    def is_vacant(self, right: str) -> bool:
        """Whether nobody has it who lives."""
        had = self.rights.get(right)
        return had is None or had.process in self.dead

    def leave(self) -> None:
        """Be none of the servers any more, and let them have what this one had."""
        me, now = self._ids.process, self._clock.now()
        held, self._held = self._held, frozenset()

        def work(work: UnitOfWork) -> None:
            for name in held:
                work.processes.give_back(name, me)
            work.processes.beat(me, now=now)

        try:
            self._store.run(work, lane=Lane.CUSTODY).result(timeout=_PATIENCE)
        except (StoreError, TimeoutError) as fault:
            _log.warning("others take over later than they could: %s", fault)

    def _check_key(self) -> None:
        """What one server signs or hands out would be nothing to another one."""
        connected = self._store.servers()
        for one in self._store.read(lambda view: view.processes.all()):
            if one.about is None or one.id not in connected or one.id == self._ids.process:
                continue
            if one.about.key not in (None, self._about.key):
                raise ConfigurationError(
                    f"the server {one.about.name} on the same store has another key file; copy "
                    "its file to this host, for tokens and the secrets of webhooks come from it"
                )

    def _compare_clocks(self, others: Collection[Process], *, at: float) -> None:
        """Say whose clock is not ours: what is due and who lives is decided by all of them."""
        now, before, looked_at = self._clock.now(), self._heard, self._looked_at
        self._heard, self._looked_at = {one.id: one.heartbeat_at for one in others}, at
        if at - looked_at > _PATIENCE:
            return  # what is new may be old
        for one in others:
            is_new = before.get(one.id, one.heartbeat_at) != one.heartbeat_at
            if one.about is None or not is_new:
                continue
            ahead = one.heartbeat_at - now
            if abs(ahead) < _CLOCKS_AGREE:
                self._wrong_clocks.discard(one.id)
            elif one.id not in self._wrong_clocks:
                self._wrong_clocks.add(one.id)
                _log.error(
                    "the clock of the server %s is %.0f s %s ours: have both set by a time service",
                    one.about.name,
                    abs(ahead).total_seconds(),
                    "ahead of" if ahead > timedelta(0) else "behind",
                )

    def _glimpse(self, one: Process, connected: Collection[ProcessId]) -> Glimpse:
        is_over = self._is_alone or (one.about is not None and self._has_ended(one.about.machine))
        return Glimpse(
            process=one.id,
            heartbeat_at=one.heartbeat_at,
            is_connected=one.id in connected and not self._is_alone,
            has_ended=is_over,
        )

    def _free(
        self, rights: Mapping[str, Right], living: Collection[ProcessId]
    ) -> Mapping[str, ProcessId | None]:
        """What may be taken, and whose it was."""
        me, free = self._ids.process, dict[str, ProcessId | None]()
        for name in self._wanted:
            had = rights.get(name)
            if had is None:
                free[name] = None
            elif had.process != me and self._may_follow(had, living):
                free[name] = had.process
        return free

    def _may_follow(self, had: Right, living: Collection[ProcessId]) -> bool:
        if had.name not in self._bound or had.server == self._about.name:
            self._refused.discard(had.name)
            return had.process not in living
        if had.name not in self._refused:
            self._refused.add(had.name)
            _log.error(
                "%s is not run here: it belongs to the server %s, and has a device; say with "
                "'runs_on' in its table to which of the two it belongs",
                had.name,
                had.server,
            )
        return False

    def _is_time_to_beat(self) -> bool:
        since, now = self._beaten_at, self._clock.now()
        return since is None or not timedelta(0) <= now - since < _HEARTBEAT

    def _keep(
        self, free: Mapping[str, ProcessId | None], rights: Mapping[str, Right]
    ) -> Mapping[str, Right]:
        me, now, about = self._ids.process, self._clock.now(), self._about
        new = {name: Right(name=name, process=me, server=about.name, since=now) for name in free}

        def work(work: UnitOfWork) -> Collection[str]:
            work.processes.beat(me, now=now, about=about)
            return [
                name
                for name, right in new.items()
                if work.processes.take(right, instead_of=free[name])
            ]

        taken = commit(self._store, work)
        self._beaten_at = now
        for name in taken:
            if (had := rights.get(name)) is not None:
                _log.warning("%s is taken over from the server %s", name, had.server)
        return {**rights, **{name: new[name] for name in taken}}
