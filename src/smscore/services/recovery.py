"""
What the dead leave behind: messages that a process held and holds no more.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from smscore.domain.deliveries import ProcessId, Status
from smscore.domain.policies import DEFAULT_POLICY, CustodyPolicy
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._progress import record

__all__ = ["Recovery"]

_BATCH = 500


class Recovery:
    """
    The use case *recover*: what had not begun is queued again, the rest is decided by its marks.

    ``dead`` says which processes are; ``policies`` are those of channels that do not have the
    usual one.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        dead: Callable[[], Collection[ProcessId]] = tuple,
        policies: Mapping[str, CustodyPolicy] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._dead = dead
        self._policies = policies or {}

    def recover(self, owners: Collection[ProcessId], *, channel: str | None = None) -> int:
        """
        Settle what processes held that hold it no more, and say how many messages that were.

        What had not begun is queued again; what had is decided by the marks of its parts.
        """
        if not owners:
            return 0
        now = self._clock.now()
        settled = 0
        while count := commit(
            self._store, lambda work: self._recover(work, owners, channel=channel, now=now)
        ):
            settled += count
        return settled

    def recover_dead(self) -> int:
        """
        Settle what processes held that are dead, and say how many messages that were.

        So are those that have given their number back and left something behind.
        """
        dead = frozenset(self._dead())
        processes, owners = self._store.read(
            lambda view: (view.processes.all(), view.outbox.owners())
        )
        living = {one.id for one in processes} - dead | {self._ids.process}
        return self.recover([one for one in owners if one not in living])

    def recover_own(self, channel: str) -> int:
        """Settle what this process's thread for the channel left behind when it stumbled."""
        return self.recover([self._ids.process], channel=channel)

    def _recover(
        self,
        work: UnitOfWork,
        owners: Collection[ProcessId],
        *,
        channel: str | None,
        now: datetime,
    ) -> int:
        held = work.outbox.held(owners=owners, limit=_BATCH)
        mine = [delivery for delivery in held if channel in (None, delivery.channel)]
        for delivery in mine:
            policy = self._policies.get(delivery.channel, DEFAULT_POLICY)
            after = delivery.recovered(at=now, policy=policy)
            kind = "message.recovered" if after.status is Status.QUEUED else None
            detail: dict[str, str | int | None] = {"channel": delivery.channel}
            if after.route != delivery.route:
                kind = "message.rerouted"
                detail |= {"to": after.channel, "why": "in_doubt"}
            if delivery.is_in_doubt:
                detail["error"] = after.error
            record(work, after, at=now, kind=kind, detail=detail)
        return len(mine)
