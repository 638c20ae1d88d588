"""
The commands about consent.
"""

import json

import pytest

from smscore import GatewayConfig, build
from smscore.domain.messages import Surface
from smscore.services.submission import Item, Submission
from smscore.testing import a_part

ANNA, BERT = "+491701234567", "+491701234568"
SHOP = ("--account", "shop")


@pytest.fixture(autouse=True)
def shop(answer, channel):
    return answer("account", "create", "shop", "--country", "DE")


def send(command, to=ANNA, *options):
    return command("send", *SHOP, "--to", to, *options, "sale")


def test_an_opt_out_by_hand_refuses_what_is_sent(command, answer):
    assert answer("consent", "opt-out", ANNA, BERT, "--why", "called us") == {"changed": 2}

    refused = send(command, "0170 1234567")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: the recipient opted out of all messages on ")
    assert "by 'called us'" in refused.stderr


def test_what_holds_for_a_number_is_shown(command, answer):
    answer("consent", "opt-out", ANNA, *SHOP, "--sender", "+49301")
    answer("consent", "deny", ANNA, *SHOP)

    found = answer("consent", "show", "0170/1234567", *SHOP)

    told = {(one["kind"], one["account"], one["sender"], one["why"]) for one in found}
    assert told == {("opted_out", "shop", "49301", "operator"), ("denied", "shop", None, None)}
    assert answer("consent", "show", BERT) == []
    assert "it may be written to" in command("consent", "show", BERT).stdout


def test_counts_are_listed_and_no_numbers(command, answer):
    answer("consent", "opt-out", ANNA, BERT)
    answer("consent", "opt-out", ANNA, *SHOP)

    listed = command("consent", "list").stdout

    assert answer("consent", "list") == [
        {"account": None, "kind": "opted_out", "numbers": 2},
        {"account": "shop", "kind": "opted_out", "numbers": 1},
    ]
    assert [line.split() for line in listed.splitlines()] == [
        ["ACCOUNT", "KIND", "NUMBERS"],
        ["all", "opted_out", "2"],
        ["shop", "opted_out", "1"],
    ]


def test_opting_in_takes_back_all_opt_outs_or_those_of_an_account(command, answer):
    answer("consent", "opt-out", ANNA)
    answer("consent", "opt-out", ANNA, *SHOP)

    assert answer("consent", "opt-in", ANNA, *SHOP) == {"changed": 1}
    assert send(command).exit_code == 1
    assert answer("consent", "opt-in", ANNA) == {"changed": 1}
    assert send(command).exit_code == 0
    assert answer("consent", "opt-in", ANNA) == {"changed": 0}


def test_an_account_writes_to_whom_it_allows_and_to_nobody_else(command, answer):
    answer("consent", "allow", ANNA, *SHOP)
    assert send(command, BERT).exit_code == 1
    assert send(command, ANNA).exit_code == 0

    answer("consent", "allow", ANNA, *SHOP, "--remove")
    assert send(command, BERT).exit_code == 0


def test_what_is_denied_can_be_taken_off_the_list(command, answer):
    answer("consent", "deny", ANNA, *SHOP)
    assert send(command).exit_code == 1

    assert answer("consent", "deny", ANNA, *SHOP, "--remove") == {"changed": 1}
    assert send(command).exit_code == 0


def test_a_national_number_needs_a_country(command):
    result = command("consent", "opt-out", "01701234567")

    assert result.exit_code == 1
    assert "or name an account" in result.stderr


# Files.


def test_a_list_of_numbers_is_taken_over_once(command, answer, installation):
    (installation / "left.txt").write_text("0170 1234567\n\n+49 170 1234568\r\n0049-170-1234567\n")

    assert answer("consent", "import", "left.txt", *SHOP) == {"changed": 2, "faults": []}
    assert answer("consent", "import", "left.txt", *SHOP) == {"changed": 0, "faults": []}
    assert send(command, BERT).exit_code == 1


def test_a_fault_in_a_line_keeps_all_of_the_file_out(command, answer):
    result = command("consent", "import", "-", *SHOP, "--json", stdin=f"{ANNA}\nanna\n")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["changed"], [one["line"] for one in told["faults"]]) == (0, [2])
    assert answer("consent", "show", ANNA) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{ANNA},nonsense,,,,", "'nonsense' is not a valid MarkKind"),
        (f"{ANNA},denied,,,,", "a list of numbers belongs to an account"),
        (f"{ANNA},,nobody,,,", "there is no account 'nobody'"),
        (f"{ANNA},,,,yesterday,", "Invalid isoformat string"),
        (f"{ANNA},,,,0001-01-01T00:00+14:00,", "use a year from 2 to 8999"),
        ("hmac:12,,,,,", "is not a telephone number"),
    ],
)
def test_each_fault_is_told_with_its_line(command, line, said):
    header = "number,kind,account,sender,since,why"

    result = command("consent", "import", "-", stdin=f"{header}\n{line}\n")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].startswith("line 2: ")
    assert said in result.stderr


def test_what_was_exported_is_taken_over_as_it_was(command, answer):
    answer("consent", "opt-out", ANNA, "--why", 'said "no", twice')
    answer("consent", "opt-out", ANNA, *SHOP, "--sender", "Sale")
    answer("consent", "deny", BERT, *SHOP)
    exported = command("consent", "export").stdout
    before = answer("consent", "export")
    for number in (ANNA, BERT):
        answer("consent", "opt-in", number)
    answer("consent", "deny", BERT, *SHOP, "--remove")
    assert answer("consent", "list") == []

    result = command("consent", "import", "-", stdin=exported)

    assert result.stdout == "3 numbers taken over\n"
    assert answer("consent", "export") == before


def test_an_export_holds_no_number(command, answer):
    answer("consent", "opt-out", ANNA)

    exported = command("consent", "export").stdout

    assert exported.startswith("number,kind,account,sender,since,why\nhmac:")
    assert "1701234567" not in exported


# Stories.


def test_the_story_of_a_message_says_why_it_was_withheld(command, answer, installation):
    (installation / "rules.toml").write_text('[[routes]]\nname = "all"\nchannels = ["phones"]\n')
    answer("rules", "apply", "rules.toml")
    sent = answer("send", *SHOP, "--to", ANNA, "sale")
    answer("consent", "opt-out", ANNA, *SHOP)

    with build(GatewayConfig.from_toml(installation / "smscore.toml")) as gateway:
        account = gateway.inquiry.account_named("shop").id
        assert gateway.pickup.fetch(account, limit=10) == []

    told = command("explain", sent["id"]).stdout
    assert "It is cancelled: the recipient opted out of this account's messages on " in told
    assert "withheld: the recipient opted out" in told


def test_the_story_of_a_request_says_who_was_left_out(command, answer, installation):
    answer("consent", "opt-out", ANNA)

    with build(GatewayConfig.from_toml(installation / "smscore.toml")) as gateway:
        submission = Submission(
            account=gateway.inquiry.account_named("shop").id,
            surface=Surface.GATEWAY,
            items=(Item(to=ANNA, text="sale"), Item(to=BERT, text="sale")),
            is_partial=True,
        )
        receipt = gateway.submissions.begin(submission).result()

    told = command("explain", f"{receipt.message:016x}").stdout
    assert "accepted by the gateway API, without +49…67 (recipient_opted_out); it waits" in told


def test_trying_rules_tells_of_an_opt_out(command, answer):
    answer("consent", "opt-out", ANNA)

    result = command("rules", "test", *SHOP, "--to", ANNA, "--text", "sale")

    assert result.exit_code == 1
    assert "refused  the recipient opted out of all messages" in result.stdout


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("STOP",), "its sender wants no more messages of all accounts; it is answered: msg_"),
        (
            ("STOP", "stop"),
            "wants no more messages of all accounts; it is not answered: it was known",
        ),
        (
            ("STOP", "START"),
            "its sender wants messages of all accounts again; it is answered: msg_",
        ),
    ],
)
def test_the_story_of_a_word_says_what_it_did(command, installation, texts, told):
    config = installation / "smscore.toml"
    config.write_text(config.read_text().replace("[consent]\n", '[consent]\naccount = "shop"\n'))
    with build(GatewayConfig.from_toml(config)) as gateway:
        for text in texts:
            part = a_part(user_data=text.encode("utf-16-be"), sender=ANNA, channel="modem-1")
            gateway.reception.received(part)
        newest = gateway.inquiry.inbound()[0].id

    assert told in command("explain", f"in_{newest:016x}").stdout


# A lost key.


@pytest.fixture
def lost_key(answer, installation):
    """Anna has opted out, and the key file is another one."""
    answer("consent", "opt-out", ANNA)
    (installation / "smscore.key").write_bytes(b"x" * 32)


def test_nothing_is_sent_while_nobody_can_be_recognised(command, lost_key):
    for number in (ANNA, BERT):
        result = send(command, number)
        assert result.exit_code == 1
        assert "hashed with another key file: restore it" in result.stderr


def test_check_says_that_nobody_can_be_recognised(command, answer, lost_key):
    result = command("check", "--wait", "0", "--json")

    findings = {one["subject"]: one for one in json.loads(result.stdout)["findings"]}
    assert findings["opt-outs"]["verdict"] == "wrong"
    assert result.exit_code == 1


def test_check_says_how_many_opted_out(command, answer):
    answer("consent", "opt-out", ANNA)

    findings = {
        one["subject"]: one
        for one in json.loads(command("check", "--wait", "0", "--json").stdout)["findings"]
    }
    assert findings["opt-outs"]["detail"] == "1 opt-out or entry"


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_no_import(command, content):
    result = command("consent", "import", "-", *SHOP, stdin=content)

    assert result.exit_code == 1
    assert "the file is empty: nothing was taken over" in result.stderr


def test_an_export_of_nothing_can_be_taken_over(command, answer):
    exported = command("consent", "export").stdout

    result = command("consent", "import", "-", stdin=exported)

    assert result.exit_code == 0
    assert result.stdout == "0 numbers taken over\n"


def test_what_nobody_recognises_can_be_given_up(command, answer, lost_key):
    assert command("consent", "discard").exit_code == 2
    assert answer("consent", "discard", "--yes") == {"discarded": 1}

    assert send(command).exit_code == 0
    answer("consent", "opt-out", BERT)
    assert send(command, BERT).exit_code == 1


@pytest.mark.parametrize("word", ["opt-out", "opt-in"])
def test_no_sender_is_not_every_sender(answer, command, word):
    answer("consent", "opt-out", ANNA, *SHOP, "--sender", "Sale")

    result = command("consent", word, ANNA, *SHOP, "--sender", "")

    assert result.exit_code == 2
    assert "it is empty; leave the option out to mean all" in result.stderr
    assert [one["sender"] for one in answer("consent", "show", ANNA)] == ["sale"]
