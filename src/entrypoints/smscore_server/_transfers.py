"""
The commands that take contacts over from files, and write them into some.
"""

import enum
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from smscore.domain.cards import Card, Fault, ImportPlan
from smscore.domain.directory import Contact
from smscore_cards import (
    Reading,
    VcardVersion,
    decoded,
    read_csv,
    read_vcards,
    write_csv,
    write_vcards,
)
from smscore_server._directory import account_of
from smscore_server._opening import opened
from smscore_server._options import account_option, config_option, json_option
from smscore_server._output import printable, several, show_json

__all__ = ["Progress", "export_contacts", "import_contacts"]

_SHOWN_FAULTS = 20


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@account_option
@json_option
@config_option
@click.pass_context
def import_contacts(
    ctx: click.Context,
    *,
    file: BinaryIO,
    dry_run: bool,
    account: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Take contacts and groups over from a file of CSV or vCards; - is standard input.

    Contacts are known by their names: those that are there are changed, the others added. What the
    file does not have stays: columns as well as contacts. A fault in any line keeps all of the file
    out; each is told with its line, and the exit status is 1. It does no harm to do it again.

    The first line of a CSV file names its columns: name, and any of number, email, notes, groups,
    kind (contact or group) and id. Separators are commas, semicolons or tabs, groups are separated
    by blanks, and groups that are missing are made.

    \b
    Example: smscore contact import people.csv --dry-run --account shop
    JSON keys: done, added, changed, unchanged, groups_added, joined, faults, ignored_columns
    """
    reading = _read(file.read())
    with opened(config_file) as gateway:
        owner, directory = account_of(gateway, account), gateway.directory
        plan = directory.preview(owner, reading.cards)
        faults = sorted((*reading.faults, *plan.faults), key=lambda fault: fault.line)
        is_done = not (faults or dry_run)
        if is_done:
            directory.take_over(owner, reading.cards, progress=Progress(len(reading.cards)))
    if as_json:
        show_json(_as_document(plan, faults, reading, is_done=is_done))
    else:
        _show(plan, faults, reading, is_done=is_done)
    ctx.exit(1 if faults else 0)


class Format(enum.StrEnum):
    """Kinds of files."""

    CSV = "csv"
    VCARD = "vcard"  # 3.0
    VCARD_NEW = "vcard4"
    VCARD_OLD = "vcard2.1"


@click.command("export")
@click.option(
    "--format",
    "kind",
    type=click.Choice([one.value for one in Format]),
    default=Format.CSV.value,
    show_default=True,
    help="CSV for spreadsheets; vCards of 3.0, 4.0 or 2.1 for address books and telephones.",
)
@click.option("--semicolons", is_flag=True, help="CSV as some spreadsheets expect it.")
@account_option
@json_option
@config_option
def export_contacts(
    *, kind: str, semicolons: bool, account: str, as_json: bool, config_file: Path
) -> None:
    """
    Write all contacts and groups to standard output, as 'smscore contact import' takes them.

    In CSV, cells that a spreadsheet would take for formulas begin with an apostrophe, numbers with
    a plus sign among them; the import takes it off again.

    \b
    Example: smscore contact export --account shop > people.csv
    JSON: a list with kind, id, name, number, email, notes, groups
    """
    with opened(config_file) as gateway:
        cards = gateway.directory.cards(account_of(gateway, account))
        if as_json:
            show_json([_card_as_document(card) for card in cards])
            return
        for text in _written(cards, Format(kind), separator=";" if semicolons else ","):
            click.echo(text.encode(), nl=False)


class Progress:
    """Says on standard error how many are done, about once a second."""

    def __init__(self, total: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._timer = timer
        self._said_at = timer()

    def __call__(self, done: int) -> None:
        now = self._timer()
        if now - self._said_at >= 1 and done < self._total:
            self._said_at = now
            click.echo(f"{done} of {self._total} so far", err=True)


def _read(content: bytes) -> Reading:
    text = decoded(content)
    is_vcard = text.lstrip()[:11].lower() == "begin:vcard"
    return read_vcards(text) if is_vcard else read_csv(text)


def _written(cards: Iterator[Card], kind: Format, *, separator: str) -> Iterator[str]:
    if kind is Format.CSV:
        return write_csv(cards, separator=separator)
    versions = {Format.VCARD_NEW: VcardVersion.NEW, Format.VCARD_OLD: VcardVersion.OLD}
    return write_vcards(cards, version=versions.get(kind, VcardVersion.COMMON))


def _show(plan: ImportPlan, faults: list[Fault], reading: Reading, *, is_done: bool) -> None:
    if reading.ignored:
        columns = ", ".join(map(repr, reading.ignored))
        click.echo(f"ignored columns: {printable(columns)}", err=True)
    for fault in faults[:_SHOWN_FAULTS]:
        click.echo(printable(str(fault)), err=True)
    if len(faults) > _SHOWN_FAULTS:
        click.echo(f"and {len(faults) - _SHOWN_FAULTS} more; --json shows all", err=True)
    if faults:
        click.echo(f"{several(len(faults), 'fault')}: nothing was taken over", err=True)
        return
    if not is_done:
        for line in _changes(plan):
            click.echo(printable(line))
    click.echo(f"{'' if is_done else 'would be: '}{_summary(plan)}")


def _changes(plan: ImportPlan) -> Iterator[str]:
    for contact in plan.added:
        yield f"add contact {contact.name}: {', '.join(_said(contact).values()) or 'no number'}"
    for before, after in plan.changed:
        old, new = _said(before), _said(after)
        different = [key for key in ("number", "email", "notes") if old.get(key) != new.get(key)]
        changes = (f"{key} {old.get(key, '-')} > {new.get(key, '-')}" for key in different)
        yield f"change contact {after.name}: {', '.join(changes)}"
    for group in plan.added_groups:
        yield f"add group {group.name}"
    for group, contact in plan.joining:
        yield f"put contact {contact.name} into {group.name}"
    for outer, inner in plan.nesting:
        yield f"put group {inner.name} into {outer.name}"


def _said(contact: Contact) -> dict[str, str]:
    number = contact.number.value if contact.number else ""
    values = {"number": number, "email": contact.email, "notes": contact.notes}
    return {key: value for key, value in values.items() if value}


def _summary(plan: ImportPlan) -> str:
    joined = len(plan.joining) + len(plan.nesting)
    return (
        f"{several(len(plan.added), 'contact')} added, {len(plan.changed)} changed, "
        f"{len(plan.unchanged)} unchanged; {several(len(plan.added_groups), 'group')} added, "
        f"{several(joined, 'member')} put into groups"
    )


def _as_document(
    plan: ImportPlan, faults: list[Fault], reading: Reading, *, is_done: bool
) -> dict[str, object]:
    return {
        "done": is_done,
        "added": [one.name for one in plan.added],
        "changed": [after.name for _, after in plan.changed],
        "unchanged": len(plan.unchanged),
        "groups_added": [one.name for one in plan.added_groups],
        "joined": [
            *({"group": group.name, "contact": one.name} for group, one in plan.joining),
            *({"group": outer.name, "inner": inner.name} for outer, inner in plan.nesting),
        ],
        "faults": [{"line": fault.line, "error": fault.reason} for fault in faults],
        "ignored_columns": list(reading.ignored),
    }


def _card_as_document(card: Card) -> dict[str, object]:
    values = {"number": card.number, "email": card.email, "notes": card.notes}
    return {
        "kind": card.kind.value,
        "id": card.id,
        "name": card.name,
        **{key: one if isinstance(one, str) and one else None for key, one in values.items()},
        "groups": list(card.groups),
    }
