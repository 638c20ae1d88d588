from datetime import UTC, datetime, timedelta, timezone

import click
import pytest
from click.testing import CliRunner

from smscore_server._output import (
    Failure,
    instant,
    printable,
    show_documents,
    show_fields,
    show_json,
    show_table,
)


def test_a_moment_is_shown_in_utc():
    berlin = timezone(timedelta(hours=1))

    assert instant(datetime(2026, 11, 22, 1, 30, tzinfo=berlin)) == "2026-11-22T00:30:00Z"


def test_a_moment_can_be_shown_to_the_millisecond():
    moment = datetime(2026, 11, 22, 1, 30, 0, 123_456, tzinfo=UTC)

    assert instant(moment, precision="milliseconds") == "2026-11-22T01:30:00.123Z"


def test_escape_sequences_are_shown_and_not_obeyed():
    assert printable("ü\x1b[2J\x9b\n") == "ü\\x1b[2J\\x9b\\n"


def test_half_a_surrogate_pair_can_be_shown():
    assert printable("a\ud800b").encode()


def test_columns_have_the_names_of_the_keys_of_json(capsys: pytest.CaptureFixture[str]):
    show_documents(("id", "seen_at"), [{"seen_at": "noon", "id": 1, "text": "hello"}])

    assert capsys.readouterr().out == "ID  SEEN AT\n1   noon\n"


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]):
    show_table(["NAME", "CREDITS"], [["a-long-name", None], ["b", 5]])

    assert capsys.readouterr().out == "NAME         CREDITS\na-long-name  -\nb            5\n"


def test_truth_and_lists_are_shown_in_words(capsys: pytest.CaptureFixture[str]):
    show_fields([("a", True), ("b", False), ("c", ["x", "y\x1b"]), ("d", [])])

    assert capsys.readouterr().out == "a  yes\nb  no\nc  x, y\\x1b\nd  -\n"


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]):
    show_json({"text": "ü\n", "id": None})

    assert capsys.readouterr().out == '{"text":"\\u00fc\\n","id":null}\n'


def test_a_failure_is_one_line_on_standard_error():
    @click.command()
    def fail() -> None:
        raise Failure("two\nlines and an \x1b")

    result = CliRunner().invoke(fail)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: two lines and an \\x1b\n"
