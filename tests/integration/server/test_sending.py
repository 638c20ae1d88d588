from datetime import UTC, datetime, timedelta

import pytest

from smscore import GatewayConfig, build


@pytest.fixture
def send(command, answer, channel):
    answer("account", "create", "shop", "--credits", "5", "--country", "DE")

    def send(*arguments):
        return answer("send", "--account", "shop", "--to", "+491701234567", "hello", *arguments)

    return send


def moment(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("priority", ["low", "normal", "high"])
def test_a_message_can_be_more_or_less_urgent(send, answer, priority):
    sent = send("--priority", priority)

    assert answer("status", sent["id"])["priority"] == priority


def test_a_message_can_wait_for_a_time(send, answer):
    sent = send("--not-before", "2999-12-24T18:00+01:00")

    assert sent["status"] == "scheduled"
    assert answer("status", sent["id"])["due_at"] == "2999-12-24T17:00:00Z"


def test_a_message_can_wait_for_so_long(send, answer):
    found = answer("status", send("--not-before", "2h")["id"])

    assert moment(found["due_at"]) - moment(found["accepted_at"]) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "expires_at"),
    [("2999-12-24", "2999-12-25T00:00:00Z"), ("2999-12-24T18:00", "2999-12-24T18:00:00Z")],
)
def test_a_message_can_expire(send, answer, text, expires_at):
    assert answer("status", send("--expires", text)["id"])["expires_at"] == expires_at


def test_a_message_has_the_sender_that_it_is_given(send, answer):
    assert answer("status", send("--from", "ACME")["id"])["from"] == "ACME"


def test_a_repeated_command_with_a_key_sends_once(send, answer, command):
    first, second = (send("--idempotency-key", "order-7") for _ in range(2))
    other = command(
        "send", "--account", "shop", "--to", "+491701234567", "--idempotency-key", "order-7", "x"
    )

    assert first == second
    assert len(answer("messages")) == 1
    assert other.exit_code == 1
    assert "take a new key" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--priority", "urgent"), 2),
        (("--not-before", "soon"), 2),
        (("--expires", "2020-01-01"), 1),
        (("--expires", "1h", "--not-before", "2h"), 1),
        (("--from", "much too long a name"), 1),
        (("--idempotency-key", ""), 1),
        (("--to", "+491701234568"), 2),
    ],
)
def test_a_wish_that_cannot_be_is_refused(command, send, answer, arguments, status):
    result = command("send", "--account", "shop", "--to", "+491701234567", "hello", *arguments)

    assert (result.exit_code, result.stdout) == (status, "")
    assert answer("messages") == []


def test_the_more_urgent_message_is_sent_first(send, answer, installation):
    low, high = send("--priority", "low")["id"], send("--priority", "high")["id"]

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        waiting = gateway.store.run(lambda work: work.outbox.claimable("modem-1", limit=2)).result()

    assert [f"{one.message.id:016x}" for one in waiting] == [high, low]


def test_times_are_told_in_utc(send, answer):
    accepted = moment(answer("status", send()["id"])["accepted_at"])

    assert abs(datetime.now(UTC) - accepted) < timedelta(minutes=1)
