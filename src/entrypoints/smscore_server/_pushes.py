"""
Pushes of a message that arrived, for the command that tells its story: calls, and what came back.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from smscore.domain.webhooks import Attempt, PostingState, push_place
from smscore.services.webhooks import PushStory
from smscore_server._moments import MILLISECONDS, clock
from smscore_server._output import instant, printable, several

__all__ = ["push_as_document", "show_pushes"]

_WIDEST = 60  # characters of an answer


def push_as_document(push: PushStory) -> dict[str, Any]:
    """A push, without what may be secret in it."""
    posting = push.posting
    return {
        "push": f"push_{posting.id:016x}",
        "kind": posting.event,
        "host": push_place(posting.endpoint),
        "state": posting.state.value,
        "next_attempt_at": instant(posting.due_at),
        "attempts": [_attempt_as_document(one) for one in push.attempts],
    }


def show_pushes(pushes: Sequence[PushStory]) -> None:
    """What became of each, and below it every attempt."""
    if pushes:
        click.echo("\nPushes")
    for push in pushes:
        for line in _lines(push):
            click.echo(f"  {line}")


def _lines(push: PushStory) -> Iterator[str]:
    yield f"{push.posting.event} to {push_place(push.posting.endpoint)} {_fate(push)}"
    for attempt in push.attempts:
        yield f"  {clock(attempt.at)}  {attempt.seconds:7.3f}s  {_said(attempt)}"


def _attempt_as_document(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": instant(attempt.at, precision=MILLISECONDS),
        "seconds": round(attempt.seconds, 3),
        "status": attempt.status,
        "error": attempt.error,
        "answer": _first_line(attempt),
    }


def _fate(push: PushStory) -> str:
    posting = push.posting
    tries = several(posting.attempts, "attempt")
    match posting.state:
        case PostingState.DELIVERED:
            return f"was accepted after {tries}"
        case PostingState.DEAD:
            why = printable(posting.last_error or "nobody has heard it")
            return f"is given up after {tries}: {why}"
    if not posting.attempts:
        return "waits"
    return f"was tried in vain, {tries} so far; again {instant(posting.due_at) or 'later'}"


def _said(attempt: Attempt) -> str:
    """What came back, and what is wrong about it."""
    heard = "" if attempt.status is None else f'{attempt.status} "{_first_line(attempt)}"'
    return ", ".join(filter(None, (heard, printable(attempt.error or ""))))


def _first_line(attempt: Attempt) -> str:
    text = attempt.answer.decode("utf-8", "replace").strip()
    return printable(text.partition("\n")[0].strip()[:_WIDEST])
