"""
Whom a destination of an inbound rule means, and by what they are reached.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.domain.accounts import Account
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.directory import Contact, ContactId
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress, Recipient
from smscore.domain.rounds import MOST_LOOKED_AT, WINDOW, answerable, hops_of
from smscore.errors import InvalidRequest, Rejected
from smscore.ports.storage import UnitOfWork, View
from smscore.services._naming import contact_called, group_called, members_of

__all__ = ["MOST_MEMBERS", "Addressee", "Arrival", "addressees_of"]

MOST_MEMBERS = 500
"""Of a group that one message is passed on to."""

_MEDIA = {
    By.SMS: Medium.SMS,
    By.EMAIL: Medium.EMAIL,
    By.TELEGRAM: Medium.TELEGRAM,
    By.AUTOMATIC: Medium.AUTOMATIC,  # to an address: e-mail, as everything that goes there
}
_AS_IT_CAME = dict.fromkeys(InboundKind, By.SMS) | {
    InboundKind.TELEGRAM: By.TELEGRAM,
    InboundKind.EMAIL: By.EMAIL,
}


@attrs.frozen(kw_only=True)
class Arrival:
    """A message that arrived, and what its text does not tell."""

    message: InboundMessage
    owner: Account | None  # to whom it belongs
    is_automatic: bool = False  # it says that no person wrote it
    hops: int = 0  # how often its words were made anew here

    @classmethod
    def of(
        cls,
        view: View | UnitOfWork,
        message: InboundMessage,
        *,
        is_automatic: bool = False,
        now: datetime,
    ) -> "Arrival":
        """The message with what the store knows of it."""
        made = view.outbox.caused(since=now - WINDOW, limit=MOST_LOOKED_AT)
        return cls(
            message=message,
            owner=None if message.account is None else view.accounts.get(message.account),
            is_automatic=is_automatic,
            hops=hops_of(message.text, made),
        )


@attrs.frozen(kw_only=True)
class Addressee:
    """Somebody to whom a message goes on, or why it does not."""

    to: Recipient | None
    medium: Medium
    member: str = ""
    contact: ContactId | None = None
    fault: str = ""  # why it cannot be written to


def addressees_of(
    view: View | UnitOfWork,
    arrival: Arrival,
    destination: Forward | AutoReply,
    account: Account,
) -> Sequence[Addressee]:
    """
    Whom it means; somebody whom nothing reaches is one of them.

    Raises:
        Rejected: nobody, or too many.
    """
    home = account.home_country
    if isinstance(destination, AutoReply):
        to = answerable(arrival.message, home=home, is_automatic=arrival.is_automatic)
        by = destination.by or _AS_IT_CAME[arrival.message.kind]
        if by is By.SMS and isinstance(to, EmailAddress):
            raise InvalidRequest("its sender is an e-mail address, which gets no SMS")
        return [Addressee(to=to, medium=_MEDIA[by])]
    medium = _MEDIA[destination.by]
    match destination.kind:
        case Recipients.NUMBER:
            return [Addressee(to=PhoneNumber.parse(destination.to, home=home), medium=medium)]
        case Recipients.EMAIL:
            return [Addressee(to=EmailAddress.parse(destination.to), medium=Medium.EMAIL)]
        case Recipients.CONTACT:
            contact = contact_called(view.directory, account.id, destination.to)
            return [_recipient(contact, medium, home)]
        case Recipients.GROUP:
            members = members_of(
                view.directory, group_called(view.directory, account.id, destination.to)
            )
            if len(members) > MOST_MEMBERS:
                raise InvalidRequest(
                    f"the group has {len(members)} members; at most {MOST_MEMBERS} are written to"
                )
            return _distinct([_recipient(one, medium, home) for one in members])


def _recipient(contact: Contact, medium: Medium, home: str | None) -> Addressee:
    """One whom nothing reaches holds up nobody else. Stories have ids: a name tells of a person."""
    to, fault = None, ""
    try:
        to = _reached(contact, medium, home)
    except Rejected as cause:
        fault = f"contact {contact.id} cannot be written to: {cause}"
    else:
        if to is None:
            what = "e-mail address" if medium is Medium.EMAIL else "number"
            fault = f"contact {contact.id} has no {what}"
    return Addressee(to=to, medium=medium, member=contact.name, contact=contact.id, fault=fault)


def _reached(contact: Contact, medium: Medium, home: str | None) -> Recipient | None:
    """By what is at hand if that is left open: a number, else an address."""
    if contact.number is not None and medium is not Medium.EMAIL:
        return PhoneNumber.parse(contact.number.value, home=home)
    if contact.email and medium in (Medium.EMAIL, Medium.AUTOMATIC):
        return EmailAddress.parse(contact.email)
    return None


def _distinct(recipients: Sequence[Addressee]) -> Sequence[Addressee]:
    """Each number and each address once."""
    known = {one.to or one.member: one for one in reversed(recipients)}
    return [one for one in recipients if known[one.to or one.member] is one]
