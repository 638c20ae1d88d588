"""
The rules as operators change them: revision after revision, each of which can be had again.
"""

from collections.abc import Callable, Sequence

import attrs

from smscore.domain.routes import Revision, Route, check_routes
from smscore.domain.routing import Topology
from smscore.errors import Conflict, NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, UnitOfWork, View
from smscore.services._rules import RulesInForce

__all__ = ["Rules"]


class Rules:
    """What operators do with the rules; each change blocks until it is durable."""

    def __init__(
        self, *, store: Store, clock: Clock, in_force: RulesInForce, topology: Topology
    ) -> None:
        self._store = store
        self._clock = clock
        self._in_force = in_force
        self._topology = topology

    def current(self) -> Revision:
        """The rules in force; revision 0 if there never were any."""
        return self._store.read(self._newest)

    def revision(self, number: int) -> Revision:
        """
        The rules as they were in a revision; 0 is before there were any.

        Raises:
            NotFound: there is no such revision.
        """
        return self._store.read(lambda view: self._revision(view, number))

    def revisions(self, *, limit: int = 50) -> Sequence[Revision]:
        """The newest ones first."""
        return self._store.read(lambda view: view.routing.find(limit=limit))

    def check(self, routes: Sequence[Route], *, expected: int | None = None) -> None:
        """
        Let rules pass that could be applied now.

        Raises:
            InvalidRequest: one names an unknown channel, a pattern is not understood, or two have
                one name.
            Conflict: the rules were changed since the expected revision.
        """
        _check_expected(self.current().number, expected)
        check_routes(routes)
        for route in routes:
            self._topology.check(route)
        self._in_force.compiled(Revision(number=0, at=self._clock.now(), routes=tuple(routes)))

    def apply(
        self, routes: Sequence[Route], *, expected: int | None = None, why: str = ""
    ) -> Revision:
        """
        Replace the rules by these; if they are the same, nothing changes.

        ``expected`` is the revision that they were made from; None: whatever it is now.

        Raises:
            InvalidRequest: as :meth:`check` says.
            Conflict: the rules were changed since the expected revision.
        """
        self.check(routes)
        new = Revision(number=0, at=self._clock.now(), why=why, routes=tuple(routes))
        return self._run(lambda work: self._apply(work, new, expected=expected))

    def rollback(self, number: int, *, expected: int | None = None) -> Revision:
        """
        Put the rules of an earlier revision in force again, as a new one.

        Raises:
            NotFound: there is no such revision.
            InvalidRequest: as :meth:`check` says: a channel may be gone.
            Conflict: the rules were changed since the expected revision.
        """
        routes = self.revision(number).routes
        return self.apply(routes, expected=expected, why=f"back to revision {number}")

    def _apply(self, work: UnitOfWork, new: Revision, *, expected: int | None) -> Revision:
        now = self._newest(work)
        _check_expected(now.number, expected)
        if new.routes == now.routes:
            return now
        new = attrs.evolve(new, number=now.number + 1)
        work.routing.add(new)
        return new

    def _newest(self, view: View) -> Revision:
        return view.routing.newest() or self._revision(view, 0)

    def _revision(self, view: View, number: int) -> Revision:
        if number == 0:
            return Revision(number=0, at=self._clock.now())
        found = view.routing.get(number)
        if found is None:
            raise NotFound(
                f"the rules have no revision {number}; 'smscore rules history' shows all"
            )
        return found

    def _run(self, work: Callable[[UnitOfWork], Revision]) -> Revision:
        return self._store.run(work, lane=Lane.CUSTODY).result()


def _check_expected(number: int, expected: int | None) -> None:
    if expected not in (None, number):
        raise Conflict(
            f"the rules were changed: they are at revision {number}, not {expected} any more; "
            "export them again and repeat the change"
        )
