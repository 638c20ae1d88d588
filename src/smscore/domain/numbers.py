"""
Telephone numbers and sender ids: parsing, and the one normal form that everything else uses.
"""

import re
from functools import lru_cache
from typing import ClassVar, Self

import phonenumbers
from msgspec import Struct

from smscore.errors import InvalidNumber

__all__ = ["PhoneNumber", "SenderId", "country_of", "is_country"]

_DIALLED = re.compile(r"\+?[0-9]{1,20}")
_SENDER = re.compile(r"[A-Za-z0-9 _-]{1,11}|\+?[0-9]{3,15}")
_PUNCTUATION = str.maketrans("", "", " -./()\u00a0")

_CODES = "|".join(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
_ZERO_BEHIND_CODE = re.compile(rf"\+(?=[0-9]{{1,3}}0)(?:{_CODES})0")

_SIGNIFICANT_DIGITS = 8
"""National and international spellings of one number agree on their last digits."""


class PhoneNumber(Struct, frozen=True):
    """
    A telephone number in its normal form.

    ``+`` and digits when the number is known to be international, bare digits when it can only
    be dialled as it is (short codes, numbers without a home country).
    """

    value: str

    @classmethod
    def parse(cls, text: str, *, home: str | None = None) -> Self:
        """
        Normalise a number as a caller wrote it.

        ``home`` is the account's home country as an ISO 3166 code; without it a national number
        is kept as dialled. The numbering plan never refuses a number: documented examples such
        as +1234567890 are not valid in theirs.

        Raises:
            InvalidNumber: it is not a plus sign and up to 20 digits, blanks and ``-./()`` aside.
        """
        # Most numbers are written without punctuation, and taking it out is dearer than looking.
        dialled = text if _DIALLED.fullmatch(text) else _dialled(text)
        if dialled[0] != "+":  # those with it would only drive the others out of the cache
            dialled = _normalise(dialled, home)
        if _ZERO_BEHIND_CODE.match(dialled):
            dialled = _without_trunk_zero(dialled)
        return cls(dialled)

    @property
    def is_international(self) -> bool:
        """Whether the country code is part of the number."""
        return self.value.startswith("+")

    @property
    def digits(self) -> str:
        """The number without its plus sign."""
        return self.value.removeprefix("+")

    @property
    def hint(self) -> str:
        """What a log may say of it."""
        return f"{self.value[:6]}…"

    def is_same_line(self, other: "PhoneNumber") -> bool:
        """Whether both may be spellings of one line: a report may name the national form."""
        mine, theirs = self.digits, other.digits
        compared = min(len(mine), len(theirs), _SIGNIFICANT_DIGITS)
        return mine[-compared:] == theirs[-compared:]

    def __str__(self) -> str:
        return self.value


class SenderId(Struct, frozen=True):
    """What a recipient sees as the sender: a number, or 1 to 11 letters, digits, ``-_``, blanks."""

    pattern: ClassVar[str] = _SENDER.pattern

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Check a sender id; the value is kept as written.

        Raises:
            InvalidNumber: it is neither a number nor a name of 1 to 11 allowed characters.
        """
        if _SENDER.fullmatch(text):
            return cls(text)
        raise InvalidNumber(
            f"{text[:40]!r} is not a sender; use a number, or 1 to 11 of letters, digits, - _"
        )

    def __str__(self) -> str:
        return self.value


def is_country(code: str) -> bool:
    """Whether an ISO 3166 code, in capital letters, names a country with telephones."""
    return code in phonenumbers.SUPPORTED_REGIONS


def country_of(number: str) -> str | None:
    """
    The country of a number in its normal form, as an ISO 3166 code; None: it tells none.

    Where countries share a code and no numbering plan knows the number, the main one of them.
    """
    if not number.startswith("+"):
        return None
    regions = _regions(number[1:4])
    if len(regions) > 1:
        return _region_among(regions, number)
    return regions[0] if regions and is_country(regions[0]) else None


@lru_cache(maxsize=1024)
def _regions(digits: str) -> tuple[str, ...]:
    """The countries whose code the digits begin with; no code is the beginning of another."""
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    codes = (int(digits[:length] or 0) for length in (1, 2, 3))
    return next((known[code] for code in codes if code in known), ())


@lru_cache(maxsize=16_384)
def _region_among(regions: tuple[str, ...], number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return regions[0]
    return phonenumbers.region_code_for_number(parsed) or regions[0]


def _dialled(text: str) -> str:
    dialled = text.translate(_PUNCTUATION)
    if not _DIALLED.fullmatch(dialled):
        raise InvalidNumber(f"{text[:40]!r} is not a telephone number; write it like +491701234567")
    return dialled


@lru_cache(maxsize=16_384)
def _normalise(dialled: str, home: str | None) -> str:
    if dialled.startswith("00"):
        # No country code begins with 0, and nothing useful is that short.
        return "+" + dialled[2:] if len(dialled) > 4 and dialled[2] != "0" else dialled
    if home is None:
        return dialled
    if dialled.startswith("0"):
        return _national(dialled, home) or dialled
    if not _has_trunk_zero(home) and (national := _valid_national(dialled, home)):
        return national
    return _international(dialled) or dialled


@lru_cache(maxsize=16_384)
def _without_trunk_zero(number: str) -> str:
    """
    The same as it is dialled from abroad, where it is written as ``+49 (0) 170``.

    Where numbers begin with 0, as in Italy, the library lets it stand.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    code = f"+{parsed.country_code}"
    shorter = code + number[len(code) + 1 :]
    is_meant = _e164(parsed) == shorter and not shorter.startswith(f"{code}0")
    return shorter if is_meant and phonenumbers.is_possible_number(parsed) else number


def _national(dialled: str, home: str) -> str | None:
    try:
        parsed = phonenumbers.parse(dialled, home)
    except phonenumbers.NumberParseException:
        return None
    # The library also strips a country code that happens to follow the trunk zero; do not let it.
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(home)
    if metadata is None or metadata.national_prefix != "0":
        return None if not phonenumbers.is_valid_number(parsed) else _e164(parsed)
    return f"+{phonenumbers.country_code_for_region(home)}{dialled[1:]}"


def _valid_national(dialled: str, home: str) -> str | None:
    try:
        parsed = phonenumbers.parse(dialled, home)
    except phonenumbers.NumberParseException:
        return None
    return _e164(parsed) if phonenumbers.is_valid_number_for_region(parsed, home) else None


def _international(dialled: str) -> str | None:
    try:
        parsed = phonenumbers.parse("+" + dialled, None)
    except phonenumbers.NumberParseException:
        return None
    return "+" + dialled if phonenumbers.is_possible_number(parsed) else None


def _has_trunk_zero(home: str) -> bool:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(home)
    return metadata is not None and metadata.national_prefix == "0"


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
