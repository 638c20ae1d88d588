"""
Whom a request means: a number, a contact or a group, and what a list leaves of them.
"""

import enum
import re
from collections.abc import Sequence

import attrs
from msgspec import Struct

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.recipients import parse_recipient
from smscore.errors import InvalidNumber, InvalidRequest
from smscore.ports.patterns import Pattern, PatternEngine

__all__ = ["Addressee", "NumberList", "Target", "recipients_of"]

_PUNCTUATION = str.maketrans("", "", " -./()")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_LOST_PLUS = re.compile(r" [1-9]")  # no country code begins with 0


class Target(enum.Enum):
    """What a recipient is."""

    NUMBER = "number"
    CONTACT = "contact"
    GROUP = "group"


class Addressee(Struct, frozen=True, kw_only=True):
    """A recipient as the caller wrote it."""

    to: str
    target: Target


@attrs.frozen(kw_only=True)
class NumberList:
    """
    The caller's own list: a white one names those who may be reached, a black one those who not.

    The pattern is looked for in a number's digits, country code first, and in the number as given;
    or in an e-mail address.
    """

    is_white: bool
    regex: str

    def select(
        self, numbers: Sequence[str], *, home: str | None, engine: PatternEngine
    ) -> Sequence[str]:
        """
        Those that a message may go to.

        Raises:
            InvalidRequest: the pattern is not understood, or nobody is left.
        """
        pattern = engine.compile(self.regex)
        left = [one for one in numbers if _is_found(pattern, one, home) is self.is_white]
        if not left:
            colour = "white" if self.is_white else "black"
            raise InvalidRequest(f"list: {colour}, and none of {len(numbers)} recipients is left")
        return left


def recipients_of(
    gateway: Gateway,
    addressee: Addressee,
    *,
    account: Account,
    by: NumberList | None = None,
    is_by_mail: bool = False,
) -> Sequence[str]:
    """
    The numbers that a recipient stands for; reads the store unless it is a number itself.

    ``is_by_mail`` says that contacts without a number are written to at their e-mail addresses.

    Raises:
        Rejected: it stands for none, or none of them is left by the list.
    """
    found = _found(gateway, addressee, account, is_by_mail=is_by_mail)
    if by is None:
        return found
    return by.select(found, home=account.home_country, engine=gateway.patterns)


def _found(
    gateway: Gateway, addressee: Addressee, account: Account, *, is_by_mail: bool
) -> Sequence[str]:
    if addressee.target is Target.NUMBER:
        return (_number(addressee.to),)
    directory, to = gateway.directory, addressee.to.strip(" ")
    if addressee.target is Target.CONTACT:
        look_up = directory.contact_recipients if is_by_mail else directory.contact_numbers
    else:
        look_up = directory.group_recipients if is_by_mail else directory.group_numbers
    return look_up(account.id, to)


def _number(given: str) -> str:
    """The number as it is to be remembered, a plus sign put back that was lost on the way."""
    number = given.strip(" ")
    if _LOST_PLUS.match(given):
        number = f"+{number}"
    if not _NUMBER.fullmatch(number.translate(_PUNCTUATION)):
        raise InvalidNumber(f"to: {number[:40]!r} is not a telephone number")
    return number


def _is_found(pattern: Pattern, given: str, home: str | None) -> bool:
    normal = parse_recipient(given, home=home).value.removeprefix("+")
    return pattern.search(normal) or pattern.search(given)
