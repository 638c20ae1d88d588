"""
What the commands print: tables and fields for people, compact JSON for programs, one-line errors.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click

__all__ = ["Failure", "instant", "printable", "show_fields", "show_json", "show_table"]


class Failure(click.ClickException):
    """Ends a command with ``error: …`` on one line and exit status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        line = printable(" ".join(self.format_message().split()))
        click.echo(f"error: {line}", file=file, err=file is None)


def show_json(document: object) -> None:
    """Print a document on one line, in ASCII: it survives every terminal and locale."""
    click.echo(json.dumps(document, separators=(",", ":")))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns as wide as they need to be."""
    lines = [tuple(headings), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def show_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    pairs = [(name, _cell(value)) for name, value in fields]
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        click.echo(f"{name.ljust(width)}  {value}".rstrip())


def printable(text: str) -> str:
    """
    The text as it may be shown on a terminal.

    What others sent to us may hold escape sequences; they are shown, and not obeyed.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def instant(at: datetime | None, *, precision: str = "seconds") -> str | None:
    """A moment in UTC, ISO 8601 with ``Z``."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _cell(value: object) -> str:
    return "-" if value is None else printable(str(value))
