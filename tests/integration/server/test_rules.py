import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from smscore import GatewayConfig, build
from smscore.testing import a_part

RULES = """
[[routes]]
name = "germany"
prefixes = ["+49", "+43"]
channels = ["modem-1", "phones"]

[[routes]]
name = "rest"
channels = ["phones"]
"""


@pytest.fixture
def apply(installation, command, channel):
    def apply(content):
        (installation / "rules.toml").write_text(content)
        return command("rules", "apply", "rules.toml")

    return apply


def test_rules_are_applied_and_exported(apply, answer):
    assert apply(RULES).stdout == "2 rules in force, revision 1\n"

    assert answer("rules", "export") == {
        "revision": 1,
        "routes": [
            {"name": "germany", "channels": ["modem-1", "phones"], "prefixes": ["+49", "+43"]},
            {"name": "rest", "channels": ["phones"]},
        ],
    }


def test_what_is_exported_can_be_applied_again(apply, command):
    apply(RULES)
    exported = command("rules", "export").stdout

    assert apply(exported).stdout == "2 rules in force, revision 1\n"
    assert command("rules", "export").stdout == exported


def test_a_plan_shows_what_would_change_and_changes_nothing(apply, command, answer, installation):
    apply(RULES)
    (installation / "rules.toml").write_text(RULES.replace('"+43"', '"+41"'))

    lines = command("rules", "plan", "rules.toml").stdout.splitlines()
    assert '-prefixes = ["+49", "+43"]' in lines
    assert '+prefixes = ["+49", "+41"]' in lines
    assert answer("rules", "plan", "rules.toml")["is_changed"] is True
    assert answer("rules", "export")["revision"] == 1


def test_a_plan_that_changes_nothing_says_so(apply, command, answer):
    apply(RULES)

    assert command("rules", "plan", "rules.toml").stdout.startswith("nothing would change")
    assert answer("rules", "plan", "rules.toml") == {
        "revision": 1,
        "is_changed": False,
        "difference": [],
    }


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_a_file_that_was_overtaken_is_refused(apply, command, installation, verb):
    apply(RULES)
    mine = command("rules", "export").stdout
    apply("routes = []\n")
    (installation / "mine.toml").write_text(mine)

    result = command("rules", verb, "mine.toml")
    assert result.exit_code == 1
    assert "revision 2, not 1" in result.stderr


def test_rules_are_rolled_back_and_the_history_tells_it(apply, command, answer):
    apply(RULES)
    apply("routes = []\n")

    assert command("rules", "rollback").stdout == "2 rules in force, revision 3\n"
    assert answer("rules", "rollback", "2")["routes"] == []
    history = answer("rules", "history")
    assert [(one["revision"], one["rules"], one["why"]) for one in history] == [
        (4, 0, "back to revision 2"),
        (3, 2, "back to revision 1"),
        (2, 0, None),
        (1, 2, None),
    ]
    assert "back to revision 2" in command("rules", "history").stdout
    assert len(answer("rules", "export", "--revision", "1")["routes"]) == 2


def test_why_rules_were_changed_is_kept(apply, command, answer, installation):
    (installation / "rules.toml").write_text(RULES)

    assert command("rules", "apply", "rules.toml", "--why", "SIMs").exit_code == 0
    assert answer("rules", "history")[0]["why"] == "SIMs"


def test_rules_decide_about_the_next_message(apply, answer):
    apply(RULES)
    answer("account", "create", "shop")

    message = answer("send", "--account", "shop", "--to", "+33123456789", "x")["id"]

    assert answer("status", message)["channel"] == "phones/shop"


def test_a_file_that_says_nothing_takes_no_rules_away(apply, answer):
    """As is left of 'smscore rules export > rules.toml' with a word mistyped."""
    apply(RULES)

    refused = apply("# rules\n")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "rules.toml: it is empty; for no rules at all write routes = []" in refused.stderr
    assert answer("rules", "export")["revision"] == 1


def test_all_rules_can_be_taken_away(apply, answer, command):
    apply(RULES)

    assert apply("routes = []\n").exit_code == 0
    assert answer("rules", "export") == {"revision": 2, "routes": []}
    assert "# no rules" in command("rules", "export").stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[route]]\nname = 'x'\n", "did you mean 'routes'?"),
        ("[[routes]]\nname = 'x'\nchanels = ['modem-1']\n", "did you mean 'channels'?"),
        ("[[routes]]\nname = 'x'\n", "channels"),
        ("[[routes]]\nname = 'x'\nchannels = 'modem-1'\n", "rule 1"),
        ("routes = ['modem-1']\n", "[[routes]]"),
        ("[[routes]]\nname = 'x'\nchannels = ['modem-9']\n", "modem-9"),
        ("[[routes]]\nname = 'x'\nprefixes = ['DE']\nchannels = ['phones']\n", "'DE'"),
        ("[[routes", "rules.toml"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(apply, answer, content, complaint):
    apply(RULES)

    result = apply(content)

    assert result.exit_code == 1
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(answer("rules", "export")["routes"]) == 2


def test_a_missing_file_is_a_usage_error(command):
    assert command("rules", "apply", "nowhere.toml").exit_code == 2


TRY = ("rules", "test", "--account", "shop", "--to", "+491701234567", "--text", "hi")


def test_a_message_is_tried_by_the_rules_in_force_or_by_those_of_a_file(
    apply, answer, installation
):
    apply(RULES)
    answer("account", "create", "shop")
    (installation / "other.toml").write_text("[[routes]]\nname = 'x'\nchannels = ['phones']\n")

    assert answer(*TRY) == {
        "rule": "germany",
        "channels": ["modem-1", "phones/shop"],
        "credits": 1,
        "parts": 1,
        "refusal": None,
        "near_misses": [],
    }
    assert answer(*TRY, "other.toml")["rule"] == "x"
    assert answer("messages", "list") == []


def test_a_message_that_would_be_refused_is_told_so(apply, command, answer):
    apply("[[routes]]\nname = 'no'\nrefuse = 'not there'\n")
    answer("account", "create", "shop")

    result = command(*TRY)
    assert result.exit_code == 1
    assert result.stdout == "refused  rule 'no' refuses it: not there\n"
    refusal = json.loads(command(*TRY, "--json").stdout)["refusal"]
    assert refusal == {"code": "no_route", "error": "rule 'no' refuses it: not there"}


def test_other_messages_and_times_can_be_asked_for(apply, answer):
    apply(
        "[[routes]]\nname = 'x'\nchannels = ['phones']\nsender = 'Shop'\nsurfaces = ['provider']\n"
        "priorities = ['high']\ntime_windows = [{ zone = 'UTC', ends = '01:00' }]\n"
    )
    answer("account", "create", "shop")
    asked = ("--from", "shop", "--surface", "provider", "--priority", "high")

    assert answer(*TRY, *asked, "--at", "2026-07-01T00:59")["rule"] == "x"
    later = answer(*TRY, *asked, "--at", "2026-07-01T01:00")
    assert later["rule"] == "default"
    assert later["near_misses"] == [
        {
            "rule": "x",
            "failed": "time_windows",
            "asked": 'time_windows = [{ zone = "UTC", ends = "01:00" }]',
        }
    ]


def test_what_would_differ_is_told(apply, command, answer, installation):
    apply(RULES)
    answer("account", "create", "shop")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "x")["id"]
    answer("send", "--account", "shop", "--to", "+33612345678", "x")
    (installation / "no.toml").write_text("[[routes]]\nname = 'no'\nrefuse = 'x'\n")
    (installation / "rest.toml").write_text("[[routes]]\nname = 'rest'\nchannels = ['phones']\n")

    same = {"messages": 2, "different": 0, "unknown": 0, "changes": [], "examples": []}
    none = {**same, "messages": 0}
    assert answer("rules", "backtest", "--since", "1h") == {**same, "inbound": none}
    found = answer("rules", "backtest", "rest.toml", "--since", "1h")
    assert (found["messages"], found["different"]) == (2, 1)
    (example,) = found["examples"]
    assert (example["id"], example["account"]) == (message, "shop")
    assert example["was"]["channels"] == ["modem-1", "phones/shop"]
    assert example["would_be"]["rule"] == "rest"
    shown = command("rules", "backtest", "no.toml", "--since", "1h").stdout
    assert shown.startswith("2 of 2 messages would be decided otherwise\n")
    assert "refused: rule 'no' refuses it: x" in shown
    assert message in shown


def test_a_backtest_of_rules_that_cannot_be_applied_is_refused(apply, command):
    assert apply("routes = []\n").exit_code == 0
    apply("[[routes]]\nname = 'x'\nchannels = ['modem-9']\n")

    result = command("rules", "backtest", "rules.toml", "--since", "1h")
    assert result.exit_code == 1
    assert "modem-9" in result.stderr


def test_explain_names_the_rules_that_nearly_matched(apply, command, answer):
    apply("[[routes]]\nname = 'vip'\nchannels = ['phones']\naccounts = ['bank']\n" + RULES)
    answer("account", "create", "shop")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "x")["id"]
    apply("routes = []\n")

    assert answer("explain", message)["near_misses"] == [
        {"rule": "vip", "failed": "accounts", "asked": 'accounts = ["bank"]'}
    ]
    shown = command("explain", message).stdout
    assert re.search(r'nearly +rule vip, but for accounts = \["bank"\]', shown)


def test_explain_tells_of_the_turn_that_a_rule_gave(apply, command, answer):
    apply("[[routes]]\nname = 'slow'\nchannels = ['phones']\npace = 1\n")
    answer("account", "create", "shop")
    first, second = (
        answer("send", "--account", "shop", "--to", "+491701234567", "x")["id"] for _ in range(2)
    )

    assert answer("status", first)["status"] == "queued"
    assert answer("status", second)["status"] == "scheduled"
    shown = command("explain", second).stdout
    assert "1 message a minute, so it waited for its turn" in shown
    assert re.search(r"not to be sent before 2\d{3}-", shown)


ARRIVING = """
[[inbound]]
name = "alarms"
message = "ALARM"
replace = { pattern = 'ALARM ', substitution = '' }
destinations = [{ kind = "contact", to = "anna" }, { kind = "auto_reply", text = "thanks" }]
account = "shop"

[[inbound]]
name = "end"
sender = "Shop"
stop = true
"""


@pytest.fixture
def receive(installation, command, channel, answer):
    """What a modem receives while there are these rules for what arrives."""
    answer("account", "create", "shop", "--country", "DE")
    answer("contact", "add", "--account", "shop", "anna", "--number", "+491701111111")
    (installation / "arriving.toml").write_text(ARRIVING)

    def receive(text, **values):
        part = a_part(
            channel="modem-1",
            received_at=datetime.now(UTC),
            user_data=text.encode("utf-16-be"),
            **values,
        )
        with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
            gateway.reception.received(part)
            (message,) = gateway.inquiry.inbound(limit=1)
        return f"in_{message.id:016x}"

    return receive


def test_rules_for_what_arrives_are_planned_applied_and_exported(receive, command, answer):
    assert "+[[inbound]]" in command("rules", "plan", "arriving.toml").stdout
    assert command("rules", "apply", "arriving.toml").stdout == "2 rules in force, revision 1\n"

    exported = answer("rules", "export")
    assert [one["name"] for one in exported["inbound"]] == ["alarms", "end"]
    assert answer("rules", "history")[0]["rules"] == 2
    assert command("rules", "rollback").stdout == "0 rules in force, revision 2\n"


def test_a_message_that_would_arrive_is_tried(receive, answer, command):
    def test(*arguments):
        return answer("rules", "test", "arriving.toml", "--account", "shop", *arguments)

    tried = test("--from", "0170 2222222", "--text", "ALARM 7")
    missed = test("--from", "shop", "--text", "hello")

    (alarms,) = tried["matched"]
    assert (alarms["rule"], alarms["text"]) == ("alarms", "7")
    assert [(one["destination"], one["to"]) for one in alarms["outcomes"]] == [
        ("contact anna by automatic", "+491701111111"),
        ("auto_reply", "+491702222222"),
    ]
    assert [one["rule"] for one in missed["matched"]] == ["end"]
    assert missed["near_misses"] == [
        {"rule": "alarms", "failed": "message", "asked": 'message = "ALARM"'}
    ]
    told = command("rules", "test", "arriving.toml", "--from", "Shop", "--text", "ALARM").stdout
    assert "not    auto_reply: its sender is nobody who could be answered" in told
    assert told.splitlines()[-1] == "stop   rules that follow are not asked"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "--to for one that goes out"),
        (("--from", "Shop", "--priority", "high"), "--priority says nothing"),
        (("--to", "110", "--account", "shop", "--kind", "sms"), "--kind says nothing"),
        (("--to", "110"), "--account"),
    ],
)
def test_what_says_nothing_in_a_direction_is_a_usage_error(command, arguments, complaint):
    result = command("rules", "test", "--text", "hi", *arguments)

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_what_arrived_is_judged_again(receive, answer, command, installation):
    command("rules", "apply", "arriving.toml")
    message = receive("ALARM")
    (installation / "none.toml").write_text("routes = []\n")

    assert answer("rules", "backtest", "--since", "1d")["inbound"]["different"] == 0
    changed = answer("rules", "backtest", "none.toml", "--since", "1d")["inbound"]
    assert (changed["messages"], changed["different"]) == (1, 1)
    (example,) = changed["examples"]
    assert f"in_{example['id']}" == message
    assert example["would_be"] == []
    told = command("rules", "backtest", "none.toml", "--since", "1d").stdout
    assert "1 of 1 message that arrived would be decided otherwise" in told
    assert "alarms: contact anna by automatic, auto_reply" in told


def test_explain_tells_what_rules_did_when_a_message_arrived(receive, answer, command):
    command("rules", "apply", "arriving.toml")
    message = receive("ALARM 7", sender="Newsbox")

    story = answer("explain", message)
    told = command("explain", message).stdout

    assert [event["kind"] for event in story["events"]] == [
        "message.received",
        "rule.matched",
        "rule.forwarded",
        "rule.refused",
    ]
    (made,) = story["made"]
    assert (made["channel"], made["status"]) == ("modem-1", "queued")
    assert story["near_misses"][0]["rule"] == "end"
    assert "rule alarms passes it on to contact anna: " + made["id"] in told
    assert "rule alarms does nothing for auto_reply: its sender is nobody" in told
    assert answer("explain", made["id"])["origin"] == message
    assert f"because of  {message}, which arrived" in command("explain", made["id"]).stdout


def test_what_arrived_is_listed(receive, answer, command):
    message = receive("hello", sender="Newsbox")

    (one,) = answer("messages", "received")

    assert (one["id"], one["from"], one["text"]) == (message, "Newsbox", "hello")
    assert message in command("messages", "received").stdout
    assert answer("messages", "received", "--account", "shop") == []


@pytest.fixture
def without_re2(installation):
    """Commands of a Python that there is no RE2 for."""
    program = "import sys\nsys.modules['re2'] = None\nfrom smscore_server.cli import main\nmain()\n"

    def run(*words):
        return subprocess.run(
            [sys.executable, "-P", "-c", program, *words],
            cwd=installation,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


PATTERN = '[[routes]]\nname = "codes"\nmessage = "[0-9]{6}"\nchannels = ["phones"]\n'
NO_RE2 = "rules with patterns need RE2, which is not installed; run pip install google-re2"


def test_patterns_are_refused_where_nothing_understands_them(apply, without_re2, installation):
    assert apply(RULES).exit_code == 0
    (installation / "rules.toml").write_text(PATTERN)

    refused = without_re2("rules", "apply", "rules.toml")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"error: {NO_RE2}")
    assert " rules:" not in without_re2("check", "--wait", "0.3").stdout
    assert '"germany"' in without_re2("rules", "export").stdout


def test_no_server_starts_that_could_not_follow_its_rules(apply, without_re2):
    """It would refuse each message by an internal error."""
    assert apply(PATTERN).exit_code == 0

    refused = without_re2("serve")
    checked = without_re2("check", "--wait", "0.3")

    assert refused.returncode == 1
    assert NO_RE2 in refused.stderr
    assert checked.returncode == 1
    assert f"WRONG  rules: {NO_RE2}" in checked.stdout
