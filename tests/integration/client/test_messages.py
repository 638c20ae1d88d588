"""
Every call about messages and the account, against the running server, by both kinds of clients.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId
from smscore_client import (
    AuthenticationFailed,
    Client,
    Cost,
    IdempotencyConflict,
    InsufficientCredits,
    InvalidNumber,
    InvalidRequest,
    MessageTooLong,
    NotCancellable,
    NotFound,
    Priority,
    Recipient,
    Status,
)

NUMBER, OTHER = "+491701234567", "+491701234568"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ids(messages):
    return [message.message_id for message in messages]


def test_a_message_is_sent_and_found_again(client):
    sent = client.messages.send(to=NUMBER, message="Grüße 🚀", from_="Shop")

    message = client.messages.get(sent.message_id)

    assert (sent.credits_used, sent.credits_remaining) == (1, 999)
    assert sent.messages == (
        Recipient(message_id=sent.message_id, to=NUMBER, status=Status.QUEUED),
    )
    assert (message.to, message.from_, message.message) == (NUMBER, "Shop", "Grüße 🚀")
    assert (message.status, message.sent_at, message.delivered_at) == ("queued", None, None)
    assert not message.is_final


def test_a_message_to_several_has_an_id_for_each_and_is_sent_to_each_once(client):
    sent = client.messages.send(to=[NUMBER, OTHER, NUMBER], message="hi")

    assert [one.to for one in sent.messages] == [NUMBER, OTHER]
    assert sent.message_id == sent.messages[0].message_id
    assert sent.credits_used == 2
    assert client.messages.get(sent.messages[1].message_id).to == OTHER


def test_everything_that_a_submission_may_say_is_understood(client):
    sent = client.messages.send(
        to=(NUMBER,),
        message="later",
        scheduled_at=datetime.now(UTC) + timedelta(days=1),
        callback_url="https://shop.example/sms",
        priority=Priority.HIGH,
        idempotency_key="order 4711",
    )

    assert (sent.idempotency_key, sent.status) == ("order 4711", Status.QUEUED)


def test_the_same_key_gets_the_same_answer_and_other_content_is_refused(client):
    first, again = (
        client.messages.send(to=NUMBER, message="hi", idempotency_key="k") for _ in range(2)
    )

    assert again == first
    with pytest.raises(IdempotencyConflict):
        client.messages.send(to=NUMBER, message="other", idempotency_key="k")
    assert len(ids(client.messages.list())) == 1


def test_an_estimate_tells_what_a_text_costs_and_why(client):
    estimate = client.messages.estimate(to=[NUMBER, OTHER], message="Łódź", from_="Shop")

    assert (estimate.encoding, estimate.segments, estimate.credits) == ("ucs2", 1, 2)
    assert estimate.credits_remaining == 1000
    assert estimate.messages == (
        Cost(to=NUMBER, route="modem", credits=1),
        Cost(to=OTHER, route="modem", credits=1),
    )
    characters = [(one.index, one.character) for one in estimate.forcing_characters]
    assert characters == [(0, "Ł"), (1, "ó"), (3, "ź")]
    assert estimate.forcing_characters[0].name == "LATIN CAPITAL LETTER L WITH STROKE"
    assert (estimate.from_, estimate.from_ignored_by) == ("Shop", ("modem",))
    assert list(client.messages.list()) == []


def test_a_message_is_called_back_once(client):
    sent = client.messages.send(to=NUMBER, message="hi")

    cancelled = client.messages.cancel(sent.message_id)

    assert (cancelled.message_id, cancelled.status) == (sent.message_id, Status.FAILED)
    assert (cancelled.credits_refunded, cancelled.credits_remaining) == (1, 1000)
    assert client.messages.get(sent.message_id).is_final
    with pytest.raises(NotCancellable) as caught:
        client.messages.cancel(sent.message_id)
    assert not caught.value.is_uncertain


def test_a_list_has_every_message_newest_first_whatever_its_pages(client):
    sent = [client.messages.send(to=NUMBER, message=str(number)) for number in range(5)]

    assert ids(client.messages.list(page_size=2)) == ids(sent)[::-1]
    pages = list(client.messages.list(page_size=2).pages())
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert ids(client.messages.list(after=pages[0].next)) == ids(sent)[2::-1]


def test_a_list_may_be_of_a_status_or_of_a_recipient(client):
    first, second = (client.messages.send(to=to, message="hi") for to in (NUMBER, OTHER))
    client.messages.cancel(first.message_id)

    assert ids(client.messages.list(status=Status.FAILED)) == ids([first])
    assert ids(client.messages.list(to=OTHER)) == ids([second])


def test_the_account_tells_its_plan_and_balance(make_client, make_key, server):
    client = make_client(make_key(tariff="standard", credits=7), base_url=server.url)

    account = client.account.get()

    assert account.account_id.startswith("acc_")
    assert (account.plan, account.credits_remaining, account.rate_limit) == ("standard", 7, 10)


def test_what_is_not_limited_is_none(make_client, make_key, server):
    client = make_client(make_key(credits=None), base_url=server.url)

    assert client.account.get().credits_remaining is None
    assert client.account.get().rate_limit is None
    assert client.messages.send(to=NUMBER, message="hi").credits_remaining is None


def test_what_was_received_is_listed(client, server):
    account = int(client.account.get().account_id.removeprefix("acc_"), 16)
    base = account << 16
    with server.gateway() as gateway:
        for number in range(3):
            message = InboundMessage(
                id=MessageId(base + number),
                account=account,
                channel="modem",
                sender=NUMBER,
                text=f"Ja {number}",
                received_at=NOON + timedelta(seconds=number),
            )
            gateway.store.run(lambda work, message=message: work.inbox.add(message)).result()

    received = list(client.inbound.list(page_size=2))

    assert [one.message for one in received] == ["Ja 2", "Ja 1", "Ja 0"]
    assert (received[0].from_, received[0].to) == (NUMBER, None)
    assert received[0].received_at == NOON + timedelta(seconds=2)
    assert received[0].message_id == f"in_{base + 2:016x}"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"to": "0170"}, InvalidNumber),
        ({"to": [NUMBER, "0170"]}, InvalidNumber),
        ({"to": []}, InvalidRequest),
        ({"message": ""}, InvalidRequest),
        ({"message": "x" * 1601}, MessageTooLong),
        ({"priority": "urgent"}, InvalidRequest),
        ({"from_": "much too long a name"}, InvalidRequest),
        ({"callback_url": "ftp://shop.example"}, InvalidRequest),
    ],
)
def test_what_is_refused_is_said_so_and_nothing_is_sent(client, fields, kind):
    with pytest.raises(kind) as caught:
        client.messages.send(**{"to": NUMBER, "message": "hi", **fields})

    assert caught.value.request == "POST /v1/messages"
    assert caught.value.tries == 1
    assert list(client.messages.list()) == []


def test_a_batch_that_costs_more_than_is_left_is_not_sent_in_part(make_client, make_key, server):
    client = make_client(make_key(credits=1), base_url=server.url)

    with pytest.raises(InsufficientCredits) as caught:
        client.messages.send(to=[NUMBER, OTHER], message="hi")

    assert caught.value.status == 402
    assert client.account.get().credits_remaining == 1


def test_a_wrong_key_is_told(make_client, server):
    with pytest.raises(AuthenticationFailed) as caught:
        make_client("sk_of_nobody", base_url=server.url).account.get()

    assert (caught.value.status, caught.value.code) == (401, "authentication_failed")


@pytest.mark.parametrize("name", ["msg_0000000000000001", "nonsense", "msg_1/../../account", "ü"])
def test_a_message_that_is_not_there_is_not_found(client, name):
    with pytest.raises(NotFound):
        client.messages.get(name)


def test_no_log_has_the_key_the_text_or_the_number(server, key, caplog):
    caplog.set_level("DEBUG")
    with Client(key, base_url=server.url) as client:
        client.messages.send(to=NUMBER, message="tulips")
        list(client.messages.list(to=NUMBER))

    assert not [one for one in (key, "tulips", NUMBER[1:]) if one in caplog.text]


def test_threads_share_a_client(server, key):
    with Client(key, base_url=server.url) as client, ThreadPoolExecutor(8) as threads:

        def send(number):
            sent = client.messages.send(to=NUMBER, message=str(number))
            return client.messages.get(sent.message_id).message

        assert list(threads.map(send, range(40))) == [str(number) for number in range(40)]


FORKING = """
import os, sys
from smscore_client import Client

client = Client(sys.argv[2], base_url=sys.argv[1])
client.messages.send(to="+491701234567", message="parent")
sys.stdout.flush()
if child := os.fork():
    _, status = os.waitpid(child, 0)
    print(len(list(client.messages.list())), os.waitstatus_to_exitcode(status))
else:
    client.messages.send(to="+491701234567", message="child")
    client.close()
    os._exit(0)
"""


def test_a_child_has_connections_of_its_own(server, key):
    done = subprocess.run(
        [sys.executable, "-c", FORKING, server.url, key],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stdout.strip() == "2 0", done.stderr


def test_a_client_needs_nothing_of_the_server_to_run(server, key):
    program = (
        "import json, sys; from smscore_client import Client\n"
        "client = Client(sys.argv[2], base_url=sys.argv[1])\n"
        "print(json.dumps([client.account.get().plan, 'smscore' in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, server.url, key],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={"PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:1"},
    )

    assert json.loads(done.stdout) == ["unlimited", False]
