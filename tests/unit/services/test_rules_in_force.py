import threading
from collections.abc import Callable
from typing import TypeVar

from smscore.domain.routes import Revision, Route
from smscore.ports.storage import View
from smscore.services._rules import RulesInForce
from smscore.testing import NOON, MemoryStore
from smscore_policy import make_pattern_engine

T = TypeVar("T")


class SlowStore(MemoryStore):
    """A store one of whose reads comes to its end only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.slow: threading.Thread | None = None
        self.has_read = threading.Event()
        self.may_return = threading.Event()

    def read(self, work: Callable[[View], T]) -> T:
        found = super().read(work)
        if threading.current_thread() is self.slow:
            self.has_read.set()
            self.may_return.wait(5)
        return found


def test_a_look_up_that_began_before_a_change_does_not_hide_it() -> None:
    store = SlowStore()
    rules = RulesInForce(store=store, engine=make_pattern_engine)
    slow = store.slow = threading.Thread(target=rules.routes)
    slow.start()
    assert store.has_read.wait(5)

    new = Route(name="new", channels=("phones",))
    first = Revision(number=1, at=NOON, routes=(new,))
    store.run(lambda work: work.routing.add(first)).result()
    assert rules.routes().routes == (new,)
    store.may_return.set()
    slow.join()

    assert rules.routes().routes == (new,)
