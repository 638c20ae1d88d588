import json

import pytest

from smscore import GatewayConfig, build


@pytest.fixture
def two_channels(installation, channel):
    with (installation / "smscore.toml").open("a") as file:
        file.write('\n[channels.modem-2]\ntransport = "modem"\nport = "nowhere"\n')


@pytest.fixture
def send(answer, two_channels):
    answer("account", "create", "shop")

    def send():
        return answer("send", "--account", "shop", "--to", "+491701234567", "hello")["id"]

    return send


def test_channels_are_listed_in_the_order_of_the_configuration(answer, send):
    send()

    assert answer("channel", "list") == [
        {
            "name": name,
            "transport": "modem",
            "mode": "running",
            "queued": queued,
            "since": None,
            "why": "",
            "is_configured": True,
            "links": None,
            "server": None,
            "state": None,
            "detail": None,
            "state_since": None,
            "seen_at": None,
            "signal_dbm": None,
            "identity": None,
            "facts": {},
        }
        for name, queued in (("modem-1", 1), ("modem-2", 0))
    ]


def test_people_see_who_pauses_and_why(command, two_channels):
    command("channel", "pause", "modem-1", "--why", "new SIM card")

    headings, first, second = command("channel", "list").stdout.splitlines()

    assert headings.split()[:5] == ["NAME", "TRANSPORT", "MODE", "QUEUED", "SINCE"]
    assert headings.split()[5:] == ["STATE", "SEEN", "AT", "WHY"]
    assert first.split()[:4] == ["modem-1", "modem", "paused", "0"]
    assert first.endswith("new SIM card")
    assert second.split() == ["modem-2", "modem", "running", "0", *"----"]


def test_a_phone_queue_is_listed_while_something_waits_in_it(answer, installation, two_channels):
    answer("account", "create", "shop")
    (installation / "rules.toml").write_text('[[routes]]\nname = "all"\nchannels = ["phones"]\n')
    answer("rules", "apply", "rules.toml")
    answer("send", "--account", "shop", "--to", "+491701234567", "hello")

    phones = answer("channel", "list")[-1]

    assert (phones["name"], phones["transport"]) == ("phones/shop", "phones")
    assert (phones["queued"], phones["is_configured"]) == (1, True)


def test_a_channel_that_is_no_longer_configured_is_listed_while_something_waits(
    command, answer, send, installation
):
    send()
    (installation / "smscore.toml").write_text("")

    (found,) = answer("channel", "list")

    assert (found["name"], found["transport"], found["queued"]) == ("modem-1", None, 1)
    assert found["is_configured"] is False
    assert "not in the configuration" in command("channel", "list").stdout


def test_a_paused_channel_is_chosen_and_a_draining_one_is_not(answer, send):
    answer("channel", "pause", "modem-1")
    assert answer("status", send())["channel"] == "modem-1"

    answer("channel", "drain", "modem-1")
    assert answer("status", send())["channel"] == "modem-2"

    assert answer("channel", "resume", "modem-1")["mode"] == "running"
    assert answer("status", send())["channel"] == "modem-1"


def test_the_effect_is_said(command, send):
    send()

    assert command("channel", "pause", "modem-1").stdout == (
        "modem-1 is paused: it sends nothing; its messages wait, and new ones join them.\n"
        "1 message waits for it now.\n"
    )


@pytest.mark.parametrize("verb", ["pause", "drain", "resume"])
def test_an_unknown_channel_is_an_error_that_names_the_known_ones(command, two_channels, verb):
    result = command("channel", verb, "modem-9")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "'modem-9'; configured are: modem-1, modem-2" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_running_server_pauses_and_resumes_a_channel(start, installation, answer):
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')
    answer("account", "create", "shop")
    answer("channel", "pause", "modem-1")
    start("serve", "--port", "0").line()

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        message = answer("send", "--account", "shop", "--to", "+491701234567", "hello")["id"]
        while wakeup.wait(2.5):  # long enough for the server to look twice
            assert answer("status", message)["status"] == "queued"

        answer("channel", "resume", "modem-1")

        while answer("status", message)["status"] != "delivered":
            assert wakeup.wait(10), answer("explain", message)


def test_what_the_server_saw_of_a_channel_is_listed(start, installation, answer, command):
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')
    start("serve", "--port", "0").line()

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        while (found := answer("channel", "list")[0])["state"] != "ready":
            wakeup.wait(0.1)

    assert found["detail"] == "ready"
    assert found["facts"]["imei"] == "990000000000001"
    assert found["seen_at"].endswith("Z")
    assert "990000000000001" in command("channel", "list").stdout


def test_a_channel_that_is_down_is_listed_with_its_reason(start, installation, answer, channel):
    start("serve", "--port", "0").line()

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        while (found := answer("channel", "list")[0])["state"] is None or "opened" in found[
            "detail"
        ]:
            wakeup.wait(0.1)

    assert found["state"] == "not ready"
    assert str(channel) in found["detail"]
