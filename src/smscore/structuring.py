"""
From TOML to attrs classes: every mistake is named with its remedy.
"""

import difflib
import enum
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ClassValidationError, IterableValidationError

from smscore.domain.destinations import Destination
from smscore.domain.messages import Priority
from smscore.errors import ConfigurationError
from smscore.options import is_absolute

__all__ = ["nearest", "read_toml", "structure"]

T = TypeVar("T")

_LONGEST_FILE = 16 << 20
_TWICE = re.compile(r"Cannot declare \((?P<path>.*)\) twice \(at line (?P<line>\d+)")
_STEP = re.compile(r"'([^']*)'")


def read_toml(file: Path) -> dict[str, Any]:
    """
    What a file of TOML holds, with or without the mark that editors of Windows put before it.

    Raises:
        OSError: it cannot be read.
        tomllib.TOMLDecodeError: it is no TOML.
        ConfigurationError: it is longer than 16 MiB, is not UTF-8, or has a table twice, as when an
            example was put below the same table; the line is named, and the file is not.
    """
    with file.open("rb") as opened:  # a pipe, too, and devices that never end
        content = opened.read(_LONGEST_FILE + 1)
    if len(content) > _LONGEST_FILE:
        raise ConfigurationError(f"it is longer than {_LONGEST_FILE >> 20} MiB; name another file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = cause.object.count(b"\n", 0, cause.start) + 1
        raise ConfigurationError(
            f"line {line} is not valid UTF-8; save the file in UTF-8"
        ) from cause
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        if (found := _TWICE.match(str(cause))) is None:
            raise
        table = ".".join(_STEP.findall(found["path"]))
        raise ConfigurationError(
            f"line {found['line']} begins the table [{table}] a second time; write its keys into "
            "the first"
        ) from cause


def structure(
    content: Mapping[str, Any], shape: type[T], *, where: str, directory: Path | None = None
) -> T:
    """
    Turn parsed TOML into an attrs class; ``where`` names the table in errors.

    Relative paths begin at the ``directory``, if there is one: those of fields that ``is_absolute``
    checks.

    Raises:
        ConfigurationError: a key is unknown (the nearest known one is named) or a value is wrong.
    """
    _check_keys(content, shape, where)
    if directory is not None:
        content = _with_whole_paths(content, shape, directory)
    try:
        return _converter.structure(content, shape)
    except (ClassValidationError, IterableValidationError) as cause:
        raise ConfigurationError("; ".join(_faults(cause, where))) from cause


def _check_keys(content: Mapping[str, Any], shape: type, where: str) -> None:
    known = {field.name: field for field in attrs.fields(shape)}
    if not where:
        known.pop("directory", None)  # of the configuration itself: the file is where it is
    for key, value in content.items():
        if key not in known:
            table = f"[{where}]" if where else "the file"
            raise ConfigurationError(f"{table} has an unknown key {key!r}{nearest(key, known)}")
        _check_inner(value, known[key].type, f"{where}.{key}".lstrip("."))


def _check_inner(value: Any, shape: Any, where: str) -> None:
    shape = _without_none(shape)
    is_table = (isinstance(shape, type) and attrs.has(shape)) or get_origin(shape) is Mapping
    if is_table and not isinstance(value, Mapping):
        raise ConfigurationError(f"{where} must be a table, such as [{where}], not {value!r}")
    if isinstance(shape, type) and attrs.has(shape) and isinstance(value, Mapping):
        _check_keys(value, shape, where)
    arguments = get_args(shape)
    if isinstance(value, str) and any(get_origin(one) is tuple for one in (shape, *arguments)):
        # Otherwise it would be taken apart into its letters.
        raise ConfigurationError(f"{where} must be a list, such as [{value!r}]")
    if get_origin(shape) is tuple and isinstance(value, list):
        for place, inner in enumerate(value):
            _check_inner(inner, arguments[0], f"{where}.{place}")
    if len(arguments) > 1 and isinstance(value, Mapping):
        for name, inner in value.items():
            _check_inner(inner, arguments[1], f"{where}.{name}")


def _without_none(shape: Any) -> Any:
    """The shape of a value that is given: TOML has no None."""
    if NoneType not in get_args(shape):
        return shape
    others = [one for one in get_args(shape) if one is not NoneType]
    return others[0] if len(others) == 1 else shape


def _with_whole_paths(
    content: Mapping[str, Any], shape: type, directory: Path
) -> Mapping[str, Any]:
    fields = attrs.fields_dict(shape)
    return {
        key: str((directory / value).absolute())
        if value and isinstance(value, str) and _is_path(fields[key])
        else value
        for key, value in content.items()
    }


def _is_path(field: "attrs.Attribute[Any]") -> bool:
    # Of several validators attrs makes one, which has them.
    together = getattr(field.validator, "_validators", (field.validator,))
    return is_absolute in together


def nearest(key: str, known: Iterable[str]) -> str:
    """The end of a complaint about an unknown name: what was probably meant, or all that is."""
    if close := difflib.get_close_matches(key, known, n=1):
        return f"; did you mean {str(close[0])!r}?"
    return f"; known are: {', '.join(known) or 'none'}"


def _strict(kinds: tuple[type, ...], what: str) -> Any:
    def check(value: Any, _: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError(f"must be {what}, not {value!r}")
        return value

    return check


def _member(value: Any, kind: type[enum.StrEnum]) -> enum.StrEnum:
    if value not in list(kind):
        raise ValueError(f"must be one of {', '.join(kind)}, not {value!r}")
    return kind(value)


def _priority(value: Any, _: Any) -> Priority:
    names = [priority.name.lower() for priority in Priority]
    if value not in names:
        raise ValueError(f"must be one of {', '.join(names)}, not {value!r}")
    return Priority[value.upper()]


def _faults(error: BaseException, where: str) -> list[str]:
    """The leaves of a validation error, each with the table and key where it is."""
    if not isinstance(error, (ClassValidationError, IterableValidationError)):
        if where and isinstance(error, ConfigurationError):  # of a check, which names the key
            return [f"[{where}] {error}"]
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return [f"{where}: {reason}" if where else reason]
    faults: list[str] = []
    for inner in error.exceptions:
        step = _step_of(inner)
        faults.extend(_faults(inner, f"{where}.{step}".strip(".") if step else where))
    return faults


def _step_of(error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        name = getattr(note, "name", None)
        if name is None:
            name = getattr(note, "index", None)
        if name is not None:
            return str(name)
    return ""


_converter = cattrs.Converter()
_converter.register_structure_hook(str, _strict((str,), "a string"))
_converter.register_structure_hook(bool, _strict((bool,), "true or false"))
_converter.register_structure_hook(int, _strict((int,), "a whole number"))
_converter.register_structure_hook(float, _strict((int, float), "a number"))
_converter.register_structure_hook(Priority, _priority)
_converter.register_structure_hook(Path, lambda value, _: Path(value))
_converter.register_structure_hook(Destination, lambda value, _: value)  # by its kind, before
_converter.register_structure_hook(enum.StrEnum, _member)  # else it would pass as a string
