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

from smscore.domain.messages import Priority
from smscore.domain.routes import Route
from smscore.errors import ConfigurationError
from smscore.structuring import structure

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

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen(kw_only=True)
class Rulebook:
    """All rules of a file; ``revision`` is the one that they were made from, if it says so."""

    routes: tuple[Route, ...] = ()
    revision: int | None = None


@attrs.frozen(kw_only=True)
class _Document:
    revision: int | None = None
    routes: tuple[Any, ...] = ()


def read_rulebook(file: Path) -> Rulebook:
    """
    The rules of a TOML file.

    Raises:
        ConfigurationError: it cannot be read, a key is unknown, or a value is wrong.
    """
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        return rulebook_of(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
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
    routes = [_route(entry, number) for number, entry in enumerate(document.routes, start=1)]
    return Rulebook(routes=tuple(routes), revision=document.revision)


def as_document(routes: Sequence[Route], *, revision: int | None = None) -> dict[str, Any]:
    """What :func:`rulebook_of` reads: every key of every rule that says something."""
    begin = {} if revision is None else {"revision": revision}
    return {**begin, "routes": [_plain(route) for route in routes]}


def as_toml(routes: Sequence[Route], *, revision: int | None = None) -> str:
    """What :func:`read_rulebook` reads."""
    begin = [] if revision is None else [f"revision = {revision}"]
    return "".join(f"{block}\n" for block in _apart([*begin, *map(rule_as_toml, routes)]))


def difference(before: Sequence[Route], after: Sequence[Route]) -> list[str]:
    """What changes from some rules to others, line by line; nothing if they are the same."""
    old, new = as_toml(before).splitlines(), as_toml(after).splitlines()
    return list(difflib.unified_diff(old, new, "in force", "planned", lineterm=""))


def asked_as_toml(route: Route, key: str) -> str:
    """One key of a rule and what it asks for, as a file has it."""
    return f"{_key(key)} = {_value(_plain(getattr(route, key)))}"


def rule_as_toml(route: Route) -> str:
    """One rule, as a file has it."""
    lines = [f"{_key(key)} = {_value(value, is_own=True)}" for key, value in _plain(route).items()]
    return "\n".join(["[[routes]]", *lines])


def _apart(blocks: Sequence[str]) -> list[str]:
    return [block if place == 0 else f"\n{block}" for place, block in enumerate(blocks)]


def _route(entry: object, number: int) -> Route:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"rule {number} must be a table; begin it with [[routes]]")
    where = f"routes, rule {number}"
    _check_lists(entry, where)
    return structure(entry, Route, where=where)


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
            if getattr(value, field.name) != _default_of(field)
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
