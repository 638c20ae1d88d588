"""
The stand-in for Telegram itself, where its users would not notice a fault.
"""

import gc
import socket
import threading
from urllib.parse import urlsplit

from smscore_telegram.testing._server import Server


async def no_answer(path: str, body: bytes) -> None:
    """As if the connection broke."""


def test_a_connection_that_comes_while_it_closes_is_closed_as_well():
    server = Server(no_answer)
    url, clients = urlsplit(server.url), []
    closing = threading.Thread(target=server.close)

    def be_busy_meanwhile() -> None:
        clients.append(socket.create_connection((url.hostname, url.port), timeout=10))
        closing.start()
        closing.join(0.1)  # it waits for us: both have come to the loop when it goes on

    server.call(be_busy_meanwhile)
    closing.join()

    with clients[0] as client:
        gc.collect()  # what nobody has closed says so
        assert client.recv(1) == b""
