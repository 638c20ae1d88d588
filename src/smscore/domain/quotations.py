"""
What somebody wrote into a mail, without the mail below it that it answers.
"""

import re
from collections.abc import Sequence

__all__ = ["above_quotation"]

_LONGEST_ATTRIBUTION = 3
"""Lines over which programs break "On …, Anna Muster <anna@example.org> wrote:"."""

_WROTE = re.compile(r"On\b.*\bwrote:")
_DATE_OR_ADDRESS = re.compile(r"[0-9@]")


def above_quotation(text: str) -> str:
    """
    The text above a quotation with which it ends, or all of it.

    A quotation are lines that begin with ``>``, with the line above them that says in whatever
    language who wrote it and when; or all that is below a line ``On … wrote:``. Somebody who
    writes between the lines of a quotation, or below them, has written all of it.
    """
    lines = text.splitlines()
    begin = next((place for place, line in enumerate(lines) if _is_quoted(line)), None)
    if begin is None:
        return "\n".join(lines[: _first_attribution(lines)])
    if not all(_is_quoted(line) or not line.strip() for line in lines[begin:]):
        return text
    while begin and not lines[begin - 1].strip():
        begin -= 1
    return "\n".join(lines[: begin - _attribution(lines[:begin])])


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _first_attribution(lines: Sequence[str]) -> int:
    """Where the line begins below which nothing is marked; behind all lines if there is none."""
    for place in range(len(lines)):
        for count in range(1, _LONGEST_ATTRIBUTION + 1):
            if _says_who_wrote(lines[place : place + count]):
                return place
    return len(lines)


def _attribution(lines: Sequence[str]) -> int:
    """How many of the last lines say who wrote what is below them."""
    paragraph = next(
        (count for count, line in enumerate(reversed(lines)) if not line.strip()), len(lines)
    )
    for count in range(1, min(_LONGEST_ATTRIBUTION, paragraph) + 1):
        if _says_who_wrote(lines[-count:]):
            return count
    if not paragraph or not lines[-1].rstrip().endswith(":"):
        return 0
    # In other languages only a blank line tells where a broken one begins.
    count = paragraph if paragraph < len(lines) else 1
    is_short = count <= _LONGEST_ATTRIBUTION
    return count if is_short and _DATE_OR_ADDRESS.search(" ".join(lines[-count:])) else 0


def _says_who_wrote(lines: Sequence[str]) -> bool:
    said = " ".join(line.strip() for line in lines)
    return bool(_WROTE.fullmatch(said) and _DATE_OR_ADDRESS.search(said))
