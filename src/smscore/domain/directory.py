"""
Contacts and groups of an account: what they hold, what may be written into them, how they change.
"""

import re
import unicodedata
from typing import NewType, TypeAlias, TypeVar

import attrs

from smscore.domain.accounts import check_name
from smscore.domain.messages import AccountId, clean_text
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.domain.settings import UNCHANGED, Unchanged
from smscore.errors import InvalidRequest

__all__ = [
    "LONGEST_NOTES",
    "Clearable",
    "Contact",
    "ContactChanges",
    "ContactId",
    "Group",
    "GroupId",
    "as_id",
    "name_from",
]

T = TypeVar("T")
ContactId = NewType("ContactId", int)
GroupId = NewType("GroupId", int)

Clearable: TypeAlias = T | Unchanged | None  # None: there is to be none

LONGEST_NOTES = 2000
_LONGEST_NAME = 64
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_-]+")
_LATIN = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
_LINE_END = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_ID = re.compile(r"[1-9][0-9]{0,17}")  # as many digits as a store can keep


@attrs.frozen(kw_only=True)
class Contact:
    """
    Somebody whom an account writes to; id and name are unique among the account's contacts.

    The number is in its normal form: as dialled if the account had no home country when it was
    written down.
    """

    id: ContactId
    account: AccountId
    name: str
    number: PhoneNumber | None = None
    email: str = ""
    notes: str = ""


@attrs.frozen(kw_only=True)
class Group:
    """A name for several contacts; id and name are unique among the account's groups."""

    id: GroupId
    account: AccountId
    name: str


@attrs.frozen(kw_only=True)
class ContactChanges:
    """
    What is to be different of a contact; a number is given as somebody wrote it.

    Raises:
        InvalidRequest: the name, the e-mail address or the notes cannot be used.
    """

    name: str | Unchanged = UNCHANGED
    number: Clearable[str] = UNCHANGED
    email: str | Unchanged = UNCHANGED
    notes: str | Unchanged = UNCHANGED

    def __attrs_post_init__(self) -> None:
        if isinstance(self.name, str):
            check_name(self.name, of="a contact")
        if isinstance(self.email, str):
            _check_email(self.email)
        if isinstance(self.notes, str) and len(self.notes) > LONGEST_NOTES:
            raise InvalidRequest(
                f"notes have at most {LONGEST_NOTES} characters, not {len(self.notes)}"
            )

    def apply(self, contact: Contact, *, home: str | None) -> Contact:
        """
        The contact as it is wished; ``home`` is the country of numbers written nationally.

        Raises:
            InvalidNumber: the number is not shaped like one.
        """
        return attrs.evolve(
            contact,
            name=_either(self.name, contact.name),
            number=_number(self.number, contact.number, home),
            email=_either(self.email, contact.email),
            notes=_plain(_either(self.notes, contact.notes)),
        )


def as_id(given: str) -> int | None:
    """The id that is written like this; None for whatever can only be a name, such as ``007``."""
    return int(given) if _ID.fullmatch(given) else None


def name_from(text: str) -> str:
    """
    A name for somebody who is called like that elsewhere; empty if no letter or digit is left.

    Letters lose their accents, and what names cannot hold becomes a dot: ``Anna.Muller``.
    """
    latin = unicodedata.normalize("NFKD", text.translate(_LATIN))
    letters = "".join(char for char in latin if not unicodedata.combining(char))
    return _UNNAMEABLE.sub(".", letters)[:_LONGEST_NAME].strip(".-_")


def _number(
    wish: str | Unchanged | None, before: PhoneNumber | None, home: str | None
) -> PhoneNumber | None:
    if isinstance(wish, Unchanged):
        return before
    return PhoneNumber.parse(wish, home=home) if wish else None


def _plain(notes: str) -> str:
    """Lines of text without anything else, so that every kind of file can hold them."""
    return _CONTROL.sub("\ufffd", clean_text(_LINE_END.sub("\n", notes))).strip()


def _check_email(email: str) -> None:
    if email:
        EmailAddress.parse(email)


def _either(wish: str | Unchanged, before: str) -> str:
    return before if isinstance(wish, Unchanged) else wish
