import base64
import logging
import traceback

import pytest

from smscore.errors import TransportError
from smscore_email.testing import Dropped, FakeRelay, Refused, Step

PASSWORD = "relay-word"
TEXT = "nobody else's business"


@pytest.fixture
def ours(caplog):
    """All that we log, however small; the stand-in may say what it likes."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("smscore")
    )


def test_no_log_line_and_no_error_holds_password_text_or_recipient(ours, open_channel, job):
    with FakeRelay(users={"gateway": PASSWORD}) as relay:
        channel = open_channel(relay)
        channel.send(job(TEXT))
        shown = ""
        relay.script(Refused(code=550), Dropped(), Refused(code=451))
        relay.script(Refused(code=550), at=Step.SENDER)
        for _ in range(4):
            with pytest.raises(TransportError) as failure:
                channel.send(job(TEXT))
            shown += "".join(traceback.format_exception(failure.value))
            relay.wait_for(lambda: channel.health().is_ready, timeout=0.5)
        relay.users["gateway"] = "another-word"
        channel.close()

    encoded = base64.b64encode(f"\0gateway\0{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, encoded, TEXT, "ada@reader.example"):
        assert secret not in ours()
    for secret in (PASSWORD, encoded, TEXT):
        assert secret not in shown
    assert "channel mail" in ours()
