import os
import pwd


def test_who_did_what_is_shown(answer, command):
    answer("account", "create", "shop", "--credits", "10")
    answer("account", "credit", "shop", "5", "--why", "invoice 117")

    newest, *others = answer("audit")

    user = pwd.getpwuid(os.getuid()).pw_name
    assert newest["who"].split(" as ")[-1] == user
    assert (newest["what"], newest["subject"], newest["detail"]) == (
        "account.credited",
        "shop",
        {"credits": 5},
    )
    assert [one["what"] for one in others] == ["token.issued", "account.created"]
    assert "account.credited" in command("audit", "--limit", "1").stdout


def test_only_what_was_done_lately_is_shown(answer):
    answer("account", "create", "shop")

    assert answer("audit", "--since", "2999-01-01") == []
    assert len(answer("audit", "--since", "1h")) == 2


def test_a_number_is_not_in_the_log(answer, command):
    answer("account", "create", "shop")
    command("consent", "opt-out", "+491701234567")
    command("erase", "+491701234567", "--yes")

    log = command("audit", "--json").stdout
    assert "1701234567" not in log
    assert log.count("hmac:") == 3


def test_accounts_are_called_by_their_names(answer):
    answer("account", "create", "shop")
    answer("webhooks", "add", "https://example.org/", "--account", "shop")

    newest, *_ = answer("audit")

    assert (newest["what"], newest["detail"]) == ("webhook.added", {"account": "shop"})
