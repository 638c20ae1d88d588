import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import smscore_sqlmodel
from smscore.errors import ConfigurationError, StoreUnavailable
from smscore_sqlmodel import SqlStore, _columns, migrate
from smscore_sqlmodel._rows import metadata
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "smscore.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def _set_revision(path: Path, revision: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = ?", (revision,))
    connection.close()


def _definitions(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Tables and indexes by name, as the lines of their definitions in whatever order."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> ?", (VERSION_TABLE,)
    )
    return {name: _lines(sql) for name, sql in found}


def _lines(sql: str) -> list[str]:
    # A column that was added later stands behind the constraints.
    start, body = " ".join(sql.split()).split("(", 1)
    body, _, end = body.rpartition(")")
    return [start.strip(), end.strip(), *sorted(one.strip() for one in body.split(", "))]


def test_the_names_in_statements_are_those_of_the_tables() -> None:
    named = [one for one in vars(_columns).values() if isinstance(one, _columns.Columns)]

    assert {one.table: (one.names, one.key) for one in named} == {
        name: (tuple(table.columns.keys()), tuple(table.primary_key.columns.keys()))
        for name, table in metadata.tables.items()
    }


def test_a_store_is_used_without_importing_what_only_migrations_need(url: str) -> None:
    migrate(url)
    program = (
        "import sys, smscore_sqlmodel\n"
        f"store = smscore_sqlmodel.SqlStore({url!r})\n"
        "store.run(lambda work: work.accounts.all()).result()\n"
        "store.close()\n"
        "assert not {'sqlalchemy', 'sqlmodel', 'pydantic', 'alembic'} & sys.modules.keys()\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_migrated_schema_is_the_tables_own(path: Path, url: str) -> None:
    migrate(url)
    engine = create_engine("sqlite://")
    metadata.create_all(engine)

    migrated = sqlite3.connect(path)
    with engine.connect() as connection:
        wanted = connection.connection.driver_connection
        assert isinstance(wanted, sqlite3.Connection)
        assert _definitions(migrated) == _definitions(wanted)

    migrated.close()
    engine.dispose()


# One index is over an expression, which Alembic leaves alone; the test before compares it as well.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_alembic_finds_nothing_to_generate(url: str) -> None:
    migrate(url)
    engine = create_engine(url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []

    engine.dispose()


def test_the_code_knows_the_newest_revision() -> None:
    config = Config()
    migrations = Path(smscore_sqlmodel.__file__).parent / "migrations"
    config.set_main_option("script_location", str(migrations))

    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_migrating_twice_changes_nothing(path: Path, url: str) -> None:
    migrate(url)
    before = path.read_bytes()

    migrate(url)

    assert path.read_bytes() == before


def test_a_migrated_file_is_its_owners_alone(path: Path, url: str) -> None:
    migrate(url)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_migration_leaves_the_file_as_it_was(path: Path, url: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE smscore_users (mine)")
    connection.close()

    with pytest.raises(StoreUnavailable, match="cannot be migrated"):
        migrate(url)

    connection = sqlite3.connect(path)
    assert list(_definitions(connection)) == ["smscore_users"]
    connection.close()


def test_a_file_that_is_no_database_is_not_migrated(path: Path, url: str) -> None:
    path.write_text("not a database, but long enough to have a header of its own" * 10)

    with pytest.raises(StoreUnavailable, match="cannot be migrated"):
        migrate(url)


def test_a_file_that_is_no_database_does_not_stay_open(path: Path, url: str) -> None:
    path.write_text("not a database, but long enough to have a header of its own" * 10)

    with pytest.raises(StoreUnavailable) as failure:
        migrate(url)

    opened = [one.readlink() for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert path not in opened, failure  # which would hold whatever its frames do


def test_a_hosts_tables_are_not_ours() -> None:
    assert not [name for name in SQLModel.metadata.tables if name.startswith("smscore_")]
    assert all(name.startswith("smscore_") for name in metadata.tables)


def test_a_missing_database_is_not_created(path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="smscore init"):
        SqlStore(url)

    assert not path.exists()


def test_a_database_of_somebody_else_is_refused(path: Path, url: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.close()

    with pytest.raises(ConfigurationError, match="smscore init"):
        SqlStore(url)


def test_an_old_schema_is_refused_with_the_way_out(path: Path, url: str) -> None:
    migrate(url)
    _set_revision(path, "0000")

    with pytest.raises(ConfigurationError, match="smscore migrate"):
        SqlStore(url)


def test_a_new_schema_is_refused_with_the_way_out(path: Path, url: str) -> None:
    migrate(url)
    _set_revision(path, "9999")

    with pytest.raises(ConfigurationError, match="newer smscore"):
        SqlStore(url)
    with pytest.raises(ConfigurationError, match="newer"):
        migrate(url)


def test_a_file_that_is_no_database_is_refused(path: Path, url: str) -> None:
    path.write_text("not a database, but long enough to have a header of its own" * 10)

    with pytest.raises(StoreUnavailable, match="cannot be read"):
        SqlStore(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://host/path.db",
        "sqlite:///a.db?mode=ro",
        "mysql://localhost/smscore",
        "nonsense",
    ],
)
def test_a_url_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        SqlStore(url)
