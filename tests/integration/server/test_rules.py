import pytest

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
    apply("")
    (installation / "mine.toml").write_text(mine)

    result = command("rules", verb, "mine.toml")
    assert result.exit_code == 1
    assert "revision 2, not 1" in result.stderr


def test_rules_are_rolled_back_and_the_history_tells_it(apply, command, answer):
    apply(RULES)
    apply("")

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


def test_an_empty_file_takes_all_rules_away(apply, answer, command):
    apply(RULES)

    assert apply("").exit_code == 0
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
