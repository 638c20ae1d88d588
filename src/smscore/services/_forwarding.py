"""
What inbound rules make of a message: for each destination a plan, or why there is none.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from smscore.domain.accounts import Account
from smscore.domain.conditions import sender_form
from smscore.domain.destinations import (
    AutoReply,
    Destination,
    Forward,
    HttpCall,
    IsmsPush,
    Recipients,
    fill_in,
    placeholders,
)
from smscore.domain.directory import ContactId
from smscore.domain.inbound_rules import Matched
from smscore.domain.messages import MessageId, OutboundMessage, Surface, clean_text
from smscore.domain.planning import Plan, plan
from smscore.domain.recipients import Recipient
from smscore.domain.rounds import (
    WINDOW,
    check_hops,
    check_rate,
)
from smscore.domain.routes import Routes
from smscore.domain.routing import Topology
from smscore.errors import GoesRound, InvalidRequest, PluginError, Rejected, StoreError
from smscore.ports.policy import Screen
from smscore.ports.storage import UnitOfWork, View
from smscore.services._addressees import Addressee, Arrival, addressees_of
from smscore.services._consent import Objections, WrongKey

__all__ = ["Forwarding", "Outcome"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What becomes of a message at one destination, or for one of several whom it means."""

    rule: str
    destination: Destination
    text: str  # as the rule rewrote it
    member: str = ""  # the name of the contact
    contact: ContactId | None = None
    plan: Plan | None = None
    refusal: Rejected | None = None  # neither is there for a call
    zone: str = "UTC"  # by whose clocks a call says the time

    @property
    def is_one_of_many(self) -> bool:
        """Whether the destination does not tell by itself who is meant."""
        destination = self.destination
        return isinstance(destination, Forward) and destination.kind is Recipients.GROUP


@attrs.frozen(kw_only=True)
class Forwarding:
    """What is known of the gateway before a message is looked at; the store tells the rest."""

    routes: Routes
    topology: Topology
    objections: Objections
    screens: Sequence[Screen] = ()
    now: datetime

    def outcomes(
        self,
        view: View | UnitOfWork,
        arrival: Arrival,
        matched: Matched,
        *,
        ids: Iterator[MessageId],
    ) -> Iterator[Outcome]:
        """
        What each destination of a rule amounts to.

        Whoever accepts the plans does so one by one: those accepted before count for the next.
        """
        for destination in matched.rule.destinations:
            outcome = Outcome(rule=matched.rule.name, destination=destination, text=matched.text)
            if isinstance(destination, HttpCall | IsmsPush):
                acting = _named_or_owner(view, arrival, matched)
                yield attrs.evolve(outcome, zone=acting.time_zone) if acting else outcome
                continue
            try:
                account = _acting(view, arrival, matched)
                recipients = addressees_of(view, arrival, destination, account)
            except Rejected as refusal:
                yield attrs.evolve(outcome, refusal=refusal)
                continue
            for one in recipients:
                outcome = attrs.evolve(outcome, member=one.member, contact=one.contact)
                draft = _Draft(arrival, destination, matched.text, one, account)
                try:
                    yield attrs.evolve(outcome, plan=self._plan(view, draft, ids=ids))
                except Rejected as refusal:
                    yield attrs.evolve(outcome, refusal=refusal)

    def _plan(self, view: View | UnitOfWork, draft: "_Draft", *, ids: Iterator[MessageId]) -> Plan:
        to = draft.checked(view, now=self.now)
        message = draft.message(to, own_id=next(ids), now=self.now)
        linked = view.links.of(to) if message.medium.goes_by_links else ()
        planned = plan(
            message,
            account=draft.account,
            routes=self.routes,
            topology=self.topology,
            now=self.now,
            linked=[link.channel for link in linked],
        )
        for screen in self.screens:
            _ask(screen, planned.message)
        try:
            self.objections.check(view, planned.message)
        except WrongKey as fault:  # what arrived has to be kept nevertheless
            raise InvalidRequest(str(fault)) from fault
        return planned


def _ask(screen: Screen, message: OutboundMessage) -> None:
    try:
        screen(message)
    except (PluginError, StoreError) as fault:
        # The message that arrived has to be kept, whatever a stranger's code does.
        raise InvalidRequest(str(fault)) from fault


@attrs.frozen
class _Draft:
    """What one recipient is to get, if that is all right."""

    arrival: Arrival
    destination: Forward | AutoReply
    text: str
    recipient: Addressee
    account: Account

    def checked(self, view: View | UnitOfWork, *, now: datetime) -> Recipient:
        """
        Whom it goes to.

        Raises:
            Rejected: there is nobody, or it would go round.
        """
        to, arrived = self.recipient.to, self.arrival.message
        if to is None:
            raise InvalidRequest(self.recipient.fault)
        if isinstance(self.destination, Forward) and self._is_sender(to):
            raise GoesRound("its recipient is who wrote it")
        check_hops(self.arrival.hops + 1)
        made = view.outbox.count_caused(sender=arrived.sender, recipient=to, since=now - WINDOW)
        check_rate(made, per_hour=self.destination.per_hour)
        return to

    def _is_sender(self, to: Recipient) -> bool:
        sender = sender_form(self.arrival.message.sender, home=self.account.home_country)
        return sender.casefold() == sender_form(to.value).casefold()

    def message(self, to: Recipient, *, own_id: MessageId, now: datetime) -> OutboundMessage:
        """What goes out."""
        values = placeholders(self.arrival.message, self.text, zone=self.account.time_zone)
        return OutboundMessage(
            id=own_id,
            account=self.account.id,
            recipient=to,
            recipient_as_given=to.value,
            text=clean_text(fill_in(self.destination.text, values)),
            surface=Surface.RULES,
            accepted_at=now,
            sender=self.account.default_sender,
            medium=self.recipient.medium,
            origin=self.arrival.message.id,
            hops=self.arrival.hops + 1,
        )


def _named_or_owner(view: View | UnitOfWork, arrival: Arrival, matched: Matched) -> Account | None:
    name = matched.rule.account
    return arrival.owner if name is None else view.accounts.named(name)


def _acting(view: View | UnitOfWork, arrival: Arrival, matched: Matched) -> Account:
    account, name = _named_or_owner(view, arrival, matched), matched.rule.account
    if account is None:
        raise InvalidRequest(
            "the channel belongs to no account, and the rule names none"
            if name is None
            else f"there is no account {name!r}"
        )
    return account
