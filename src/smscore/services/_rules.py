"""
The rules in force, compiled when they change.
"""

from collections.abc import Callable, Sequence

import attrs

from smscore.domain.inbound_rules import InboundRules
from smscore.domain.matching import Find, find_nothing
from smscore.domain.routes import Revision, Routes
from smscore.ports.patterns import PatternEngine
from smscore.ports.storage import Store, Topic

__all__ = ["Compiled", "RulesInForce"]


@attrs.frozen(kw_only=True)
class Compiled:
    """The rules of a revision, in both directions."""

    routes: Routes = attrs.Factory(Routes)
    inbound: InboundRules = attrs.Factory(InboundRules)


class RulesInForce:
    """The rules as last committed, within a second. Any thread may ask."""

    def __init__(self, *, store: Store, engine: Callable[[], PatternEngine]) -> None:
        self._store = store
        self._engine = engine
        self._changed = store.wakeup(Topic.ROUTING)
        self._compiled: list[Compiled] = []  # one, or none yet

    def routes(self) -> Routes:
        """The outbound rules in their order."""
        return self.now().routes

    @property
    def are_at_hand(self) -> bool:
        """Whether they are known, without a look at the store."""
        return bool(self._known())

    def now(self) -> Compiled:
        """The rules in both directions."""
        known = self._known()
        if not known:
            known.append(self.compiled(self._store.read(lambda view: view.routing.newest())))
        return known[0]

    def compiled(self, revision: Revision | None) -> Compiled:
        """
        The rules of a revision; None: there are none.

        Raises:
            InvalidRequest: a pattern is not understood.
        """
        if revision is None:
            return Compiled()
        return Compiled(
            routes=Routes(revision.routes, revision=revision.number, find_all=self._find_all),
            inbound=InboundRules(
                revision.inbound,
                revision=revision.number,
                find_all=self._find_all,
                replace_with=lambda pattern, by: self._engine().compile_replace(pattern, by),
            ),
        )

    def _known(self) -> list[Compiled]:
        if self._changed.wait(0):
            # A new one: a look-up that began before the change ends in the old one.
            self._compiled = []
        return self._compiled

    def _find_all(self, patterns: Sequence[str]) -> Find:
        # Without patterns none is asked for: it may be that none is installed.
        return self._engine().compile_set(patterns).find if patterns else find_nothing(patterns)
