import json
import re

import pytest

from smscore import GatewayConfig, build
from smscore.domain.messages import Surface
from smscore.services.submission import Item, Submission

CLOCK = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"


@pytest.fixture
def delivered(start, installation, answer):
    """A message of two parts that a simulated modem has sent, by a rule and within a quota."""
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')
    rule = '[[routes]]\nname = "germany"\nprefixes = ["+49"]\nchannels = ["modem-1"]\n'
    (installation / "rules.toml").write_text(rule)
    answer("rules", "apply", "rules.toml")
    answer("account", "create", "shop", "--credits", "5", "--monthly-limit", "100")
    start("serve", "--port", "0").line()
    message = answer("send", "--account", "shop", "--to", "+491701234567", "x" * 161)["id"]
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        while answer("status", message)["status"] != "delivered":
            assert wakeup.wait(10), answer("explain", message)
    return message


def test_people_read_the_whole_story_in_order(command, delivered):
    told = command("explain", delivered).stdout

    assert told.splitlines()[0] == f"Message {delivered} of shop to +491701234567"
    wanted = [
        "It is delivered: the recipient has all of it.",
        "route     rule germany: modem-1",
        "encoding  gsm7, 2 parts",
        "price     2 credits",
        "quota     message 1 of 100 in ",
        "accepted by 'smscore send'; it waits for modem-1",
        "modem-1 begins to send it",
        "sent: the network has taken it from modem-1, under the references ",
        "  delivered",
        "PART  CHANNEL  STATE      REFERENCE  SINCE",
        "charge  -2       3",
    ]
    places = [told.find(one) for one in wanted]
    assert -1 not in places, told
    assert places == sorted(places)
    # Reports may be faster than the modem's answer.
    assert "a report for part 1: delivered" in told
    assert len(re.findall(rf"^  {CLOCK}  +\+\d+\.\d{{3}}s  \S", told, re.MULTILINE)) >= 5


def test_programs_read_it_with_every_fact(answer, delivered):
    told = answer("explain", delivered)

    count = len(told["events"])
    assert [event["sequence"] for event in told["events"]] == list(range(1, count + 1))
    decided = told["events"][0]["detail"]
    assert (decided["rule"], decided["encoding"], decided["parts"]) == ("germany", "gsm7", 2)
    assert [part["state"] for part in told["part_states"]] == ["delivered", "delivered"]
    assert all(part["reference"] for part in told["part_states"])
    (line,) = told["ledger"]
    assert (line["kind"], line["credits"], line["message"]) == ("charge", -2, delivered)
    for at in (told["accepted_at"], told["sent_at"], line["at"], told["events"][0]["at"]):
        assert re.fullmatch(r"[-\dT:]{19}\.\d{3}Z", at)


def test_a_message_that_waits_says_for_what(command, answer, channel):
    answer("account", "create", "shop")
    send = ("send", "--account", "shop", "--to", "+491701234567", "x")
    waiting, scheduled = answer(*send)["id"], answer(*send, "--not-before", "2999-01-01")["id"]

    assert "It is queued: it waits for modem-1." in command("explain", waiting).stdout
    assert (
        "It is scheduled: its turn with modem-1 is at 2999-01-01 00:00:00.000."
        in command("explain", scheduled).stdout
    )


def test_without_metering_no_credits_are_told(command, answer, channel):
    answer("account", "create", "shop")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "x")["id"]

    told = command("explain", message).stdout

    assert "paid      credits not counted" in told
    assert "\nCredits" not in told


def test_a_message_of_a_larger_request_shows_the_charge_of_all(command, answer, channel):
    answer("account", "create", "shop", "--credits", "5")
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        receipt = gateway.submissions.begin(request_of_two(gateway)).result()
    first, second = (f"{one.message:016x}" for one in receipt.accepted)

    assert answer("explain", second)["ledger"][0]["credits"] == -2
    assert f"the whole request, which begins with {first}" in command("explain", second).stdout
    assert "the whole request, which begins with this message" in command("explain", first).stdout


def request_of_two(gateway):
    items = (Item(to="+491701234567", text="x"), Item(to="+491701234568", text="x"))
    account = gateway.inquiry.account_named("shop").id
    return Submission(account=account, surface=Surface.PROVIDER, items=items)
