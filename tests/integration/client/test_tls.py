"""
Clients of both kinds and servers over TLS: the key goes to nobody who cannot prove their name.
"""

import json
import ssl

import httpx2
import pytest
import trustme
from endpoints import Endpoint

from smscore_client import Client, NoAnswer

SENT = {"message_id": "msg_1", "credits_used": 1, "credits_remaining": 9, "status": "queued"}
ANSWER = json.dumps(SENT).encode()


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def serve():
    """Makes a server with a certificate of the authority for a name."""
    made = []

    def serve(authority, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        made.append(Endpoint(answer, tls=context))
        return made[-1]

    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        return True

    yield serve
    for one in made:
        one.close()


def send(make_client, server, **options):
    client = make_client(
        "sk_word", base_url=server.url("", host="localhost"), sleep=lambda _: None, **options
    )
    try:
        return client.messages.send(to="+491701234567", message="hi")
    finally:
        client.close()  # before the server, which waits for its end


def test_an_authority_that_the_system_knows_will_do(
    make_client, serve, authority, tmp_path, monkeypatch
):
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    assert send(make_client, serve(authority, "localhost")).credits_remaining == 9


@pytest.mark.parametrize("known", [True, False], ids=["other name", "unknown authority"])
def test_a_server_that_cannot_prove_its_name_gets_nothing(
    make_client, serve, authority, tmp_path, monkeypatch, known
):
    file = tmp_path / "authority.pem"
    (authority if known else trustme.CA()).cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    server = serve(authority, "other.example" if known else "localhost")

    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED") as caught:
        send(make_client, server)

    assert not caught.value.is_uncertain
    assert server.requests == []


def test_an_authority_of_ones_own_is_handed_over_with_the_transport(serve, authority):
    server = serve(authority, "localhost")
    context = ssl.create_default_context()
    authority.configure_trust(context)

    with httpx2.HTTPTransport(verify=context) as transport:
        assert send(Client, server, transport=transport).credits_remaining == 9
