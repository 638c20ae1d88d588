import threading
import time

import pytest

from smscore.errors import NotReady
from smscore_email import EmailOptions, make_channel
from smscore_email.testing import Dropped, FakeRelay, Refused, Step

USERS = {"gateway": "relay-word"}


@pytest.fixture
def becomes():
    """Waits until the health of a channel is like this."""

    def becomes(channel, condition, *, within=60.0):
        deadline, pause = time.monotonic() + within, threading.Event()
        while not condition(channel.health()):
            assert time.monotonic() < deadline, channel.health()
            pause.wait(0.01)
        return channel.health()

    return becomes


def is_ready(health):
    return health.is_ready


def is_alarming(health):
    return health.is_alarming


def test_a_relay_that_would_take_mail_is_ready_and_gets_none(relay, open_channel, becomes):
    channel = open_channel(relay)

    health = becomes(channel, is_ready)

    assert health.detail == f"127.0.0.1:{relay.port} takes mail from gateway@sender.example"
    assert not health.is_alarming
    assert relay.mails == []


def test_a_channel_that_was_not_opened_is_not_ready():
    options = EmailOptions(host="relay.example", from_address="gateway@sender.example")

    assert not make_channel("mail", options).health().is_ready


def test_a_host_that_is_gone_is_asked_until_it_is_back(open_channel, becomes, job):
    with FakeRelay() as gone:
        port = gone.port
    channel = open_channel(gone)
    health = becomes(channel, lambda health: "cannot be reached" in health.detail)
    assert not health.is_ready
    assert not health.is_alarming

    with FakeRelay(port=port) as back:
        becomes(channel, is_ready)
        channel.send(job("hello"))

        assert len(back.mails) == 1


def test_a_relay_that_goes_away_stops_the_channel_and_costs_no_try(
    relay, open_channel, becomes, job, journal
):
    channel = open_channel(relay)
    channel.send(job("one"))
    relay.close()

    with pytest.raises(NotReady):
        channel.send(job("two"))

    assert not channel.health().is_ready
    with FakeRelay(port=relay.port):
        becomes(channel, is_ready)


@pytest.mark.parametrize("is_implicit", [True, False])
def test_it_logs_in_over_tls(certificates, open_channel, becomes, job, is_implicit):
    with FakeRelay(users=USERS, tls=certificates.server, is_implicit=is_implicit) as relay:
        channel = open_channel(
            relay,
            tls="implicit" if is_implicit else "starttls",
            ca_file=certificates.ca_file,
        )
        channel.send(job("hello"))

        assert [mail.user for mail in relay.mails] == ["gateway"]
        assert becomes(channel, is_ready)


@pytest.mark.parametrize("is_implicit", [True, False])
def test_a_certificate_that_nobody_vouches_for_needs_a_person(
    certificates, open_channel, becomes, is_implicit
):
    with FakeRelay(users=USERS, tls=certificates.server, is_implicit=is_implicit) as relay:
        channel = open_channel(relay, tls="implicit" if is_implicit else "starttls")

        health = becomes(channel, is_alarming)

        assert "not to be trusted" in health.detail
        assert "ca_file" in health.facts["remedy"]
        assert Step.SENDER not in relay.asked


def test_a_relay_without_starttls_is_not_told_the_password(open_channel, becomes):
    with FakeRelay(users=USERS) as relay:
        channel = open_channel(relay, tls="starttls")

        health = becomes(channel, is_alarming)

        assert "offers no STARTTLS" in health.detail


def test_a_wrong_password_needs_a_person_and_stops_the_channel(open_channel, becomes, job):
    with FakeRelay(users=USERS) as relay:
        channel = open_channel(relay, password="wrong-word")

        health = becomes(channel, is_alarming)

        assert not health.is_ready
        assert "does not let gateway in: 535 " in health.detail
        assert "password" in health.facts["remedy"]
        with pytest.raises(NotReady):
            channel.send(job("hello"))
        assert "wrong-word" not in repr(health)


def test_a_password_in_a_file_may_be_replaced_while_it_runs(open_channel, becomes, tmp_path):
    file = tmp_path / "password"
    with FakeRelay(users=USERS) as relay:
        channel = open_channel(relay, password=None, password_file=str(file))
        assert "No such file" in becomes(channel, is_alarming).detail
        file.write_text("wrong-word")
        becomes(channel, lambda health: "535" in health.detail)

        file.write_text("relay-word\n")

        becomes(channel, is_ready)


def test_a_relay_that_lets_nobody_log_in_needs_a_person(relay, open_channel, becomes):
    channel = open_channel(relay, username="gateway", password="relay-word")

    assert "no way to log in" in becomes(channel, is_alarming).detail


def test_a_relay_that_wants_a_login_needs_a_person(open_channel, becomes):
    with FakeRelay(users=USERS) as relay:
        channel = open_channel(relay, username=None, password=None)

        assert "log in otherwise: 530" in becomes(channel, is_alarming).detail


def test_a_sender_that_is_not_allowed_needs_a_person_until_it_is(relay, open_channel, becomes):
    relay.script(*[Refused(code=553, said="5.7.1 not yours")] * 3, at=Step.SENDER)
    channel = open_channel(relay)

    health = becomes(channel, is_alarming)

    assert "takes no mail from gateway@sender.example: 553 5.7.1 not yours" in health.detail
    becomes(channel, is_ready)


@pytest.mark.parametrize("answer", [Dropped(), Refused(code=421), Refused(code=451)])
def test_a_relay_that_is_busy_is_asked_again_and_alarms_nobody(
    relay, open_channel, becomes, answer
):
    relay.script(*[answer] * 3, at=Step.SENDER)
    channel = open_channel(relay, reconnect_delay=0.2)

    health = becomes(channel, lambda health: health.detail != "not connected")

    assert not health.is_ready
    assert not health.is_alarming
    becomes(channel, is_ready)


def test_a_sender_that_is_refused_with_a_mail_stops_the_channel_and_fails_no_message(
    relay, open_channel, becomes, job
):
    channel = open_channel(relay)
    becomes(channel, is_ready)
    relay.script(Refused(code=550), Refused(code=550), at=Step.SENDER)

    with pytest.raises(NotReady):
        channel.send(job("hello"))

    becomes(channel, is_ready)
    channel.send(job("hello"))
    assert len(relay.mails) == 1


def test_something_else_that_listens_there_is_no_relay(open_channel, becomes, relay):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = open_channel(relay, port=listener.getsockname()[1], timeout=0.2)

        health = becomes(silent, lambda health: health.detail != "not connected")

        assert "cannot be reached: " in health.detail
        silent.close()
