"""
At which speed to open a port on which nothing answers: a few others, each once.
"""

from pathlib import Path
from typing import Self

import attrs

__all__ = ["Speeds"]

# What modems are shipped with; at ten seconds a try they fit into the minute that one has to start.
_USUAL = (115_200, 9600, 57_600, 38_400, 19_200)


@attrs.frozen(kw_only=True)
class Speeds:
    """The speed to open with, and those that have not been tried."""

    configured: int
    untried: tuple[int, ...] = _USUAL
    found: int | None = None

    @property
    def now(self) -> int:
        """What to open with."""
        return self.configured if self.found is None else self.found

    def silent(self, path: str) -> Self:
        """Nothing answered: the next one, and behind the last the configured one for good."""
        left = tuple([speed for speed in self.untried if speed not in (self.configured, self.now)])
        if not _has_speed(path) or not left:
            return attrs.evolve(self, untried=(), found=None)
        return attrs.evolve(self, untried=left[1:], found=left[0])

    def answered(self) -> Self:
        """A modem that answered does not change its speed; silence is something else then."""
        return attrs.evolve(self, configured=self.now, untried=(), found=None)


def _has_speed(path: str) -> bool:
    """Whether a speed means anything: neither connections nor pseudo-terminals have one."""
    return path.startswith("/dev/") and not str(Path(path).resolve()).startswith("/dev/pts/")
