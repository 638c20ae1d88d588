"""One call and one answer, whatever the endpoint does, and never where nobody may call."""

import logging
import socket
import threading

import attrs
import pytest

from smscore.errors import InvalidRequest
from smscore_webhook import make_webhook_sender

PATIENCE = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_call_is_a_post_of_the_bytes_with_its_headers(sender, endpoint, a_call):
    made = endpoint()

    answer = sender.send(a_call(made.url("/a/b?c=%20d#e"), "ü😀".encode())).result(PATIENCE)

    assert (answer.status, answer.error, answer.body) == (200, None, b"ok")
    head, _, body = made.requests[0].partition(b"\r\n\r\n")
    assert body.decode() == "ü😀"
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a/b?c=%20d HTTP/1.1"
    assert lines[1:7] == [
        f"Host: 127.0.0.1:{made.port}",
        "User-Agent: smscore",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "Content-Length: 6",
    ]
    assert [line.partition(":")[0] for line in lines[7:]] == [
        "X-SMSProvider-Signature",
        "X-SMSProvider-Sequence",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]


def test_a_connection_is_used_again(sender, endpoint, a_call):
    made = endpoint()

    for _ in range(3):
        assert sender.send(a_call(made.url())).result(PATIENCE).status == 200

    assert (made.connections, len(made.requests)) == (1, 3)


def test_a_connection_that_was_closed_meanwhile_is_replaced(sender, endpoint, a_call):
    def answer_and_close(connection):
        connection.sendall(OK)  # says nothing of closing
        return False

    made = endpoint(answer_and_close)

    answers = [sender.send(a_call(made.url())).result(PATIENCE) for _ in range(5)]

    assert [answer.status for answer in answers] == [200] * 5


@pytest.mark.parametrize("status", [301, 302, 307, 400, 410, 429, 500, 503])
def test_other_statuses_are_failures_and_lead_nowhere(sender, endpoint, a_call, status):
    elsewhere = endpoint()
    made = endpoint(
        f"HTTP/1.1 {status} No\r\nLocation: {elsewhere.url()}\r\nContent-Length: 0\r\n\r\n".encode()
    )

    answer = sender.send(a_call(made.url())).result(PATIENCE)

    assert (answer.status, answer.error) == (status, f"the endpoint answered {status}")
    assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_a_success(sender, endpoint, a_call, status):
    made = endpoint(f"HTTP/1.1 {status} Fine\r\nContent-Length: 0\r\n\r\n".encode())

    assert sender.send(a_call(made.url())).result(PATIENCE).error is None


def test_interim_answers_are_not_the_answer(sender, endpoint, a_call):
    made = endpoint(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK
    )

    assert sender.send(a_call(made.url())).result(PATIENCE).status == 200


def test_an_endpoint_may_ask_for_time(sender, endpoint, a_call):
    interim = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
    busy = b"HTTP/1.1 503 No\r\nretry-after: 120\r\nContent-Length: 0\r\n\r\n"
    answers = iter([busy, interim + busy.replace(b"retry-after: 120\r\n", b"")])

    def behave(connection):
        connection.sendall(next(answers))
        return True

    made = endpoint(behave)
    asked = [sender.send(a_call(made.url())).result(PATIENCE).retry_after for _ in range(2)]

    assert asked == [120, None]


def test_a_chunked_answer_is_understood(sender, endpoint, a_call):
    made = endpoint(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )

    assert sender.send(a_call(made.url())).result(PATIENCE).body == b"abcde"


def test_of_a_long_answer_the_beginning_is_kept_and_the_rest_not_read(sender, endpoint, a_call):
    taken = []

    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"x" * 1000)
            taken.append(1000)

    made = endpoint(pour)

    answer = sender.send(a_call(made.url())).result(PATIENCE)

    assert (answer.status, answer.body) == (200, b"x" * 2048)
    made.close()
    assert sum(taken) < 9_000_000


def test_an_answer_that_never_ends_counts_from_its_status_on(sender, endpoint, a_call):
    waiting = threading.Event()

    def trickle(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab")
        waiting.wait(PATIENCE)

    answer = sender.send(a_call(endpoint(trickle).url())).result(PATIENCE)
    waiting.set()

    assert (answer.status, answer.body, answer.error) == (200, b"ab", None)


def test_an_endpoint_that_hangs_is_given_up(make_sender, endpoint, a_call):
    waiting = threading.Event()
    made = endpoint(lambda _: waiting.wait(PATIENCE))
    sender = make_sender("127.0.0.0/8", patience=0.2)

    answer = sender.send(a_call(made.url())).result(PATIENCE)
    waiting.set()

    assert (answer.status, answer.error) == (None, "no answer within 0.2 s")
    assert 0.19 <= answer.seconds < PATIENCE  # by the event loop's clock, in milliseconds


def test_a_head_that_trickles_is_given_up(make_sender, endpoint, a_call):
    waiting = threading.Event()

    def trickle(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not waiting.wait(0.02):
            connection.sendall(b"X: y\r\n")

    made = endpoint(trickle)
    sender = make_sender("127.0.0.0/8", patience=0.3)

    answer = sender.send(a_call(made.url())).result(PATIENCE)
    waiting.set()

    assert answer.error == "no answer within 0.3 s"


def test_a_head_without_an_end_is_refused(sender, endpoint, a_call):
    made = endpoint(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000)

    answer = sender.send(a_call(made.url())).result(PATIENCE)

    assert (answer.status, answer.error) == (None, "the head of the answer has no end")


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff" * 100, b"220 mail ready\r\n", b"HTTP/9 200\r\n\r\n"]
)
def test_garbage_is_no_answer(sender, endpoint, a_call, garbage):
    answer = sender.send(a_call(endpoint(garbage).url())).result(PATIENCE)

    assert answer.status is None
    assert answer.error.startswith("not an HTTP answer")


def test_a_reset_is_no_answer(sender, endpoint, a_call):
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    answer = sender.send(a_call(endpoint(reset).url())).result(PATIENCE)

    assert answer.status is None
    assert answer.error


def test_nobody_who_listens_is_no_answer(sender, endpoint, a_call):
    made = endpoint()
    url = made.url()
    made.close()

    answer = sender.send(a_call(url)).result(PATIENCE)

    assert answer.status is None
    assert answer.error


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.1",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]"],
)  # fmt: skip
def test_what_is_not_public_is_not_connected_to(make_sender, endpoint, a_call, host):
    made = endpoint()

    answer = make_sender().send(a_call(made.url(host=host))).result(PATIENCE)

    assert (answer.status, answer.error) == (None, "the host's address is not public")
    assert made.connections == 0


def test_an_operators_call_goes_anywhere_and_is_signed(make_sender, endpoint, a_call):
    made = endpoint()
    call = attrs.evolve(a_call(made.url()), is_operators=True)

    answer = make_sender().send(call).result(PATIENCE)

    assert (answer.status, answer.error) == (200, None)
    assert b"webhook-signature: v1," in made.requests[0]


def test_a_name_that_nobody_knows_is_no_answer(sender, a_call):
    answer = sender.send(a_call("http://no-such-host.invalid/")).result(PATIENCE)

    assert answer.status is None
    assert answer.error


@pytest.mark.parametrize(
    "answer", [OK, b"garbage", b"HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n"]
)
def test_no_address_is_logged_or_told(sender, endpoint, a_call, caplog, answer):
    caplog.set_level(logging.DEBUG)
    call = a_call(endpoint(answer).url("/hook/token-1?key=token-2"))

    told = [
        sender.send(one).result(PATIENCE)
        for one in (call, attrs.evolve(call, url="https://token-3.invalid/token-4"))
    ]

    assert "token-" not in f"{caplog.text}{call!r}{told!r}"


def test_a_literal_address_is_refused_before_anything_is_sent():
    sender = make_webhook_sender()

    with pytest.raises(InvalidRequest):
        sender.check("http://[::ffff:169.254.169.254]/latest/meta-data")
    sender.check("https://example.org/")


def test_many_calls_are_made_at_a_time(sender, endpoint, a_call):
    barrier = threading.Barrier(20)

    def all_at_once(connection):
        barrier.wait(PATIENCE)
        connection.sendall(OK)
        return True

    made = endpoint(all_at_once)

    futures = [sender.send(a_call(made.url())) for _ in range(20)]

    assert [future.result(PATIENCE).status for future in futures] == [200] * 20


def test_a_call_that_was_not_begun_when_the_sender_was_closed_has_an_answer_too(
    sender, endpoint, a_call
):
    made = endpoint()

    for _ in range(20):
        futures = [sender.send(a_call(made.url())) for _ in range(10)]
        sender.close()

        assert all(future.result(PATIENCE) for future in futures)


def test_a_sender_that_is_closed_ends_its_calls_and_can_be_used_again(sender, endpoint, a_call):
    waiting, arrived = threading.Event(), threading.Event()

    def hang(_):
        arrived.set()
        waiting.wait(PATIENCE)

    future = sender.send(a_call(endpoint(hang).url()))
    assert arrived.wait(PATIENCE)
    sender.close()
    waiting.set()

    assert future.result(PATIENCE).error == "given up, since the gateway stops"
    assert sender.send(a_call(endpoint().url())).result(PATIENCE).status == 200
