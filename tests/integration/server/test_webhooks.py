"""
Webhooks from the command line: who is told, what became of it, telling it again.
"""

import re

import pytest
from endpoints import Endpoint

from smscore import GatewayConfig, build
from smscore.domain.routes import Route

HOOK = "https://shop.example/sms"


@pytest.fixture
def shop(answer):
    answer("account", "create", "shop")
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        gateway.rules.apply([Route(name="all", channels=("phones",))])


@pytest.fixture
def hook(answer, shop):
    return answer("webhooks", "add", HOOK, "--account", "shop", "--event", "message.queued")


@pytest.fixture
def failed(answer, installation, shop):
    """A webhook whose endpoint refuses everything, after it was told of two messages."""
    file = installation / "smscore.toml"
    allowed = '[webhooks]\nallow = ["127.0.0.0/8"]'
    file.write_text(file.read_text().replace("[webhooks]", allowed))

    def refuse(connection):
        connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 8\r\n\r\nnot \x1b[1m")
        return True

    endpoint = Endpoint(refuse)
    added = answer(
        "webhooks", "add", endpoint.url(), "--account", "shop", "--event", "message.queued"
    )
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway, gateway.running():
        wakeup = gateway.store.wakeup("topic:events")
        for _ in range(2):
            gateway.submissions.submit(account="shop", to="+491701234567", text="hi")
        owner = gateway.settings.account("shop").id
        hook = gateway.webhooks.all(owner)[0]
        while sum(one.attempts > 0 for one in gateway.webhooks.deliveries(owner, hook.id)) < 2:
            wakeup.wait(0.05)
    endpoint.close()
    return added


def test_a_webhook_is_added_with_a_secret_that_is_shown_once(answer, hook):
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", hook.pop("secret"))
    assert answer("webhooks", "list") == [hook]
    assert hook == {
        "webhook": hook["webhook"],
        "account": "shop",
        "active": True,
        "url": HOOK,
        "events": ["message.queued"],
        "failing_since": None,
        "created_at": hook["created_at"],
    }


def test_an_address_that_nobody_may_call_is_refused(command, shop):
    result = command("webhooks", "add", "http://127.0.0.1/", "--account", "shop")

    assert result.exit_code == 1
    assert result.output == (
        "error: url must not name 127.0.0.1: it is not public, nor in a network that the operator "
        "allows\n"
    )


def test_a_webhook_is_switched_off_and_on_and_removed(answer, hook):
    name = hook["webhook"]

    assert answer("webhooks", "disable", name)["active"] is False
    assert answer("webhooks", "enable", name)["active"] is True
    assert answer("webhooks", "remove", name) == {"webhook": name}
    assert answer("webhooks", "list", "--account", "shop") == []


def test_what_was_told_is_listed_with_every_attempt(command, answer, failed):
    newest, oldest = answer("webhooks", "deliveries", failed["webhook"])

    assert [newest["event"], newest["state"], newest["last_status"]] == [
        "message.queued",
        "pending",
        500,
    ]
    attempts = answer("webhooks", "attempts", failed["webhook"], oldest["delivery"])
    assert attempts[0]["error"] == "the endpoint answered 500"
    assert attempts[0]["answer"] == "not \x1b[1m"
    shown = command("webhooks", "attempts", failed["webhook"], oldest["delivery"])
    assert "\x1b" not in shown.output
    assert (
        "the endpoint answered 500" in command("webhooks", "deliveries", failed["webhook"]).output
    )


def test_deliveries_are_told_again_by_id_and_all_at_once(answer, failed):
    name = failed["webhook"]
    newest, _ = answer("webhooks", "deliveries", name)

    assert answer("webhooks", "replay", name, newest["delivery"]) == {"replayed": 1}
    assert answer("webhooks", "replay", name, "--since", "1h") == {"replayed": 0}  # none is dead


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("deliveries", "wh_0000000000000001"), "there is no webhook wh_0000000000000001"),
        (("deliveries", "wh_1"), "'wh_1' is no id; write it like wh_0ca9a52b8bc00000"),
        (("replay", "wh_0000000000000001", "x"), "'x' is no id; write it like whd_"),
    ],
)
def test_what_is_not_there_is_said(command, shop, arguments, said):
    result = command("webhooks", *arguments)

    assert result.exit_code in (1, 2)
    assert said in result.output
