"""
A command line taken apart into single calls (V.250, 5.2.1 and 5.4).
"""

import re

import attrs

__all__ = ["Call", "calls_of"]

_BASIC = re.compile(r"(&[A-Z]|S\d+|[A-Z])(=\d*|\?|\d*)", re.IGNORECASE)
_EXTENDED = re.compile(r'([+*^#$%][A-Z0-9]+)(=\?|\?|=)?((?:[^;"]|"[^"]*"?)*)', re.IGNORECASE)
_ARGUMENT = re.compile(r'"[^"]*"?|[^,]+|(?<=,)(?=,|$)|^(?=,)')


@attrs.frozen(kw_only=True)
class Call:
    """One command: ``operation`` is ``=``, ``?``, ``=?`` or nothing."""

    name: str
    operation: str = ""
    text: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments without blanks and quotes; an omitted one is empty."""
        if not self.text:
            return ()
        return tuple(found[0].strip().strip('"') for found in _ARGUMENT.finditer(self.text))

    def number(self, place: int, default: int | None = None) -> int:
        """
        The argument at a place as a number.

        Raises:
            ValueError: it is no number, or missing without a default.
        """
        given = self.arguments[place : place + 1]
        if not given or not given[0]:
            if default is None:
                raise ValueError(f"{self.name} needs an argument at {place}")
            return default
        return int(given[0])


def calls_of(line: str) -> tuple[Call, ...]:
    """The calls in their order; what cannot be understood is a call of a name that nobody has."""
    found = []
    at = 0
    while at < len(line):
        if line[at] in "; ":
            at += 1
            continue
        call, at = _call(line, at)
        found.append(call)
    return tuple(found)


def _call(line: str, at: int) -> tuple[Call, int]:
    if extended := _EXTENDED.match(line, at):
        name, operation, text = extended[1].upper(), extended[2] or "", extended[3].strip()
        return Call(name=name, operation=operation, text=text), extended.end()
    if basic := _BASIC.match(line, at):
        name = basic[1].upper()
        if name in ("D", "A"):  # a number to dial is the rest of the line
            return Call(name=name, text=line[basic.end(1) :]), len(line)
        operation = "?" if basic[2] == "?" else "="
        return Call(name=name, operation=operation, text=basic[2].strip("=?")), basic.end()
    return Call(name=line[at:]), len(line)
