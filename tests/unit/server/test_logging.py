import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest

from smscore_server._logging import Scrubber, set_up_logging

TOKEN = "0123456789abcdef" * 4


def line(message: str, *arguments: object, level: int = logging.INFO) -> str:
    record = logging.LogRecord("smscore.test", level, __file__, 1, message, arguments, None)
    return Scrubber().format(record)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"GET /api/{TOKEN}/queue", TOKEN),
        ("/api.php?username=demo&password=geheim%20&to=1", "geheim"),
        ("Authorization: Bearer sk_abcdefghijkl", "sk_abc"),
        ("key sk_abcdefghijkl-_x was used", "abcdefghijkl"),
        ("secret whsec_QUJDREVGR0g=", "QUJD"),
    ],
)
def test_no_secret_reaches_the_log(text: str, secret: str):
    assert secret not in line(text)


def test_a_telephone_number_loses_its_end():
    assert line("sent to %s", "+491701234567").endswith("sent to +49170…")


def test_a_telephone_number_stays_whole_for_whoever_asked_for_every_detail():
    assert "+491701234567" in line("sent to %s", "+491701234567", level=logging.DEBUG)


def test_a_message_id_stays_whole_even_without_a_letter():
    assert "0123456789012345" in line("message %s", "0123456789012345")


def test_tracebacks_are_scrubbed_as_well():
    try:
        raise ValueError("password=geheim for +491701234567")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), sys.exc_info())

    text = Scrubber().format(record)

    assert "ValueError" in text
    assert "geheim" not in text
    assert "1234567" not in text.splitlines()[-1]


def test_a_line_begins_with_the_time_in_utc():
    record = logging.LogRecord("x", logging.INFO, "", 1, "hello", (), None)
    record.created, record.msecs = 0.25, 250.0

    assert Scrubber().format(record) == "1970-01-01T00:00:00.250Z INFO x: hello"


@pytest.fixture
def logs() -> Iterator[StringIO]:
    """Where all that is logged goes; afterwards everything is as it was."""
    root = logging.getLogger()
    others = [logging.getLogger(name) for name in ("uvicorn", "mail.log")]
    kept = root.handlers[:], [(one, one.level) for one in (root, *others)]
    flags = logging.logThreads, logging.logProcesses, logging.logMultiprocessing
    yield StringIO()
    root.handlers[:] = kept[0]
    for logger, level in kept[1]:
        logger.setLevel(level)
    logging.logThreads, logging.logProcesses, logging.logMultiprocessing = flags


@pytest.mark.parametrize(("level", "is_told"), [(logging.INFO, False), (logging.DEBUG, True)])
def test_who_wrote_a_mail_is_told_only_by_a_server_that_tells_everything(
    logs: StringIO, *, level: int, is_told: bool
) -> None:
    set_up_logging(logs, level=level)

    logging.getLogger("mail.log").info("sender: %s", "anna@reader.example")

    assert ("anna@reader.example" in logs.getvalue()) is is_told
