"""Pushes over sockets: to any address, read by a server and a program that know nothing of us."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from receivers import Receiver

from smscore import GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.destinations import HttpCall, IsmsPush, placeholders
from smscore.domain.inbound import InboundMessage
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import MessageId
from smscore.domain.pushes import http_url, isms_form
from smscore.ports.webhooks import Answer, Push
from smscore.testing import (
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_part,
)
from smscore_policy import make_pattern_engine
from smscore_webhook._sender import HttpSender

PATIENCE = 10.0
TEXT = "Grüße & <b>3</b> > 2 €\r\n😀\t100%+1 XMLDATA=x ]]> \x85."
AT = datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)
MESSAGE = InboundMessage(
    id=MessageId(1),
    account=None,
    channel="modem-1",
    sender="+919845346160",
    text=TEXT,
    received_at=AT,
)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.close()


def a_push(destination: HttpCall | IsmsPush) -> Push:
    if isinstance(destination, HttpCall):
        url = http_url(destination, placeholders(MESSAGE, TEXT, zone="UTC"))
        return Push(url=url, form=None, push_id="push_1", at=AT)
    form = isms_form(destination, MESSAGE, text=TEXT, zone="UTC")
    return Push(url=destination.url, form=form, push_id="push_1", at=AT)


@pytest.fixture
def push(make_sender: Callable[..., HttpSender]) -> Callable[[HttpCall | IsmsPush], Answer]:
    sender = make_sender()  # one that calls public addresses only, for accounts

    def push(destination: HttpCall | IsmsPush) -> Answer:
        return sender.send(a_push(destination)).result(PATIENCE)

    return push


def test_a_program_reads_what_was_received(push, receiver):
    answer = push(IsmsPush(url=f"{receiver.url}/cgi-bin/sms", username="horst", password="ä +&"))

    assert (answer.status, answer.body.strip()) == (200, b"ACCEPTED")
    (read,) = receiver.received
    assert read.pop("MessageNotification").strip() == ""
    assert read == {
        "kind": "application/x-www-form-urlencoded",
        "push_id": "push_1",
        "username": "horst",
        "password": "ä +&",
        "ModemNumber": "modem-1",
        "SenderNumber": "+919845346160",
        "Date": "26/03/01",
        "Time": "12:00:03",
        "Message": TEXT,
    }


def test_a_server_reads_the_query_of_an_address(push, receiver):
    answer = push(HttpCall(url=f"{receiver.url}/in?n=$NUMBER$&t=$TXT$&at=$TIME$&by=$MODEM$"))

    assert (answer.status, answer.body) == (200, b"thank you\n")
    assert receiver.asked == [
        {"n": "+919845346160", "t": TEXT, "at": "2026-03-01 12:00:03", "by": "modem-1"}
    ]


def test_a_request_says_how_long_it_is_and_by_which_id_it_is_known(push, endpoint):
    made = endpoint()

    push(IsmsPush(url=made.url()))

    head, _, body = made.requests[0].partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "POST /hook HTTP/1.1",
        f"Host: 127.0.0.1:{made.port}",
        "User-Agent: smscore",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Idempotency-Key: push_1",
    ]


def test_each_push_has_a_connection_of_its_own(push, endpoint):
    made = endpoint()

    for _ in range(2):
        assert push(IsmsPush(url=made.url())).status == 200

    assert made.connections == 2


def test_no_redirect_is_followed(push, receiver, endpoint):
    made = endpoint(
        f"HTTP/1.1 302 Found\r\nLocation: {receiver.url}\r\nContent-Length: 0\r\n\r\n".encode()
    )

    assert push(IsmsPush(url=made.url())).status == 302
    assert receiver.statuses == []


def test_what_only_operators_may_call_is_not_open_to_accounts(make_sender, a_call, receiver):
    sender = make_sender()
    pushed = sender.send(a_push(HttpCall(url=receiver.url))).result(PATIENCE)

    called = sender.send(a_call(receiver.url)).result(PATIENCE)

    assert pushed.status == 200
    assert (called.status, called.error) == (None, "the host's address is not public")
    receiver.wait(lambda: len(receiver.statuses) == 1)  # it writes down what it has answered


def test_a_receiver_that_fails_is_called_again_until_it_accepts(make_sender, receiver):
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    rule = InboundRule(name="all", destinations=(IsmsPush(url=f"{receiver.url}/sms"),))
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
        pattern_engine=make_pattern_engine(),
        webhook_sender=make_sender(),
        clock=clock,
    ) as gateway:
        gateway.rules.apply([], inbound=[rule])
        gateway.reception.received(a_part())
        (arrived,) = gateway.inquiry.inbound()
        answered = store.wakeup("topic:events")
        states = [(500, ""), (None, "BUSY"), (None, "ACCEPTED")]
        for tries, (receiver.status, receiver.answer) in enumerate(states, start=1):
            clock.move(seconds=60)
            while len(gateway.pushes.of(arrived.id)[0].attempts) < tries:
                if not gateway.run_pending():
                    answered.wait(0.05)
        (story,) = gateway.pushes.of(arrived.id)

    assert [(one.status, one.error) for one in story.attempts] == [
        (500, "the endpoint answered 500"),
        (200, "the receiver did not answer ACCEPTED"),
        (200, None),
    ]
    assert story.posting.state == "delivered"
    assert len({one["push_id"] for one in receiver.received}) == 1


def test_a_receiver_that_hangs_is_given_up_in_time(make_sender, endpoint):
    waiting = threading.Event()
    made = endpoint(lambda _: waiting.wait(PATIENCE))
    sender = make_sender(patience=60, push_patience=0.2)

    answer = sender.send(a_push(IsmsPush(url=made.url()))).result(PATIENCE)
    waiting.set()

    assert (answer.status, answer.error) == (None, "no answer within 0.2 s")


def test_a_word_that_comes_late_is_waited_for(make_sender, a_call, endpoint):
    others_are_cut = threading.Event()

    def hesitate(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nACC")
        others_are_cut.wait(PATIENCE)
        connection.sendall(b"EPTED")

    made = endpoint(hesitate)
    sender = make_sender("127.0.0.0/8", patience=30)
    pushed = sender.send(a_push(IsmsPush(url=made.url())))
    called = sender.send(a_call(made.url())).result(PATIENCE)
    others_are_cut.set()

    assert called.body == b"ACC"
    assert pushed.result(PATIENCE).body == b"ACCEPTED"


def test_what_is_secret_in_a_push_is_not_shown_with_it():
    push = attrs.evolve(a_push(HttpCall(url="http://127.0.0.1/?key=hush-word")), form=b"push-word")

    assert repr(push) == f"Push(push_id='push_1', at={AT!r})"
