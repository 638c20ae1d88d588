"""
An upgrade, and the way back, as the page for operators says, word for word, on both stores.
"""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command as alembic
from alembic.config import Config
from pages import blocks, page
from postgres import QUICK, PostgresCluster, a_cluster
from sqlalchemy import create_engine

import smscore_sqlmodel
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE

PAGE = page("operating.md")
SECTION = PAGE.partition("## Upgrading\n")[2].partition("\n## ")[0]
BACKUP, UPGRADE = blocks(SECTION, "sh")
COPYING = PAGE.partition("## Backup and restore\n")[2].partition("\n## ")[0]
DUMP, RESTORE = blocks(COPYING, "text")
FIRST = Path(__file__).parents[1] / "sqlmodel/first_schema.sql"
FIRST_ON_POSTGRESQL = "0019"


def shell(script: str, environment: dict[str, str] | None = None) -> str:
    """What a person pastes into a terminal; ``check`` finds that there is no server."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", "set -e\n" + script.replace("smscore check", "smscore check || true")],
        env={**os.environ, "PATH": programs, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.fixture
def old(installation: Path) -> Path:
    """An installation whose database is one of the first schema, with something in every table."""
    path = installation / "smscore.db"
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST.read_text())
    with (installation / "smscore.toml").open("a") as file:
        for name in ("fake", "next"):  # which its rules name
            file.write(f'[channels.{name}]\ntransport = "modem"\nport = "no-modem-here"\n')
    return path


def test_the_first_database_there_was_is_upgraded_by_the_commands_of_the_page(
    old, command, answer, start
):
    refused = command("messages", "list")
    shell(BACKUP)

    shell(UPGRADE)

    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "'smscore migrate' upgrades it" in refused.stderr
    statement = answer("account", "statement", "acme")
    assert (statement["credits"], statement["adds_up"]) == (87, True)
    assert len(answer("messages", "list")) == count(old, "smscore_messages")
    start("serve", "--port", "0").line()
    sent = answer("send", "--account", "acme", "--to", "+491701234567", "after the upgrade")
    assert answer("status", sent["id"])["status"] == "queued"
    assert answer("account", "statement", "acme")["adds_up"]


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        ((found,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(found)


def test_the_way_back_is_the_backup_from_before(old, command, answer):
    before = content(old)
    shown = shell(BACKUP)
    shell(UPGRADE)
    answer("send", "--account", "acme", "--to", "+491701234567", "of the new version")

    # The last two are of the version that is installed then, which is not here.
    steps = re.findall(r"^  (\S.*)$", shown, re.MULTILINE)
    shell("\n".join(steps[:3]))

    assert [step.split()[1] for step in steps[3:]] == ["migrate", "check"]
    assert content(old) == before
    # And it can be upgraded again.
    shell(UPGRADE)
    assert answer("account", "statement", "acme")["adds_up"]


def test_a_database_is_not_migrated_under_a_server(old, start, command):
    shell(UPGRADE)
    server = start("serve", "--port", "0")
    server.line()
    set_revision(old, "0023")

    refused = command("migrate")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"process {server.pid} (" in refused.stderr
    assert "stop it first" in refused.stderr
    set_revision(old, REVISION)
    assert "is up to date" in command("migrate").stdout  # there is nothing that it could lose


def set_revision(path: Path, revision: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = ?", (revision,))


def test_a_second_migration_changes_nothing(old):
    shell(UPGRADE)
    migrated = content(old)

    shell(UPGRADE)

    assert content(old) == migrated


# PostgreSQL.


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster(**QUICK) as cluster:
        yield cluster


@pytest.fixture
def on_postgres(cluster: PostgresCluster, installation: Path) -> dict[str, str]:
    """An installation on the first schema that there was on PostgreSQL; what its tools look at."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{cluster.programs}:{os.environ['PATH']}",
        "PGHOST": str(cluster.directory),
        "PGUSER": "smscore",
    }
    shell("createdb --encoding=UTF8 --template=template0 smscore", environment)
    url = cluster.url("smscore")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    config = Config()
    migrations = Path(smscore_sqlmodel.__file__).parent / "migrations"
    config.set_main_option("script_location", str(migrations))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.upgrade(config, FIRST_ON_POSTGRESQL)
    engine.dispose()
    file = installation / "smscore.toml"
    changed, found = re.subn(r"(?m)^# url = .*$", f'url = "{url}"', file.read_text(), count=1)
    assert found == 1, changed
    file.write_text(changed)
    return environment


def revision(cluster: PostgresCluster) -> Any:
    with cluster.connect("smscore") as connection:
        return connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()


def test_a_database_of_postgresql_is_upgraded_and_taken_back(
    cluster, on_postgres, answer, installation
):
    with cluster.connect("smscore") as connection:
        connection.execute(
            "INSERT INTO smscore_accounts (id, name, tariff, time_zone, credits, used, month)"
            " VALUES (1, 'acme', 'unlimited', 'UTC', 0, 3, '2026-03')"
        )
    shell(DUMP, on_postgres)

    shell(UPGRADE, on_postgres)

    assert revision(cluster) == (REVISION,)
    answer("account", "credit", "acme", "5", "--why", "of the new version")
    assert answer("account", "show", "acme")["credits"] == 5
    # Back: up to the migration, which is that of the version which is installed then.
    shell("dropdb smscore\n" + RESTORE.partition("smscore migrate")[0], on_postgres)
    assert revision(cluster) == (FIRST_ON_POSTGRESQL,)
    with cluster.connect("smscore") as connection:
        assert connection.execute("SELECT credits, used FROM smscore_accounts").fetchall() == [
            (0, 3)
        ]
    shell(UPGRADE, on_postgres)
    assert answer("account", "show", "acme")["credits"] == 0


def test_a_database_of_postgresql_from_a_newer_smscore_is_refused_and_left_alone(
    cluster, on_postgres, command
):
    with cluster.connect("smscore") as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    for arguments in (("messages", "list"), ("serve", "--port", "0"), ("migrate",)):
        result = command(*arguments)

        assert (result.exit_code, result.stdout) == (1, "")
        assert "newer smscore" in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert revision(cluster) == ("9999",)


def test_a_database_of_postgresql_is_not_migrated_under_a_server(
    cluster, on_postgres, start, command
):
    shell(UPGRADE, on_postgres)
    start("serve", "--port", "0").line()
    with cluster.connect("smscore") as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0023'")

    refused = command("migrate")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "a server runs on the database" in refused.stderr
    assert "stop all servers" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert revision(cluster) == ("0023",)
