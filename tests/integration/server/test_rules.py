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


def test_rules_are_applied_and_shown(apply, answer):
    assert apply(RULES).stdout == "2 rules in force\n"

    assert answer("rules", "show") == {
        "routes": [
            {"name": "germany", "prefixes": ["+49", "+43"], "channels": ["modem-1", "phones"]},
            {"name": "rest", "prefixes": [], "channels": ["phones"]},
        ]
    }


def test_what_is_shown_can_be_applied_again(apply, command, answer):
    apply(RULES)
    before = answer("rules", "show")

    assert apply(command("rules", "show").stdout).exit_code == 0
    assert answer("rules", "show") == before


def test_rules_decide_about_the_next_message(apply, answer):
    apply(RULES)
    answer("account", "create", "shop")

    message = answer("send", "--account", "shop", "--to", "+33123456789", "x")["id"]

    assert answer("status", message)["channel"] == "phones/shop"


def test_an_empty_file_takes_all_rules_away(apply, answer, command):
    apply(RULES)

    assert apply("").exit_code == 0
    assert answer("rules", "show") == {"routes": []}
    assert command("rules", "show").stdout.startswith("# no rules")


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
    assert len(answer("rules", "show")["routes"]) == 2


def test_a_missing_file_is_a_usage_error(command):
    assert command("rules", "apply", "nowhere.toml").exit_code == 2
