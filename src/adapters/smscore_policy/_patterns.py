"""
Patterns over RE2, which knows no backtracking: linear time, and memory within a bound.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import re2  # type: ignore[import-untyped]  # the library brings no types along

from smscore.errors import InvalidRequest
from smscore.ports.patterns import (
    LONGEST_PATTERN,
    LONGEST_REPLACED,
    MOST_REPLACED,
    Pattern,
    PatternSet,
    Replace,
)

__all__ = ["LinearPatterns"]

_ROOM = 8 * 1024
"""
Bytes that a pattern must fit into when it is compiled. The worst ones that do take some 3 µs for
each character of a text, and a number no tenth of a millisecond. Forty numbers fit; counted
repetitions of counted repetitions do not.
"""
_MEMORY = 128 * 1024
"""Bytes for what is learnt while searching: with less, patterns that are merely odd are slow."""

_MEMORY_OF_SETS = 16 * 1024 * 1024
"""
Bytes for many patterns together, and for what is learnt with them. Too many for one set make two:
one that could be compiled has room for any text (RE2 tries that), so none is missed.
"""

_LOOK_AROUND = frozenset({"(?=", "(?!", "(?<=", "(?<!", "(?<"})
_REFERENCES = frozenset(rf"\{name}" for name in "123456789gk")
_PIECES = re.compile(r"[^\\]+|\\.?", re.DOTALL)  # of a substitution


class LinearPatterns:
    """An engine. RE2 keeps the last 64 patterns compiled, so asking again costs nothing."""

    def compile(self, pattern: str) -> Pattern:
        if len(pattern) > LONGEST_PATTERN:
            raise InvalidRequest(
                f"the pattern has {len(pattern)} characters, at most {LONGEST_PATTERN} are allowed"
            )
        try:
            re2.compile(pattern.encode(), _options(_ROOM))
            return _Linear(re2.compile(pattern.encode(), _options(_MEMORY)))
        except UnicodeEncodeError as cause:
            raise InvalidRequest("the pattern is no valid Unicode text") from cause
        except re2.error as cause:
            (said,) = cause.args
            raise InvalidRequest(_reason(said.decode(errors="replace"), pattern)) from cause

    def compile_set(self, patterns: Sequence[str]) -> PatternSet:
        for pattern in patterns:
            self.compile(pattern)  # says what is wrong with it
        return _LinearSet(list(_sets(patterns)))

    def compile_replace(self, pattern: str, substitution: str) -> Replace:
        self.compile(pattern)  # says what is wrong with it
        compiled = re2.compile(pattern, _options(_MEMORY, captures=True))
        return _Replacing(compiled, _pieces(substitution, groups=compiled.groups)).replace


class _LinearSet:
    def __init__(self, sets: Sequence[tuple[int, Any]]) -> None:
        self._sets = sets  # each with the place of its first pattern

    def find(self, text: str) -> Collection[int]:
        encoded = text.encode("utf-8", "replace")
        return [first + place for first, one in self._sets for place in one.Match(encoded) or ()]


def _sets(patterns: Sequence[str], first: int = 0) -> Iterator[tuple[int, Any]]:
    if not patterns:
        return
    made = re2.Set.SearchSet(_options(_MEMORY_OF_SETS))
    for pattern in patterns:
        made.Add(pattern.encode())
    try:
        made.Compile()
    except re2.error:
        half = len(patterns) // 2
        if not half:
            raise
        yield from _sets(patterns[:half], first)
        yield from _sets(patterns[half:], first + half)
    else:
        yield first, made


class _Linear:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def search(self, text: str) -> bool:
        return self._compiled.search(text.encode("utf-8", "replace")) is not None


class _Replacing:
    def __init__(self, compiled: Any, pieces: Sequence[str | int]) -> None:
        self._compiled = compiled
        self._pieces = pieces

    def replace(self, text: str) -> str:
        whole = text.encode("utf-8", "replace").decode()
        replaced, end = [], 0
        for found in islice(self._compiled.finditer(whole), MOST_REPLACED):
            replaced += [whole[end : found.start()], *map(partial(_said, found), self._pieces)]
            end = found.end()
        return "".join([*replaced, whole[end:]])[:LONGEST_REPLACED] if replaced else text


def _said(found: Any, piece: str | int) -> str:
    return piece if isinstance(piece, str) else found[piece] or ""


def _pieces(substitution: str, *, groups: int) -> Sequence[str | int]:
    """What a substitution is made of: texts, and numbers of groups."""
    if len(substitution) > LONGEST_PATTERN:
        raise InvalidRequest(
            f"the substitution has {len(substitution)} characters, "
            f"at most {LONGEST_PATTERN} are allowed"
        )
    return [_piece(one, groups=groups) for one in _PIECES.findall(substitution)]


def _piece(piece: str, *, groups: int) -> str | int:
    if not piece.startswith("\\"):
        return piece
    if piece == r"\\":
        return "\\"
    name = piece[1:]
    if not (name.isascii() and name.isdecimal()):
        raise InvalidRequest(
            rf"the substitution holds {piece}; write \1 for the first group, \\ for a backslash"
        )
    if int(name) > groups:
        raise InvalidRequest(f"the substitution holds {piece}, and the pattern has {groups} groups")
    return int(name)


def _options(memory: int, *, captures: bool = False) -> Any:
    options = re2.Options()
    options.max_mem = memory
    options.never_capture = not captures
    options.log_errors = False  # else it writes to standard error by itself
    return options


def _reason(said: str, pattern: str) -> str:
    """RE2's word for it, which ends in what it stumbled over, in the words of our callers."""
    fault, _, place = said.partition(": ")
    if place in _LOOK_AROUND:
        return f"the pattern holds look-around, which is not supported: {place}"
    if place in _REFERENCES or (place == "(?P" and "(?P=" in pattern):
        return f"the pattern holds a back-reference, which is not supported: {place}"
    if fault in ("pattern too large - compile failed", "invalid repetition size"):
        return "the pattern is too large; repeat less, and name letters instead of classes as \\pL"
    return f"the pattern is not understood: {said}"
