"""
Webhooks from the command line: who is told, what became of it, telling it again.
"""

import json
import re

import attrs
import pytest
from endpoints import Endpoint

from smscore import GatewayConfig, build
from smscore.domain.announcements import ANNOUNCED
from smscore.domain.destinations import IsmsPush
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId
from smscore.domain.pushes import push_of
from smscore.domain.routes import Route
from smscore.domain.webhooks import Attempt, PostingId, callback_endpoint
from smscore.testing import a_posting
from smscore.testing.fakes import NOON

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
        (("replay-pushes", "--since", "2999-01-01"), "--since is in the future"),
    ],
)
def test_what_is_not_there_is_said(command, shop, arguments, said):
    result = command("webhooks", *arguments)

    assert result.exit_code in (1, 2)
    assert said in result.output


@pytest.fixture
def troubles(answer, shop):
    """A webhook that was switched off, one that fails, one that is off; and what was given up."""
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        account = gateway.settings.account("shop").id
        off, failing, by_hand = (
            gateway.webhooks.add(account, url=HOOK, events=ANNOUNCED)[0] for _ in range(3)
        )
        callback = callback_endpoint(account, "https://called.example/back")

        def work(work):
            for webhook in (off, failing, by_hand):
                since = None if webhook is by_hand else NOON
                work.webhooks.save(
                    attrs.evolve(webhook, failing_since=since, is_active=webhook is failing)
                )
            event = Event(
                message=off.id,
                account=account,
                sequence=1,
                kind="webhook.disabled",
                at=NOON,
                detail={"webhook": off.endpoint, "failing_since": "2026-02-24T12:00:00+00:00"},
            )
            work.events.add(event)
            for number, endpoint in enumerate((failing.endpoint, callback, callback)):
                posting = a_posting(id=number + 1, message=number + 1, endpoint=endpoint)
                work.webhooks.add(posting)
                work.webhooks.record(posting.given_up(why="nobody hears it"), None, at=NOON)
            work.webhooks.add(a_posting(id=9, message=9, endpoint=off.endpoint))

        gateway.store.run(work).result()
    return off, failing, by_hand


def test_a_webhook_is_shown_with_what_became_of_its_deliveries(command, answer, troubles):
    off, failing, _ = troubles

    shown = answer("webhooks", "show", off.endpoint)

    assert (shown["webhook"], shown["active"], shown["account"]) == (off.endpoint, False, "shop")
    assert (shown["pending"], shown["delivered"], shown["dead"]) == (1, 0, 0)
    assert shown["switched_off"] == [
        {"at": "2026-03-01T12:00:00Z", "failing_since": "2026-02-24T12:00:00+00:00"}
    ]
    assert answer("webhooks", "show", failing.endpoint)["dead"] == 1
    assert "nothing had reached it since 2026-02-24" in (
        command("webhooks", "show", off.endpoint).output
    )


def test_check_says_which_endpoints_do_not_hear_and_the_way_out(command, troubles):
    off, failing, by_hand = (one.endpoint for one in troubles)

    said = json.loads(command("check", "--json", "--wait", "0.3").stdout)["findings"]

    found = {one["subject"]: (one["verdict"], one["detail"], one["remedy"]) for one in said}
    assert found[f"webhook {off}"] == (
        "wrong",
        "switched off, for nothing has reached it since 2026-03-01T12:00:00Z",
        f"mend the endpoint, then 'smscore webhooks enable {off}'",
    )
    assert found[f"webhook {failing}"][:2] == (
        "note",
        "nothing has reached it since 2026-03-01T12:00:00Z",
    )
    assert found[f"webhook {by_hand}"][0] == "note"
    assert found[f"deliveries of {failing}"] == (
        "note",
        "1 delivery given up",
        f"when the endpoint is well, 'smscore webhooks replay {failing}'",
    )
    assert found["callbacks to https://called.example"] == (
        "note",
        "2 deliveries given up, of account shop",
        "when it is well, 'smscore webhooks replay-callbacks --account shop'",
    )
    assert HOOK not in json.dumps(said)


def test_callbacks_that_were_given_up_are_told_again(answer, troubles):
    arguments = ("webhooks", "replay-callbacks", "--account", "shop")

    assert answer(*arguments, "--until", "2026-02-01") == {"replayed": 0}
    assert answer(*arguments) == {"replayed": 2}
    assert answer(*arguments) == {"replayed": 0}


def test_whoever_switches_a_webhook_on_has_it_forgotten_that_it_failed(answer, troubles):
    off, *_ = troubles

    assert answer("webhooks", "enable", off.endpoint)["failing_since"] is None


@pytest.fixture
def pushed(installation):
    """Two pushes to one host: one was given up, the other failed a moment ago."""
    push = IsmsPush(
        url="http://10.0.0.9:8080/in?key=hush-word", username="horst", password="push-word"
    )
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:

        def work(work):
            for number in (1, 2):
                received = InboundMessage(
                    id=MessageId(number),
                    account=None,
                    channel="modem-1",
                    sender="+491701234567",
                    text="hi",
                    received_at=NOON,
                )
                posting = push_of(
                    push,
                    received,
                    text="hi",
                    zone="UTC",
                    posting=PostingId(number),
                    sequence=1,
                    at=NOON,
                )
                work.webhooks.push(posting)
                error = "the receiver did not answer ACCEPTED"
                attempt = Attempt(
                    number=1, at=NOON, seconds=0.25, status=200, error=error, answer=b"Sorry,\nno"
                )
                tried = posting.attempted(attempt, jitter=0)
                after = tried.given_up(why="") if number == 1 else tried
                work.webhooks.record(after, attempt, at=NOON)

        gateway.store.run(work).result()


def test_check_says_which_pushes_do_not_arrive_and_the_way_out(command, pushed):
    said = json.loads(command("check", "--json", "--wait", "0.3").stdout)["findings"]

    found = [
        (one["verdict"], one["detail"], one["remedy"])
        for one in said
        if one["subject"] == "pushes to http://10.0.0.9:8080"
    ]
    assert found == [
        (
            "note",
            "tried in vain, and will be again: the receiver did not answer ACCEPTED",
            "'smscore explain in_0000000000000002' says what came back",
        ),
        (
            "note",
            "1 push given up",
            "when it is well, 'smscore webhooks replay-pushes --host http://10.0.0.9:8080'",
        ),
    ]
    assert "hush-word" not in json.dumps(said)


def test_pushes_that_were_given_up_are_made_again(answer, command, pushed):
    arguments = ("webhooks", "replay-pushes")

    assert answer(*arguments, "--host", "http://10.0.0.8:8080") == {"replayed": 0}
    assert command(*arguments).output == "1 push to be made again\n"
    assert answer(*arguments) == {"replayed": 0}
