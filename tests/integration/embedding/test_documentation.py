"""
The examples of the documentation, run as they stand, each in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from pages import blocks

DOCS = Path(__file__).parents[3] / "docs"


def examples(page: str) -> list[str]:
    return blocks((DOCS / page).read_text("utf-8"), "python")


def run(example: str, directory: Path) -> str:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@pytest.mark.parametrize(
    ("page", "number", "output"),
    [
        (
            "access.md",
            0,
            "True\nthe pattern holds a back-reference, which is not supported: \\1",
        ),
        ("directory.md", 0, "+491701234567\n+491709999999"),
        ("email.md", 2, "anna@reader.example Hello! Hello!"),
        ("embedding.md", 0, "delivered"),
        ("embedding.md", 1, "You wrote: Anybody there?"),
        ("embedding.md", 2, "16"),
        ("embedding.md", 3, "control.sock"),
        ("embedding.md", 4, "request True\nsend True"),
        (
            "plugins.md",
            0,
            "nobody wins anything here\nmessage.queued\nmessage.sending\nmessage.sent",
        ),
        ("plugins.md", 1, "+491701234567: Hello!"),
        ("plugins.md", 2, "0003070201"),
        ("plugins.md", 3, ""),
        ("telegram.md", 0, "Hello!"),
        ("telegram.md", 1, "200 Good morning"),
        ("telegram.md", 2, "modem-1\nbot"),
        (
            "texts.md",
            0,
            (
                "ucs2 1 56\n9 Ł LATIN CAPITAL LETTER L WITH STROKE\n"
                "10 ó LATIN SMALL LETTER O WITH ACUTE\n12 ź LATIN SMALL LETTER Z WITH ACUTE"
            ),
        ),
        (
            "texts.md",
            1,
            "\"Yarın görüşürüz...\" gsm7 tr\n['“ → \"', '… → ...', '” → \"']",
        ),
        ("webhooks.md", 0, "True"),
    ],
)
def test_the_examples_of_the_documentation_run(
    page: str, number: int, output: str, tmp_path: Path
) -> None:
    assert run(examples(page)[number], tmp_path) == output


def test_the_first_example_is_ten_lines_long() -> None:
    body = [
        line for line in examples("embedding.md")[0].splitlines() if line and "import" not in line
    ]

    assert len(body) <= 10
