import socket
import sys

import pytest

from smscore_server._listening import address, listen
from smscore_server._output import Failure


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 65536),
        ("127.0.0.1", -1),
        ("127.0.0.1", 2**80),
        ("a\0b", 0),
        ("nowhere..invalid", 0),
        ("127.0.0.1\udcff", 0),
        ("192.0.2.1", 0),  # RFC 5737: nobody has it
    ],
)
def test_what_cannot_be_listened_on_is_a_failure(host: str, port: int):
    with pytest.raises(Failure, match=r"^cannot listen on port"):
        listen(host, port)


def test_a_free_port_can_be_chosen_and_is_told():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        assert port > 0
        assert address(listener) == f"http://127.0.0.1:{port}"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name these otherwise")
def test_a_client_that_takes_nothing_costs_the_system_little_and_not_for_ever():
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            unsent = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
            patience = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert (unsent, patience) == (131_072, 60_000)
