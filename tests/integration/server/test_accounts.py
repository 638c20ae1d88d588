import hashlib

import pytest

from smscore import GatewayConfig, build
from smscore.errors import AuthenticationFailed


def test_an_account_is_created_and_shown(answer):
    created = answer(
        "account", "create", "shop", "--credits", "500", "--plan", "enterprise",
        "--monthly-limit", "1000", "--subscription-until", "2027-12-31", "--country", "DE",
        "--claim-lease", "2h",
    )  # fmt: skip

    assert created == {
        "name": "shop",
        "id": 1,
        "plan": "enterprise",
        "country": "DE",
        "time_zone": "UTC",
        "sender": None,
        "credits": 500,
        "monthly_limit": 1000,
        "used_this_month": 0,
        "subscription_until": "2028-01-01T00:00:00Z",
        "claim_lease": 7200,
        "languages": [],
        "wide_reference": False,
        "replace_typography": False,
        "max_parts": 50,
    }
    assert answer("account", "list") == [created]
    shown = answer("account", "show", "shop")
    assert [entry["credits"] for entry in shown.pop("statement")] == [500]
    assert shown == created


def test_what_is_not_given_is_not_metered(answer):
    created = answer("account", "create", "shop", "--subscription-until", "forever")

    assert [created[key] for key in ("credits", "monthly_limit", "subscription_until")] == [
        None
    ] * 3


def allowed(account):
    return [
        account[key] for key in ("languages", "wide_reference", "replace_typography", "max_parts")
    ]


def test_an_account_is_created_with_what_its_texts_may_use(answer):
    created = answer(
        "account", "create", "shop", "--language", "Turkish", "--language", "es",
        "--language", "tr", "--wide-reference", "--replace-typography", "--max-parts", "255",
    )  # fmt: skip

    assert allowed(created) == [["tr", "es"], True, True, 255]
    assert allowed(answer("account", "show", "shop")) == allowed(created)
    assert [allowed(one) for one in answer("account", "list")] == [allowed(created)]


@pytest.mark.parametrize(
    ("arguments", "then"),
    [
        (("--language", "ur"), [["ur"], True, True, 6]),
        (("--language", "none"), [[], True, True, 6]),
        (("--no-wide-reference",), [["tr"], False, True, 6]),
        (("--no-replace-typography",), [["tr"], True, False, 6]),
        (("--max-parts", "1"), [["tr"], True, True, 1]),
        (
            ("--language", "hi", "--language", "ta", "--no-wide-reference", "--max-parts", "7"),
            [["hi", "ta"], False, True, 7],
        ),
    ],
)
def test_only_what_is_given_is_set(answer, arguments, then):
    before = answer(
        "account", "create", "shop", "--credits", "5", "--language", "tr", "--wide-reference",
        "--replace-typography", "--max-parts", "6",
    )  # fmt: skip

    changed = answer("account", "set", "shop", *arguments)

    assert allowed(changed) == then
    assert list(changed) == list(before)
    assert changed["credits"] == 5


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        (("--plan", "enterprise"), "plan", "enterprise"),
        (("--monthly-limit", "7"), "monthly_limit", 7),
        (("--monthly-limit", "none"), "monthly_limit", None),
        (("--subscription-until", "2027-12-31"), "subscription_until", "2028-01-01T00:00:00Z"),
        (("--subscription-until", "forever"), "subscription_until", None),
        (("--claim-lease", "90m"), "claim_lease", 5400),
        (("--claim-lease", "off"), "claim_lease", None),
        (("--country", "FR"), "country", "FR"),
        (("--country", "none"), "country", None),
        (("--time-zone", "Asia/Tokyo"), "time_zone", "Asia/Tokyo"),
        (("--sender", "SHOP"), "sender", "SHOP"),
        (("--sender", "none"), "sender", None),
        (("--metered",), "credits", 5),
        (("--unmetered",), "credits", None),
    ],
)
def test_what_an_account_may_do_can_be_changed(answer, arguments, key, value):
    before = answer(
        "account", "create", "shop", "--credits", "5", "--monthly-limit", "1000",
        "--subscription-until", "2026-12-31", "--country", "DE", "--time-zone", "Europe/Berlin",
        "--sender", "ACME", "--language", "tr", "--claim-lease", "1d",
    )  # fmt: skip

    changed = answer("account", "set", "shop", *arguments)

    assert changed == {**before, key: value}
    assert answer("account", "list") == [changed]


def test_credits_are_counted_from_0_and_what_is_left_is_booked_out(answer):
    answer("account", "create", "shop")

    assert answer("account", "set", "shop", "--metered")["credits"] == 0
    answer("account", "credit", "shop", "5", "--why", "invoice")
    assert answer("account", "set", "shop", "--unmetered")["credits"] is None

    statement = answer("account", "statement", "shop")
    assert [entry["credits"] for entry in statement["entries"]] == [5, -5]
    assert statement["adds_up"]


def test_people_see_what_an_accounts_texts_may_use(command):
    command("account", "create", "shop", "--language", "tr", "--language", "es")

    shown = command("account", "show", "shop").stdout

    assert "languages           tr, es\n" in shown
    assert "wide_reference      no\n" in shown


def test_to_set_nothing_is_a_usage_error(command):
    command("account", "create", "shop")

    result = command("account", "set", "shop")

    assert result.exit_code == 2
    assert "nothing is to be changed" in result.stderr


def test_credit_can_be_taken_as_well_as_given(answer):
    answer("account", "create", "shop", "--credits", "10")

    answer("account", "credit", "shop", "5", "--why", "invoice 7")
    changed = answer("account", "credit", "shop", "-3", "--why", "typing error")

    assert changed["credits"] == 12
    whys = [entry["why"] for entry in answer("account", "show", "shop")["statement"]]
    assert whys == ["typing error", "invoice 7", "opening balance"]


def test_people_see_a_table(command):
    command("account", "create", "shop", "--credits", "10")

    headings, row = command("account", "list").stdout.splitlines()

    assert headings.split()[:4] == ["NAME", "PLAN", "COUNTRY", "CREDITS"]
    assert row.split()[:4] == ["shop", "standard", "-", "10"]


def test_what_the_core_refuses_is_one_line_and_status_1(command):
    command("account", "create", "shop")

    result = command("account", "create", "shop")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "create"),
        ("account", "create", "shop", "--credits", "-1"),
        ("account", "create", "shop", "--credits", "many"),
        ("account", "create", "shop", "--subscription-until", "tomorrow"),
        ("account", "set", "shop", "--monthly-limit", "-1"),
        ("account", "set", "shop", "--monthly-limit", "some"),
        ("account", "set", "shop", "--claim-lease", "soon"),
        ("account", "statement", "shop", "--since", "yesterday"),
        ("account", "statement", "shop", "--limit", "0"),
        ("account", "create", "shop", "--max-parts", "0"),
        ("account", "create", "shop", "--max-parts", "256"),
        ("account", "create", "shop", "--language", "German"),
        ("account", "set", "shop", "--language", ""),
        ("account", "set", "shop", "--max-parts", "2.5"),
        ("account", "credit", "shop", "5"),
        ("account", "credit", "shop", "five", "--why", "x"),
        ("user", "create", "monitor", "--account", "shop"),
        ("user", "create", "monitor", "--account", "shop", "--permission", "root"),
        ("token", "create"),
        ("key", "create"),
    ],
)
def test_a_wrong_call_is_a_usage_error(command, arguments):
    result = command(*arguments)

    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "show", "nobody"),
        ("account", "credit", "nobody", "5", "--why", "x"),
        ("account", "set", "nobody", "--max-parts", "5"),
        ("account", "set", "nobody", "--plan", "golden"),
        ("account", "set", "nobody", "--time-zone", "Berlin"),
        ("account", "set", "nobody", "--country", "Germany"),
        ("account", "set", "nobody", "--claim-lease", "59s"),
        ("account", "set", "nobody", "--sender", "much too long a name"),
        ("account", "statement", "nobody"),
        ("account", "create", "shop", "--time-zone", "Berlin"),
        ("account", "create", "shop", "--plan", "golden"),
        ("account", "create", "shop", "--country", "Germany"),
        ("token", "create", "--account", "nobody"),
        ("key", "create", "--account", "nobody"),
    ],
)
def test_what_does_not_exist_is_said_on_one_line(command, arguments):
    result = command(*arguments)

    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_password_comes_from_standard_input(command):
    command("account", "create", "shop")

    result = command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.send",
        "--permission", "api.status", "--password-stdin", stdin="a good password\n",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert "api.send, api.status" in result.stdout
    assert "a good password" not in result.output


def test_on_a_terminal_a_password_is_asked_for_twice_and_not_shown(command, on_terminal):
    command("account", "create", "shop")
    user = ("user", "create", "monitor", "--account", "shop", "--permission", "api.send")
    password = "a good password"

    status, shown = on_terminal(
        *user, answers={"Password: ": password, "Repeat for confirmation: ": password}
    )

    assert status == 0, shown
    assert password not in shown


def test_without_a_terminal_a_password_cannot_be_asked_for(command):
    command("account", "create", "shop")

    result = command("user", "create", "monitor", "--account", "shop", "--permission", "api.send")

    assert result.exit_code == 2
    assert "--password-stdin" in result.stderr


def test_a_short_password_is_refused(command):
    command("account", "create", "shop")

    result = command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.send",
        "--password-stdin", stdin="short\n",
    )  # fmt: skip

    assert result.exit_code == 1


def test_a_password_that_is_no_text_is_refused(command):
    command("account", "create", "shop")

    result = command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.send",
        "--password-stdin", stdin=b"a good \xff password\n",
    )  # fmt: skip

    assert (result.exit_code, result.stderr) == (1, "error: the password is not valid UTF-8\n")


def test_the_token_stays_the_same_until_it_is_renewed(answer):
    answer("account", "create", "shop")

    first, again = (answer("token", "create", "--account", "shop")["token"] for _ in range(2))
    renewed = answer("token", "create", "--account", "shop", "--renew")["token"]

    assert first == again
    assert len(renewed) == 64
    assert renewed != first


def test_a_key_is_found_by_its_label_and_ended(answer, command, installation):
    answer("account", "create", "shop")
    answer("account", "create", "other")
    stays = answer("key", "create", "--account", "shop")["key"]
    lost = answer("key", "create", "--account", "shop", "--label", "website")["key"]

    _, found = answer("key", "list", "--account", "shop")
    assert found["label"] == "website"
    assert hashlib.sha256(lost.encode()).hexdigest().startswith(found["id"])
    refused = command("key", "delete", found["id"], "--account", "other")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert answer("key", "delete", found["id"], "--account", "shop") == found

    assert len(answer("key", "list", "--account", "shop")) == 1
    with build(GatewayConfig.from_toml(installation / "smscore.toml")) as gateway:
        gateway.authenticator.key(stays)
        with pytest.raises(AuthenticationFailed):
            gateway.authenticator.key(lost)
    noted = answer("audit")[0]
    assert (noted["what"], noted["detail"]) == ("key.removed", {"key": found["id"]})


def test_a_key_that_there_is_not_is_named(answer, command):
    answer("account", "create", "shop")

    refused = command("key", "delete", "0123456789ab", "--account", "shop")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has no key '0123456789ab'; 'smscore key list --account shop'" in refused.stderr


@pytest.mark.parametrize("label", ["x" * 65, "two\nlines"])
def test_a_label_is_short_and_of_one_line(answer, command, label):
    answer("account", "create", "shop")

    refused = command("key", "create", "--account", "shop", "--label", label)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "at most 64 printable characters" in refused.stderr
    assert answer("key", "list", "--account", "shop") == []


def test_only_the_key_itself_goes_to_standard_output(command):
    command("account", "create", "shop")

    result = command("key", "create", "--account", "shop")

    assert len(result.stdout.split()) == 1
    assert "cannot be shown again" in result.stderr
