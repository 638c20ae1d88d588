import sqlite3

import pytest

from smscore import GatewayConfig, build
from smscore.domain.messages import Surface
from smscore.services.submission import Item, Submission


@pytest.fixture
def at_a_phone(answer):
    """Makes messages that a phone has fetched; their ids."""
    answer("account", "create", "shop")

    def at_a_phone(*texts, device="pixel"):
        with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
            account = gateway.inquiry.account_named("shop").id
            submission = Submission(
                account=account,
                surface=Surface.QUEUE,
                items=tuple(Item(to="0712345678", text=text) for text in texts),
            )
            gateway.submissions.begin(submission).result()
            fetched = gateway.pickup.fetch(account, limit=200, device=device)
        return [f"{one.message.id:016x}" for one in fetched]

    return at_a_phone


def test_what_a_phone_lost_is_put_back(answer, command, at_a_phone):
    first, second = at_a_phone("a", "b")

    dry = answer("queue", "requeue", "--claimed-before", "8999-01-01", "--dry-run")
    assert (dry["messages"], dry["accounts"], dry["dry_run"]) == (2, {"shop": 2}, True)
    assert answer("status", first)["status"] == "sending"

    done = answer("queue", "requeue", "--claimed-before", "8999-01-01", "--account", "shop")
    assert (done["messages"], done["dry_run"]) == (2, False)
    assert done["claimed_before"] == "8999-01-01T00:00:00Z"
    assert [answer("status", one)["status"] for one in (first, second)] == ["queued"] * 2

    said = command("queue", "requeue", "--claimed-before", "8999-01-01").stdout
    assert said == "0 messages: wait for a phone again\n"
    told = command("explain", first).stdout
    assert "the phone pixel fetched it from phones/shop" in told
    assert "an operator put it back: it waits for a phone again" in told


def test_what_a_phone_fetched_lately_stays_with_it(answer, at_a_phone):
    at_a_phone("a")

    assert answer("queue", "requeue", "--claimed-before", "1h")["messages"] == 0


def test_a_mistyped_account_is_said(command, at_a_phone):
    at_a_phone("a")

    result = command("queue", "requeue", "--claimed-before", "1h", "--account", "shoop")

    assert result.exit_code == 1
    assert "there is no account 'shoop'" in result.stderr


def test_phones_are_listed_with_what_they_did(answer, command, at_a_phone):
    at_a_phone("a")
    at_a_phone("b", device=None)

    nameless, named = answer("device", "list")

    assert (nameless["name"], named["name"]) == (None, "pixel")
    assert (named["account"], named["delivered"], named["failed"]) == ("shop", 0, 0)
    assert named["silent"] is False
    assert named["first_seen"] == named["last_seen"] == named["last_poll"]
    lines = command("device", "list", "--account", "shop").stdout.splitlines()
    assert lines[0].split() == [
        "ACCOUNT", "NAME", "LAST", "SEEN", "LAST", "POLL", "DELIVERED", "FAILED", "SILENT",
    ]  # fmt: skip
    assert lines[1].startswith("shop     unnamed")


def test_a_phone_can_be_forgotten(answer, command, at_a_phone):
    at_a_phone("a")
    at_a_phone("b", device=None)

    assert command("device", "forget", "pixel", "--account", "shop").stdout == (
        "pixel of shop is forgotten\n"
    )
    assert answer("device", "forget", "--unnamed", "--account", "shop") == {
        "account": "shop",
        "name": None,
    }
    assert answer("device", "list") == []
    assert command("device", "forget", "pixel", "--account", "shop").exit_code == 1
    assert command("device", "forget", "--account", "shop").exit_code == 2


@pytest.mark.parametrize(("name", "typed"), [("pixel 7", "'pixel 7'"), ("-rf", "-- -rf")])
def test_a_phone_that_is_silent_is_wrong(answer, command, at_a_phone, installation, name, typed):
    at_a_phone("a", device=name)
    assert "phones: 1 device, none of them silent" in command("check").stdout
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_devices SET last_seen = 0, last_poll = 0")
    database.close()

    result = command("check")

    assert result.exit_code == 1
    assert f"phone {name} of shop" in result.stdout
    assert "silent since 1970-01-01T00:00:00Z" in result.stdout
    assert f"smscore device forget --account shop {typed}" in result.stdout
    (device,) = answer("device", "list")
    assert device["silent"] is True
