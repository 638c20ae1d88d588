"""
``RESULTS.md``: a section for each part, written anew when the part was measured, else kept.
"""

import os
import platform
import re
import sqlite3
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import attrs

__all__ = ["Goal", "circumstances", "goals", "machine", "table", "with_sections", "write"]

_RESULTS = Path(__file__).with_name("RESULTS.md")
_PROFILE = Path(__file__).with_name("profile.md")  # "Where the time goes", written by hand
_HEAD = """\
# Results

Written by `make bench`, each section when it was measured. Absolute rates drift between machines
and hours; the ratios, medians over rounds in which the programs took turns, are what counts.
"""


@attrs.frozen(kw_only=True)
class Goal:
    """What was wanted, and what was measured."""

    number: str
    what: str
    measured: float
    wanted: str  # such as "≥ 1.0"
    floor: str = ""  # what must hold even where the goal is not reached; empty: nothing less must

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if _holds(self.measured, self.wanted):
            return "met"
        return "floor missed" if self.floor and not _holds(self.measured, self.floor) else "missed"


def with_sections(measured: Mapping[str, str], *, titles: Sequence[str]) -> str:
    """The page with the new sections, and the others as they were; ``titles`` give the order."""
    sections = {**_sections(_RESULTS.read_text()), **measured}
    texts = [f"## {title}\n\n{sections[title].strip()}\n" for title in titles if title in sections]
    return "\n".join([_HEAD, *texts, _PROFILE.read_text()])


def write(page: str) -> None:
    """Keep a page."""
    _RESULTS.write_text(page)


def circumstances(*packages: str) -> str:
    """When, and with which versions."""
    versions = "".join(f", {name} {version(name)}" for name in packages)
    today = date.today()  # noqa: DTZ011  # the day of whoever reads the clock on the wall
    return f"{today}, Python {_interpreter()}, {os.cpu_count()} CPUs{versions}."


def machine(*, sync_ms: float) -> str:
    """Where; ``sync_ms`` is what one small durable write takes."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = found[1].strip() if found else platform.machine()
    return (
        f"{processor}, Linux {platform.release()}, SQLite {sqlite3.sqlite_version}; "
        f"a write of 4 KiB and its `fdatasync` take {sync_ms:.2f} ms."
    )


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_row(titles), "|" + "---|" * len(titles), *map(_row, rows)]


def goals(reached: Sequence[Goal]) -> list[str]:
    """The lines of a table of goals; floors have a column if there are any."""
    has_floors = any(goal.floor for goal in reached)
    floor = ("floor",) if has_floors else ()
    rows = []
    for goal in reached:
        floor_of_goal = (goal.floor,) if has_floors else ()
        measured = f"{goal.measured:.2f}" if goal.measured < 1000 else f"{goal.measured:.0f}"
        rows.append(
            (goal.number, goal.what, measured, goal.wanted, *floor_of_goal, goal.verdict),
        )
    return table(("goal", "what", "measured", "wanted", *floor, ""), rows)


def _interpreter() -> str:
    """Its version, and how it was built, which is worth a sixth of a server's speed."""
    number = platform.python_version()
    if sys.base_prefix == "/usr":
        return f"{number} of {platform.freedesktop_os_release()['NAME']}"
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    how = "with" if "--enable-optimizations" in arguments else "without"
    return f"{number} built {how} `--enable-optimizations`"


def _holds(measured: float, wanted: str) -> bool:
    sign, limit = wanted.split()
    return measured >= float(limit) if sign == "≥" else measured <= float(limit)


def _row(cells: Sequence[str]) -> str:
    # A cell that is empty has no blanks either.
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _sections(page: str) -> dict[str, str]:
    _, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    return {title: text for title, _, text in (section.partition("\n") for section in sections)}
