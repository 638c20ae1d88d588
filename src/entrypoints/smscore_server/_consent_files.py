"""
The commands that take consent over from files, and write it into one.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from smscore.domain.consent import MarkKind
from smscore.errors import Rejected
from smscore.services.consent import HASHED, Wish
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import check_filled, check_text, config_option, json_option
from smscore_server._output import Failure, instant, printable, several, show_json

__all__ = ["export_consent", "import_consent"]

_COLUMNS = ("number", "kind", "account", "sender", "since", "why")
_SHOWN_FAULTS = 20


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--kind",
    type=click.Choice([one.value for one in MarkKind]),
    default=MarkKind.OPTED_OUT.value,
    show_default=True,
    help="What the numbers are, if the file does not say.",
)
@click.option(
    "--account",
    callback=check_text,
    metavar="NAME",
    help="Whose they are, if the file does not say; else of all accounts.",
)
@click.option("--sender", callback=check_filled, metavar="SENDER", help="The same for senders.")
@json_option
@config_option
@click.pass_context
def import_consent(
    ctx: click.Context,
    *,
    file: BinaryIO,
    kind: str,
    account: str | None,
    sender: str | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Take numbers over from a file; - is standard input.

    A number on each line, or CSV as 'export' writes it: its first line names the columns, number
    and any of kind, account, sender, since and why. Hashes are of use only with the key file that
    they were made with. What is known already stays as it is. A fault in any line keeps all of the
    file out; each is told, and the exit status is 1.

    \b
    Example: smscore consent import unsubscribed.txt --account shop
    JSON keys: changed (how many), faults: a list of line, error
    """
    usual = Wish(number="", kind=MarkKind(kind), account=account, sender=sender or "", why="import")
    with opened(config_file) as gateway:
        wishes, faults = _read(_content(file), usual, check=gateway.consent.mark_of)
        changed = 0 if faults else gateway.consent.hold(wishes)
    if as_json:
        told = [{"line": line, "error": error} for line, error in faults]
        show_json({"changed": changed, "faults": told})
    else:
        _show(changed, faults)
    ctx.exit(1 if faults else 0)


@click.command("export")
@json_option
@config_option
def export_consent(*, as_json: bool, config_file: Path) -> None:
    """
    Write all opt-outs and lists to standard output, as 'import' takes them.

    Numbers are written as their hashes, for they are not known. To take them to another
    installation, take the key file there as well.

    \b
    Example: smscore consent export > consent.csv
    JSON: a list with number, kind, account, sender, since, why
    """
    with opened(config_file) as gateway:
        names = account_names(gateway)
        rows = [
            (
                f"{HASHED}{mark.number}",
                mark.kind.value,
                "" if mark.account is None else names.get(mark.account, ""),
                mark.sender,
                instant(mark.at, precision="microseconds"),
                mark.why,
            )
            for mark in gateway.consent.all()
        ]
    if as_json:
        show_json([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
        return
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([_COLUMNS, *rows])
    click.echo(written.getvalue().encode(), nl=False)


def _content(file: BinaryIO) -> bytes:
    content = file.read()
    if not content.strip():
        # As a command leaves behind that failed to write it.
        raise Failure("the file is empty: nothing was taken over")
    return content


def _read(
    content: bytes, usual: Wish, *, check: Callable[[Wish], object]
) -> tuple[Sequence[Wish], Sequence[tuple[int, str]]]:
    """What the file wishes, and what is wrong with it, by line."""
    wishes: list[Wish] = []
    faults: list[tuple[int, str]] = []
    for line, row in _rows(content.decode("utf-8-sig", errors="replace")):
        try:
            wish = _wish(row, usual)
            check(wish)
        except (Rejected, ValueError) as fault:
            faults.append((line, str(fault)))
        else:
            wishes.append(wish)
    return wishes, faults


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = text.splitlines()
    if lines and "number" in lines[0].split(","):
        reader = csv.DictReader(io.StringIO(text))
        for row in reader:
            yield reader.line_num, {key: one or "" for key, one in row.items() if key}
        return
    for line, number in enumerate(lines, start=1):
        if number.strip():
            yield line, {"number": number.strip()}


def _wish(row: dict[str, str], usual: Wish) -> Wish:
    """
    What one line wishes; an empty cell is none, but for the kind.

    Raises:
        ValueError: there is no such kind, or the time is none.
    """
    since = row.get("since")
    moment = datetime.fromisoformat(since) if since else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Wish(
        number=row["number"],
        kind=MarkKind(row.get("kind") or usual.kind),
        account=row.get("account", usual.account) or None,
        sender=row.get("sender", usual.sender),
        since=moment,
        why=row.get("why", usual.why),
    )


def _show(changed: int, faults: Sequence[tuple[int, str]]) -> None:
    for line, error in faults[:_SHOWN_FAULTS]:
        click.echo(printable(f"line {line}: {error}"), err=True)
    if len(faults) > _SHOWN_FAULTS:
        click.echo(f"and {len(faults) - _SHOWN_FAULTS} more; --json shows all", err=True)
    if faults:
        click.echo(f"{several(len(faults), 'fault')}: nothing was taken over", err=True)
    else:
        click.echo(f"{several(changed, 'number')} taken over")
