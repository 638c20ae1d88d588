"""
Plain characters in place of typographic ones, which word processors put in and SMS makes dear.
"""

import re
import unicodedata
from collections.abc import Iterable

import attrs

from smscore.domain.alphabets import GSM7, alphabet
from smscore.domain.languages import Language

__all__ = ["Replacement", "character_name", "replace_typography"]

_PLAIN = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u00b4\u0060",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63",
    ".": "\u2024",
    "..": "\u2025",
    "...": "\u2026",
    "*": "\u2022\u2023",
    "/": "\u2044\u2215",
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000",
    "\n": "\x0b\x85\u2028\u2029",
    "": "\u00ad\u200b\u2060\ufeff",
    "ff": "\ufb00",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "ffi": "\ufb03",
    "ffl": "\ufb04",
}
_REPLACED = {char: plain for plain, chars in _PLAIN.items() for char in chars}
# A letter with its accents written behind it, or a sign that is another one's double, such as
# the Kelvin sign: Unicode knows the single character for it.
_COMPOSED = ".[\u0300-\u036f]+|[\u2126\u212a\u212b\u037e]"
_FOUND = re.compile(f"[{''.join(_REPLACED)}]|{_COMPOSED}", re.DOTALL)


@attrs.frozen(kw_only=True)
class Replacement:
    """One place where a text is sent otherwise than it was given."""

    index: int  # of its first code point in the text as it was given
    character: str  # mostly one code point; a letter with accents behind it is several
    replacement: str

    @property
    def name(self) -> str:
        """The Unicode name of what was replaced."""
        return character_name(self.character)


def character_name(character: str) -> str:
    """The Unicode name, or the code point of what has none."""
    return " + ".join(unicodedata.name(one, f"U+{ord(one):04X}") for one in character)


def replace_typography(
    text: str, *, languages: Iterable[Language] = ()
) -> tuple[str, tuple[Replacement, ...]]:
    """
    The text with plain quotes, dashes, blanks, dots and the like, and what was replaced.

    Only what has an equivalent in the GSM 7-bit default alphabet is touched: quotes, dashes,
    ellipses, bullets, fraction strokes, blanks and tabs, line and paragraph separators, ligatures;
    invisible marks for hyphenation and joining vanish; a letter with its accent behind it becomes
    one character, if the default alphabet or a table of the languages has that. Letters are never
    exchanged for similar ones.
    """
    alphabets = [GSM7, *(alphabet(locking=one, single=one) for one in languages)]
    replacements = []

    def plain(found: re.Match[str]) -> str:
        character = found[0]
        replacement = _REPLACED.get(character)
        if replacement is None:
            replacement = unicodedata.normalize("NFC", character)
            if not any(one.has(replacement) for one in alphabets):
                return character
        replacements.append(
            Replacement(index=found.start(), character=character, replacement=replacement)
        )
        return replacement

    return _FOUND.sub(plain, text), tuple(replacements)
