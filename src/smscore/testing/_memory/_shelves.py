"""
What a collection in memory tells of persons: which values, and which of their fields.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import msgspec

from smscore.domain.inbound import InboundPart
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.domain.receipts import Receipt
from smscore.domain.recipients import EmailAddress
from smscore.domain.user_data import Coding
from smscore.ports.storage import Trace, TraceKey, TraceKind
from smscore.testing._memory._log import Log

__all__ = ["Shelf", "Shelves"]


@attrs.frozen(kw_only=True)
class Shelf:
    """
    One kind of values: whose they are, and which of their fields may name anybody.

    ``beside`` has other values by the same keys, whose fields belong to these as well; ``dropped``
    is told of keys whose values go, while they are still there.
    """

    table: dict[Any, Any]
    whose: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    account: str = "account"
    message: str = "message"
    beside: dict[Any, Any] | None = None
    dropped: Callable[[Any], object] | None = None

    def keys(self) -> Mapping[TraceKey, Any]:
        """The keys as a store names them, with those of the table."""
        return {_as_key(key): key for key in self.table}

    def trace(self, kind: TraceKind, key: Any) -> Trace:
        """One value, as far as it may tell of somebody."""
        whose = (_text(self._field(key, name), "") for name in self.whose)
        texts = {name: _text(self._field(key, name), self._coding(key)) for name in self.texts}
        return Trace(
            kind=kind,
            key=_as_key(key),
            whose=tuple(one for one in whose if one),
            texts={name: one for name, one in texts.items() if one},
            account=getattr(self.table[key], self.account, None),
            message=getattr(self.table[key], self.message, None),
        )

    def rewrite(self, key: Any, texts: Mapping[str, str], *, log: Log) -> None:
        """Put other texts into the fields of a value, and of what stands beside it."""
        for table in (self.table, self.beside):
            if table is None:
                continue
            before = table[key]
            changes = {
                name: _value(text, getattr(before, name), self._coding(key))
                for name, text in texts.items()
                if hasattr(before, name)
            }
            if changes:
                log.put(table, key, _changed(before, changes))
            elif isinstance(before, str | bytes):
                log.put(table, key, _value(next(iter(texts.values())), before, None))

    def drop(self, key: Any, *, log: Log) -> None:
        """Take a value out, with what stands beside it."""
        if self.dropped is not None:
            self.dropped(key)
        for table in (self.table, self.beside):
            if table is not None:
                log.drop(table, key)

    def _field(self, key: Any, name: str) -> Any:
        value = self.table[key]
        if isinstance(value, str | bytes):
            return value
        return (
            getattr(value, name)
            if hasattr(value, name)
            else getattr((self.beside or {})[key], name)
        )

    def _coding(self, key: Any) -> Coding | None:
        value = self.table[key]
        return value.coding if isinstance(value, InboundPart) else None


Shelves = Mapping[TraceKind, Shelf]


def _as_key(key: Any) -> TraceKey:
    return tuple(key) if isinstance(key, tuple) else (key,)


def _text(value: Any, coding: Coding | str | None) -> str:
    match value:
        case None:
            return ""
        case PhoneNumber() | EmailAddress() | SenderId():
            return value.value
        case bytes():
            if coding is Coding.UCS2:
                return value.decode("utf-16-be", "replace")
            return value.decode(errors="surrogateescape")
        case str():
            return value
        case _:
            return msgspec.json.encode(value).decode()


def _value(text: str, before: Any, coding: Coding | None) -> Any:
    match before:
        case SenderId():
            return SenderId(text) if text else None
        case bytes():
            if coding is Coding.UCS2:
                return text.encode("utf-16-be", "replace")
            return text.encode(errors="surrogateescape")
        case Receipt():
            return msgspec.json.decode(text, type=Receipt)
        case Mapping():
            return msgspec.json.decode(text)
        case _:
            return text


def _changed(value: Any, changes: Mapping[str, Any]) -> Any:
    if attrs.has(type(value)):
        return attrs.evolve(value, **changes)
    return msgspec.structs.replace(value, **changes)
