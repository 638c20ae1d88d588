"""
What becomes of a text on its way: how it is encoded and cut, what it costs, and why.
"""

from collections.abc import Iterator

from msgspec import Struct

from smscore.domain.alphabets import GSM7, alphabet
from smscore.domain.languages import Language
from smscore.domain.messages import clean_text
from smscore.domain.segments import DEFAULT_OPTIONS, Encoding, EncodingOptions, Segments, split
from smscore.domain.typography import Replacement, character_name, replace_typography
from smscore.errors import MessageTooLong

__all__ = ["LONGEST_EMAIL", "Description", "ForcingCharacter", "describe", "describe_email"]

LONGEST_EMAIL = 100_000
"""Code points; nobody reads more, and each of the parts of a message is kept in memory."""


class ForcingCharacter(Struct, frozen=True, kw_only=True):
    """A character for which a text has to travel in UCS-2."""

    index: int  # of its code point in the text as it was given
    character: str

    @property
    def name(self) -> str:
        """Its Unicode name, or the code point if it has none."""
        return character_name(self.character)


class Description(Struct, frozen=True, kw_only=True):
    """A text as it was ``given``, as it will be sent, and how."""

    given: str
    text: str
    segments: Segments
    options: EncodingOptions
    replacements: tuple[Replacement, ...] = ()  # by their index in ``given``

    @property
    def forcing(self) -> tuple[ForcingCharacter, ...]:
        """
        The characters that no allowed alphabet has; none, if the text is not sent in UCS-2.

        When each one is in some national table, but no table has them all, these are the
        characters that the default alphabet lacks.
        """
        if self.segments.encoding is not Encoding.UCS2:
            return ()
        return tuple(self._lacking(self.options.languages)) or tuple(self._lacking(()))

    def _lacking(self, languages: tuple[Language, ...]) -> Iterator[ForcingCharacter]:
        alphabets = [GSM7, *(alphabet(locking=one, single=one) for one in languages)]
        kept = {char: any(one.has(char) for one in alphabets) for char in set(self.text)}
        replaced = {replacement.index: replacement for replacement in self.replacements}
        index = 0
        while index < len(self.given):
            if replacement := replaced.get(index):
                sent, length = replacement.replacement, len(replacement.character)
            else:
                sent, length = self.given[index], 1
            if not all(kept[char] for char in sent):
                yield ForcingCharacter(index=index, character=self.given[index])
            index += length


def describe(text: str, *, options: EncodingOptions = DEFAULT_OPTIONS) -> Description:
    """
    Decide how a text is sent, with the very code that sends it.

    U+0000 and lone surrogates, which no store and no network can carry, are sent as U+FFFD and
    told among the replacements. Any other text goes as it is, unless the options replace
    typographic characters.

    Raises:
        MessageTooLong: it needs more than ``options.max_parts``.
    """
    storable = clean_text(text)
    replacements = _differences(text, storable) if storable != text else ()
    sent = storable
    if options.replace_typography:
        sent, typographic = replace_typography(storable, languages=options.languages)
        replacements = tuple(sorted(replacements + typographic, key=lambda one: one.index))
    return Description(
        given=text,
        text=sent,
        segments=split(sent, options=options),
        options=options,
        replacements=replacements,
    )


def describe_email(text: str) -> Description:
    """
    What becomes of a text that goes by e-mail: one part, and every character as it is.

    Raises:
        MessageTooLong: it is longer than :data:`LONGEST_EMAIL`.
    """
    if len(text) > LONGEST_EMAIL:
        raise MessageTooLong(
            f"the text has {len(text)} characters, an e-mail at most {LONGEST_EMAIL}"
        )
    sent = clean_text(text)
    return Description(
        given=text,
        text=sent,
        segments=Segments(encoding=Encoding.UCS2, parts=(sent,)),  # of Unicode, it has all
        options=DEFAULT_OPTIONS,
        replacements=_differences(text, sent) if sent != text else (),
    )


def _differences(given: str, sent: str) -> tuple[Replacement, ...]:
    """The replacements of single characters that made one text of the other."""
    return tuple(
        Replacement(index=index, character=before, replacement=after)
        for index, (before, after) in enumerate(zip(given, sent, strict=True))
        if before != after
    )
