"""
The page about contacts and groups: its commands say what the page says.
"""

import shlex
import sys
from pathlib import Path

import pytest
from pages import blocks, page, steps

PAGE = page("directory.md")


def test_the_commands_of_the_page_print_what_it_says(command, answer, installation: Path):
    answer("account", "create", "shop", "--country", "DE")
    (installation / "people.csv").write_text(blocks(PAGE, "csv")[0])

    for line, printed in steps(PAGE):
        piped, _, called = line.rpartition(" | ")
        stdin = shlex.split(piped)[1].replace("\\n", "\n") if piped else ""
        program, *arguments = shlex.split(called)
        result = command(*arguments, stdin=stdin)
        assert program == "smscore"
        # Standard error comes first, as far as the page shows both.
        assert result.stderr + result.stdout.replace("\r\n", "\n") == printed, line


def test_without_the_library_a_vcard_is_refused_with_the_way_out(
    command, answer, monkeypatch: pytest.MonkeyPatch
):
    answer("account", "create", "shop")
    monkeypatch.setitem(sys.modules, "vobject", None)

    result = command("contact", "import", "-", "--account", "shop", stdin="BEGIN:VCARD\n")

    assert result.exit_code == 1
    assert "pip install 'smscore[vcard]'" in result.stderr
