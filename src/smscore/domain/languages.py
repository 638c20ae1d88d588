"""
The national languages of the GSM 7-bit alphabets, with their tables (23.038, 6.2.1.2 and annex A).
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from smscore.domain import _locking_shift, _single_shift

__all__ = ["LOCKING_SHIFT", "SINGLE_SHIFT", "Language"]


class Language(enum.StrEnum):
    """A language that has national tables, by its ISO 639-1 code, in the order of 6.2.1.2.4."""

    TURKISH = "tr"
    SPANISH = "es"
    PORTUGUESE = "pt"
    BENGALI = "bn"
    GUJARATI = "gu"
    HINDI = "hi"
    KANNADA = "kn"
    MALAYALAM = "ml"
    ORIYA = "or"
    PUNJABI = "pa"
    TAMIL = "ta"
    TELUGU = "te"
    URDU = "ur"

    @property
    def identifier(self) -> int:
        """The national language identifier that stands for it in a user data header."""
        return _IDENTIFIERS[self]

    @classmethod
    def of(cls, identifier: int) -> "Language | None":
        """The language of an identifier; ``None`` for those that the standard reserves."""
        return _LANGUAGES.get(identifier)


_LANGUAGES = dict(enumerate(Language, start=1))
_IDENTIFIERS = {language: identifier for identifier, language in _LANGUAGES.items()}

LOCKING_SHIFT: Mapping[Language, str] = MappingProxyType(
    {
        Language.TURKISH: _locking_shift.TURKISH,
        # Spanish has none (A.3.2 is void): with it the default table stays.
        Language.PORTUGUESE: _locking_shift.PORTUGUESE,
        Language.BENGALI: _locking_shift.BENGALI,
        Language.GUJARATI: _locking_shift.GUJARATI,
        Language.HINDI: _locking_shift.HINDI,
        Language.KANNADA: _locking_shift.KANNADA,
        Language.MALAYALAM: _locking_shift.MALAYALAM,
        Language.ORIYA: _locking_shift.ORIYA,
        Language.PUNJABI: _locking_shift.PUNJABI,
        Language.TAMIL: _locking_shift.TAMIL,
        Language.TELUGU: _locking_shift.TELUGU,
        Language.URDU: _locking_shift.URDU,
    }
)
"""
What each language has in place of the default table: 128 characters, the septet is the index.

U+FFFD where the table has no character; the escape at 0x1B.
"""

SINGLE_SHIFT: Mapping[Language, Mapping[int, str]] = MappingProxyType(
    {
        Language.TURKISH: _single_shift.TURKISH,
        Language.SPANISH: _single_shift.SPANISH,
        Language.PORTUGUESE: _single_shift.PORTUGUESE,
        Language.BENGALI: _single_shift.BENGALI,
        Language.GUJARATI: _single_shift.GUJARATI,
        Language.HINDI: _single_shift.HINDI,
        Language.KANNADA: _single_shift.KANNADA,
        Language.MALAYALAM: _single_shift.MALAYALAM,
        Language.ORIYA: _single_shift.ORIYA,
        Language.PUNJABI: _single_shift.PUNJABI,
        Language.TAMIL: _single_shift.TAMIL,
        Language.TELUGU: _single_shift.TELUGU,
        Language.URDU: _single_shift.URDU,
    }
)
"""What each language has in place of the extension table: the characters after the escape."""
