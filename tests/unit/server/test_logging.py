import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from smscore_server._logging import JsonLines, TextLines, set_up_logging
from smscore_server._scrubbing import Scrubber

TOKEN = "0123456789abcdef" * 4


def line(message: str, *arguments: object, level: int = logging.INFO) -> str:
    record = logging.LogRecord("smscore.test", level, __file__, 1, message, arguments, None)
    return TextLines(Scrubber()).format(record)


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

    text = TextLines(Scrubber()).format(record)

    assert "ValueError" in text
    assert "geheim" not in text
    assert "1234567" not in text.splitlines()[-1]


def test_a_line_begins_with_the_time_in_utc():
    record = logging.LogRecord("x", logging.INFO, "", 1, "hello", (), None)
    record.created, record.msecs = 0.25, 250.0

    assert TextLines(Scrubber()).format(record) == "1970-01-01T00:00:00.250Z INFO x: hello"


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


# As JSON.


class Answering:
    """A request that is being answered."""

    id = "0011223344556677"
    account = "shop"
    secrets = ("hush-word",)


def document(message: str, *arguments: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("smscore.test", logging.INFO, __file__, 1, message, arguments, None)
    vars(record).update(more)
    formatter = JsonLines(Scrubber(), current=more.pop("current", None) or (lambda: None))
    line = formatter.format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_of_json_says_when_where_and_what():
    record = logging.LogRecord("x", logging.WARNING, "", 1, "two\nlines", (), None)
    record.created, record.msecs = 0.25, 250.0

    assert JsonLines(Scrubber()).format(record) == (
        '{"time":"1970-01-01T00:00:00.250Z","level":"warning","logger":"x","message":"two\\nlines"}'
    )


@pytest.mark.parametrize(
    ("message", "arguments", "fields"),
    [
        ("channel %s is down: %s", ("modem-1", "why"), {"channel": "modem-1"}),
        ("message %016x of account %s", (255, "shop"), {"message_id": "00000000000000ff"}),
        ("%d %% of channel %s", (5, "modem-1"), {"channel": "modem-1"}),
        ("%s is nothing", ("x",), {}),
    ],
)
def test_what_a_line_is_about_are_fields(
    message: str, arguments: tuple[object, ...], fields: dict[str, str]
):
    found = document(message, *arguments)

    assert {name: found.get(name) for name in ("channel", "message_id") if name in found} == fields
    assert found["message"] == message % arguments


def test_what_is_logged_with_a_line_are_fields_but_never_replaces_ours():
    found = document("hello", status=200, path="/x", level="fake")

    assert (found["status"], found["path"], found["level"]) == (200, "/x", "info")


def test_the_request_that_is_answered_is_a_field():
    found = JsonLines(Scrubber(), current=Answering).format(
        logging.LogRecord("x", logging.INFO, "", 1, "hello", (), None)
    )

    assert '"request":"0011223344556677","account":"shop"' in found


def test_a_traceback_is_a_field_and_scrubbed():
    try:
        raise ValueError("password=geheim for +491701234567")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), sys.exc_info())

    found = json.loads(JsonLines(Scrubber()).format(record))

    assert "ValueError" in found["exception"]
    assert "geheim" not in str(found)
    assert "1234567" not in str(found)


def test_a_quotation_that_is_not_closed_swallows_no_other_field():
    found = document('password="geheim', first='and "more"', second="so", third=3)

    assert found["message"] == "password=***"
    assert (found["first"], found["second"], found["third"]) == ('and "more"', "so", 3)


def test_a_text_that_looks_like_the_border_of_fields_makes_none():
    found = document("one\n\x1e\ntwo", first="three")

    assert (found["message"], found["first"]) == ("one\n\x1e\ntwo", "three")
