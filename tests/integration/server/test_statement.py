import sqlite3

import pytest


@pytest.fixture
def shop(answer, channel):
    answer(
        "account", "create", "shop", "--credits", "10", "--monthly-limit", "100",
        "--time-zone", "Asia/Tokyo",
    )  # fmt: skip
    answer("send", "--account", "shop", "--to", "+491701234567", "one part")
    answer("account", "credit", "shop", "-2", "--why", "typing error")


def test_the_ledger_is_shown_oldest_first_and_adds_up(answer, shop):
    statement = answer("account", "statement", "shop")

    assert [(one["kind"], one["credits"], one["balance"]) for one in statement["entries"]] == [
        ("topup", 10, 10),
        ("charge", -1, 9),
        ("adjust", -2, 7),
    ]
    assert statement["entries"][1]["message"] == answer("messages")[0]["id"]
    assert (statement["opening"], statement["credits"], statement["sum"]) == (0, 7, 7)
    assert (statement["adds_up"], statement["has_more"]) == (True, False)
    assert (statement["used_this_month"], statement["monthly_limit"]) == (1, 100)


def test_people_read_that_it_adds_up(command, shop):
    lines = command("account", "statement", "shop").stdout.splitlines()

    assert lines[0] == "Account shop, times of Asia/Tokyo"
    assert "+09:00" in lines[3]
    assert "3 entries: +10 and -3 credits." in lines
    assert "Balance now: 7 credits." in lines
    assert "All entries of the account add up to its balance." in lines
    assert lines[-1].startswith("Quota of 20")
    assert lines[-1].endswith(": 1 message, of 100.")


def test_what_is_left_out_is_brought_forward(answer, command, shop):
    statement = answer("account", "statement", "shop", "--limit", "2")

    assert [one["balance"] for one in statement["entries"]] == [9, 7]
    assert (statement["opening"], statement["has_more"]) == (10, True)
    shown = command("account", "statement", "shop", "--limit", "2").stdout
    assert "brought forward" in shown
    assert "There are earlier entries" in shown


def test_a_statement_can_be_of_some_days(answer, shop):
    assert len(answer("account", "statement", "shop", "--since", "1h")["entries"]) == 3
    assert answer("account", "statement", "shop", "--since", "2999-01-01")["entries"] == []
    assert answer("account", "statement", "shop", "--until", "2020-12-31")["entries"] == []
    nothing = answer("account", "statement", "shop", "--until", "2020-12-31")
    assert (nothing["opening"], nothing["adds_up"]) == (None, True)


def test_days_begin_where_the_account_is(answer, shop, installation):
    # 2026-11-01 in Tokyo begins on 2026-10-31 at 15:00 UTC.
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_ledger SET at = 1793458799999999 WHERE kind = 'topup'")
        database.execute("UPDATE smscore_ledger SET at = 1793458800000000 WHERE kind = 'charge'")
    database.close()

    october = answer("account", "statement", "shop", "--until", "2026-10-31")["entries"]
    november = answer(
        "account", "statement", "shop", "--since", "2026-11-01", "--until", "2026-11-01"
    )["entries"]

    assert [one["kind"] for one in october] == ["topup"]
    assert [one["kind"] for one in november] == ["charge"]


def test_a_range_that_is_upside_down_is_refused(command, shop):
    days = ("--since", "2026-11-02", "--until", "2026-11-01")

    commands = [("account", "statement", "shop"), ("webhooks", "replay-pushes")]
    results = [command(*one, *days) for one in commands]

    assert [one.exit_code for one in results] == [1, 1]
    told = "error: since is 2026-11-02T00:00:00{}, which is not before until, 2026-11-0{}\n"
    # A statement includes the last day, and its days are the account's.
    assert [one.stderr for one in results] == [
        told.format("+09:00", "2T00:00:00+09:00"),
        told.format("+00:00", "1T00:00:00+00:00"),
    ]


def test_an_account_that_is_not_metered_has_an_empty_ledger(answer, command):
    answer("account", "create", "free")

    statement = answer("account", "statement", "free")

    assert (statement["entries"], statement["credits"], statement["adds_up"]) == ([], None, True)
    shown = command("account", "statement", "free").stdout
    assert "credits are not counted" in shown
    assert "no limit" in shown


def test_a_ledger_that_does_not_add_up_is_said_loudly(command, shop, installation):
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_ledger SET credits = -4 WHERE kind = 'charge'")
    database.close()

    result = command("account", "statement", "shop")

    assert result.exit_code == 1
    assert "add up to its balance" not in result.stdout
    assert result.stderr.startswith("error: THE LEDGER OF ACCOUNT shop DOES NOT ADD UP: ")
    assert "all entries sum to 4, and the balance is 7" in result.stderr
    assert "there were 10 credits, and 9 after another -4" in result.stderr
    assert len(result.stderr.splitlines()) == 1
