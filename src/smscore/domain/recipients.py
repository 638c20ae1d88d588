"""
Whom a message goes to: a telephone number, or an e-mail address in its normal form.
"""

import re
import unicodedata
from typing import Self, TypeAlias

from msgspec import Struct

from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidRequest

__all__ = [
    "EmailAddress",
    "Recipient",
    "is_same_recipient",
    "number_in",
    "parse_recipient",
    "recipient_of",
]

# RFC 5321, 4.5.3.1: octets of the local part, and of a path without its two brackets.
_LONGEST_LOCAL_PART = 64
_LONGEST = 254
# RFC 5321, 4.1.2, and RFC 6531, 3.3: a dot-string, of which a header is made without quoting. By
# what an atom does not hold (RFC 5322, 3.2.3): a set up to U+10FFFF is compiled for milliseconds.
_ATOM = r'[^\0- ()<>\[\]:;@\\,."\x7f]+'
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class EmailAddress(Struct, frozen=True):
    """
    An e-mail address in its normal form.

    The domain is in lower case and in ASCII; what is in front of it stays as it was written, for
    only its host may say what is the same there (RFC 5321, 2.4).
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Check an address as a caller wrote it, blanks around it aside.

        Letters of any script may be in it. Quoted local parts and addresses of hosts, as in
        ``"a b"@[192.0.2.1]``, are refused, though mail has room for them.

        Raises:
            InvalidRequest: it is not an address.
        """
        local, _, domain = unicodedata.normalize("NFC", text.strip(" ")).rpartition("@")
        host = _in_ascii(domain)
        address = f"{local}@{host}"
        if not (_is_local_part(local) and _DOMAIN.fullmatch(host) and _fits(address, _LONGEST)):
            raise InvalidRequest(
                f"{text[:70]!r} is not an e-mail address; write it like anna@example.org"
            )
        return cls(address)

    @property
    def local_part(self) -> str:
        """What is in front of the domain."""
        return self.value.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """Where its mail goes: names in ASCII and dots."""
        return self.value.rpartition("@")[2]

    @property
    def hint(self) -> str:
        """What a log may say of it."""
        return f"…@{self.domain}"

    def __str__(self) -> str:
        return self.value


Recipient: TypeAlias = PhoneNumber | EmailAddress


def parse_recipient(text: str, *, home: str | None = None) -> Recipient:
    """
    The recipient that a caller means: what has an ``@`` is an address, the rest are numbers.

    ``home`` is as for :meth:`PhoneNumber.parse`.

    Raises:
        InvalidNumber, InvalidRequest: it is neither.
    """
    return EmailAddress.parse(text) if "@" in text else PhoneNumber.parse(text, home=home)


def recipient_of(value: str) -> Recipient:
    """The recipient that has this value, which is its normal form."""
    return EmailAddress(value) if "@" in value else PhoneNumber(value)


def number_in(recipient: Recipient) -> str:
    """The number as rules see it; empty if it is an address: no prefix and no country has that."""
    return recipient.value if isinstance(recipient, PhoneNumber) else ""


def is_same_recipient(one: Recipient, other: Recipient) -> bool:
    """Whether both may be spellings of one: a report may name the national form of a number."""
    if isinstance(one, PhoneNumber) and isinstance(other, PhoneNumber):
        return one.is_same_line(other)
    return one == other


def _is_local_part(text: str) -> bool:
    # Printable: neither blanks of any script nor controls, nor halves of surrogate pairs.
    is_shaped = text.isprintable() and _LOCAL_PART.fullmatch(text) is not None
    return is_shaped and _fits(text, _LONGEST_LOCAL_PART)


def _fits(text: str, most: int) -> bool:
    return len(text.encode(errors="replace")) <= most


def _in_ascii(domain: str) -> str:
    """A domain as DNS knows it; empty if it can be none."""
    if domain.isascii():
        return domain.lower()
    # Loaded here: nearly all are in ASCII. RFC 5891 rather than the interpreter's own RFC 3490,
    # by which straße.example would be somebody else's.
    import idna

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode()
    except UnicodeError:  # the root of what idna raises
        return ""
