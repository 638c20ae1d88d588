import shutil
import sqlite3
import stat
import subprocess

import pytest


def age(installation, message, *, days):
    """Let a message be that much older, in every respect."""
    step = days * 86_400_000_000
    with sqlite3.connect(installation / "smscore.db") as database:
        for column in ("accepted_at", "sent_at", "finished_at"):
            database.execute(
                f"UPDATE smscore_messages SET {column} = {column} - ? WHERE id = ?",
                (step, int(message, 16)),
            )
    database.close()


@pytest.fixture
def send(answer, channel):
    answer("account", "create", "shop", "--credits", "10")

    def send():
        return answer("send", "--account", "shop", "--to", "+491701234567", "hello")["id"]

    return send


def test_what_ended_long_ago_is_dropped_and_the_ledger_stays(answer, command, send, installation):
    old, young, waiting = send(), send(), send()
    answer("messages", "cancel", old, young)
    age(installation, old, days=91)
    age(installation, waiting, days=91)

    assert answer("prune", "--older-than", "90d") == {
        "messages": 1,
        "inbound": 0,
        "audit": 0,
        "channel_events": 0,
    }

    assert [one["id"] for one in answer("messages")] == [waiting, young]
    assert command("explain", old).exit_code == 1
    statement = answer("account", "statement", "shop")
    assert (statement["adds_up"], len(statement["entries"])) == (True, 6)


def test_people_are_told_how_much_was_dropped(command, send):
    assert command("prune", "--older-than", "26w").stdout == (
        "0 messages and 0 received messages dropped\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [(), ("--older-than", "soon"), ("--older-than", "0d"), ("--older-than", "-1d")],
)
def test_how_old_must_be_said(command, arguments):
    assert command("prune", *arguments).exit_code == 2


def test_a_backup_has_everything_and_is_for_its_owner_alone(answer, send, installation):
    message = send()

    made = answer("backup", "copies/today")

    copy = installation / "copies/today"
    database, key = copy / "smscore.db", copy / "smscore.key"
    assert (made["store"], made["key"]) == ("copies/today/smscore.db", "copies/today/smscore.key")
    assert key.read_bytes() == (installation / "smscore.key").read_bytes()
    for path in (database, key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
    shutil.copy(installation / "smscore.toml", database.parent)
    (kept,) = answer("messages", "--config", "copies/today/smscore.toml")
    assert kept["id"] == message


def test_the_commands_that_restore_a_backup_are_those_that_were_shown(
    answer, command, send, installation
):
    kept = send()
    made = answer("backup", "copy")
    lost = send()

    for step in made["restore"][:3]:
        subprocess.run(step, shell=True, check=True)
    answer("migrate")

    assert [one["id"] for one in answer("messages")] == [kept]
    assert command("status", lost).exit_code == 1
    assert made["restore"][3:] == [
        f"smscore {name} --config {installation}/smscore.toml" for name in ("migrate", "check")
    ]


def test_a_backup_can_be_made_beside_a_running_server(start, answer, send):
    send()
    start("serve", "--port", "0").line()

    assert answer("backup", "copy")["store"] == "copy/smscore.db"


def test_a_backup_overwrites_nothing(command, installation):
    command("backup", "copy")
    before = {path: path.read_bytes() for path in (installation / "copy").iterdir()}

    result = command("backup", "copy")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "stays as it is; name another directory" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in (installation / "copy").iterdir()} == before


def test_without_the_key_file_there_is_no_backup(command, installation):
    (installation / "smscore.key").unlink()

    result = command("backup", "copy")

    assert result.exit_code == 1
    assert "there is no key file" in result.stderr
    assert not (installation / "copy").exists()


def test_a_half_backup_is_not_left_behind(command, installation):
    (installation / "copy").mkdir()
    (installation / "copy/smscore.db").write_text("something else")

    result = command("backup", "copy")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert [path.name for path in (installation / "copy").iterdir()] == ["smscore.db"]
    assert (installation / "copy/smscore.db").read_text() == "something else"


def test_a_place_that_cannot_be_written_is_said_on_one_line(command, installation):
    (installation / "file").touch()

    result = command("backup", "file/copy")

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize(
    ("revision", "way_out"), [("0001", "'smscore migrate' upgrades it"), ("9999", "newer smscore")]
)
@pytest.mark.parametrize(
    "arguments", [("messages",), ("serve", "--port", "0"), ("prune", "--older-than", "90d")]
)
def test_a_database_of_another_version_is_refused_with_the_way_out(
    command, installation, revision, way_out, arguments
):
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_schema SET version_num = ?", (revision,))
    database.close()

    result = command(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert way_out in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_database_can_be_backed_up_before_it_is_migrated(command, installation):
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_schema SET version_num = '0001'")
    database.close()

    assert command("backup", "copy").exit_code == 0
