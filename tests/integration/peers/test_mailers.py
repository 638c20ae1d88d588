"""
Mailers of others hand mails to our door: swaks, the tester's knife, and msmtp, which is `sendmail`
on small machines.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from smscore.errors import Overloaded

# The door's world is a module beside its tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent.parent / "smtp"))
from smtp_world import DOMAIN, NUMBER, Place, open_place

pytestmark = pytest.mark.peers

RECIPIENT = "+491701234567"
PASSWORD = "secret-word"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; 'make test-peers' does it")
    return found


@pytest.fixture
def opened() -> Iterator[Callable[..., Place]]:
    with ExitStack() as ends:
        yield lambda **options: ends.enter_context(open_place(**options))


@pytest.fixture
def place(opened: Callable[..., Place]) -> Place:
    return opened()


@pytest.fixture
def swaks() -> Run:
    """Hands a mail over; the answers of the server are in what it prints."""
    command = program("swaks")

    def run(place: Place, *arguments: str) -> "subprocess.CompletedProcess[str]":
        host, port = place.door.address
        usual = ("--helo", "mailer.example.org", "--from", "alarm@example.org", "--to", NUMBER)
        return subprocess.run(
            [command, "--server", host, "--port", str(port), *usual, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def msmtp() -> Run:
    """Hands the mail of its input over, by a configuration on its command line alone."""
    command = program("msmtp")

    def run(place: Place, *arguments: str, mail: str = "") -> "subprocess.CompletedProcess[str]":
        host, port = place.door.address
        usual = ("--host", host, "--port", str(port), "--from", "alarm@example.org")
        return subprocess.run(
            [command, *usual, *arguments, NUMBER],
            input=mail or "Subject: Pump\nMessage-ID: <1@example.org>\n\nIt has stopped.\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_swaks_sends(place, swaks):
    sent = swaks(place, "--body", "It has stopped.")

    assert sent.returncode == 0, sent.stdout
    assert "<-  250 2.0.0 accepted as " in sent.stdout
    assert place.texts == [(RECIPIENT, "It has stopped.")]


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_swaks_sends_bodies_of_every_encoding(place, swaks, tmp_path, encoding):
    mail = EmailMessage()
    mail.set_content("Grüße, 5 €", cte=encoding)
    file = tmp_path / "mail"
    file.write_bytes(mail.as_bytes(policy=policy.SMTP))

    sent = swaks(place, "--data", f"@{file}")

    assert sent.returncode == 0, sent.stdout
    assert place.texts == [(RECIPIENT, "Grüße, 5 €")]


def test_swaks_sends_an_encoded_subject(opened, swaks):
    place = opened(text="subject")

    sent = swaks(place, "--header", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?4oKs?=")

    assert sent.returncode == 0, sent.stdout
    assert place.texts == [(RECIPIENT, "Grüße€")]


def test_swaks_sends_html(place, swaks):
    html = "Content-Type: text/html; charset=utf-8"

    sent = swaks(place, "--add-header", html, "--body", "<p>It has <b>stopped</b>.</p>")

    assert sent.returncode == 0, sent.stdout
    assert place.texts == [(RECIPIENT, "It has stopped.")]


def test_swaks_is_told_that_its_attachment_is_left_out(place, swaks, tmp_path):
    file = tmp_path / "pump.pdf"
    file.write_bytes(b"%PDF-1.4")

    sent = swaks(place, "--body", "See there.", "--attach", f"@{file}")

    assert "<-  250 2.0.0 accepted as " in sent.stdout
    assert ", without 1 attachment" in sent.stdout
    assert place.texts == [(RECIPIENT, "See there.")]


def test_swaks_is_refused_ten_megabytes(place, swaks, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"Subject: x\r\n\r\n" + (b"x" * 98 + b"\r\n") * 105_000)

    sent = swaks(place, "--data", f"@{file}", "--suppress-data")

    assert sent.returncode == 26  # refused after the data
    assert "<** 552 5.3.4 " in sent.stdout
    assert place.texts == []


def test_swaks_is_refused_who_is_not_known(place, swaks):
    sent = swaks(place, "--to", f"nobody@{DOMAIN}")

    assert sent.returncode == 24  # no recipient was taken
    assert "<** 550 5.1.1 " in sent.stdout


def test_swaks_sends_all_at_once(place, swaks):
    sent = swaks(place, "--pipeline", "--body", "It has stopped.")

    assert sent.returncode == 0, sent.stdout
    assert len(place.texts) == 1


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_swaks_logs_in(opened, swaks, way):
    place = opened(clients=[])
    login = ["--auth", way, "--auth-user", "mailer", "--auth-password"]

    assert swaks(place, *login, "wrong-word").returncode == 28  # the login was refused
    assert swaks(place, *login, PASSWORD).returncode == 0
    assert len(place.texts) == 1


def test_msmtp_sends(place, msmtp):
    sent = msmtp(place)

    assert sent.returncode == 0, sent.stderr
    assert place.texts == [(RECIPIENT, "It has stopped.")]


def test_msmtp_logs_in_after_starttls(opened, msmtp, tmp_path):
    authority, chain, root = trustme.CA(), tmp_path / "mail.pem", tmp_path / "root.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(chain))
    authority.cert_pem.write_to_path(str(root))
    place = opened(clients=[], certificate=str(chain), require_tls=True)

    sent = msmtp(
        place, "--tls=on", "--tls-starttls=on", f"--tls-trust-file={root}", "--auth=plain",
        "--user=mailer", f"--passwordeval=echo {PASSWORD}",
    )  # fmt: skip

    assert sent.returncode == 0, sent.stderr
    assert len(place.texts) == 1


def test_msmtp_is_to_try_again_when_the_store_is_full_and_sends_once(place, msmtp):
    place.store.fault = Overloaded("full")
    assert "451 4.3.0 " in msmtp(place).stderr

    place.store.fault = None
    for _ in range(2):
        assert msmtp(place).returncode == 0
    assert len(place.texts) == 1
