"""
Cutting a text into the parts that a network carries: which alphabet, how many, and where.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import attrs

from smscore.domain.alphabets import GSM7, alphabet
from smscore.domain.headers import (
    Concatenation,
    Element,
    concatenation_element,
    locking_element,
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
    if not 1 <= value <= MOST_PARTS:
        raise InvalidRequest(f"a message may have 1 to {MOST_PARTS} parts, not {value}")


@attrs.frozen(kw_only=True)
class EncodingOptions:
    """
    What may be done with a text to send it cheaply.

    ``languages``: whose national tables may be used; not every telephone has them.
    ``wide_reference``: messages are told apart by 16 bits instead of 8, at one octet a part; not
    every telephone and centre understands that. ``replace_typography``: see
    :func:`smscore.domain.typography.replace_typography`.

    Raises:
        InvalidRequest: ``max_parts`` is not 1 to 255.
    """

    languages: tuple[Language, ...] = ()
    wide_reference: bool = False
    replace_typography: bool = False
    max_parts: int = attrs.field(default=50, validator=_check_max_parts)


DEFAULT_OPTIONS = EncodingOptions()


@attrs.frozen(kw_only=True)
class Segments:
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
        text = self.parts[number - 1]
        header = b""
        if len(self.parts) > 1 or self.single or self.locking:
            header = write_elements(*self._elements(number, reference))
        if self.encoding is Encoding.UCS2:
            octets = text.encode("utf-16-be", "surrogatepass")
            return UserData(coding=Coding.UCS2, content=octets, header=header)
        septets = alphabet(locking=self.locking, single=self.single).encode(text)
        return UserData(coding=Coding.GSM7, content=septets, header=header)

    def _elements(self, number: int, reference: int) -> Iterator[Element]:
        if self.count > 1:
            place = Concatenation(
                reference=reference,
                total=self.count,
                number=number,
                is_wide=self.wide_reference,
            )
            yield concatenation_element(place)
        if self.single is not None:
            yield single_element(self.single)
        if self.locking is not None:
            yield locking_element(self.locking)

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
    if GSM7.has(text):
        chosen = layout(Encoding.GSM7, is_wide=options.wide_reference)
    elif national := list(_national(text, options)):
        # The first of those with the fewest parts: the fewer tables, the better understood.
        return min(national, key=lambda one: len(one[1]))
    else:
        chosen = layout(Encoding.UCS2, is_wide=options.wide_reference)
    return chosen, chosen.ends(text)


def _national(text: str, options: EncodingOptions) -> Iterator[tuple[Layout, Sequence[int]]]:
    """What the allowed national tables can do, in the order of preference."""
    locking = [language for language in options.languages if language in LOCKING_SHIFT]
    pairs = [
        *((None, single) for single in options.languages),
        *((language, None) for language in locking),
        *product(locking, options.languages),
    ]
    for locked, single in pairs:
        if alphabet(locking=locked, single=single).has(text):
            chosen = layout(
                Encoding.GSM7, locking=locked, single=single, is_wide=options.wide_reference
            )
            yield chosen, chosen.ends(text)
