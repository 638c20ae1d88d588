import attrs
import pytest

from smscore import GatewayConfig, build
from smscore.errors import Indeterminate, PermanentFailure
from smscore.testing import FakeTransport

FAILED = PermanentFailure("the network refused it", cause="+CMS ERROR: 21")


@pytest.fixture
def broken(answer, channel):
    """Makes messages that failed, or of which nobody knows whether they left."""
    answer("account", "create", "shop", "--credits", "50")

    def broken(*texts, failure=FAILED):
        config = attrs.evolve(GatewayConfig.from_toml("smscore.toml"), channels={})
        network = FakeTransport()
        with build(config, transports={"fake": network}) as gateway:
            for text in texts:
                gateway.submissions.submit(account="shop", to="+491701234567", text=text)
                network.fail_next(failure)
            gateway.run_pending()
        return [one["id"] for one in reversed(answer("messages", "--limit", str(len(texts))))]

    return broken


def test_a_failed_message_is_queued_again_by_the_rules_of_today(answer, broken):
    (message,) = broken("hello")
    assert answer("account", "show", "shop")["credits"] == 50

    (outcome,) = answer("messages", "requeue", message)

    assert outcome == {
        "id": message,
        "done": True,
        "status": "queued",
        "channel": "modem-1",
        "code": None,
        "error": None,
    }
    assert answer("account", "show", "shop")["credits"] == 49


def test_messages_are_selected_as_the_list_selects_them(answer, broken):
    failed = broken("a", "b")
    (unknown,) = broken("c", failure=Indeterminate("the line broke"))

    outcomes = answer("messages", "requeue", "--account", "shop")

    assert [one["id"] for one in outcomes] == failed
    assert answer("status", unknown)["status"] == "indeterminate"
    (outcome,) = answer("messages", "requeue", "--status", "indeterminate", "--since", "1h")
    assert outcome["id"] == unknown


def test_the_oldest_of_the_newest_goes_first(answer, broken):
    _, second, third = broken("a", "b", "c")

    outcomes = answer("messages", "requeue", "--status", "failed", "--limit", "2")

    assert [one["id"] for one in outcomes] == [second, third]


def test_one_that_cannot_be_sent_again_does_not_hold_up_the_others(command, broken):
    (message,) = broken("hello")
    unknown = "0123456789abcdef"

    result = command("messages", "requeue", unknown, message, message)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{unknown}  refused  there is no message {unknown}",
        f"{message}  queued  modem-1",
    ]


def test_a_message_that_waits_has_its_channel_chosen_anew_and_is_paid_for_once(answer, broken):
    (message,) = broken("hello")
    (once,) = answer("messages", "requeue", message)

    (again,) = answer("messages", "requeue", message)

    assert (once["status"], again["status"]) == ("queued", "queued")
    assert answer("status", message)["credits"] == 1


def test_a_message_that_waits_for_its_time_is_left_alone(command, answer, broken):
    broken("hello")
    options = ("--account", "shop", "--to", "+491701234567", "--not-before", "2h")
    message = answer("send", *options, "later")["id"]

    result = command("messages", "requeue", message)

    assert result.exit_code == 1
    assert "is scheduled; only one that failed" in result.stdout


def test_many_are_not_sent_again_without_a_word(command, answer, broken):
    broken(*(str(number) for number in range(11)))

    refused = command("messages", "requeue", "--status", "failed")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "11 messages are meant; give --yes" in refused.stderr
    assert len(answer("messages", "requeue", "--status", "failed", "--yes")) == 11


@pytest.mark.parametrize(("reply", "status", "left"), [("y", 0, 0), ("n", 1, 11)])
def test_on_a_terminal_it_asks_before_many(on_terminal, answer, broken, reply, status, left):
    broken(*(str(number) for number in range(11)))
    prompt = "Have 11 messages sent again? [y/N]: "

    ended, shown = on_terminal("messages", "requeue", "--status", "failed", answers={prompt: reply})

    assert ended == status, shown
    assert len(answer("messages", "--status", "failed")) == left


def test_a_selection_that_was_cut_off_says_so(command, broken):
    broken("a", "b")

    result = command("messages", "requeue", "--status", "failed", "--limit", "1")

    assert "there may be more" in result.stderr


def test_nothing_to_send_again_is_no_error(answer, channel):
    assert answer("messages", "requeue", "--status", "failed") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("requeue",),
        ("requeue", "0123456789abcdef", "--status", "failed"),
        ("requeue", "--status", "delivered"),
        ("requeue", "x"),
        ("cancel",),
        ("cancel", "x"),
        ("remove", "0123456789abcdef"),
    ],
)
def test_a_wrong_call_is_a_usage_error(command, arguments):
    assert command("messages", *arguments).exit_code == 2


def test_a_waiting_message_can_be_called_back(answer, channel):
    answer("account", "create", "shop", "--credits", "5")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "x")["id"]

    (outcome,) = answer("messages", "cancel", message)

    assert (outcome["done"], outcome["status"]) == (True, "cancelled")
    assert answer("account", "show", "shop")["credits"] == 5


def test_what_cannot_be_called_back_is_said_of_each(command, broken):
    (message,) = broken("hello")

    result = command("messages", "cancel", message)

    assert result.exit_code == 1
    assert result.stdout.startswith(f"{message}  refused  message {message} is failed")
