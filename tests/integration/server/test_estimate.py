import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from smscore_server.cli import smscore


@pytest.fixture
def estimate(tmp_path, monkeypatch):
    """Runs the command where there is no configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SMSCORE_CONFIG", raising=False)

    def estimate(*arguments, stdin=b""):
        return CliRunner().invoke(smscore, ["estimate", *arguments], input=stdin)

    return estimate


@pytest.fixture
def estimated(estimate):
    """Runs the command, which must succeed, and parses its JSON."""

    def estimated(*arguments, stdin=b""):
        result = estimate(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == 1
        return json.loads(result.stdout)

    return estimated


def refused(result):
    """The one line that says why."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


def test_a_plain_text_is_estimated_without_any_installation(estimated, tmp_path):
    assert estimated("hello €") == {
        "encoding": "gsm7",
        "locking": None,
        "single": None,
        "parts": 1,
        "price": 1,
        "units_used": 8,
        "units_free": 152,
        "units_per_part": 160,
        "forcing_characters": [],
        "replacements": [],
    }
    assert list(tmp_path.iterdir()) == []


def test_a_long_text_says_what_its_last_part_has_left(estimated):
    found = estimated("x" * 161)

    assert (found["parts"], found["price"]) == (2, 2)
    assert (found["units_used"], found["units_free"], found["units_per_part"]) == (161, 145, 153)


def test_each_character_that_forced_ucs2_is_told_with_its_position_and_name(estimated):
    found = estimated("a☃b😀")

    assert (found["encoding"], found["units_used"]) == ("ucs2", 5)
    assert found["forcing_characters"] == [
        {"index": 1, "character": "☃", "name": "SNOWMAN"},
        {"index": 3, "character": "😀", "name": "GRINNING FACE"},
    ]


def test_people_see_sentences_and_tables(estimate):
    shown = estimate("a☃").stdout

    assert "encoding         UCS-2\n" in shown
    assert "parts            1\n" in shown
    assert "units free       68 UTF-16 units in the last part\n" in shown
    assert "price            1 segment\n" in shown
    assert "1         ☃          U+2603  SNOWMAN\n" in shown


def test_people_see_the_first_characters_and_how_many_more_there_are(estimate, estimated):
    text = "ж" * 25

    shown = estimate(text).stdout

    assert shown.count("CYRILLIC SMALL LETTER ZHE") == 10
    assert "and 15 more" in shown
    assert len(estimated(text)["forcing_characters"]) == 25


def test_a_character_cannot_steer_the_terminal(estimate):
    assert "\x9b" not in estimate("a\x9b[2J").stdout


def test_what_is_replaced_is_told(estimated, estimate):
    text = "„no“ – …"

    found = estimated(text, "--replace-typography")

    assert (found["encoding"], found["units_used"], found["forcing_characters"]) == ("gsm7", 10, [])
    assert found["replacements"][0] == {
        "index": 0,
        "character": "„",
        "replacement": '"',
        "name": "DOUBLE LOW-9 QUOTATION MARK",
    }
    assert [one["index"] for one in found["replacements"]] == [0, 3, 5, 7]
    assert "What is replaced" in estimate(text, "--replace-typography").stdout
    assert estimated(text)["encoding"] == "ucs2"


@pytest.mark.parametrize("name", ["tr", "TR", "Turkish", "turkish"])
def test_a_national_table_is_cheaper_where_it_is_allowed(estimated, name):
    text = "şimdi " * 15  # 90 characters: one part of septets, two of UCS-2

    found = estimated(text, "--language", name)

    assert (found["encoding"], found["parts"]) == ("gsm7", 1)
    assert "tr" in (found["single"], found["locking"])
    assert estimated(text)["parts"] == 2


def test_people_see_which_national_tables_are_used(estimate):
    assert "national tables  Turkish " in estimate("şimdi", "--language", "tr").stdout
    assert "national tables  -\n" in estimate("jetzt", "--language", "tr").stdout


def test_several_languages_can_be_allowed(estimated):
    found = estimated("ñandú ş", "--language", "es", "--language", "tr")

    assert "tr" in (found["single"], found["locking"])


def test_an_unknown_language_is_refused_with_the_list_of_all(estimate):
    result = estimate("x", "--language", "de")

    assert (result.exit_code, result.stdout) == (2, "")
    for known in ("tr (Turkish)", "es (Spanish)", "pt (Portuguese)", "bn (Bengali)",
                  "gu (Gujarati)", "hi (Hindi)", "kn (Kannada)", "ml (Malayalam)", "or (Oriya)",
                  "pa (Punjabi)", "ta (Tamil)", "te (Telugu)", "ur (Urdu)"):  # fmt: skip
        assert known in result.stderr


def test_no_language_stands_alone(estimate):
    result = estimate("x", "--language", "none", "--language", "tr")

    assert result.exit_code == 2
    assert "'none' stands alone" in result.stderr


def test_a_wide_reference_leaves_less_room(estimated):
    text = "x" * 306  # two parts of 153

    assert estimated(text)["parts"] == 2
    wide = estimated(text, "--wide-reference")
    assert (wide["parts"], wide["units_per_part"]) == (3, 152)


def test_a_text_too_long_says_how_many_parts_there_would_be(estimate):
    line = refused(estimate("x" * 500, "--max-parts", "3"))

    assert line == "error: the text needs 4 parts in gsm7, but at most 3 are allowed"


@pytest.mark.parametrize("number", ["0", "256", "many"])
def test_a_number_of_parts_that_cannot_be_is_a_usage_error(estimate, number):
    assert estimate("x", "--max-parts", number).exit_code == 2


@pytest.mark.parametrize("source", ["argument", "input"])
def test_100_000_characters_are_refused_with_their_number_of_parts(estimate, source):
    text = "ж" * 100_000

    result = estimate(text) if source == "argument" else estimate("-", stdin=text.encode())

    line = refused(result)
    assert line == "error: the text needs 1493 parts in ucs2, but at most 50 are allowed"


@pytest.mark.parametrize(("text", "stdin"), [("", b""), ("-", b""), ("-", b"\n")])
def test_an_empty_text_is_refused_as_a_send_would_be(estimate, command, channel, text, stdin):
    command("account", "create", "shop")
    sent = command("send", "--account", "shop", "--to", "+491701234567", "")

    assert refused(estimate(text, stdin=stdin)) == refused(sent)


def test_an_argument_that_is_not_utf8_is_a_usage_error(estimate):
    result = estimate("ab\udcff")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "not valid UTF-8 at byte 2" in result.stderr


def test_input_that_is_not_utf8_is_refused(estimate):
    result = estimate("-", stdin=b"ab\xff\n")

    assert refused(result) == "error: standard input is not valid UTF-8 at byte 2"


def test_input_beyond_all_reason_is_not_read(estimate):
    assert "longer than 1048576 bytes" in refused(estimate("-", stdin=b"x" * 1_048_577))


@pytest.mark.parametrize(
    ("written", "units"),
    [(b"ab", 2), (b"ab\n", 2), (b"ab\n\n", 3), (b"ab\r\n", 3), (b"\n\nab", 4), (b" ab ", 4)],
)
def test_input_is_read_as_it_is_but_for_one_line_end_at_its_end(estimated, written, units):
    assert estimated("-", stdin=written)["units_used"] == units


def test_a_byte_order_mark_in_the_input_is_seen(estimated):
    (found,) = estimated("-", stdin=b"\xef\xbb\xbfhi")["forcing_characters"]

    assert found == {"index": 0, "character": "\ufeff", "name": "ZERO WIDTH NO-BREAK SPACE"}


def test_a_nul_is_told_to_be_replaced(estimated):
    found = estimated("-", stdin=b"a\0b")

    assert found["encoding"] == "ucs2"
    (replaced,) = found["replacements"]
    assert (replaced["index"], replaced["character"], replaced["replacement"]) == (
        1,
        "\0",
        "\ufffd",
    )


def test_private_characters_have_their_code_for_a_name(estimated):
    (found,) = estimated("\ue000")["forcing_characters"]

    assert found["name"] == "U+E000"


# With an account.


@pytest.fixture
def shop(answer):
    answer("account", "create", "shop", "--language", "tr", "--max-parts", "2")


def test_an_account_brings_what_it_allows(estimate, estimated, shop):
    assert estimated("şimdi", "--account", "shop")["encoding"] == "gsm7"
    assert "at most 2 are allowed" in refused(estimate("x" * 500, "--account", "shop"))


def test_what_is_given_stands_above_the_account(estimated, shop):
    found = estimated("şimdi " * 40, "--account", "shop", "--language", "none", "--max-parts", "4")

    assert (found["encoding"], found["parts"]) == ("ucs2", 4)


def test_an_unknown_account_is_said_on_one_line(estimate, installation):
    assert "no account 'nobody'" in refused(estimate("x", "--account", "nobody"))


def test_an_account_needs_a_configuration(estimate):
    assert "smscore.toml" in refused(estimate("x", "--account", "shop"))


def test_an_estimate_is_what_is_then_charged(answer, estimated, channel, shop):
    text = "Çok güzel bir gün, şimdi denize gidiyoruz. " * 4
    answer("account", "credit", "shop", "5", "--why", "test")

    sent = answer("send", "--account", "shop", "--to", "+491701234567", text)

    found = estimated(text, "--account", "shop")
    assert sent["credits_used"] == found["price"] == 2
    told = answer("explain", sent["id"])["events"][0]["detail"]
    assert (told["encoding"], told["parts"]) == (found["encoding"], found["parts"])
    assert told["tables"]


# As a program.


def test_it_starts_without_database_and_web_libraries(tmp_path):
    program = (
        "import sys\n"
        "from smscore_server.cli import smscore\n"
        "smscore.main(['estimate', 'hello'], standalone_mode=False)\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'alembic', 'starlette', 'serial'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, check=True, timeout=60)


def test_closed_input_is_said_on_one_line(tmp_path):
    program = [sys.executable, "-P", "-m", "smscore_server", "estimate", "-"]

    finished = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *program],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (finished.returncode, finished.stderr) == (1, "error: standard input is closed\n")


def test_bytes_of_another_encoding_in_an_argument_are_a_usage_error(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "smscore_server", "estimate", b"gr\xfc\xdfe"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip

    assert finished.returncode == 2
    assert b"not valid UTF-8 at byte 2" in finished.stderr


def test_an_argument_is_utf8_whatever_the_locale_says(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "smscore_server", "estimate", "--json", "ł"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip

    assert finished.returncode == 0
    assert json.loads(finished.stdout)["forcing_characters"][0]["character"] == "ł"


def test_an_account_without_a_name_is_not_taken_for_none(estimate):
    result = estimate("--account", "", "x")

    assert result.exit_code == 1
