import logging
import traceback

import pytest

from smscore.errors import ConfigurationError, Indeterminate, TransportError
from smscore_telegram import TelegramOptions
from smscore_telegram.testing import Dropped, FakeTelegram, Refused


@pytest.fixture
def everything(caplog):
    """All that is logged, by whomever, however small."""
    caplog.set_level(logging.DEBUG)
    return caplog


def test_no_log_line_holds_the_token(everything, channel, ada, job, sink, telegram):
    telegram.script(
        Dropped(), Refused(code=403), Refused(code=500), Refused(code=200, body=b"nonsense")
    )
    for _ in range(4):
        with pytest.raises(TransportError):
            channel.send(job(ada, "hello"))
    sink.fail_next(RuntimeError("a bug"))
    ada.writes("hello")
    assert sink.wait_for(lambda: len(sink.parts) == 1)
    channel.close()

    assert "smscore_telegram" in everything.text
    assert telegram.token not in everything.text
    assert telegram.token.partition(":")[2] not in everything.text


def test_no_log_line_of_a_host_that_is_gone_holds_the_token(everything, open_channel, telegram):
    with FakeTelegram() as gone:
        pass
    channel = open_channel(base_url=gone.url)
    deadline = iter(range(1000))
    while channel.health().detail == "not connected" and next(deadline) < 999:
        telegram.wait_for(lambda: False, timeout=0.01)

    assert "cannot be reached" in everything.text
    assert telegram.token not in everything.text
    assert telegram.token not in repr(channel.health())


def test_no_error_holds_the_token_nor_does_what_caused_it(channel, ada, job, telegram):
    telegram.script(Dropped())

    with pytest.raises(Indeterminate) as failure:
        channel.send(job(ada, "hello"))

    shown = "".join(traceback.format_exception(failure.value))
    cause = failure.value
    while cause is not None:
        shown += repr(cause) + str(vars(cause))
        cause = cause.__cause__ or cause.__context__
    assert telegram.token not in shown


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_an_address_that_is_told_back_to_us_is_shown_without_the_token(
    everything, channel, ada, job, telegram, colon
):
    token = telegram.token.replace(":", colon)
    telegram.script(Refused(code=404, description=f"no way to /bot{token}/sendMessage"))

    with pytest.raises(TransportError) as failure:
        channel.send(job(ada, "hello"))

    assert "no way to /bot…/sendMessage" in channel.health().detail
    assert token not in everything.text + "".join(traceback.format_exception(failure.value))


def test_options_do_not_show_their_token():
    assert "secret" not in repr(TelegramOptions(token="7:secret"))


def test_a_wrong_token_is_refused_without_being_shown():
    with pytest.raises(ConfigurationError) as failure:
        TelegramOptions(token="se cret")

    assert "se cret" not in str(failure.value)


def test_a_file_with_a_wrong_token_is_refused_without_being_shown(tmp_path):
    file = tmp_path / "token"
    file.write_text("se cret")

    with pytest.raises(ConfigurationError) as failure:
        TelegramOptions(token_file=str(file)).read_token()

    assert "se cret" not in str(failure.value)
