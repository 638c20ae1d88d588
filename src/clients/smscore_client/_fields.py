"""
Reading JSON objects field by field: what is missing or of another type is named, what is new is
ignored.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

__all__ = ["Fields", "Unreadable", "read_object"]

T = TypeVar("T")


class Unreadable(Exception):
    """What arrived is not what the API describes."""


class Fields:
    """
    A JSON object.

    Each method gives a field of one type, and raises :class:`Unreadable` if it is none.
    """

    def __init__(self, content: Mapping[str, object]) -> None:
        self.content = content

    def text(self, name: str) -> str:
        return _typed(self._get(name), str, name)

    def text_or_none(self, name: str) -> str | None:
        return self._or_none(name, self.text)

    def number(self, name: str) -> int:
        found = self._get(name)
        if isinstance(found, bool):
            raise Unreadable(f"{name} is no number")
        return _typed(found, int, name)

    def number_or_none(self, name: str) -> int | None:
        return self._or_none(name, self.number)

    def flag(self, name: str) -> bool:
        return _typed(self._get(name), bool, name)

    def time(self, name: str) -> datetime:
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise Unreadable(f"{name} is no time") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def time_or_none(self, name: str) -> datetime | None:
        return self._or_none(name, self.time)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(_typed(one, str, name) for one in self._list(name))

    def numbers_or_empty(self, name: str) -> tuple[int, ...]:
        """None of them if the field is not there."""
        return tuple(_typed(one, int, name) for one in self._or_none(name, self._list) or ())

    def objects(self, name: str, read: "Callable[[Fields], T]") -> tuple[T, ...]:
        return tuple(read(_object(one, name)) for one in self._list(name))

    def object_or_empty(self, name: str) -> "Fields":
        found = self.content.get(name)
        return _object(found, name) if isinstance(found, dict) else Fields({})

    def _get(self, name: str) -> object:
        if name not in self.content:
            raise Unreadable(f"there is no {name}")
        return self.content[name]

    def _list(self, name: str) -> list[object]:
        return _typed(self._get(name), list, name)

    def _or_none(self, name: str, read: Callable[[str], T]) -> T | None:
        """Absent is as good as null: where nothing may be, a newer server may leave it out."""
        return None if self.content.get(name) is None else read(name)


def read_object(body: bytes) -> Fields:
    """
    The JSON object that a body is.

    Raises:
        Unreadable: it is none.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    return _object(content, "it")


def _object(found: object, name: str) -> Fields:
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is no object")
    return Fields(found)


def _typed(found: object, kind: type[T], name: str) -> T:
    if not isinstance(found, kind):
        raise Unreadable(f"{name} is no {_WORDS[kind]}")
    return found


_WORDS: Mapping[type, str] = {bool: "true or false", int: "number", list: "list", str: "text"}
