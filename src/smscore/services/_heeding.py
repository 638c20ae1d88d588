"""
Doing what somebody asks by a word: no more messages, messages again, or help.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import attrs

from smscore.config import ConsentConfig
from smscore.domain.accounts import Account
from smscore.domain.consent import Mark, MarkKind, who_is
from smscore.domain.events import Event
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.keywords import HEEDED, Keyword, Keywords
from smscore.domain.messages import Medium, MessageId, OutboundMessage, Surface
from smscore.domain.planning import Plan, plan
from smscore.domain.quotations import above_quotation
from smscore.domain.recipients import parse_recipient
from smscore.domain.rounds import WINDOW, answerable, check_hops, check_rate
from smscore.domain.routes import Route, Routes
from smscore.domain.routing import Topology
from smscore.errors import Rejected
from smscore.ports.storage import UnitOfWork
from smscore.services._acceptance import accept
from smscore.services._addressees import Arrival
from smscore.services._consent import check_key, keep_mark
from smscore.services._pseudonyms import Pseudonyms

__all__ = ["Heeding"]

_BY_PEOPLE = frozenset(
    {InboundKind.SMS, InboundKind.TELEGRAM, InboundKind.EMAIL, InboundKind.REPLACEMENT}
)
_MOST_KEPT = 40
"""Characters of the text that are kept with a mark: a word, however often it was underlined."""

_MOST_AN_HOUR = 4
"""Answers that one sender gets: both words, and one more of each."""


@attrs.frozen(kw_only=True)
class _Request:
    """A word that somebody wrote, and on whose behalf it is answered."""

    arrival: Arrival
    said: str
    keyword: Keyword
    hashed: Sequence[str]  # who it was, in each spelling that it may be
    payer: Account | None
    answer: MessageId
    now: datetime


class Heeding:
    """
    The word of a message, or above the quotation of a mail, heeded in the unit that makes it whole.

    A word is said to the owner of the channel that it came by; if it has none, to all accounts.
    """

    def __init__(
        self, *, config: ConsentConfig, pseudonyms: Pseudonyms, topology: Topology
    ) -> None:
        self._keywords = Keywords(stop=config.stop, start=config.start, help=config.help)
        self._texts = {
            Keyword.STOP: config.stop_reply,
            Keyword.START: config.start_reply,
            Keyword.HELP: config.help_reply,
        }
        self.payer = config.account  # of what came by channels without an account
        self._pseudonyms = pseudonyms
        self._topology = topology

    def heed(self, work: UnitOfWork, arrival: Arrival, *, answer: MessageId, now: datetime) -> bool:
        """
        Whether the message was a word to us, and is nobody else's business any more.

        It has been kept, with its first event. ``answer`` is the id of the answer, if there is one.

        Raises:
            StoreUnavailable: nobody can be recognised, and the channel has to offer it again.
        """
        said = _said(arrival.message)
        keyword = self._keywords.recognise(said)
        if keyword is None or arrival.message.kind not in _BY_PEOPLE:
            return False
        request = self._request(work, arrival, said, keyword, answer=answer, now=now)
        if request is None:
            return False
        is_news = self._change(work, request)
        if not is_news and keyword is not Keyword.STOP:
            return False  # it never was a word to us
        told = self._answer(work, request) if is_news else {"unanswered": "it was known"}
        work.events.add(_event(request, told))
        return True

    def _request(
        self,
        work: UnitOfWork,
        arrival: Arrival,
        said: str,
        keyword: Keyword,
        *,
        answer: MessageId,
        now: datetime,
    ) -> _Request | None:
        payer, message = arrival.owner, arrival.message
        if message.account is None and self.payer is not None:
            payer = work.accounts.named(self.payer)
        try:
            spellings = {
                parse_recipient(message.sender, home=home) for home in _homes(work, arrival.owner)
            }
        except Rejected:
            return None  # a name, or a chat whose number is not known
        return _Request(
            arrival=arrival,
            said=said,
            keyword=keyword,
            hashed=sorted(self._pseudonyms.of(who_is(one)) for one in spellings),
            payer=payer,
            answer=answer,
            now=now,
        )

    def _change(self, work: UnitOfWork, request: _Request) -> bool:
        """Whether the word makes a difference."""
        match request.keyword:
            case Keyword.STOP:
                return _opt_out(work, request, self._pseudonyms)
            case Keyword.START:
                return _opt_in(work, request, self._pseudonyms)
            case Keyword.HELP:
                return bool(self._texts[Keyword.HELP])

    def _answer(self, work: UnitOfWork, request: _Request) -> Mapping[str, str]:
        """Send the text for it, if there is one and it can be; says what became of that."""
        text = self._texts[request.keyword]
        if not text:
            return {}
        if request.payer is None:
            return {"unanswered": "no account pays for it"}
        try:
            planned = _planned(work, request, request.payer, text, topology=self._topology)
            accept(work, [(0, planned)], account=request.payer.id, now=request.now)
        except Rejected as refusal:
            return {"unanswered": str(refusal)}
        return {"answer": f"{request.answer:016x}"}


def _said(message: InboundMessage) -> str:
    """What its sender wrote: an answer by mail has the mail below it that it answers."""
    is_mail = message.kind is InboundKind.EMAIL
    return above_quotation(message.text) if is_mail else message.text


def _homes(work: UnitOfWork, owner: Account | None) -> Collection[str | None]:
    """The countries in which a number is that a network gives in its national form."""
    if owner is not None and owner.home_country is not None:
        return {owner.home_country}
    # Whoever is meant must not be written to: rather one too many than one too few.
    return {account.home_country for account in work.accounts.all()} | {None}


def _opt_out(work: UnitOfWork, request: _Request, pseudonyms: Pseudonyms) -> bool:
    """Whether that is news; if not, what was said first stands."""
    message = request.arrival.message
    known = {mark.number for mark in _opt_outs(work, request) if mark.sender == ""}
    new = [one for one in request.hashed if one not in known]
    for number in new:
        mark = Mark(
            number=number,
            kind=MarkKind.OPTED_OUT,
            at=request.now,
            account=message.account,
            why=request.said.strip()[:_MOST_KEPT],
            message=message.id,
        )
        keep_mark(work, mark, pseudonyms=pseudonyms)
    return bool(new)


def _opt_in(work: UnitOfWork, request: _Request, pseudonyms: Pseudonyms) -> bool:
    """Whether there was an opt-out that this undoes."""
    if not work.consent.is_empty():
        check_key(work, pseudonyms)
    found = _opt_outs(work, request)
    for mark in found:
        work.consent.remove(mark)
    return bool(found)


def _opt_outs(work: UnitOfWork, request: _Request) -> Sequence[Mark]:
    """Those with which the word is concerned: of the same account, or of all."""
    return [
        mark
        for mark in work.consent.of(request.hashed)
        if mark.kind is MarkKind.OPTED_OUT and mark.account == request.arrival.message.account
    ]


def _planned(
    work: UnitOfWork, request: _Request, payer: Account, text: str, *, topology: Topology
) -> Plan:
    """
    The answer, by the channel that the word came by, whatever the rules say; mail by any that can.

    Raises:
        Rejected: nobody would read it, it would go round, or the channel cannot send it.
    """
    message, hops = request.arrival.message, request.arrival.hops + 1
    recipient = answerable(
        message, home=payer.home_country, is_automatic=request.arrival.is_automatic
    )
    check_hops(hops)
    since = request.now - WINDOW
    made = work.outbox.count_caused(sender=message.sender, recipient=recipient, since=since)
    check_rate(made, per_hour=_MOST_AN_HOUR)
    is_telegram, is_mail = message.kind is InboundKind.TELEGRAM, message.kind is InboundKind.EMAIL
    back = Route(name=request.keyword.upper(), channels=(message.channel,))
    return plan(
        OutboundMessage(
            id=request.answer,
            account=payer.id,
            recipient=recipient,
            recipient_as_given=recipient.value,
            text=text,
            surface=Surface.CONSENT,
            accepted_at=request.now,
            medium=Medium.TELEGRAM if is_telegram else Medium.SMS,
            origin=message.id,
            hops=hops,
        ),
        account=payer,
        routes=Routes([] if is_mail else [back]),
        topology=topology,
        now=request.now,
        linked=(message.channel,) if is_telegram else (),
    )


def _event(request: _Request, told: Mapping[str, str]) -> Event:
    message = request.arrival.message
    return Event(
        message=message.id,
        account=message.account,
        sequence=2,
        kind=HEEDED[request.keyword],
        at=request.now,
        detail={"scope": "all accounts" if message.account is None else "the account", **told},
    )
