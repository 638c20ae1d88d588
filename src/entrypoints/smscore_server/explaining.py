"""
The command that tells the whole story of a message.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click

from smscore.domain.deliveries import Delivery, Part, Status
from smscore.domain.matching import NearMiss
from smscore.domain.messages import AccountId, Medium, MessageId
from smscore.errors import NotFound
from smscore.services.inquiry import Story
from smscore_server._arrival_story import explain_arrival
from smscore_server._arrival_trials import miss_as_document, tell_miss
from smscore_server._documents import account_names, as_document, event_as_document
from smscore_server._moments import MILLISECONDS, clock, elapsed
from smscore_server._opening import opened
from smscore_server._options import config_option, json_option, message_argument
from smscore_server._output import instant, printable, several, show_fields, show_json, show_table
from smscore_server._statement import entry_as_document
from smscore_server._story import tell

__all__ = ["explain"]

_NOT_RECORDED = "not recorded"
_RULES = {"default": "no rule matched", "": "where the number is linked"}


@click.command()
@message_argument
@json_option
@config_option
def explain(*, message: MessageId, as_json: bool, config_file: Path) -> None:
    """
    Tell the whole story of a message.

    What was decided when it was accepted, and everything that happened since, from stored facts.
    Of a message that arrived: which rules matched, and what they did. Times are in UTC.

    \b
    Example: smscore explain msg_0d2f6a3b4c5d6e7f
    JSON keys: those of 'smscore status --json'; origin (what arrived, if a rule made it of
               that); attempts; fall_back_at;
               route: channel, medium, credits;
               part_states: number, channel, state, reference, at;
               ledger: at, kind, credits, balance, message, why;
               events: sequence, at, kind, detail (of the first one: rule, channels, encoding,
               parts, credits, quota; by what it was decided: revision of the rules, and the
               channels that were resting, closed, linked;
               the pace of the rule and the turn that it gave);
               near_misses: rule, failed, asked: rules that nearly matched.
               Of one that arrived: id, account, channel, kind, from, text, received_at, events,
               made: a list of id, channel, status; near_misses;
               pushes: push, kind, host, state, next_attempt_at,
               attempts: a list of at, seconds, status, error, answer
    """
    with opened(config_file) as gateway:
        names = account_names(gateway)
        try:
            story = gateway.inquiry.explain(message)
        except NotFound:
            explain_arrival(gateway, message, names, as_json=as_json)
            return
        misses = gateway.trials.near_misses(story.tracked, story.events)
    if as_json:
        show_json({**_as_document(story, names), "near_misses": [*map(miss_as_document, misses)]})
    else:
        _show(story, names, misses)


def _as_document(story: Story, names: Mapping[AccountId, str]) -> dict[str, object]:
    delivery, origin = story.tracked.delivery, story.tracked.message.origin
    return {
        **as_document(story.tracked, names, precision=MILLISECONDS),
        "origin": None if origin is None else f"in_{origin:016x}",
        "attempts": delivery.attempts,
        "fall_back_at": instant(delivery.fall_back_at, precision=MILLISECONDS),
        "route": [
            {"channel": leg.channel, "medium": leg.medium.value, "credits": leg.price}
            for leg in delivery.route
        ],
        "part_states": [_part_as_document(part) for part in delivery.parts],
        "ledger": [
            {**entry_as_document(one), "at": instant(one.at, precision=MILLISECONDS)}
            for one in story.entries
        ],
        "events": [event_as_document(event) for event in story.events],
    }


def _part_as_document(part: Part) -> dict[str, str | int | None]:
    return {
        "number": part.number,
        "channel": part.channel,
        "state": part.state.value,
        "reference": part.reference,
        "at": instant(part.at, precision=MILLISECONDS),
    }


def _show(story: Story, names: Mapping[AccountId, str], misses: Sequence[NearMiss]) -> None:
    message = story.tracked.message
    account = names.get(message.account, f"account {message.account}")
    click.echo(f"Message {message.id:016x} of {printable(account)} to {message.recipient}")
    click.echo(f'  "{printable(message.text)}"\n')
    click.echo(f"It is {story.tracked.delivery.status}: {_standing(story.tracked.delivery)}.")
    click.echo("\nWhat was decided")
    show_fields((f"  {name}", value) for name, value in _decision(story, misses))
    click.echo("\nWhat happened")
    begin = message.accepted_at
    for event, sentence in zip(story.events, tell(story.tracked, story.events), strict=True):
        click.echo(f"  {clock(event.at)}  {elapsed(event.at - begin):>8}  {sentence}")
    _show_parts(story)
    _show_ledger(story)


_STANDING: Mapping[Status, str] = {
    Status.QUEUED: "it waits for {channel}",
    Status.DELIVERED: "the recipient has all of it",
    Status.EXPIRED: "its time was over",
    Status.CANCELLED: "it was called back in time",
}


_UNSENT = frozenset({Status.FAILED, Status.INDETERMINATE, Status.CANCELLED})

_SENT: Mapping[Medium, str] = {
    Medium.SMS: "the network has all of it, and a report may follow",
    Medium.TELEGRAM: "Telegram has all of it",
    Medium.VOICE: "the telephone rang",
    Medium.EMAIL: "the relay has all of it",
}


def _standing(delivery: Delivery) -> str:
    match delivery.status:
        case Status.SENDING if delivery.owner is None:
            return f"a phone of {delivery.channel} has it"
        case Status.SENDING:
            return f"{delivery.channel} is at it"
        case Status.SCHEDULED:
            because = f" ({printable(delivery.error)})" if delivery.error else ""
            due = clock(delivery.due_at) if delivery.due_at else "later"
            return f"its turn with {delivery.channel} is at {due}{because}"
        case Status.SENT:
            return _SENT[delivery.route[0].medium]
        case status if status in _UNSENT and delivery.error_code != "cancelled":
            return printable(delivery.error or "the reason is not known")
        case status:
            return _STANDING[status].format(channel=delivery.channel)


def _decision(story: Story, misses: Sequence[NearMiss]) -> Iterator[tuple[str, object]]:
    message, delivery = story.tracked.message, story.tracked.delivery
    reasons = story.events[0].detail if story.events else {}
    channels = str(reasons.get("channels") or "").replace(", ", ", else ")
    rule = str(reasons.get("rule", ""))
    yield "route", f"{_RULES.get(rule, f'rule {rule}')}: {channels}" if channels else _NOT_RECORDED
    for miss in misses:
        yield "nearly", tell_miss(miss)
    if message.medium is not Medium.SMS:
        yield "medium", message.medium.value
    if any(leg.medium is Medium.SMS for leg in delivery.route):
        yield "encoding", _encoding(delivery, reasons)
    if replaced := reasons.get("replaced"):
        yield "replaced", replaced
    if message.origin is not None:
        yield "because of", f"in_{message.origin:016x}, which arrived"
    if message.sender:
        yield "sender", message.sender.value
    if message.priority.name != "NORMAL":
        yield "priority", message.priority.name.lower()
    yield from _times(message.not_before, delivery.expires_at, reasons)
    price = int(reasons.get("credits") or 0)
    is_counted = bool(story.entries) or not price
    yield "price", several(price, "credit") if "credits" in reasons else _NOT_RECORDED
    yield "paid", several(delivery.charged, "credit") if is_counted else "credits not counted"
    if quota := reasons.get("quota"):
        yield "quota", f"message {quota}"


def _times(
    begins: datetime | None, ends: datetime | None, reasons: Mapping[str, str | int | None]
) -> Iterator[tuple[str, object]]:
    if pace := reasons.get("pace"):
        yield "pace", f"{several(int(pace), 'message')} a minute, so it waited for its turn"
    if begins:
        yield "not before", clock(begins)
    if ends:
        yield "expires", clock(ends)


def _encoding(delivery: Delivery, reasons: Mapping[str, str | int | None]) -> str:
    parts = several(delivery.segments, "part")
    tables = f", with the national tables {reasons['tables']}" if reasons.get("tables") else ""
    encoding = f"{reasons['encoding']}, " if reasons.get("encoding") else ""
    return f"{encoding}{parts}{tables}"


def _show_parts(story: Story) -> None:
    if not (parts := story.tracked.delivery.parts):
        return
    click.echo("\nParts, as far as known")
    columns = ["  part", "channel", "state", "reference", "since"]
    rows = [
        (f"  {part.number}", part.channel, part.state, part.reference, clock(part.at))
        for part in parts
    ]
    show_table(columns, rows)


def _show_ledger(story: Story) -> None:
    if not story.entries:
        return
    click.echo("\nCredits")
    rows = [
        (f"  {clock(one.at)}", one.kind, f"{one.credits:+d}", one.balance, one.why or None)
        for one in story.entries
    ]
    show_table(["  at", "kind", "credits", "balance", "why"], rows)
    first = story.entries[0]
    if first.message != story.tracked.message.id:
        begin = f"{first.message:016x}"
        click.echo(f"  The charge is that of the whole request, which begins with {begin}.")
    elif -first.credits > int(story.events[0].detail.get("credits") or 0 if story.events else 0):
        click.echo("  The charge is that of the whole request, which begins with this message.")
