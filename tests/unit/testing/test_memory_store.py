import pytest

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore.testing.memory import MemoryStore


class TestMemoryStore(StoreContract):
    is_durable = False
    is_queueing = False
    has_one_server = False

    @pytest.fixture
    def make_store(self) -> StoreMaker:
        return lambda clock: MemoryStore(clock=clock)
