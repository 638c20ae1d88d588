"""
A full or broken disk loses nothing that was acknowledged, and work goes on when there is room.
"""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from databases import connection_of
from msgspec.structs import replace

from smscore.errors import ConfigurationError, StoreUnavailable
from smscore.ports.storage import Lane, UnitOfWork
from smscore.testing import a_tracked
from smscore_sqlmodel import SqlStore, migrate

PATIENCE = 30.0
DUMP = Path(__file__).with_name("first_schema.sql")
ROOM = resource.RLIM_INFINITY

CHILD = """
import sys
from msgspec.structs import replace
from smscore.errors import StoreUnavailable
from smscore.testing import a_tracked
from smscore_sqlmodel import SqlStore

def sending():
    tracked = a_tracked()
    message = replace(tracked.message, text="long " * 200)
    return message.id, lambda work: work.outbox.add(message, tracked.delivery)

store = SqlStore(sys.argv[1])
store.run(lambda work: None).result(30)
for line in sys.stdin:
    command, number = line.split()
    if command == "checkpoint":  # after so many pages of the log
        store._writer._connection.raw.execute(f"PRAGMA wal_autocheckpoint = {number}")
        print("done", flush=True)
        continue
    units = [sending() for _ in range(int(number))]
    futures = [(message, store.run(work)) for message, work in units]
    for message, future in futures:
        error = future.exception(30)
        assert error is None or isinstance(error, StoreUnavailable), error
        print(message if error is None else f"refused: {error}")
    print("done", flush=True)
store.close()
"""


@attrs.define
class Child:
    """A process with a store, whose files can be kept from growing."""

    process: "subprocess.Popen[str]"

    def tell(self, command: str) -> list[str]:
        """What it answers to a command."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return list(iter(lambda: self._line(), "done"))

    def send(self, number: int) -> tuple[set[int], list[str]]:
        """Ids that it acknowledged, and refusals."""
        answers = self.tell(f"send {number}")
        refusals = [one for one in answers if one.startswith("refused")]
        return {int(one) for one in answers if one not in refusals}, refusals

    def limit(self, size: int) -> None:
        """Let no file of the process grow beyond so many bytes."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, ROOM))

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return line.strip()


@pytest.fixture
def child(path: Path) -> Iterator[Child]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, f"sqlite:///{path}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Child(process)


def sending(text: str = "long " * 200) -> Callable[[UnitOfWork], int]:
    tracked = a_tracked()

    def work(work: UnitOfWork) -> int:
        work.outbox.add(replace(tracked.message, text=text), tracked.delivery)
        return tracked.message.id

    return work


def stored(path: Path) -> set[int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {one for (one,) in connection.execute("SELECT id FROM smscore_messages")}


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_when_the_log_cannot_grow_units_are_refused_until_it_can(child: Child, path: Path) -> None:
    acknowledged, _ = child.send(20)
    child.limit(log_of(path).stat().st_size + 20_000)  # room for a few, and for half a batch

    refused: list[str] = []
    while not refused:
        more, refused = child.send(10)
        acknowledged |= more
    child.limit(ROOM)
    last, still_refused = child.send(10)

    assert all("the database failed" in one for one in refused)
    assert (len(last), still_refused) == (10, [])
    child.process.kill()
    child.process.wait(PATIENCE)
    assert acknowledged | last <= stored(path)


def test_when_nothing_can_be_checkpointed_the_log_keeps_what_was_acknowledged(
    child: Child, path: Path
) -> None:
    child.tell("checkpoint 8")
    size = path.stat().st_size
    child.limit(size)  # the log is shorter than that, and goes on growing

    acknowledged: set[int] = set()
    refused: list[str] = []
    rounds = 0
    while not refused:
        more, refused = child.send(5)
        acknowledged |= more
        rounds += 1
    without_room = path.stat().st_size
    child.limit(ROOM)
    last, still_refused = child.send(200)

    assert rounds > 3
    assert without_room == size
    assert (len(last), still_refused) == (200, [])
    child.process.kill()
    child.process.wait(PATIENCE)
    assert acknowledged | last <= stored(path)


def test_a_process_killed_on_a_full_disk_leaves_what_it_acknowledged(
    child: Child, path: Path
) -> None:
    child.limit(path.stat().st_size)
    acknowledged: set[int] = set()
    refused: list[str] = []
    while not refused:
        more, refused = child.send(5)
        acknowledged |= more

    child.process.kill()
    child.process.wait(PATIENCE)

    assert acknowledged <= stored(path)


def run_without_room(program: str) -> str:
    """Run a program whose files cannot grow beyond 60 000 bytes; what it printed."""
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, -1))\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_a_backup_without_room_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backups" / "smscore.db"

    said = run_without_room(f"""
from pathlib import Path
from smscore.errors import StoreUnavailable
from smscore_sqlmodel import backup
try:
    backup("sqlite:///{path}", Path("{target}"))
except StoreUnavailable as refusal:
    print(refusal)
""")

    assert f"cannot be copied to {target}" in said
    assert list(target.parent.iterdir()) == []


def test_a_migration_without_room_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text())

    said = run_without_room(f"""
from smscore.errors import StoreUnavailable
from smscore_sqlmodel import migrate
try:
    migrate("sqlite:///{path}")
except StoreUnavailable as refusal:
    print(refusal)
""")

    assert f"{path} cannot be migrated" in said
    with pytest.raises(ConfigurationError, match="schema 0001"):
        SqlStore(f"sqlite:///{path}")
    migrate(f"sqlite:///{path}")
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        assert len(store.read(lambda view: view.outbox.find())) == 13


def test_a_batch_that_fills_the_database_is_refused_with_its_neighbours(
    store: SqlStore, path: Path
) -> None:
    kept = store.run(sending()).result(PATIENCE)
    connection = connection_of(store)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()

    def limit(_: UnitOfWork) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    futures = [store.run(limit, lane=Lane.CUSTODY), *[store.run(sending()) for _ in range(50)]]
    errors = [future.exception(PATIENCE) for future in futures]
    after = store.run(sending()).result(PATIENCE)

    assert any("full" in str(error) for error in errors)
    assert {type(error) for error in errors} <= {StoreUnavailable, type(None)}
    acknowledged = {
        future.result() for future, error in zip(futures, errors, strict=True) if error is None
    }
    assert {kept, after, *acknowledged - {None}} <= stored(path)


@pytest.mark.parametrize("asks", [False, True])
def test_a_unit_that_finds_the_database_full_leaves_no_half_of_itself(
    store: SqlStore, path: Path, *, asks: bool
) -> None:
    (pages,) = connection_of(store).execute("PRAGMA page_count").fetchone()
    numbers: set[int] = set()

    def fill(work: UnitOfWork) -> None:
        writer = store._writer
        assert writer is not None
        assert writer._connection is not None
        writer._connection.raw.execute(f"PRAGMA max_page_count = {pages + 2}")
        for _ in range(100):
            numbers.add(sending()(work))
            if asks:
                work.outbox.claimable("fake", limit=1)

    def survive(work: UnitOfWork) -> str:
        try:
            fill(work)
        except StoreUnavailable:
            return "as if nothing had happened"
        return "full"

    futures = [store.run(fill), store.run(survive)]
    errors = [future.exception(PATIENCE) for future in futures]
    after = store.run(sending()).result(PATIENCE)

    assert [type(error) for error in errors] == [StoreUnavailable] * 2
    assert stored(path) == {after}
    assert after not in numbers


def test_a_database_that_cannot_be_written_is_read_all_the_same(
    store: SqlStore, path: Path
) -> None:
    kept = store.run(sending()).result(PATIENCE)
    connection = connection_of(store)

    def protect(_: UnitOfWork) -> None:
        connection.execute("PRAGMA query_only = ON")

    errors = [
        future.exception(PATIENCE)
        for future in (store.run(protect, lane=Lane.CUSTODY), store.run(sending()))
    ]
    found = store.read(lambda view: [one.message.id for one in view.outbox.find()])
    after = store.run(sending()).result(PATIENCE)

    assert "readonly" in str(errors[1])
    assert kept in found
    assert {kept, after} <= stored(path)
