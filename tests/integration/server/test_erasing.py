import pytest

TO = "+491701234567"


@pytest.fixture
def send(answer, channel):
    answer("account", "create", "shop", "--credits", "10", "--country", "DE")

    def send(to=TO, text="hello"):
        return answer("send", "--account", "shop", "--to", to, text)["id"]

    return send


def test_a_person_is_erased_and_what_was_done_is_told(answer, command, send):
    message, other = send(), send(to="+491709876543")
    answer("contact", "add", "anna", "--account", "shop", "--number", "0170 1234567")

    assert answer("erase", "0170 1234567", "--yes") == {
        "number": "+49…67",
        "is_complete": True,
        "erased": {"messages": 1, "contacts": 1},
        "rewritten": {},
        "cancelled": 1,
        "under_way": [],
        "waiting": [],
        "also": [],
        "left": [],
    }

    assert [one["id"] for one in answer("messages")] == [other]
    assert command("explain", message).exit_code == 1
    statement = answer("account", "statement", "shop")
    assert (statement["adds_up"], len(statement["entries"])) == (True, 4)


def test_people_are_told_in_words(command, send, answer):
    send()
    send()
    answer("account", "credit", "shop", "5", "--why", f"for {TO}")

    assert command("erase", TO, "--yes").stdout == (
        "+49…67: 2 messages erased\n"
        "the number was taken out of 1 line of a ledger\n"
        "2 messages had not been sent, and will not be\n"
    )


def test_nobody_is_erased_twice(command, send):
    assert command("erase", TO, "--yes").stdout == "+49…67: nothing erased\n"


def test_a_number_can_be_read_from_standard_input(command, send):
    send()

    assert command("erase", "-", "--yes", stdin=f"{TO}\n").stdout.startswith("+49…67: 1 message ")


def test_what_waits_for_somebody_else_is_named_and_ends_with_status_1(command, send):
    message = send(to="+491709876543", text=f"call {TO}")

    result = command("erase", TO, "--yes")

    assert result.exit_code == 1
    assert f"message {message} is to somebody else" in result.stderr


def test_what_people_have_set_up_is_named(command, send, installation):
    rules = installation / "rules.toml"
    rules.write_text(f'[[routes]]\nname = "vip"\nprefixes = ["{TO}"]\nchannels = ["modem-1"]\n')
    assert command("rules", "apply", str(rules)).exit_code == 0

    assert "left for you to change: rule 1/vip\n" in command("erase", TO, "--yes").stdout


def test_nothing_is_erased_without_being_asked_for(command, send):
    message = send()

    assert command("erase", TO).exit_code == 2
    assert command("status", message).exit_code == 0


@pytest.mark.parametrize("number", ["Anna", "", "+"])
def test_what_is_no_number_is_refused(command, send, number):
    assert command("erase", number, "--yes").exit_code == 1


def test_a_number_that_may_be_of_any_country_is_refused(command, answer, send):
    answer("account", "create", "vienna", "--country", "AT")

    assert "any country" in command("erase", "01701234567", "--yes").stderr
    assert command("erase", "01701234567", "--account", "shop", "--yes").exit_code == 0
