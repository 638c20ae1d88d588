from pathlib import Path
from tempfile import TemporaryDirectory

from custody_machine import CustodyMachine
from databases import new_database
from hypothesis import settings

from smscore.ports.storage import Store
from smscore.testing import ManualClock
from smscore_sqlmodel import SqlStore


class SqlCustodyMachine(CustodyMachine):
    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        new_database(Path(self.folder.name, "smscore.db"))
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
