"""
Values that a session keeps beside the rows, so that what was just written need not be read again.
"""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

__all__ = ["Kept", "Recalled"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """
    The newest values by their keys: those of a unit, of its batch, and of what is in the database.

    A unit's are the batch's when it returns and nobody's when it raises; the batch's are those of
    the database from the moment in which its rows are there, until something is rolled back.
    """

    relied_on: Mapping[K, object] = {}
    """Used, though it may not be true any more: with the versions that have to be the newest."""

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

    def committed(self, version: object) -> None:
        """All of this transaction stays, as this version of its rows."""

    def confirmed(self) -> None:
        """What was relied on is the newest, and stays so until the end of the transaction."""

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


class Recalled(Kept[K, V]):
    """
    The same where other processes write as well: what is remembered may not be true any more.

    Of what earlier transactions have left only those values are kept that they wrote themselves,
    each with the version that it has in the database.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._versions: dict[K, object] = {}
        self._own: set[K] = set()  # written by the transaction, and not behind a mark
        self._passing: set[K] = set()  # read by it, or written behind a mark
        self._relied_on: dict[K, object] = {}
        self.relied_on = self._relied_on

    def get(self, key: K) -> V | None:
        found = super().get(key)
        if found is not None and (version := self._versions.get(key)) is not None:
            self._relied_on[key] = version
        return found

    def remember(self, key: K, value: V) -> None:
        super().remember(key, value)
        self._versions.pop(key, None)
        self._passing.add(key)

    def batch_written(self) -> None:
        for key in self._batch:
            self._versions.pop(key, None)
            self._own.add(key)
        super().batch_written()

    def unit_written(self) -> None:
        for key in self._unit:
            self._versions.pop(key, None)
            self._own.discard(key)
            self._passing.add(key)
        super().unit_written()

    def committed(self, version: object) -> None:
        for key in self._passing - self._own:
            self._written.pop(key, None)
        if version is None:
            for key in self._own:
                self._written.pop(key, None)
        else:
            self._versions.update((key, version) for key in self._own if key in self._written)
        self._own, self._passing = set(), set()
        self._relied_on.clear()

    def confirmed(self) -> None:
        self._relied_on.clear()

    def clear(self) -> None:
        super().clear()
        self._versions.clear()
        self._own, self._passing = set(), set()
        self._relied_on.clear()
