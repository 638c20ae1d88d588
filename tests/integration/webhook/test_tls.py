"""Endpoints over TLS: the name is verified, whatever address it stands for."""

import ssl
import threading

import pytest
import trustme

PATIENCE = 10.0
NAME = "hooks.example.org"
REFUSED = "TLS failed: {} mismatch, certificate is not valid for '{}'."


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The authority is one that the system knows, as an operator would have it."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


@pytest.fixture
def secure(endpoint):
    """Makes an endpoint with a certificate for these names; ``named`` is what it was asked for."""

    def secure(authority, *names):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        named = []
        context.sni_callback = lambda _, name, __: named.append(name)
        made = endpoint(tls=context)
        made.named = named
        return made

    return secure


@pytest.fixture
def sender(make_sender):
    return make_sender("127.0.0.0/8", look_up=lambda _: ["127.0.0.1"])


def test_the_name_is_asked_for_and_verified_at_the_checked_address(sender, secure, trusted, a_call):
    made = secure(trusted, NAME)

    answers = [sender.send(a_call(made.url(host=NAME))).result(PATIENCE) for _ in range(2)]

    assert [(answer.status, answer.error) for answer in answers] == [(200, None)] * 2
    assert (made.named, made.connections) == ([NAME], 1)


def test_a_certificate_for_another_name_is_refused_and_nothing_is_said(
    sender, secure, trusted, a_call
):
    made = secure(trusted, "other.example.org", "127.0.0.1")

    answer = sender.send(a_call(made.url(host=NAME))).result(PATIENCE)

    assert (answer.status, answer.error) == (None, REFUSED.format("Hostname", NAME))
    assert made.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(sender, secure, authority, a_call):
    made = secure(authority, NAME)

    answer = sender.send(a_call(made.url(host=NAME))).result(PATIENCE)

    assert (answer.status, answer.error) == (
        None,
        "TLS failed: unable to get local issuer certificate",
    )
    assert made.requests == []


def test_an_address_needs_a_certificate_for_itself(sender, secure, trusted, a_call):
    by_address, by_name = secure(trusted, "127.0.0.1"), secure(trusted, NAME)

    assert sender.send(a_call(by_address.url())).result(PATIENCE).status == 200
    assert sender.send(a_call(by_name.url())).result(PATIENCE).error == REFUSED.format(
        "IP address", "127.0.0.1"
    )
    assert by_name.requests == []


class Instead(ssl.SSLContext):
    """What an endpoint does in place of a greeting."""

    do = staticmethod(lambda _: None)

    def wrap_socket(self, connection, **_):
        self.do(connection)
        return connection


def test_what_speaks_no_tls_is_no_answer(sender, endpoint, a_call):
    context = Instead(ssl.PROTOCOL_TLS_SERVER)
    context.do = lambda connection: connection.sendall(b"HTTP/1.1 400 No\r\n\r\n")

    answer = sender.send(a_call(endpoint(tls=context).url())).result(PATIENCE)

    assert answer.status is None
    assert answer.error.startswith("TLS failed: ")


def test_a_greeting_that_never_comes_is_given_up(make_sender, endpoint, a_call):
    silence, context = threading.Event(), Instead(ssl.PROTOCOL_TLS_SERVER)
    context.do = lambda _: silence.wait(PATIENCE)
    sender = make_sender("127.0.0.0/8", patience=0.3)

    answer = sender.send(a_call(endpoint(tls=context).url())).result(PATIENCE)
    silence.set()

    assert answer.error == "no answer within 0.3 s"
