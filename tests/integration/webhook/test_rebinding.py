"""Names that stand for one address and then for another: the call goes where it was checked."""

import socket
import threading

import pytest

PATIENCE = 10.0
NAME = "hooks.example.org"


class Names:
    """A look-up whose answers follow one another; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, host):
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def allowed(endpoint):
    return endpoint(address="127.0.0.2")


@pytest.fixture
def forbidden(endpoint, allowed):
    """What a rebound name leads to: another address, the same port."""
    return endpoint(address="127.0.0.1", port=allowed.port)


def test_the_connection_goes_to_the_address_that_was_checked(
    make_sender, allowed, forbidden, a_call
):
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    sender = make_sender("127.0.0.2/32", look_up=names)
    call = a_call(allowed.url(host=NAME))

    answer = sender.send(call).result(PATIENCE)

    assert (answer.status, names.asked) == (200, [NAME])  # asked once: nothing can change between
    assert f"Host: {NAME}:{allowed.port}".encode() in allowed.requests[0]
    assert forbidden.connections == 0


def test_a_name_that_is_rebound_is_not_called_any_more(make_sender, allowed, forbidden, a_call):
    sender = make_sender("127.0.0.2/32", look_up=Names(["127.0.0.2"], ["127.0.0.1"]))
    call = a_call(allowed.url(host=NAME))

    first = sender.send(call).result(PATIENCE)
    kept = sender.send(call).result(PATIENCE)
    allowed.close()
    rebound = sender.send(call).result(PATIENCE)

    assert [first.status, kept.status] == [200, 200]  # over one connection
    assert (rebound.status, rebound.error) == (None, "the host's address is not public")
    assert forbidden.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["127.0.0.2", "127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["::127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["169.254.169.254"],
        ["fe80::1%lo"],
        ["0.0.0.0"],  # the same as loopback on many systems
        [],
    ],
)
def test_a_name_with_a_forbidden_address_is_not_called(
    make_sender, forbidden, allowed, a_call, addresses
):
    sender = make_sender("127.0.0.2/32", look_up=Names(addresses))

    answer = sender.send(a_call(forbidden.url(host=NAME))).result(PATIENCE)

    assert (answer.status, answer.error) == (None, "the host's address is not public")
    assert allowed.connections == forbidden.connections == 0


def test_the_next_address_is_tried_where_nobody_listens(make_sender, allowed, a_call):
    sender = make_sender("127.0.0.0/8", look_up=lambda _: ["127.0.0.3", "127.0.0.2"])

    assert sender.send(a_call(allowed.url(host=NAME))).result(PATIENCE).status == 200


def test_the_next_address_is_tried_where_nobody_answers(make_sender, allowed, a_call):
    sender = make_sender(
        "127.0.0.0/8", patience=PATIENCE, look_up=lambda _: ["127.0.0.3", "127.0.0.2"]
    )
    with (
        socket.create_server(("127.0.0.3", allowed.port), backlog=0) as deaf,
        socket.create_connection(deaf.getsockname()),  # the one that may wait for its turn
    ):
        answer = sender.send(a_call(allowed.url(host=NAME))).result(2 * PATIENCE)

    assert (answer.status, answer.error) == (200, None)


def test_no_redirect_is_even_looked_up(make_sender, endpoint, a_call):
    made = endpoint(
        b"HTTP/1.1 307 Elsewhere\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n"
        b"Refresh: 0; url=http://metadata.google.internal/\r\nContent-Length: 0\r\n\r\n"
    )
    names = Names(["127.0.0.1"])
    sender = make_sender("127.0.0.0/8", look_up=names)

    answer = sender.send(a_call(made.url(host=NAME))).result(PATIENCE)

    assert (answer.status, answer.error) == (307, "the endpoint answered 307")
    assert set(names.asked) == {NAME}
    assert made.connections == 1


def test_names_that_nobody_answers_for_hold_up_no_other(make_sender, endpoint, a_call):
    silence = threading.Event()

    def look_up(host):
        if host != NAME:
            silence.wait(PATIENCE)
        return ["127.0.0.1"]

    made = endpoint()
    sender = make_sender("127.0.0.0/8", look_up=look_up)
    stuck = [sender.send(a_call(made.url(host=f"{number}.example"))) for number in range(100)]

    answer = sender.send(a_call(made.url(host=NAME))).result(PATIENCE)

    assert answer.status == 200
    assert not any(future.done() for future in stuck)
    silence.set()
    assert {future.result(PATIENCE).status for future in stuck} == {200}


def test_calls_to_one_name_look_it_up_once(make_sender, endpoint, a_call):
    asked, silence = [], threading.Event()

    def look_up(host):
        asked.append(host)
        silence.wait(PATIENCE)
        return ["127.0.0.1"]

    made = endpoint()
    sender = make_sender("127.0.0.0/8", look_up=look_up)
    futures = [sender.send(a_call(made.url(host=NAME))) for _ in range(20)]
    sender.send(a_call(made.url())).result(PATIENCE)  # after all of them have asked
    silence.set()

    assert {future.result(PATIENCE).status for future in futures} == {200}
    assert asked == [NAME]


def test_a_look_up_that_never_ends_is_given_up_and_stops_no_sender(make_sender, a_call):
    silence = threading.Event()
    sender = make_sender(patience=0.2, look_up=lambda _: silence.wait(PATIENCE) and [])

    answer = sender.send(a_call(f"http://{NAME}/")).result(PATIENCE)
    sender.close()
    silence.set()

    assert answer.error == "no answer within 0.2 s"
