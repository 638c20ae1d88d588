"""
What several servers have left behind when everything was sent, and whether they kept their word.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import attrs
from several import PATIENCE, Hosts, Submitter, until

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.events import Event
from smscore.domain.ledger import Entry, EntryKind

__all__ = ["findings"]

CHANNELS = 3


@attrs.frozen(kw_only=True)
class Evidence:
    """What is left when everything has left."""

    promised: Mapping[int, str]
    taken: Sequence[tuple[str, str]]
    deliveries: Mapping[int, Delivery]
    events: Mapping[int, Sequence[Event]]
    accounts: Sequence[Account]
    entries: Mapping[int, Sequence[Entry]]
    deaths: int


def gather(hosts: Hosts, submitters: Sequence[Submitter], *, deaths: int) -> Evidence:
    until(hosts.is_at_rest, patience=3 * PATIENCE)
    deliveries = {one.message: one for one in hosts.deliveries()}
    with hosts.open() as gateway:
        accounts = gateway.inquiry.accounts()
        events, entries = gateway.store.read(
            lambda view: (
                {message: view.events.of(message) for message in deliveries},
                {one.id: view.ledger.of(one.id, limit=1_000_000) for one in accounts},
            )
        )
    return Evidence(
        promised={message: to for one in submitters for message, to in one.promised.items()},
        taken=hosts.taken(),
        deliveries=deliveries,
        events=events,
        accounts=accounts,
        entries=entries,
        deaths=deaths,
    )


def promises_are_kept(evidence: Evidence) -> Iterator[str]:
    for message, recipient in evidence.promised.items():
        delivery = evidence.deliveries.get(message)
        if delivery is None or delivery.recipient.value != recipient:
            yield f"{message:016x} to {recipient} was promised, and there is {delivery}"
    stored = Counter(one.recipient.value for one in evidence.deliveries.values())
    yield from (f"{to} is stored {count} times" for to, count in stored.items() if count > 1)


def nothing_is_sent_twice(evidence: Evidence) -> Iterator[str]:
    for part, count in Counter(evidence.taken).items():
        if count > 1:
            yield f"{part} was sent {count} times"


def every_end_is_explained(evidence: Evidence) -> Iterator[str]:
    """What is said to be sent was; a doubt needs a death, and each has at most one a channel."""
    parts = Counter(recipient for recipient, _ in evidence.taken)
    doubts = 0
    for message, one in evidence.deliveries.items():
        if one.status is Status.INDETERMINATE:
            doubts += 1
        elif one.status not in (Status.SENT, Status.DELIVERED):
            yield f"{message:016x} ended as {one.status}: {one.error}"
        elif parts[one.recipient.value] != one.segments:
            yield f"{message:016x} is {one.status}, with {parts[one.recipient.value]} parts"
    if doubts > CHANNELS * evidence.deaths:
        yield f"{doubts} messages are in doubt after {evidence.deaths} deaths"


def stories_have_no_gaps(evidence: Evidence) -> Iterator[str]:
    for message, one in evidence.deliveries.items():
        numbers = [event.sequence for event in evidence.events[message]]
        if numbers != list(range(1, one.sequence + 1)):
            yield f"{message:016x} has the events {numbers} of {one.sequence}"


def the_ledger_adds_up(evidence: Evidence) -> Iterator[str]:
    for account in evidence.accounts:
        entries = evidence.entries[account.id]
        balance = sum(entry.credits for entry in entries)
        charged = sum(
            evidence.deliveries[entry.message].charged
            for entry in entries
            if entry.kind is EntryKind.CHARGE and entry.message is not None
        )
        granted = sum(entry.credits for entry in entries if entry.message is None)
        if account.credits != balance or balance < 0:
            yield f"{account.name} has {account.credits}, its entries say {balance}"
        if granted - charged != balance:
            yield f"{account.name} got {granted}, its messages cost {charged}, it has {balance}"


CHECKS = (
    promises_are_kept,
    nothing_is_sent_twice,
    every_end_is_explained,
    stories_have_no_gaps,
    the_ledger_adds_up,
)


def findings(hosts: Hosts, submitters: Sequence[Submitter], *, deaths: int) -> list[str]:
    """What is wrong once everything has left."""
    evidence = gather(hosts, submitters, deaths=deaths)
    found = [fault for one in submitters for fault in one.faults]
    return found + [f"{check.__name__}: {one}" for check in CHECKS for one in check(evidence)]
