"""
Whose data they are: how a number or an address is known again, however somebody wrote it down.
"""

import re
from collections.abc import Iterable
from functools import cached_property

import attrs
import phonenumbers

from smscore.domain.numbers import country_of
from smscore.domain.recipients import EmailAddress, Recipient, parse_recipient
from smscore.errors import InvalidNumber, InvalidRequest

__all__ = ["ERASED", "Person", "masked"]

ERASED = "(erased)"
"""What stands where a number was."""

_BETWEEN = r"(?:[ \t\u00a0./()-]|%(?:20|09|2[89DEF]|C2%A0|A0)){0,3}"  # in addresses, too
_FEWEST_DIGITS = 7
"""Shorter ones are short codes, and may as well be an amount or a year in a text."""


@attrs.frozen(kw_only=True, slots=False)
class Person:
    """
    Somebody whose data are to be erased; ``addresses`` are theirs in other networks.

    A number written as it is dialled at home is theirs where nobody says of which country it is.
    """

    number: Recipient  # or an e-mail address
    addresses: frozenset[str] = frozenset()

    def is_at(self, address: str, *, home: str | None = None) -> bool:
        """Whether an address, as it was given or received, is theirs."""
        if address in self.addresses or address == self.number.value:
            return True
        try:
            parsed = parse_recipient(address, home=home or self._country)
        except (InvalidNumber, InvalidRequest):
            return False
        return parsed.value.casefold() == self.number.value.casefold()

    def is_named_in(self, text: str) -> bool:
        """Whether a text has the number in it, in whatever spelling."""
        if isinstance(self.number, EmailAddress):
            return bool(self._written.search(text))
        return bool(self._core.search(text)) and bool(self._spelled.search(text))

    def is_in_pdu(self, text: str) -> bool:
        """The same for a text that holds a short message as a modem writes it, in hexadecimal."""
        if isinstance(self.number, EmailAddress):
            return False
        return any(form in text for form in self._in_hexadecimal)

    def left_out_of(self, text: str, *, given: Iterable[str] = ()) -> str:
        """The text without the number; ``given`` are further spellings of theirs in it."""
        for spelling in given:
            text = text.replace(spelling, ERASED)
        if isinstance(self.number, EmailAddress):
            return self._written.sub(ERASED, text)
        return self._spelled.sub(ERASED, text)

    @property
    def _digits(self) -> str:
        return self.number.value.removeprefix("+")

    @property
    def _is_international(self) -> bool:
        return self.number.value.startswith("+")

    @cached_property
    def _country(self) -> str | None:
        return country_of(self.number.value)

    @cached_property
    def _written(self) -> re.Pattern[str]:
        """An e-mail address in a text; in an address of the web, its sign is written in digits."""
        local, _, domain = self.number.value.rpartition("@")
        begin, end = r"(?<![A-Za-z0-9.%+_-])", r"(?![A-Za-z0-9-]|\.[A-Za-z0-9])"
        written = f"{begin}{re.escape(local)}(?:@|%40){re.escape(domain)}{end}"
        return re.compile(written, re.IGNORECASE)

    @cached_property
    def _core(self) -> re.Pattern[str]:
        """What every spelling has: found faster than all that may stand around it."""
        return re.compile(_spaced(self._national[1]))

    @cached_property
    def _spelled(self) -> re.Pattern[str]:
        code, digits, trunks = self._national
        if len(self._digits) < _FEWEST_DIGITS:
            return re.compile(r"(?!)")
        starts = [rf"(?:\+|00)?{_BETWEEN}{_spaced(code)}{_BETWEEN}(?:0{_BETWEEN})?"] if code else []
        starts += [f"{_spaced(trunk)}{_BETWEEN}" if trunk else "" for trunk in trunks]
        if not code:
            starts = [r"(?:\+|00)?" if self._is_international else ""]
        # In addresses and forms blanks and parentheses are written in digits.
        begin = r"(?:(?<![0-9])|(?<=%[0-9A-F][0-9A-F]))"
        return re.compile(f"{begin}(?:{'|'.join(starts)}){_spaced(digits)}(?![0-9])")

    @cached_property
    def _national(self) -> tuple[str, str, tuple[str, ...]]:
        """The country's code, the digits behind it, and what is dialled before these at home."""
        country, digits = self._country, self._digits
        if country is None:
            return "", digits, ()
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
        code = str(phonenumbers.country_code_for_region(country))
        trunk = metadata.national_prefix if metadata else None
        trunks = ("",) if trunk is None else (trunk,) if trunk == "0" else (trunk, "")
        return code, digits.removeprefix(code), trunks

    @cached_property
    def _in_hexadecimal(self) -> tuple[str, ...]:
        code, national, trunks = self._national
        forms = {f"{code}{national}", *(f"{trunk}{national}" for trunk in trunks if trunk)}
        # 23.040, 9.1.2.3: the digits of an address in pairs, the second one first.
        swapped = [_swapped(form) for form in forms]
        return (*swapped, national.encode("utf-16-be").hex().upper(), national.encode().hex())


def masked(number: Recipient) -> str:
    """As much as may be written down: of a number its country and how it ends."""
    if isinstance(number, EmailAddress):
        return number.hint
    digits = number.digits
    if len(digits) < _FEWEST_DIGITS:
        return "*" * len(digits)
    country = country_of(number.value)
    code = str(phonenumbers.country_code_for_region(country)) if country else ""
    return f"{'+' if number.is_international else ''}{code}…{digits[-2:]}"


def _spaced(digits: str) -> str:
    return _BETWEEN.join(digits)


def _swapped(digits: str) -> str:
    even = digits if len(digits) % 2 == 0 else f"{digits}F"
    return "".join(even[place + 1] + even[place] for place in range(0, len(even), 2))
