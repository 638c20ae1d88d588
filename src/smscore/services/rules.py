"""
The rules as operators change them: revision after revision, each of which can be had again.
"""

from collections.abc import Callable, Collection, Sequence

import attrs

from smscore.domain.audit import AuditEntry
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.routes import Revision, Route, check_names
from smscore.domain.routing import Topology
from smscore.errors import Conflict, InvalidRequest, NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, View, commit
from smscore.services._auditing import Auditor
from smscore.services._people import check_people
from smscore.services._rules import RulesInForce

__all__ = ["Rules"]


class Rules:
    """What operators do with the rules; each change blocks until it is durable."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
        in_force: RulesInForce,
        topology: Topology,
        owners: Collection[str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._in_force = in_force
        self._topology = topology
        self._owners = owners  # accounts that channels belong to

    def current(self) -> Revision:
        """The rules in force; revision 0 if there never were any."""
        return self._store.read(self._newest)

    def prepare(self) -> None:
        """
        Compile the rules in force, which the first message would have to wait for.

        Raises:
            InvalidRequest: a pattern is not understood, by an engine that others did without.
            PluginError, ConfigurationError: there is no engine for their patterns.
            StoreUnavailable: they cannot be read.
        """
        self._in_force.now()

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

    def check(
        self,
        routes: Sequence[Route],
        *,
        inbound: Sequence[InboundRule] = (),
        expected: int | None = None,
    ) -> None:
        """
        Let rules pass that could be applied now.

        Raises:
            InvalidRequest: one names an unknown channel, or what its account does not have; a
                pattern is not understood, or two have one name.
            Conflict: the rules were changed since the expected revision.
        """
        _check_expected(self.current().number, expected)
        check_names(routes)
        check_names(inbound)
        for route in routes:
            self._topology.check(route)
        self._check_patterns(routes, inbound)
        self._store.read(lambda view: check_people(view, inbound, owners=self._owners))

    def apply(
        self,
        routes: Sequence[Route],
        *,
        inbound: Sequence[InboundRule] = (),
        expected: int | None = None,
        why: str = "",
    ) -> Revision:
        """
        Replace the rules of both directions by these; if they are the same, nothing changes.

        ``expected`` is the revision that they were made from; None: whatever it is now.

        Raises:
            InvalidRequest: as :meth:`check` says.
            Conflict: the rules were changed since the expected revision.
        """
        self.check(routes, inbound=inbound)
        new = attrs.evolve(self._proposed(routes, inbound), why=why)
        entry = self._auditor.entry("rules.applied", "rules")
        return self._run(lambda work: self._apply(work, new, entry, expected=expected))

    def rollback(self, number: int, *, expected: int | None = None) -> Revision:
        """
        Put the rules of an earlier revision in force again, as a new one.

        Raises:
            NotFound: there is no such revision.
            InvalidRequest: as :meth:`check` says: a channel may be gone.
            Conflict: the rules were changed since the expected revision.
        """
        earlier = self.revision(number)
        return self.apply(
            earlier.routes,
            inbound=earlier.inbound,
            expected=expected,
            why=f"back to revision {number}",
        )

    def _check_patterns(self, routes: Sequence[Route], inbound: Sequence[InboundRule]) -> None:
        try:
            self._in_force.compiled(self._proposed(routes, inbound))
        except InvalidRequest:
            # Once more, one by one: which of them is it?
            for route in routes:
                self._check_alone(route.name, self._proposed([route], ()))
            for rule in inbound:
                self._check_alone(rule.name, self._proposed((), [rule]))
            raise

    def _check_alone(self, name: str, alone: Revision) -> None:
        try:
            self._in_force.compiled(alone)
        except InvalidRequest as cause:
            raise InvalidRequest(f"rule {name!r}: {cause}") from cause

    def _proposed(self, routes: Sequence[Route], inbound: Sequence[InboundRule]) -> Revision:
        now = self._clock.now()
        return Revision(number=0, at=now, routes=tuple(routes), inbound=tuple(inbound))

    def _apply(
        self, work: UnitOfWork, new: Revision, entry: AuditEntry, *, expected: int | None
    ) -> Revision:
        now = self._newest(work)
        _check_expected(now.number, expected)
        if new.has_same_rules(now):
            return now
        # Once more: somebody may have been deleted meanwhile.
        check_people(work, new.inbound, owners=self._owners)
        new = attrs.evolve(new, number=now.number + 1)
        work.routing.add(new)
        work.audit.add(attrs.evolve(entry, subject=f"revision {new.number}"))
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
        return commit(self._store, work)


def _check_expected(number: int, expected: int | None) -> None:
    if expected not in (None, number):
        raise Conflict(
            f"the rules were changed: they are at revision {number}, not {expected} any more; "
            "export them again and repeat the change"
        )
