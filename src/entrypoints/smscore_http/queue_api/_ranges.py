"""
Which part of a file a request asks for, by RFC 9110: conditions, one range, or all of it.
"""

import enum
import re
from collections.abc import Mapping

import attrs

__all__ = ["Part", "Verdict", "requested"]

# 14.1.2: a unit may be written in capitals. Several ranges are not served, as 14.2 allows.
_RANGE = re.compile(rb"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
_TAG = re.compile(rb'(?:W/)?"[^"]*"')
_MOST_DIGITS = 18


class Verdict(enum.Enum):
    """What there is to say without a range."""

    WHOLE = "whole"  # 200: none was asked for, or none that counts
    CHANGED = "changed"  # 412: the client goes on with another file
    NOT_MODIFIED = "not modified"  # 304: the client has it
    UNSATISFIABLE = "unsatisfiable"  # 416: the file ends before the range begins


@attrs.frozen
class Part:
    """The bytes from ``first`` to before ``end``."""

    first: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.first


def requested(headers: Mapping[bytes, bytes], *, size: int, etag: bytes) -> Part | Verdict:
    """What a GET with these headers gets of a file that is so long and has this strong tag."""
    # 13.1.1: Android's download manager asks so for the rest of a file, and never by If-Range.
    begun = headers.get(b"if-match")
    if begun is not None and not {b"*", etag} & _tags(begun):
        return Verdict.CHANGED
    known = headers.get(b"if-none-match", b"")
    if {b"*", etag, b"W/" + etag} & _tags(known):  # 13.1.2: a weak comparison
        return Verdict.NOT_MODIFIED
    wanted = _RANGE.fullmatch(headers.get(b"range", b""))
    # 13.1.5: of another version the client has nothing that a part could be added to. We give no
    # dates, so one cannot be ours.
    if wanted is None or headers.get(b"if-range", etag) != etag:
        return Verdict.WHOLE
    return _part(*wanted.groups(), size=size)


def _tags(written: bytes) -> set[bytes]:
    return {b"*"} if written.strip() == b"*" else set(_TAG.findall(written))


def _part(first: bytes, last: bytes, *, size: int) -> Part | Verdict:
    if not first and not last:
        return Verdict.WHOLE  # 14.2: what is no range is ignored
    if not first:
        length = min(_number(last), size)
        return Part(size - length, size) if length else Verdict.UNSATISFIABLE
    begin = _number(first)
    end = _number(last) + 1 if last else size
    if begin >= end and last:
        return Verdict.WHOLE  # ends before it begins, which is no range either
    return Part(begin, min(end, size)) if begin < size else Verdict.UNSATISFIABLE


def _number(digits: bytes) -> int:
    significant = digits.lstrip(b"0") or b"0"
    # Beyond the end of every file, and Python refuses to convert very long ones.
    return int(significant) if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS
