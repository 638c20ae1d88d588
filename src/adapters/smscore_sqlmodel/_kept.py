"""
Values that a session keeps beside the rows, so that what was just written need not be read again.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Kept"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """
    The newest values by their keys: those of a unit, of its batch, and of what is in the database.

    A unit's are the batch's when it returns and nobody's when it raises; the batch's are those of
    the database from the moment in which its rows are there, until something is rolled back.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._written: dict[K, V] = {}
        self._batch: dict[K, V] = {}
        self._unit: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is known of it, if anything is."""
        return self._unit.get(key) or self._batch.get(key) or self._written.get(key)

    def remember(self, key: K, value: V) -> None:
        """It was just read."""
        if len(self._written) >= self._most:
            self._written.clear()
        self._written[key] = value

    def put(self, key: K, value: V) -> None:
        """The unit writes it."""
        self._unit[key] = value

    def keep_unit(self) -> None:
        """The unit has returned."""
        if self._unit:
            self._batch.update(self._unit)
            self._unit = {}

    def drop_unit(self) -> None:
        """It has raised, or its rows are written and :meth:`unit_written` was called."""
        if self._unit:
            self._unit = {}

    def batch_written(self) -> None:
        """The rows of the batch so far are in the database."""
        self._batch = self._write(self._batch)

    def unit_written(self) -> None:
        """The rows of the unit so far are in the database."""
        self._unit = self._write(self._unit)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._written.clear()
        self._batch = {}
        self._unit = {}

    def _write(self, values: dict[K, V]) -> dict[K, V]:
        if values:
            if len(self._written) + len(values) > self._most:
                self._written.clear()
            self._written.update(values)
        return {}
