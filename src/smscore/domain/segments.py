"""
Cutting a text into the parts that a network carries: which alphabet, how many, and where.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import product

import attrs
from msgspec import Struct

from smscore.domain.alphabets import GSM7, alphabet, encode_ucs2
from smscore.domain.headers import (
    locking_element,
    place_octets,
    single_element,
    write_elements,
)
from smscore.domain.languages import LOCKING_SHIFT, Language
from smscore.domain.layouts import Encoding, Layout, layout
from smscore.domain.user_data import Coding, UserData
from smscore.errors import InvalidRequest, MessageTooLong

__all__ = ["DEFAULT_OPTIONS", "MOST_PARTS", "Encoding", "EncodingOptions", "Segments", "split"]

MOST_PARTS = 255
"""The header of a concatenated part counts in one octet (23.040, 9.2.3.24.1)."""


def _check_max_parts(_: object, __: object, value: int) -> None:
    if type(value) is not int or not 1 <= value <= MOST_PARTS:
        raise InvalidRequest(f"a message may have 1 to {MOST_PARTS} parts, not {value!r}")


def _check_bool(_: object, attribute: "attrs.Attribute[bool]", value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{attribute.name} is True or False, not {value!r}")


def _each_once(languages: Iterable[Language | str]) -> tuple[Language, ...]:
    if not isinstance(languages, str):  # one language is no sequence of them
        with suppress(ValueError, TypeError):
            return tuple(dict.fromkeys(map(Language, languages)))
    raise InvalidRequest(
        f"{languages!r} is no sequence of languages with national tables; "
        f"those are {', '.join(Language)}"
    )


@attrs.frozen(kw_only=True)
class EncodingOptions:
    """
    What may be done with a text to send it cheaply.

    ``languages``: whose national tables may be used; not every telephone has them.
    ``wide_reference``: messages are told apart by 16 bits instead of 8, at one octet a part; not
    every telephone and centre understands that. ``replace_typography``: see
    :func:`smscore.domain.typography.replace_typography`.

    Raises:
        InvalidRequest: a language has no tables, or ``max_parts`` is not 1 to 255.
    """

    languages: tuple[Language, ...] = attrs.field(default=(), converter=_each_once)
    wide_reference: bool = attrs.field(default=False, validator=_check_bool)
    replace_typography: bool = attrs.field(default=False, validator=_check_bool)
    max_parts: int = attrs.field(default=50, validator=_check_max_parts)


DEFAULT_OPTIONS = EncodingOptions()

# Looked up once: nearly all texts take one of them.
_GSM7, _UCS2 = Encoding.GSM7, Encoding.UCS2
_GSM7_CODING, _UCS2_CODING = Coding.GSM7, Coding.UCS2
_NARROW, _WIDE = (
    (layout(Encoding.GSM7, is_wide=is_wide), layout(Encoding.UCS2, is_wide=is_wide))
    for is_wide in (False, True)
)


class Segments(Struct, frozen=True, kw_only=True):
    """
    A text cut into parts, none of which cuts an escape pair or a surrogate pair.

    A *unit* is a septet of the GSM 7-bit alphabet, or 16 bits of UTF-16.
    """

    encoding: Encoding
    parts: tuple[str, ...]
    locking: Language | None = None  # the national tables, if any
    single: Language | None = None
    wide_reference: bool = False

    @property
    def count(self) -> int:
        """How many parts the text needs, which is also what it costs in segments."""
        return len(self.parts)

    @property
    def units_per_part(self) -> int:
        """How many units fit into one part, beside its header."""
        return self._layout.room if self.count == 1 else self._layout.room_of_many

    @property
    def units_used(self) -> int:
        """How many units the whole text takes, without headers."""
        return sum(map(self._layout.units, self.parts))

    @property
    def units_free(self) -> int:
        """How many units the last part has left."""
        return self.units_per_part - self._layout.units(self.parts[-1])

    def user_data(self, number: int, *, reference: int) -> UserData:
        """
        What part ``number`` (from 1) carries.

        ``reference`` is common to all parts of one message: 0 to 255, or to 65535 if it is wide.
        A message of a single part does without it.
        """
        return UserData(
            coding=self.coding,
            content=self.content(number),
            header=self.header(number, reference=reference),
        )

    @property
    def coding(self) -> Coding:
        """How the parts are coded: as septets or as UTF-16."""
        return _UCS2_CODING if self.encoding is _UCS2 else _GSM7_CODING

    def content(self, number: int) -> bytes:
        """The octets of part ``number`` behind its header, as :class:`UserData` has them."""
        text = self.parts[number - 1]
        if self.encoding is _UCS2:
            return encode_ucs2(text)
        return alphabet(locking=self.locking, single=self.single).encode(text)

    def header(self, number: int, *, reference: int) -> bytes:
        """The information elements of part ``number``, as :class:`UserData` has them."""
        if not self.has_headers:
            return b""
        place = b""
        if len(self.parts) > 1:
            place = place_octets(reference, len(self.parts), number, is_wide=self.wide_reference)
        return place + self._indicators() if self.single or self.locking else place

    @property
    def has_headers(self) -> bool:
        """Whether each part has a header; only single parts without national tables have none."""
        return bool(len(self.parts) > 1 or self.single or self.locking)

    def _indicators(self) -> bytes:
        single = [single_element(self.single)] if self.single else []
        locking = [locking_element(self.locking)] if self.locking else []
        return write_elements(*single, *locking)

    @property
    def _layout(self) -> Layout:
        return layout(
            self.encoding, locking=self.locking, single=self.single, is_wide=self.wide_reference
        )


def split(text: str, *, options: EncodingOptions = DEFAULT_OPTIONS) -> Segments:
    """
    Cut a text into as few parts as its encoding allows.

    The encoding is the default alphabet if that has every character, else the allowed national
    tables that need the fewest parts, else UCS-2. A cut goes through what a reader sees as one
    character only where that spares a part. An empty text is one empty part.

    Raises:
        MessageTooLong: it needs more than ``options.max_parts``.
    """
    if len(text) <= _NARROW[0].room and GSM7.encode_plain(text) is not None:
        # Nearly all: nothing to choose, to count or to cut.
        return Segments(encoding=_GSM7, parts=(text,), wide_reference=options.wide_reference)
    chosen, ends = _cheapest(text, options)
    if len(ends) > options.max_parts:
        raise MessageTooLong(
            f"the text needs {len(ends)} parts in {chosen.encoding}, "
            f"but at most {options.max_parts} are allowed"
        )
    parts: tuple[str, ...] = (text,)
    if len(ends) > 1:
        ends = chosen.ends_between_clusters(text, ends)
        parts = tuple([text[start:end] for start, end in zip((0, *ends), ends, strict=False)])
    tables = chosen.alphabet or GSM7
    return Segments(
        encoding=chosen.encoding,
        parts=parts,
        locking=tables.locking,
        single=tables.single,
        wide_reference=options.wide_reference,
    )


def _cheapest(text: str, options: EncodingOptions) -> tuple[Layout, Sequence[int]]:
    plain, ucs2 = _WIDE if options.wide_reference else _NARROW
    if GSM7.has(text):
        return plain, plain.ends(text)
    if options.languages and (national := _cheapest_national(text, options)):
        return national
    return ucs2, ucs2.ends(text)


def _cheapest_national(text: str, options: EncodingOptions) -> tuple[Layout, Sequence[int]] | None:
    """The first of those with the fewest parts: the fewer tables, the better understood."""
    best: tuple[Layout, Sequence[int]] | None = None
    for locking, single in _pairs(options.languages):
        if not alphabet(locking=locking, single=single).has(text):
            continue
        found = layout(
            Encoding.GSM7, locking=locking, single=single, is_wide=options.wide_reference
        )
        if best is not None and found.fewest_parts(text) >= len(best[1]):
            continue
        ends = found.ends(text)
        if best is None or len(ends) < len(best[1]):
            best = found, ends
        if len(ends) == 1:
            break  # no other can do better
    return best


def _pairs(
    languages: Sequence[Language],
) -> Iterator[tuple[Language | None, Language | None]]:
    """The national tables that may be used, locking and single shift, in order of preference."""
    locking = [language for language in languages if language in LOCKING_SHIFT]
    yield from ((None, single) for single in languages)
    yield from ((language, None) for language in locking)
    yield from product(locking, languages)
