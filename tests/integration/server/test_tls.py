"""
TLS at the server's doors: real handshakes, certificates that change while it runs.
"""

import json
import os
import re
import signal
import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import trustme

from smscore.errors import ConfigurationError
from smscore.tls import server_context
from smscore_server._certificates import lifetime

PATIENCE = 30.0


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def issue(authority, installation):
    """Writes a certificate and its key beside the configuration; says its number."""

    def issue(name="cert.pem", *, key="key.pem", begins_at=None, expires_at=None):
        made = authority.issue_cert("127.0.0.1", not_before=begins_at, not_after=expires_at)
        made.private_key_pem.write_to_path(installation / key)
        chain = b"".join(one.bytes() for one in made.cert_chain_pems)
        (installation / name).write_bytes(chain)
        return number_of(ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode()))

    return issue


def number_of(der):
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(der).serial_number


def configure(installation, content):
    (installation / "smscore.toml").write_text(content)


HTTP = '[http]\ncertificate = "cert.pem"\nkey = "key.pem"\n'
MAILS = (
    '[smtp]\ndomains = ["sms.example.org"]\nport = 0\ncertificate = "cert.pem"\nkey = "key.pem"\n'
)


@pytest.fixture
def serve(start, installation):
    def serve(content=HTTP):
        configure(installation, content)
        server = start("serve", "--port", "0", "--json")
        said = json.loads(server.line())
        return server, said

    return serve


def shown_at(url, trusting, **changes):
    """The number of the certificate that a new connection is shown."""
    host, port = re.fullmatch(r"https://(.*):(\d+)", url).groups()
    with (
        socket.create_connection((host, int(port)), PATIENCE) as line,
        trusting.wrap_socket(line, server_hostname=changes.get("name", host)) as safe,
    ):
        return number_of(safe.getpeercert(binary_form=True))


def test_the_port_speaks_tls_with_the_configured_certificate(serve, issue, trusting):
    number = issue()
    _, said = serve()

    assert said["url"].startswith("https://127.0.0.1:")
    assert shown_at(said["url"], trusting) == number
    assert httpx2.get(f"{said['url']}/health/live", verify=trusting).json() == {"status": "ok"}


def test_plain_http_is_served_beside_on_a_port_of_its_own(serve, issue, trusting):
    issue()
    _, said = serve(f"{HTTP}plain_port = 0\n")
    (plain,) = said["beside"]

    assert plain.startswith("http://")
    assert httpx2.get(f"{plain}/health/live").status_code == 200
    assert httpx2.get(f"{said['url']}/health/live", verify=trusting).status_code == 200


def test_an_old_tls_is_refused(serve, issue, trusting):
    issue()
    _, said = serve()
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        trusting.minimum_version = trusting.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError):
        shown_at(said["url"], trusting)


def test_after_sighup_new_connections_are_shown_the_new_certificate(serve, issue, trusting):
    first = issue()
    server, said = serve()
    with httpx2.Client(verify=trusting) as client:
        assert client.get(f"{said['url']}/health/live").status_code == 200
        second = issue()
        assert shown_at(said["url"], trusting) == first

        os.kill(server.pid, signal.SIGHUP)
        server.await_logged("certificates were read again")

        assert shown_at(said["url"], trusting) == second != first
        assert client.get(f"{said['url']}/health/live").status_code == 200


@pytest.mark.parametrize("fault", ["no certificate", "another's key", "nothing", "a pipe"])
def test_a_broken_certificate_leaves_the_one_before(serve, issue, trusting, installation, fault):
    first = issue()
    server, said = serve()
    if fault == "no certificate":
        (installation / "cert.pem").write_text("no certificate")
    elif fault == "another's key":
        issue("other.pem", key="key.pem")
    else:
        (installation / "key.pem").unlink()
    if fault == "a pipe":  # nobody will ever write into it
        os.mkfifo(installation / "key.pem")

    os.kill(server.pid, signal.SIGHUP)
    log = server.await_logged("certificates stay as they were: .*")

    assert re.search(r"stay as they were: \[http\] (certificate|key) .*(cert|key)\.pem", log)
    assert shown_at(said["url"], trusting) == first


def test_mails_are_shown_the_new_certificate_too(serve, issue, trusting):
    issue()
    server, said = serve(HTTP + MAILS)
    second = issue()

    os.kill(server.pid, signal.SIGHUP)
    server.await_logged("certificates were read again")

    host, port = said["smtp"].split(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as mailer:
        mailer.starttls(context=trusting)
        assert number_of(mailer.sock.getpeercert(binary_form=True)) == second


def test_a_server_that_begins_anew_speaks_tls_with_what_is_there_then(serve, issue, trusting):
    issue()
    server, said = serve(f"{HTTP}plain_port = 0\n{MAILS}")
    second = issue()

    os.kill(server.pid, signal.SIGUSR2)

    assert json.loads(server.line()) == said
    assert shown_at(said["url"], trusting) == second


def test_a_certificate_that_cannot_be_used_is_said_at_the_start(installation, issue, start):
    issue()
    issue("other.pem", key="key.pem")
    configure(installation, HTTP)
    server = start("serve", "--port", "0")

    with pytest.raises(AssertionError, match=r"^error: \[http\] certificate .*does not belong"):
        server.line()

    assert server.wait() == 1


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(installation, issue):
    from cryptography.hazmat.primitives import serialization

    issue()
    key = serialization.load_pem_private_key((installation / "key.pem").read_bytes(), None)
    (installation / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret-word"),
        )
    )

    with pytest.raises(ConfigurationError, match="passphrase"):
        server_context(installation / "cert.pem", installation / "key.pem", where="http")


@pytest.mark.parametrize("days", [-3, 3, 300])
def test_when_a_certificate_expires_is_known_whether_or_not_it_has(installation, issue, days):
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    issue(expires_at=ends_at)
    certificate, key = installation / "cert.pem", installation / "key.pem"

    context = server_context(certificate, key, where="http")

    assert lifetime(context, certificate).ends_at == ends_at


@pytest.mark.parametrize(
    ("days", "verdict", "detail"),
    [(-3, "wrong", "expired"), (3, "wrong", "expires"), (300, "ok", "until")],
)
def test_check_says_when_a_certificate_ends(installation, issue, command, days, verdict, detail):
    issue(expires_at=datetime.now(UTC) + timedelta(days=days))
    configure(installation, HTTP + MAILS)

    found = findings(command)

    for subject in ("certificate of [http]", "certificate of [smtp]"):
        assert found[subject]["verdict"] == verdict
        assert detail in found[subject]["detail"]


def test_a_certificate_with_a_short_life_is_fine_until_its_last_third(installation, issue, command):
    now = datetime.now(UTC)
    issue(begins_at=now - timedelta(days=1), expires_at=now + timedelta(days=5))
    configure(installation, HTTP)

    assert findings(command)["certificate of [http]"]["verdict"] == "ok"


def test_before_a_reload_only_what_cannot_be_used_is_wrong(installation, issue, command):
    issue(expires_at=datetime.now(UTC) + timedelta(days=3))
    configure(installation, HTTP)
    assert command("check", "--certificates").exit_code == 0

    issue("other.pem", key="key.pem")
    result = command("check", "--certificates")

    assert result.exit_code == 1
    assert "the key does not belong to the certificate" in result.stdout


@pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
def test_a_file_that_is_half_written_is_called_that(installation, issue, command, name):
    issue()
    file = installation / name
    file.write_bytes(file.read_bytes()[:200])
    configure(installation, HTTP)

    found = findings(command)["certificate of [http]"]

    assert "no whole certificate and key in PEM" in found["detail"]


def test_check_says_which_file_cannot_be_read(installation, issue, command):
    issue()
    (installation / "key.pem").unlink()
    configure(installation, HTTP)

    found = findings(command)["certificate of [http]"]

    assert found["verdict"] == "wrong"
    assert "key.pem: No such file" in found["detail"]


def findings(command):
    said = command("check", "--json", "--wait", "0.3").stdout
    return {one["subject"]: one for one in json.loads(said)["findings"]}
