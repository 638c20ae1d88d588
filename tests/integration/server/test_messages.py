import pytest


@pytest.fixture
def sent(answer, channel):
    answer("account", "create", "shop", "--credits", "5", "--country", "DE")
    return answer("send", "--account", "shop", "--to", "0170 1234567", "Grüße")


def test_a_message_is_accepted_and_paid_for(sent):
    assert len(sent.pop("id")) == 16
    assert sent == {"status": "queued", "credits_used": 1, "credits_remaining": 4}


@pytest.mark.parametrize("spelling", ["{}", "msg_{}"])
def test_status_knows_each_spelling_of_the_id(answer, sent, spelling):
    found = answer("status", spelling.format(sent["id"]))

    assert list(found) == [
        "id", "status", "account", "to", "from", "text", "medium", "via", "channel", "parts",
        "credits", "priority", "accepted_at", "due_at", "expires_at", "sent_at", "finished_at",
        "error_code", "error",
    ]  # fmt: skip
    assert found["id"] == sent["id"]
    assert (found["to"], found["text"]) == ("+491701234567", "Grüße")
    assert (found["status"], found["via"], found["channel"]) == ("queued", "command", "modem-1")


def test_the_story_tells_what_was_decided(answer, command, sent):
    told = answer("explain", sent["id"])

    (event,) = told["events"]
    assert event["kind"] == "message.queued"
    assert event["detail"]["rule"] == "default"
    assert told["route"] == [{"channel": "modem-1", "medium": "sms", "credits": 1}]
    assert told["part_states"] == []
    assert "no rule matched: modem-1" in command("explain", sent["id"]).stdout


@pytest.mark.parametrize(
    "words", [("messages", "list"), ("messages", "requeue", "--status", "failed")]
)
def test_no_account_is_not_every_account(command, sent, words):
    result = command(*words, "--account", "")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: there is no account ''")


def test_messages_are_listed_newest_first(answer, sent):
    second = answer("send", "--account", "shop", "--to", "+491701234568", "again")

    assert [one["id"] for one in answer("messages")] == [second["id"], sent["id"]]
    assert [one["id"] for one in answer("messages", "--limit", "1")] == [second["id"]]


def test_list_may_be_said_and_may_be_left_out(answer, command, sent):
    assert answer("messages", "list") == answer("messages")
    assert command("messages", "list", "--limit", "1").stdout == command("messages").stdout
    assert "requeue" in command("messages", "--help").stdout


def test_messages_can_be_listed_by_the_time_of_their_acceptance(answer, sent):
    assert [one["id"] for one in answer("messages", "--since", "1h")] == [sent["id"]]
    assert answer("messages", "--since", "2999-01-01") == []


def test_messages_can_be_listed_by_status(answer, sent):
    assert len(answer("messages", "--status", "queued", "--status", "failed")) == 1
    assert answer("messages", "--status", "delivered") == []


def test_messages_can_be_listed_by_account(answer, command, sent):
    answer("account", "create", "other")

    assert answer("messages", "--account", "other") == []
    assert command("messages", "--account", "nobody").exit_code == 1


def test_a_text_with_control_characters_cannot_steer_the_terminal(command, answer, channel):
    answer("account", "create", "shop")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "a\x1b[2Jb")["id"]

    for arguments in (("messages",), ("status", message), ("explain", message)):
        assert "\x1b" not in command(*arguments).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "--account", "d\udcff", "--to", "+491701234567", "x"),
        ("messages", "--account", "d\udcff"),
        ("account", "show", "d\udcff"),
        ("account", "create", "d\udcff"),
        ("account", "credit", "d\udcff", "1", "--why", "x"),
        ("account", "credit", "shop", "1", "--why", "d\udcff"),
        ("key", "create", "--account", "d\udcff"),
    ],
)
def test_a_name_that_is_no_text_is_a_usage_error(command, arguments):
    result = command(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "'d\\udcff' is not valid UTF-8" in result.stderr


def test_an_unknown_id_is_an_error(command):
    result = command("status", "0123456789abcdef")

    assert result.exit_code == 1
    assert result.stderr == "error: there is no message 0123456789abcdef\n"


@pytest.mark.parametrize(
    "spelling", ["1", "msg_", "0123456789ABCDEF", "ffffffffffffffff", "x" * 16]
)
def test_what_is_no_id_is_a_usage_error(command, spelling):
    assert command("explain", spelling).exit_code == 2


@pytest.mark.parametrize(
    ("to", "text"), [("nobody", "x"), ("+491701234567", ""), ("+491701234567", "x" * 10_000)]
)
def test_a_message_that_cannot_be_sent_is_refused(command, answer, channel, to, text):
    answer("account", "create", "shop")

    result = command("send", "--account", "shop", "--to", to, text)

    assert (result.exit_code, result.stdout) == (1, "")
    assert answer("messages") == []


def test_without_a_channel_there_is_no_route(command, answer):
    answer("account", "create", "shop")

    assert command("send", "--account", "shop", "--to", "+491701234567", "x").exit_code == 1
