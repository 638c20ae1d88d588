import threading
from collections.abc import Callable
from typing import TypeVar

from smscore.domain.routing import Route
from smscore.ports.storage import View
from smscore.services._settings import Settings
from smscore.testing import MemoryStore

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
    settings = Settings(store)
    slow = store.slow = threading.Thread(target=settings.routes)
    slow.start()
    assert store.has_read.wait(5)

    new = Route(name="new", channels=("phones",))
    store.run(lambda work: work.routing.replace([new])).result()
    assert settings.routes() == (new,)
    store.may_return.set()
    slow.join()

    assert settings.routes() == (new,)
