"""
What is left after the last life: what callers were promised, what is stored, what was taken.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import attrs
from callers import Attempt
from load import Load
from witness import Note, Verdict, Witness
from world import World

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import Entry
from smscore.ports.storage import View

__all__ = ["Evidence", "Sending", "gather"]

_ALL = 10_000_000


@attrs.frozen(kw_only=True)
class Sending:
    """
    A part that the network took; ``is_last`` of its modem in this life of the server.

    Where the others live on when one dies, it may as well be the first one of their next life: what
    was on its way through the wire then arrives a moment later.
    """

    recipient: str
    pdu: str  # without the modem's own count
    life: int
    is_last: bool


@attrs.frozen(kw_only=True)
class Evidence:
    """Everything that can be asked afterwards."""

    lives: int
    attempts: Sequence[Attempt]
    handed_out: Sequence[int]
    told: Mapping[int, bool]
    faults: Sequence[str]  # that callers met
    written: Sequence[str]  # by people outside
    notes: Sequence[Note]  # of the kill points
    verdicts: Sequence[Verdict]
    sendings: Sequence[Sending]
    sent: Mapping[str, Counter[str]]  # by recipient: parts, and how often
    deliveries: Mapping[int, Delivery]
    account: Account
    entries: Sequence[Entry]  # oldest first
    events: Mapping[int, Sequence[Event]]
    inbound: Sequence[InboundMessage]

    def sent_to(self, recipient: str) -> Counter[str]:
        """The parts that the network took for a recipient, and how often."""
        return self.sent.get(recipient, Counter())


def gather(world: World, load: Load, witness: Witness) -> Evidence:
    """Read what is left, beside the running server."""
    with world.open() as gateway:
        account = gateway.inquiry.account_named("acme")
        inbound = gateway.inquiry.inbound(limit=_ALL)
        deliveries, entries, events = gateway.store.read(
            lambda view: (_deliveries(view), view.ledger.of(account.id, limit=_ALL), _events(view))
        )
    sendings = _sendings(world)
    return Evidence(
        lives=world.life,
        attempts=load.attempts,
        handed_out=[message for phone in load.phones for message in phone.handed_out],
        told={message: told for phone in load.phones for message, told in phone.told.items()},
        faults=[fault for caller in load.callers for fault in caller.faults],
        written=load.correspondents.written,
        notes=witness.notes,
        verdicts=witness.verdicts,
        sendings=sendings,
        sent=_by_recipient(sendings),
        deliveries=deliveries,
        account=account,
        entries=entries[::-1],
        events=events,
        inbound=inbound,
    )


def _deliveries(view: View) -> Mapping[int, Delivery]:
    return {one.message.id: one.delivery for one in view.outbox.find(limit=_ALL)}


def _events(view: View) -> Mapping[int, Sequence[Event]]:
    events: dict[int, list[Event]] = defaultdict(list)
    for _, event in view.events.since(0, limit=_ALL):
        events[event.message].append(event)
    return events


def _sendings(world: World) -> Sequence[Sending]:
    return [
        Sending(
            recipient=line["recipient"],
            pdu=_without_reference(line["pdu"]),
            life=life,
            is_last=all(other["modem"] != line["modem"] for other in lines[place + 1 :])
            or (world.has_several and _is_first(lines, place)),
        )
        for life, lines in enumerate(world.taken(), start=1)
        for place, line in enumerate(lines)
    ]


def _is_first(lines: Sequence[Mapping[str, str]], place: int) -> bool:
    return all(other["modem"] != lines[place]["modem"] for other in lines[:place])


def _by_recipient(sendings: Sequence[Sending]) -> Mapping[str, Counter[str]]:
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    for sending in sendings:
        sent[sending.recipient][sending.pdu] += 1
    return sent


def _without_reference(pdu: str) -> str:
    """The octet after the first one of the TPDU is the sender's own count (23.040, 9.2.2.2)."""
    reference = 2 * (1 + int(pdu[:2], 16)) + 2
    return pdu[:reference] + pdu[reference + 2 :]
