"""
What the commands print: tables and fields for people, compact JSON for programs, one-line errors.
"""

import errno
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Any, NoReturn

import click

__all__ = [
    "Failure",
    "end_mute",
    "instant",
    "is_of_output",
    "printable",
    "several",
    "show_document",
    "show_fields",
    "show_json",
    "show_table",
]

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class Failure(click.ClickException):
    """Ends a command with ``error: …`` on one line and exit status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        line = printable(" ".join(self.format_message().split()))
        click.echo(f"error: {line}", file=file, err=file is None)


def is_of_output(fault: OSError) -> bool:
    """Whether what we print could not be written, such as to a full disk."""
    # An error of a file that we opened has the file's name.
    return fault.errno in _UNWRITABLE and fault.filename is None


def end_mute(fault: OSError) -> NoReturn:
    """Exit with one line on standard error, for standard output takes no more."""
    with suppress(OSError):
        click.echo(f"error: the output cannot be written: {fault.strerror}", err=True)
    # What is still in the buffers would fail again at the very end, with a traceback.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(nowhere, standard)
    sys.exit(1)


def show_json(document: object) -> None:
    """Print a document on one line, in ASCII: it survives every terminal and locale."""
    click.echo(json.dumps(document, separators=(",", ":")))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns as wide as they need to be, below their names, such as keys of JSON."""
    headings = tuple(column.upper().replace("_", " ") for column in columns)
    lines = [headings, *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def show_documents(columns: Sequence[str], documents: Iterable[Mapping[str, object]]) -> None:
    """Print some of what is known of several things, one a line."""
    show_table(columns, [[one[column] for column in columns] for one in documents])


def show_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    pairs = [(name, _cell(value)) for name, value in fields]
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        click.echo(f"{name.ljust(width)}  {value}".rstrip())


def show_document(document: Mapping[str, object], *, as_json: bool) -> None:
    """Print what is known of one thing."""
    if as_json:
        show_json(document)
    else:
        show_fields(document.items())


def printable(text: str) -> str:
    """
    The text as it may be shown on a terminal.

    What others sent to us may hold escape sequences; they are shown, and not obeyed.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def several(count: int, what: str, *, plural: str = "") -> str:
    """A number of things in words, such as ``1 part`` or ``2 parts``."""
    return f"{count} {what}" if count == 1 else f"{count} {plural or what + 's'}"


def instant(at: datetime | None, *, precision: str = "seconds") -> str | None:
    """A moment in UTC, ISO 8601 with ``Z``."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "-"
    return "-" if value is None else printable(str(value))
