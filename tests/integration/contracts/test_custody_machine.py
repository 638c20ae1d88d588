from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from custody_machine import CustodyMachine
from hypothesis import settings

from smscore.ports.storage import Store
from smscore.testing import ManualClock
from smscore_sqlmodel import SqlStore, migrate


@cache
def new_schema() -> bytes:
    """A database without data: made once, copied for each run."""
    with TemporaryDirectory() as folder:
        migrate(f"sqlite:///{folder}/new.db")
        return Path(folder, "new.db").read_bytes()


class SqlCustodyMachine(CustodyMachine):
    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        Path(self.folder.name, "smscore.db").write_bytes(new_schema())
        super().__init__()

    def open_store(self, clock: ManualClock) -> Store:
        return SqlStore(f"sqlite:///{self.folder.name}/smscore.db", clock=clock)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.folder.cleanup()


TestCustodyInSql = SqlCustodyMachine.TestCase
TestCustodyInSql.settings = settings(
    max_examples=settings().max_examples // 10, stateful_step_count=30
)
