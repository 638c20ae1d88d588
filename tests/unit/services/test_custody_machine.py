from custody_machine import CustodyMachine
from hypothesis import settings

from smscore.ports.storage import Store
from smscore.testing import ManualClock, MemoryStore


class LastingMemoryStore(MemoryStore):
    """One that the next process can open: closing it does nothing."""

    def close(self) -> None:
        pass


class MemoryCustodyMachine(CustodyMachine):
    kept: Store | None = None

    def open_store(self, clock: ManualClock) -> Store:
        self.kept = self.kept or LastingMemoryStore(clock=clock)
        return self.kept


TestCustodyInMemory = MemoryCustodyMachine.TestCase
TestCustodyInMemory.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=50
)
