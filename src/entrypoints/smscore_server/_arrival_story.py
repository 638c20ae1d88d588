"""
What happened to a message that arrived, told to people and programs.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import click

from smscore import Gateway
from smscore.domain.events import Event
from smscore.domain.keywords import HEEDED, Keyword
from smscore.domain.matching import NearMiss
from smscore.domain.messages import AccountId, MessageId
from smscore.services.inquiry import InboundStory
from smscore_server._arrival_trials import miss_as_document, tell_miss
from smscore_server._documents import event_as_document, received_as_document
from smscore_server._moments import MILLISECONDS, clock, elapsed
from smscore_server._output import printable, several, show_fields, show_json
from smscore_server._pushes import push_as_document, show_pushes

__all__ = ["explain_arrival"]

Detail: TypeAlias = Mapping[str, str | int | None]


def explain_arrival(
    gateway: Gateway, message: MessageId, names: Mapping[AccountId, str], *, as_json: bool
) -> None:
    """
    Show the story of a message that arrived.

    Raises:
        NotFound: there is none.
    """
    story = gateway.inquiry.explain_inbound(message)
    misses = gateway.inbound_trials.near_misses(story.message, story.events)
    pushes = gateway.pushes.of(message)
    if as_json:
        document = _as_document(story, names, misses)
        show_json({**document, "pushes": [*map(push_as_document, pushes)]})
    else:
        _show(story, names, misses)
        show_pushes(pushes)


def _as_document(
    story: InboundStory, names: Mapping[AccountId, str], misses: Sequence[NearMiss]
) -> dict[str, object]:
    message = story.message
    return {
        **received_as_document(message, names, precision=MILLISECONDS),
        "events": [event_as_document(event) for event in story.events],
        "made": [
            {
                "id": f"msg_{one.message.id:016x}",
                "channel": one.delivery.channel,
                "status": one.delivery.status.value,
            }
            for one in story.made
        ],
        "near_misses": [miss_as_document(miss) for miss in misses],
    }


def _show(story: InboundStory, names: Mapping[AccountId, str], misses: Sequence[NearMiss]) -> None:
    message = story.message
    owner = "nobody" if message.account is None else names.get(message.account, "?")
    click.echo(
        f"Message in_{message.id:016x} to {printable(owner)} from {printable(message.sender)}"
    )
    click.echo(f'  "{printable(message.text)}"\n')
    click.echo("What happened")
    for event in story.events:
        after = elapsed(event.at - message.received_at)
        click.echo(f"  {clock(event.at)}  {after:>8}  {printable(_sentence(event))}")
    if misses:
        click.echo("\nRules that nearly matched")
        show_fields(("  nearly", tell_miss(miss)) for miss in misses)
    if story.made:
        click.echo("\nWhat became of what was made of it")
        show_fields(
            (f"  msg_{one.message.id:016x}", f"{one.delivery.status}, {one.delivery.channel}")
            for one in story.made
        )


def _sentence(event: Event) -> str:
    tell = _SENTENCES.get(event.kind)
    return tell(event.detail) if tell else event.kind


def _received(detail: Detail) -> str:
    said = f"received by {detail.get('channel')} as {detail.get('kind')}, {_parts(detail)}"
    if revision := detail.get("revision"):
        said = f"{said}; asked were the rules of revision {revision}"
    if hops := detail.get("hops"):
        said = f"{said}; its words are ours, passed on {several(int(hops), 'time')} before"
    return said


def _updated(detail: Detail) -> str:
    if detail.get("missing"):
        return f"a part came late; there are {_parts(detail)}"
    return f"the last missing part came late: the text is whole, {_parts(detail)}"


def _parts(detail: Detail) -> str:
    count = int(detail.get("parts") or 1)
    missing = str(detail.get("missing") or "").split()
    if not missing:
        return several(count, "part")
    which = "part" if len(missing) == 1 else "parts"
    return f"{count} of {detail.get('of')} parts; {which} {', '.join(missing)} did not come in time"


def _refused(detail: Detail) -> str:
    if "rule" not in detail:
        return f"the rules could not be asked: {detail.get('error')}"
    return f"rule {detail['rule']} does nothing for {_whom(detail)}: {detail.get('error')}"


def _whom(detail: Detail) -> str:
    to, member = detail.get("to"), detail.get("member")
    return f"{to} ({member})" if member and not str(to).endswith(f" {member}") else str(to)


_WISHES = {
    Keyword.STOP: "its sender wants no more messages of {scope}",
    Keyword.START: "its sender wants messages of {scope} again",
    Keyword.HELP: "its sender wants help",
}


def _heeded(word: Keyword, detail: Detail) -> str:
    said = _WISHES[word].format(scope=detail.get("scope"))
    if why := detail.get("unanswered"):
        return f"{said}; it is not answered: {why}"
    if answer := detail.get("answer"):
        return f"{said}; it is answered: msg_{answer}"
    return said


_SENTENCES: Mapping[str, Callable[[Detail], str]] = {
    "message.received": _received,
    "message.updated": _updated,
    "rule.matched": lambda detail: f"rule {detail.get('rule')} matches",
    "rule.forwarded": lambda detail: (
        f"rule {detail.get('rule')} passes it on to {_whom(detail)}: msg_{detail.get('message')}"
    ),
    "rule.answered": lambda detail: (
        f"rule {detail.get('rule')} answers it: msg_{detail.get('message')}"
    ),
    "rule.called": lambda detail: f"rule {detail.get('rule')} calls {_whom(detail)}",
    "rule.refused": _refused,
    **{kind: partial(_heeded, word) for word, kind in HEEDED.items()},
}
