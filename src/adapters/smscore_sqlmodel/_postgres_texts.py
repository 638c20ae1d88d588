"""
Texts with a NUL in them, of which PostgreSQL keeps none: but what came in must be kept as it was.

Two characters that Unicode sets aside for nobody's texts stand for it in the database.
"""

from collections.abc import Sequence
from typing import Any

from smscore_sqlmodel._database import Cells

__all__ = ["restored", "without_nul"]

_NUL, _STAND_IN = "\0", "\ufdd0\ufdd1"


def without_nul(cells: Cells) -> Cells:
    """The row as it can be written."""
    return tuple(
        [cell.replace(_NUL, _STAND_IN) if isinstance(cell, str) else cell for cell in cells]
    )


def restored(rows: list[Any]) -> list[Any]:
    """The rows as they were."""
    for index, row in enumerate(rows):
        for cell in row:
            if cell.__class__ is str and _STAND_IN in cell:
                rows[index] = _with_nul(row)
                break
    return rows


def _with_nul(cells: Sequence[Any]) -> Cells:
    return tuple(
        [cell.replace(_STAND_IN, _NUL) if isinstance(cell, str) else cell for cell in cells]
    )
