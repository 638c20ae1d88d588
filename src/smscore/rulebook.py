"""
Rules as documents: from parsed TOML or JSON to values, and back to what a person can edit.
"""

import difflib
import enum
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from smscore.domain.conditions import Condition
from smscore.domain.destinations import (
    AutoReply,
    Destination,
    Forward,
    HttpCall,
    IsmsPush,
    Recipients,
)
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.messages import Priority
from smscore.domain.routes import Revision, Route
from smscore.errors import ConfigurationError
from smscore.structuring import read_toml, structure

__all__ = [
    "Rulebook",
    "as_document",
    "as_toml",
    "asked_as_toml",
    "difference",
    "read_rulebook",
    "rule_as_toml",
    "rulebook_of",
]

_DESTINATIONS: Mapping[str, type[Destination]] = {
    **dict.fromkeys(Recipients, Forward),
    "auto_reply": AutoReply,
    "http": HttpCall,
    "isms_push": IsmsPush,
}
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen(kw_only=True)
class Rulebook:
    """All rules of a file; ``revision`` is the one that they were made from, if it says so."""

    routes: tuple[Route, ...] = ()
    inbound: tuple[InboundRule, ...] = ()
    revision: int | None = None

    @classmethod
    def of(cls, revision: Revision) -> "Rulebook":
        """A file of a revision's rules that says from which one it is."""
        return cls(routes=revision.routes, inbound=revision.inbound, revision=revision.number)


@attrs.frozen(kw_only=True)
class _Document:
    revision: int | None = None
    routes: tuple[Any, ...] = ()
    inbound: tuple[Any, ...] = ()


def read_rulebook(file: Path) -> Rulebook:
    """
    The rules of a TOML file.

    Raises:
        ConfigurationError: it cannot be read, says nothing, a key is unknown, or a value is wrong.
    """
    try:
        content = read_toml(file)
        if not content:
            # As a command leaves behind that failed to write it.
            raise ConfigurationError("it is empty; for no rules at all write routes = []")
        return rulebook_of(content)
    except (OSError, tomllib.TOMLDecodeError) as cause:
        raise ConfigurationError(f"{file} cannot be read: {cause}") from cause
    except RecursionError as cause:
        raise ConfigurationError(f"{file} nests its conditions too deep") from cause
    except ConfigurationError as cause:
        raise ConfigurationError(f"{file}: {cause}") from cause


def rulebook_of(content: Mapping[str, Any]) -> Rulebook:
    """
    The rules of a parsed document.

    Raises:
        ConfigurationError: a key is unknown (the nearest known one is named) or a value is wrong.
    """
    document = structure(content, _Document, where="")
    routes, inbound = enumerate(document.routes, start=1), enumerate(document.inbound, start=1)
    return Rulebook(
        routes=tuple(_route(entry, f"routes, rule {number}") for number, entry in routes),
        inbound=tuple(_inbound(entry, f"inbound, rule {number}") for number, entry in inbound),
        revision=document.revision,
    )


def as_document(book: Rulebook) -> dict[str, Any]:
    """What :func:`rulebook_of` reads: every key of every rule that says something."""
    begin = {} if book.revision is None else {"revision": book.revision}
    document = {**begin, "routes": [_plain(route) for route in book.routes]}
    if book.inbound:
        document["inbound"] = [_plain(rule) for rule in book.inbound]
    return document


def as_toml(book: Rulebook) -> str:
    """What :func:`read_rulebook` reads."""
    begin = [] if book.revision is None else [f"revision = {book.revision}"]
    rules = [*map(rule_as_toml, book.routes), *map(rule_as_toml, book.inbound)]
    return "".join(f"{block}\n" for block in _apart([*begin, *rules]))


def difference(before: Rulebook, after: Rulebook) -> list[str]:
    """
    What changes from some rules to others, line by line; nothing if they are the same.

    For a password there stands a word, the same for the same one.
    """
    words: dict[str, str] = {}
    old, new = (as_toml(_without_passwords(book, words)) for book in (before, after))
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "in force", "planned", lineterm=""
    )
    return list(lines)


def _without_passwords(book: Rulebook, words: dict[str, str]) -> Rulebook:
    def told(destination: Destination) -> Destination:
        if not isinstance(destination, IsmsPush) or not destination.password:
            return destination
        word = words.setdefault(destination.password, f"*** {len(words) + 1}")
        return attrs.evolve(destination, password=word)

    inbound = [
        attrs.evolve(rule, destinations=tuple(map(told, rule.destinations)))
        for rule in book.inbound
    ]
    return attrs.evolve(book, inbound=tuple(inbound), revision=None)


def asked_as_toml(condition: Condition, key: str) -> str:
    """One key of a rule and what it asks for, as a file has it."""
    return f"{_key(key)} = {_value(_plain(getattr(condition, key)))}"


def rule_as_toml(rule: Route | InboundRule) -> str:
    """One rule, as a file has it."""
    lines = [f"{_key(key)} = {_value(value, is_own=True)}" for key, value in _plain(rule).items()]
    return "\n".join(["[[routes]]" if isinstance(rule, Route) else "[[inbound]]", *lines])


def _apart(blocks: Sequence[str]) -> list[str]:
    return [block if place == 0 else f"\n{block}" for place, block in enumerate(blocks)]


def _route(entry: object, where: str) -> Route:
    table = _table(entry, where)
    _check_lists(table, where)
    return structure(table, Route, where=where)


def _inbound(entry: object, where: str) -> InboundRule:
    table = _table(entry, where)
    _check_lists(table, where)
    destinations = table.get("destinations", [])
    if not isinstance(destinations, list):
        raise ConfigurationError(f"{where}.destinations must be a list of tables")
    chosen = tuple(
        _destination(one, f"{where}.destinations.{place}") for place, one in enumerate(destinations)
    )
    return structure({**table, "destinations": chosen}, InboundRule, where=where)


def _destination(entry: object, where: str) -> Destination:
    table = dict(_table(entry, where))
    kind = table.get("kind")
    found = _DESTINATIONS.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise ConfigurationError(
            f"{where}.kind must be one of {', '.join(_DESTINATIONS)}, not {kind!r}"
        )
    if found is not Forward:
        del table["kind"]
    return structure(table, found, where=where)


def _table(entry: object, where: str) -> Mapping[str, Any]:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{where} must be a table; a rule begins with [[routes]]")
    return entry


def _check_lists(entry: Mapping[str, Any], where: str) -> None:
    """None of a list holds never, no list holds always: an empty one might be meant as either."""
    for key, value in entry.items():
        if value == []:
            raise ConfigurationError(f"{where}.{key} is an empty list; leave it out")
        inner = value if isinstance(value, list) else [value]
        for one in inner:
            if isinstance(one, Mapping):
                _check_lists(one, f"{where}.{key}")


def _plain(value: Any) -> Any:
    """A value of rules as documents have it; what is as it would be anyway is left out."""
    if attrs.has(type(value)):
        own_first = sorted(attrs.fields(type(value)), key=lambda field: field.inherited)
        return {
            field.name: _plain(getattr(value, field.name))
            for field in own_first
            if not field.init or getattr(value, field.name) != _default_of(field)
        }
    match value:
        case Priority():
            return value.name.lower()
        case enum.StrEnum():
            return value.value
        case tuple():
            return [_plain(one) for one in value]
        case Mapping():
            return dict(value)
        case _:
            return value


def _default_of(field: "attrs.Attribute[Any]") -> Any:
    return {} if field.name == "weights" else field.default


def _value(value: Any, *, is_own: bool = False) -> str:
    """A value in TOML; lists of tables take a line for each if they are a rule's ``own``."""
    match value:
        case bool() | int():
            return str(value).lower()
        case str():
            return _text(value)
        case Mapping():
            pairs = [f"{_key(key)} = {_value(inner)}" for key, inner in value.items()]
            return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
        case [*several] if is_own and any(isinstance(one, Mapping) for one in several):
            return "\n".join(["[", *[f"  {_value(one)}," for one in several], "]"])
        case _:
            return f"[{', '.join(_value(one) for one in value)}]"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # JSON's strings are TOML's as well, but for one character that TOML wants to be escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
