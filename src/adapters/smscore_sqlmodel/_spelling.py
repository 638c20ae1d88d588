"""
The SQL of the collections as PostgreSQL takes it: they write it as SQLite does.

Both know nearly all of it. What is left is a handful of idioms, which are replaced wherever they
stand; the contract of stores asks every question on both.
"""

import re
from collections.abc import Callable
from functools import cache

__all__ = ["spelled"]

_IDIOMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Its planner looks at the table, and is not told what to do.
    (re.compile(r" INDEXED BY \w+"), ""),
    # A JSON list of numbers, or with "atom" of texts.
    (
        re.compile(r"\(SELECT value FROM json_each\((\?\d*)\)\)"),
        r"(SELECT value::bigint FROM json_array_elements_text(\1::json))",
    ),
    (
        re.compile(r"\(SELECT atom FROM json_each\((\?\d*)\)\)"),
        r"(SELECT value FROM json_array_elements_text(\1::json))",
    ),
    (re.compile(r"\binstr\((\w+|\w+\(\w+\)), (\?\d*)\)"), r"(strpos(\1, \2) > 0)"),
    (re.compile(r"\browid\b"), "ctid"),
    (re.compile(r"\bLIMIT -1\b"), "LIMIT ALL"),
    # There they are numbered in the order of the commits; see PostgresWriting.
    (
        re.compile(r"\bcoalesce\(max\(seq\), 0\) FROM sqlite_sequence WHERE name = '(\w+)'"),
        r"newest FROM \1_newest",
    ),
)
_PARAMETER = re.compile(r"\?(\d*)")


@cache
def spelled(sql: str) -> str:
    """The same for PostgreSQL, with numbered parameters."""
    for idiom, replacement in _IDIOMS:
        sql = idiom.sub(replacement, sql)
    return _PARAMETER.sub(_numbering(), sql)


def _numbering() -> Callable[[re.Match[str]], str]:
    last = 0

    def number(parameter: re.Match[str]) -> str:
        nonlocal last
        last = int(parameter[1]) if parameter[1] else last + 1
        return f"${last}"

    return number
