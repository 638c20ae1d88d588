"""
Mails beside the queue, such as alerts: taken though the channel is not open, and given up in time.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.transport import Postal
from smscore_email import EmailOptions, make_channel
from smscore_email._channel import EmailChannel
from smscore_email.testing import Dropped, FakeRelay, Held, Refused, Step


def a_channel(relay: FakeRelay, **options: object) -> EmailChannel:
    table = {**relay.table, **options}
    del table["transport"]
    return make_channel("mail", EmailOptions(**table))


def post(channel: EmailChannel, *, to: str = "ops@example.org", subject: str = "help") -> None:
    channel.post(to=to, subject=subject, text="A modem is down.\n", mail_id="notice_1")


def test_a_channel_that_is_not_open_takes_a_notice(relay: FakeRelay) -> None:
    channel = a_channel(relay)
    assert isinstance(channel, Postal)

    post(channel, subject="smscore: two\r\nBcc: all@example.org " + "x" * 300)

    (mail,) = relay.mails
    assert mail.recipients == ("ops@example.org",)
    assert mail.message["Message-ID"] == f"<notice_1@{mail.sender.partition('@')[2]}>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"].startswith("smscore: two Bcc: all@example.org xxx")
    assert len(mail.message["Subject"]) == 150
    assert mail.text == "A modem is down.\n"


def test_a_notice_goes_past_messages_that_wait(
    relay: FakeRelay, open_channel: Callable[..., EmailChannel]
) -> None:
    channel = open_channel(relay)
    post(channel)
    post(channel)

    assert len(relay.mails) == 2


@pytest.mark.parametrize(
    ("step", "script", "expected"),
    [
        (Step.SENDER, Refused(code=451), TemporaryFailure),
        (Step.RECIPIENT, Refused(code=550), TemporaryFailure),
        (Step.END, Refused(code=552), TemporaryFailure),
        (Step.END, Dropped(is_done=True), Indeterminate),
    ],
)
def test_what_a_relay_does_not_take_is_an_error(
    relay: FakeRelay, *, step: Step, script: Refused | Dropped, expected: type[TransportError]
) -> None:
    relay.script(script, at=step)

    with pytest.raises(expected):
        post(a_channel(relay))


def test_a_relay_that_is_not_there_is_an_error() -> None:
    with FakeRelay() as relay:
        channel = a_channel(relay)

    with pytest.raises(NotReady, match="cannot be reached"):
        post(channel)


def test_what_is_no_address_is_refused(relay: FakeRelay) -> None:
    with pytest.raises(PermanentFailure, match="not an e-mail address"):
        post(a_channel(relay), to="ops")


def test_closing_breaks_a_notice_off(relay: FakeRelay) -> None:
    held = Held()
    relay.script(held)
    channel = a_channel(relay)
    with ThreadPoolExecutor(1) as pool:
        posting: Future[None] = pool.submit(post, channel)
        relay.wait_for(lambda: Step.END in relay.asked)
        channel.close()

        with pytest.raises(TransportError):
            posting.result(30)
        held.release()
    with pytest.raises(NotReady, match="closed"):
        post(channel)
