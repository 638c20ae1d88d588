"""
Cards as CSV: what spreadsheets write, whatever their separator, and what is safe to open in one.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from smscore.domain.accounts import is_name
from smscore.domain.cards import Card, CardKind, Fault
from smscore.domain.directory import as_id, name_from
from smscore.domain.settings import UNCHANGED
from smscore.errors import InvalidRequest
from smscore_cards._reading import Reading

__all__ = ["COLUMNS", "read_csv", "write_csv"]

COLUMNS = ("id", "kind", "name", "number", "email", "notes", "groups")

_SYNONYMS = {
    "e-mail": "email",
    "group": "groups",
    "mail": "email",
    "mobile": "number",
    "note": "notes",
    "phone": "number",
    "telephone": "number",
}
_SEPARATORS = (",", ";", "\t")
_BETWEEN_GROUPS = re.compile(r"[\s,;|]+")
# A spreadsheet takes a cell that begins so for a formula, and cuts the plus sign off a number.
# An apostrophe in front makes it text; cells that begin with apostrophes get one as well, so that
# taking one off gives what was there before.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def write_csv(cards: Iterable[Card], *, separator: str = ",") -> Iterator[str]:
    """The lines of a CSV file, the first one with the names of the columns."""
    yield _line(COLUMNS, separator)
    for card in cards:
        cells = (
            "" if card.id is None else str(card.id),
            card.kind.value,
            card.name,
            card.number,
            card.email,
            card.notes,
            " ".join(card.groups),
        )
        yield _line([_shielded(cell) if isinstance(cell, str) else "" for cell in cells], separator)


def read_csv(text: str) -> Reading:
    """
    The cards of a CSV file whose first line names its columns, one of them ``name``.

    Raises:
        InvalidRequest: its first line does not.
    """
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=lambda one: len(_known(_cells(first, one))))
    rows = _rows(text, separator)
    header = next(rows, (1, []))[1]
    if isinstance(header, str):
        raise InvalidRequest(f"line 1: {header}")
    columns = _columns(header)
    cards: list[Card] = []
    faults: list[Fault] = []
    for line, cells in rows:
        try:
            if isinstance(cells, str):
                raise InvalidRequest(cells)
            if any(cells):
                cards.append(_card(line, _named(columns, header, cells)))
        except InvalidRequest as refusal:
            faults.append(Fault(line=line, reason=str(refusal)))
    ignored = tuple(name for name in header if name and _meaning(name) is None)
    return Reading(cards=tuple(cards), faults=tuple(faults), ignored=ignored)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row and the line where it begins; what cannot be read is said instead, and is last."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            yield line, f"this is not CSV: {cause}"
            return
        yield line, cells
        line = reader.line_num + 1


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    """Where each column is that means something."""
    columns: dict[str, int] = {}
    for place, name in enumerate(header):
        meaning = _meaning(name)
        if meaning in columns:
            raise InvalidRequest(
                f"the columns {header[columns[meaning]]!r} and {name!r} both mean {meaning}; "
                "remove one of them"
            )
        if meaning is not None:
            columns[meaning] = place
    if "name" not in columns:
        raise InvalidRequest(
            "the first line must name the columns, and one of them must be 'name'; "
            f"known are {', '.join(COLUMNS)}"
        )
    return columns


def _named(
    columns: Mapping[str, int], header: Sequence[str], cells: Sequence[str]
) -> Mapping[str, str]:
    if len(cells) != len(header):
        raise InvalidRequest(f"this line has {len(cells)} cells, and the first one {len(header)}")
    return {name: _unshielded(cells[place]) for name, place in columns.items()}


def _card(line: int, cells: Mapping[str, str]) -> Card:
    name = cells["name"].strip()
    if not is_name(name) and (possible := name_from(name)):
        raise InvalidRequest(
            f"{name[:70]!r} cannot be a name; {possible!r} could: a name has letters, digits, "
            "dots, hyphens and _"
        )
    return Card(
        line=line,
        name=name,
        kind=_kind(cells.get("kind", "")),
        id=_id(cells.get("id", "").strip()),
        number=cells["number"].strip() or None if "number" in cells else UNCHANGED,
        email=cells["email"].strip() if "email" in cells else UNCHANGED,
        notes=cells.get("notes", UNCHANGED),
        groups=tuple(filter(None, _BETWEEN_GROUPS.split(cells.get("groups", "")))),
    )


def _kind(given: str) -> CardKind:
    try:
        return CardKind(given.strip().lower() or CardKind.CONTACT)
    except ValueError as cause:
        raise InvalidRequest(f"the kind {given[:70]!r} is neither contact nor group") from cause


def _id(given: str) -> int | None:
    number = as_id(given.lstrip("0"))  # spreadsheets may be told to write them so
    if given and number is None:
        raise InvalidRequest(f"the id {given[:70]!r} is not a number from 1 on")
    return number


def _meaning(column: str) -> str | None:
    name = column.strip().lower()
    meaning = _SYNONYMS.get(name, name)
    return meaning if meaning in COLUMNS else None


def _known(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if _meaning(cell)]


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]


def _line(cells: Sequence[str], separator: str) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerow(cells)
    return written.getvalue()


def _shielded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unshielded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
