import base64
import smtplib
import ssl

import pytest
import trustme
from smtp_world import NAME, NUMBER, a_mail

from smscore.domain.credentials import Permission
from smscore.errors import ConfigurationError
from smscore_smtp import SmtpDoor

PASSWORD = "secret-word"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def certificate(authority, tmp_path):
    file = tmp_path / "mail.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    return str(file)


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def guarded(opened):
    """Nobody may send here without a login."""
    return opened(clients=[])


def test_who_logs_in_after_starttls_sends_for_the_account(opened, certificate, trusting):
    place = opened(clients=[], certificate=certificate)
    with place.connect() as mailer:
        mailer.starttls(context=trusting)
        mailer.login("mailer", PASSWORD)

        assert mailer.send_message(a_mail(), "a@example.org", [NUMBER]) == {}

    assert len(place.texts) == 1


@pytest.mark.parametrize("way", ["auth_plain", "auth_login"])
@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_login_may_be_said_in_each_way(guarded, way, is_at_once):
    with guarded.connect() as mailer:
        mailer.ehlo()
        mailer.user, mailer.password = "mailer", PASSWORD
        code, _ = mailer.auth(
            way.removeprefix("auth_").upper(),
            getattr(mailer, way),
            initial_response_ok=is_at_once,
        )

        assert code == 235
        assert mailer.send_message(a_mail(), "a@example.org", [NUMBER]) == {}


def test_nothing_is_heard_before_starttls_where_it_is_required(opened, certificate, trusting):
    place = opened(certificate=certificate, require_tls=True)

    assert place.send(a_mail()).startswith("530 ")
    with place.connect() as mailer:
        mailer.starttls(context=trusting)
        assert mailer.send_message(a_mail(), "a@example.org", [NUMBER]) == {}


def test_commands_before_starttls_count_for_nothing_after_it(opened, certificate, trusting):
    place = opened(certificate=certificate)
    with place.talk() as talk:
        talk.say(f"EHLO {NAME}", "STARTTLS", f"EHLO {NAME}", "MAIL FROM:<a@example.org>")
        assert [talk.hear()[:3] for _ in range(3)] == ["220", "250", "220"]

        talk.encrypt(trusting)
        talk.say(f"RCPT TO:<{NUMBER}>", f"EHLO {NAME}", f"RCPT TO:<{NUMBER}>")
        assert [talk.hear()[:3] for _ in range(3)] == ["503", "250", "503"]


def test_a_wrong_password_is_refused_and_the_third_ends_it(guarded):
    wrong = base64.b64encode(b"\0mailer\0wrong-word").decode()
    with guarded.talk() as talk:
        talk.say(f"EHLO {NAME}", *[f"AUTH PLAIN {wrong}"] * 3)

        heard = [talk.hear() for _ in range(6)]

    assert heard[2:] == ["535 5.7.8 name or password wrong"] * 3 + [""]


def test_who_guesses_is_told_to_come_back_and_the_other_surfaces_know_it(guarded):
    wrong = base64.b64encode(b"\0mailer\0wrong-word").decode()
    for _ in range(4):
        with guarded.talk() as talk:
            talk.say(f"EHLO {NAME}", *[f"AUTH PLAIN {wrong}"] * 3)
            heard = [talk.hear() for _ in range(5)]

    assert heard[-1].startswith("454 4.7.0 too many wrong passwords; try again in ")


def test_a_user_needs_the_permission_to_send(guarded):
    guarded.gateway.administration.create_user(
        "reader", account="acme", password=PASSWORD, permissions=[Permission.API_STATUS]
    )

    with guarded.connect() as mailer, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        mailer.login("reader", PASSWORD)

    assert b"lacks the permission api.send" in refused.value.smtp_error


@pytest.mark.parametrize("said", ["AUTH", "AUTH NTLM", "AUTH PLAIN x y z", "AUTH CRAM-MD5"])
def test_other_ways_to_log_in_are_not_known(guarded, said):
    with guarded.talk() as talk:
        talk.say(f"EHLO {NAME}", said)

        assert [talk.hear() for _ in range(3)][-1].startswith("504 5.5.4 ")


@pytest.mark.parametrize("said", ["*", "no base64", "bm8gemVyb3M=", "/w==", "x" * 5000, ""])
def test_a_login_that_is_not_understood_is_none(guarded, said):
    with guarded.talk() as talk:
        talk.say(f"EHLO {NAME}", "AUTH PLAIN")
        assert [talk.hear() for _ in range(3)][-1].startswith("334")
        talk.say(said)

        assert talk.hear().startswith("501 5.5.2 ")


def test_a_login_is_over_with_its_connection(guarded):
    with guarded.connect() as mailer:
        mailer.login("mailer", PASSWORD)

    assert guarded.send(a_mail()).startswith("530 ")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_said_at_the_start(opened, tmp_path, content):
    file = tmp_path / "mail.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(ConfigurationError, match=r"\[smtp\] certificate .*mail\.pem"):
        opened(certificate=str(file))


def test_a_port_that_is_taken_is_said_at_the_start(place):
    _, port = place.door.address
    gateway = place.gateway

    with pytest.raises(ConfigurationError, match=rf"\[smtp\] cannot listen on port {port}"):
        SmtpDoor(gateway, type(place.door.options)(domains=("x.example",), port=port)).start()
