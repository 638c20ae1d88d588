"""
What the door does with recipients and mails: looks them up, submits, receives. Its calls block.
"""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from datetime import timedelta
from typing import TypeAlias

from msgspec import Struct

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.alphabets import encode_ucs2
from smscore.domain.credentials import Principal
from smscore.domain.inbound import InboundKind, InboundPart
from smscore.domain.messages import AccountId, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.domain.user_data import Coding
from smscore.errors import (
    DeadlinePassed,
    GatewayError,
    InvalidRequest,
    MessageTooLong,
    NotFound,
    PermissionDenied,
    PluginError,
)
from smscore.services.submission import Item, Submission
from smscore_smtp._admission import Admission, Inbox, Mailbox, Peer, looks_like_a_number
from smscore_smtp._answers import accepted, answer, received, refusal
from smscore_smtp._mail import Mail, read_mail
from smscore_smtp._options import SmtpOptions, TextFrom

__all__ = ["Desk", "Destination", "Refused", "Sms"]

_log = logging.getLogger(__name__)

_PATIENCE = 30.0  # seconds for the store; mailers wait for minutes
_LONGEST_RECEIVED = 20_000  # characters
_LONGEST_SUBJECT = 250
_LONGEST_SENDER = 254  # RFC 5321, 4.5.3.1.3
NOBODY = "<>"
"""Whom a mail is from that names nobody, as SMTP writes it."""


class Refused(Exception):
    """Not to be done; the text is what the mailer hears."""


class Sms(Struct, frozen=True, kw_only=True):
    """
    A recipient: who pays, and the numbers that the address stands for.

    Of a group those are left out who cannot be sent to, such as somebody who wants no messages.
    """

    account: AccountId
    address: str
    numbers: tuple[str, ...]
    is_group: bool = False


Destination: TypeAlias = Sms | Inbox


class Desk:
    """Any thread may call."""

    def __init__(self, gateway: Gateway, options: SmtpOptions, *, admission: Admission) -> None:
        self._gateway = gateway
        self._options = options
        self._admission = admission

    def destination(
        self, mailbox: Mailbox, *, peer: Peer, user: Principal | None, others: Sequence[Destination]
    ) -> Destination:
        """
        What a recipient stands for, beside the others of the same mail.

        Raises:
            Refused: there is no such recipient, or not for this peer, or not beside the others.
        """
        if not self._admission.is_ours(mailbox):
            domains = ", ".join(self._options.domains)
            raise Refused(
                answer("550 5.7.1", f"{mailbox} is elsewhere: recipients are in {domains}")
            )
        try:
            found = self._admission.inbox(mailbox) or self._sms(mailbox, peer=peer, user=user)
        except GatewayError as error:
            raise Refused(_heard(error)) from error
        if others and not _is_beside(found, others[0]):
            # Mailers come again with those that are answered so.
            raise Refused(answer("452 4.5.3", f"{mailbox} needs a mail of its own; send it again"))
        return found

    def take(self, content: bytes, *, peer: Peer, to: Sequence[Destination]) -> str:
        """Keep what a mail wants, all of it or nothing, and say what became of it."""
        try:
            mail = read_mail(content)
            if mail.sender and not self._admission.may_send(Peer(address="", sender=mail.sender)):
                raise PermissionDenied(f"mails of {mail.sender} are not taken")
            if isinstance(to[0], Inbox):
                return self._receive(mail, content, peer=peer, inbox=to[0])
            return self._submit(mail, content, to=[one for one in to if isinstance(one, Sms)])
        except GatewayError as error:
            return _heard(error)

    def _sms(self, mailbox: Mailbox, *, peer: Peer, user: Principal | None) -> Sms:
        account = self._account(mailbox, peer=peer, user=user)
        address, local = str(mailbox), mailbox.local
        if looks_like_a_number(local):
            PhoneNumber.parse(local, home=account.home_country)
            return Sms(account=account.id, address=address, numbers=(local,))
        directory = self._gateway.directory
        with suppress(NotFound):
            numbers = directory.contact_numbers(account.id, local)
            return Sms(account=account.id, address=address, numbers=tuple(numbers))
        with suppress(NotFound):
            numbers = directory.group_numbers(account.id, local)
            return Sms(account=account.id, address=address, numbers=tuple(numbers), is_group=True)
        raise NotFound(
            f"{local[:70]!r} is neither a number, such as 00491701234567, nor a contact or a group"
        )

    def _account(self, mailbox: Mailbox, *, peer: Peer, user: Principal | None) -> Account:
        if user is not None:
            return self._gateway.settings.account(user.account)
        name = self._admission.account_of(peer, mailbox)
        if name is None:
            raise Refused(answer("530 5.7.0", "log in first: this address and sender need it"))
        try:
            return self._gateway.settings.account(name)
        except NotFound as cause:
            _log.error(
                "[smtp] sends for the account %r, which does not exist", name
            )  # the operator's mistake, not ours
            text = "the server is not configured for this yet; try again later"
            raise Refused(answer("451 4.3.5", text)) from cause

    def _submit(self, mail: Mail, content: bytes, *, to: Sequence[Sms]) -> str:
        text = self._text(mail)
        account = self._gateway.settings.account(to[0].account)
        numbers: dict[PhoneNumber, str] = {}
        for number in [number for one in to for number in one.numbers]:
            numbers.setdefault(PhoneNumber.parse(number, home=account.home_country), number)
        asked = repr((text, sorted(one.address for one in to)))
        submission = Submission(
            account=account.id,
            surface=Surface.EMAIL,
            items=tuple(Item(to=number, text=text) for number in numbers.values()),
            idempotency_key=_key(mail, content, asked),
            fingerprint=asked,
            is_resolved=True,
            is_partial=to[0].is_group,
        )
        deadline = self._gateway.clock.now() + timedelta(seconds=_PATIENCE)
        begun = self._gateway.submissions.begin(submission, deadline=deadline)
        try:
            receipt = begun.result(timeout=_PATIENCE)
        except TookTooLong as cause:
            begun.cancel()  # if it is stored nevertheless, the mail's next try finds it
            raise DeadlinePassed("the store did not end in time") from cause
        return accepted(receipt, attachments=mail.attachments)

    def _text(self, mail: Mail) -> str:
        text = {
            TextFrom.SUBJECT: mail.subject,
            TextFrom.BODY: mail.body,
            TextFrom.BOTH: self._options.separator.join(filter(None, (mail.subject, mail.body))),
        }[self._options.text]
        if not text.strip():
            raise InvalidRequest(f"the mail has no text: its {self._options.text} is empty")
        longest = self._options.longest
        if len(text) > longest:
            raise MessageTooLong(f"the text has {len(text)} characters, at most {longest} allowed")
        return text

    def _receive(self, mail: Mail, content: bytes, *, peer: Peer, inbox: Inbox) -> str:
        text = mail.body or mail.subject
        if len(text) > _LONGEST_RECEIVED:
            raise MessageTooLong(
                f"the text has {len(text)} characters, at most {_LONGEST_RECEIVED} allowed"
            )
        part = InboundPart(
            channel=inbox.address,
            sender=_sender(mail.sender or peer.sender),
            coding=Coding.UCS2,
            user_data=encode_ucs2(text),
            received_at=self._gateway.clock.now(),
            fingerprint=_key(mail, content, text) or secrets.token_hex(),
            kind=InboundKind.EMAIL,
            is_automatic=mail.is_automatic or not peer.sender,
            subject=mail.subject[:_LONGEST_SUBJECT],
        )
        self._gateway.reception.received(part, owner=inbox.account)
        return received(attachments=mail.attachments)


def _key(mail: Mail, content: bytes, asked: str) -> str | None:
    """
    The same for a mail that is sent again because its answer was lost, and for no other.

    What has neither an id nor a date cannot be told from the next one that says the same.
    """
    if not (mail.message_id or mail.date):
        return None
    digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass"))
    digest.update(mail.message_id.encode("utf-8", "surrogatepass") or content)
    return f"mail-{digest.hexdigest()}"


def _sender(address: str) -> str:
    """In normal form, if it has one: rules and wishes compare it."""
    try:
        return EmailAddress.parse(address).value
    except InvalidRequest:
        return address[:_LONGEST_SENDER] or NOBODY


def _is_beside(one: Destination, other: Destination) -> bool:
    """Whether both can be kept in one unit of work, and for both the same is true."""
    if isinstance(one, Inbox) or isinstance(other, Inbox):
        return one == other
    return one.account == other.account and not (one.is_group or other.is_group)


def _heard(error: GatewayError) -> str:
    reply = refusal(error)
    if isinstance(error, PluginError):
        _log.exception("a mail was not accepted: %s", error)  # for the operator, who has to act
    _log.info("a mail was refused: %s: %s", reply[:9], error.code)
    return reply
