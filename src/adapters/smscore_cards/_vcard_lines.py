"""
The properties of each vCard of a text: folding, quoted-printable and parameters undone.
"""

import importlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

import attrs

from smscore.errors import ConfigurationError, InvalidRequest

__all__ = ["Property", "Vcard", "library", "vcards"]

_BEGIN = re.compile(r"begin:vcard\s*", re.IGNORECASE)
_END = re.compile(r"end:vcard\s*", re.IGNORECASE)
# The library's own expression takes twice as long for each further sign of a line that does not
# match in the end; what matches this one is read at once.
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_LINE = re.compile(rf"[\w.-]+(?:;[\w-]+(?:={_VALUE}(?:,{_VALUE})*)?)*:", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMA = re.compile(r"((?:[^,\\]|\\.)*)(?:,|$)", re.DOTALL)
_SEMICOLON = re.compile(r"((?:[^;\\]|\\.)*)(?:;|$)", re.DOTALL)


@attrs.frozen(kw_only=True)
class Property:
    """A line of a vCard; ``words`` are its types and parameters without names, in small letters."""

    value: str  # with its escapes
    words: frozenset[str]
    preference: int  # RFC 6350, 5.3: from 1 to 100, the most preferred first
    has_escapes: bool

    @property
    def text(self) -> str:
        """The value as one text; signs that nobody escaped belong to it."""
        if self.has_escapes:
            return self._unescaped(self.value)
        return self.value.replace("\r\n", "\n")

    def list(self) -> Sequence[str]:
        """The value as a list with commas."""
        return self._split(_COMMA)

    def fields(self) -> Sequence[str]:
        """The value as fields with semicolons, such as those of a person's name."""
        return self._split(_SEMICOLON)

    def _split(self, part: re.Pattern[str]) -> Sequence[str]:
        found = (self._unescaped(value).strip() for value in part.findall(self.value))
        return [value for value in found if value]

    def _unescaped(self, value: str) -> str:
        if not self.has_escapes:  # 2.1 has but one, in fields; the rest is quoted-printable
            return value.replace("\\;", ";")
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


@attrs.frozen(kw_only=True)
class Vcard:
    """A card's properties by their names in capital letters."""

    properties: Mapping[str, Sequence[Property]]

    def all(self, name: str) -> Sequence[Property]:
        return self.properties.get(name, ())

    def text(self, *names: str) -> str:
        """The first text of the first of these properties that says something."""
        texts = (one.text.strip() for name in names for one in self.all(name))
        return next(filter(None, texts), "")


def library() -> ModuleType:
    """
    The library that knows vCards, loaded when it is first needed.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return importlib.import_module("vobject")
    except ModuleNotFoundError as cause:
        raise ConfigurationError(
            "vCards need a library that is not installed; run pip install 'smscore[vcard]'"
        ) from cause


def vcards(text: str) -> Iterator[tuple[int, Vcard | InvalidRequest]]:
    """Each card, or why it cannot be read, with the line where it begins."""
    base = library().base
    for line, source in _sources(text):
        try:
            yield line, _vcard(base, source)
        except InvalidRequest as refusal:
            yield line, refusal


def _sources(text: str) -> Iterator[tuple[int, str]]:
    """The text of each card, and what is outside of cards; with the line where it begins."""
    lines: list[str] = []
    begin = depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not lines:
            begin = number
        if lines or line.strip():
            lines.append(line)
        # 2.1 knows cards in cards.
        depth += bool(_BEGIN.fullmatch(line)) - bool(_END.fullmatch(line))
        if lines and depth <= 0:
            yield begin, "\n".join(lines)
            lines, depth = [], 0
    if lines:
        yield begin, "\n".join(lines)


def _vcard(base: ModuleType, source: str) -> Vcard:
    if not _BEGIN.match(source):
        raise InvalidRequest("this is no vCard: one goes from BEGIN:VCARD to END:VCARD")
    if not _END.fullmatch(source.rpartition("\n")[2]):
        raise InvalidRequest("this vCard has no END:VCARD")
    lines = [_checked(line) for line, _ in base.getLogicalLines(io.StringIO(source))]
    is_old = any(line.strip().lower() == "version:2.1" for line in lines)
    found: dict[str, list[Property]] = {}
    depth = 0
    for line in lines:
        depth += bool(_BEGIN.fullmatch(line)) - bool(_END.fullmatch(line))
        if depth == 1:
            name, one = _property(base, line, is_old=is_old)
            found.setdefault(name, []).append(one)
    return Vcard(properties=found)


def _checked(line: str) -> str:
    if not _LINE.match(line):
        raise InvalidRequest(f"this vCard has a line that says nothing: {line[:70]!r}")
    return line


def _property(base: ModuleType, line: str, *, is_old: bool) -> tuple[str, Property]:
    try:
        parsed = base.textLineToContentLine(line)
    except (LookupError, ValueError) as cause:  # an unknown character set, or octets not in it
        raise InvalidRequest(f"{line[:70]!r} cannot be decoded: {cause}") from cause
    words = (*parsed.params.get("TYPE", ()), *parsed.singletonparams)
    given = next(iter(parsed.params.get("PREF", ())), "")
    return parsed.name, Property(
        value=parsed.value,
        words=frozenset(word.strip().lower() for given in words for word in given.split(",")),
        preference=int(given) if re.fullmatch("[0-9]{1,3}", given) else 101,
        has_escapes=not is_old,
    )
