"""
Who may be written to: opt-outs, and the lists of accounts, decided for one recipient.
"""

import enum
from collections.abc import Iterable
from datetime import datetime

import attrs

from smscore.domain.messages import AccountId, MessageId
from smscore.domain.recipients import Recipient
from smscore.errors import NotOnTheList, RecipientOptedOut, Rejected

__all__ = ["Mark", "MarkKind", "objection", "scope_of", "who_is"]


class MarkKind(enum.StrEnum):
    """What holds for a number."""

    OPTED_OUT = "opted_out"  # its owner does not want to be written to
    DENIED = "denied"  # the account must not write to it
    ALLOWED = "allowed"  # the account may write to those that have this one, and to nobody else


@attrs.frozen(kw_only=True)
class Mark:
    """
    What holds for a number or an e-mail address, which is known by its keyed hash alone.

    It is of one account or of all, and of messages from one ``sender`` or from whatever sender.
    ``message`` is the received one that said so; ``why`` is the word it consisted of, or what an
    operator noted.
    """

    number: str  # the hash, in hexadecimal digits
    kind: MarkKind
    at: datetime
    account: AccountId | None = None  # None: of all accounts
    sender: str = ""  # as :func:`scope_of` makes it; empty: whoever is shown as the sender
    why: str = ""
    message: MessageId | None = None

    def is_about(self, *, account: AccountId, sender: str) -> bool:
        """Whether it holds for what this account sends as this sender."""
        return self.account in (None, account) and self.sender in ("", sender)


def who_is(recipient: Recipient) -> str:
    """What is hashed of a recipient; people write addresses in whatever case, and mean one."""
    return recipient.value.casefold()


def scope_of(sender: str) -> str:
    """A sender as it is compared: no plus sign, and it does not matter whether letters are big."""
    return sender.removeprefix("+").casefold()


def objection(
    marks: Iterable[Mark], *, account: AccountId, sender: str, is_selective: bool
) -> Rejected | None:
    """
    Why the account must not write to a recipient that has these marks; None: it may.

    ``is_selective`` says that the account has a list of those who alone may be written to. What
    the recipient has said comes first: whoever is told should hear that.
    """
    found = {mark.kind: mark for mark in marks if mark.is_about(account=account, sender=sender)}
    if mark := found.get(MarkKind.OPTED_OUT):
        return RecipientOptedOut(f"the recipient opted out of {_told(mark)}")
    if mark := found.get(MarkKind.DENIED):
        return NotOnTheList(f"the account must not write to the recipient, since {_since(mark)}")
    if is_selective and MarkKind.ALLOWED not in found:
        return NotOnTheList("the recipient is none of those to whom alone the account may write")
    return None


def _told(mark: Mark) -> str:
    """What an opt-out is of, since when, and by which word of which message."""
    whose = "all messages" if mark.account is None else "this account's messages"
    sender = f" from {mark.sender}" if mark.sender else ""
    return f"{whose}{sender} on {_since(mark)}"


def _since(mark: Mark) -> str:
    why = f" by {mark.why!r}" if mark.why else ""
    message = f" (in_{mark.message:016x})" if mark.message is not None else ""
    return f"{mark.at:%Y-%m-%d %H:%M} UTC{why}{message}"
