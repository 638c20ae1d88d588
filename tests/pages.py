"""
What pages of the documentation hold: code to be tried, and commands with what they print.
"""

import re
from pathlib import Path

__all__ = ["DOCS", "blocks", "page", "steps"]

DOCS = Path(__file__).parents[1] / "docs"


def page(name: str) -> str:
    """The text of a page, named below ``docs``."""
    return (DOCS / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The code in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def steps(text: str) -> list[tuple[str, str]]:
    """Each command of all sessions at a terminal, and what it prints."""
    sessions = "".join(blocks(text, "console"))
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", sessions, re.MULTILINE)
