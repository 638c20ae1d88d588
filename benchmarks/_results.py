"""
``RESULTS.md``: a section for each part, written anew when the part was measured, else kept.
"""

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

__all__ = ["circumstances", "goal", "table", "with_sections", "write"]

_RESULTS = Path(__file__).with_name("RESULTS.md")
_PROFILE = Path(__file__).with_name("profile.md")  # "Where the time goes", written by hand
_HEAD = """\
# Results

Written by `make bench`, each section when it was measured. Absolute rates drift between machines
and hours; the ratios, medians over rounds in which the programs took turns, are what counts.
"""


def with_sections(measured: Mapping[str, str], *, titles: Sequence[str]) -> str:
    """The page with the new sections, and the others as they were; ``titles`` give the order."""
    sections = {**_sections(_RESULTS.read_text()), **measured}
    texts = [f"## {title}\n\n{sections[title].strip()}\n" for title in titles if title in sections]
    return "\n".join([_HEAD, *texts, _PROFILE.read_text()])


def write(page: str) -> None:
    """Keep a page."""
    _RESULTS.write_text(page)


def circumstances(*packages: str) -> str:
    """When and where, and with which versions."""
    versions = "".join(f", {name} {version(name)}" for name in packages)
    today = date.today()  # noqa: DTZ011  # the day of whoever reads the clock on the wall
    return f"{today}, Python {platform.python_version()}, {os.cpu_count()} CPUs{versions}."


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_row(titles), "|" + "---|" * len(titles), *map(_row, rows)]


def goal(number: str, what: str, measured: float, wanted: str) -> Sequence[str]:
    """One row of a table of goals."""
    sign, limit = wanted.split()
    is_met = measured >= float(limit) if sign == "≥" else measured <= float(limit)
    return number, what, f"{measured:.2f}", wanted, "met" if is_met else "missed"


def _row(cells: Sequence[str]) -> str:
    # A cell that is empty has no blanks either.
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _sections(page: str) -> dict[str, str]:
    _, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    return {title: text for title, _, text in (section.partition("\n") for section in sections)}
