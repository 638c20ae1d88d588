"""
What a backtest found: how many messages would be decided otherwise, in which way, and some of them.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

import click

from smscore.domain.messages import AccountId, MessageId
from smscore_server._output import instant, several, show_table

__all__ = ["ReplayReport"]

D = TypeVar("D", bound=Hashable)


class ReplayReport(Generic[D]):
    """
    Decisions of one kind.

    ``what`` names the messages; ``tell`` says a decision for people, ``as_document`` for programs.
    """

    def __init__(
        self,
        what: str,
        *,
        plural: str = "",
        limit: int,
        tell: Callable[[D | None], str],
        as_document: Callable[[D | None], object],
    ) -> None:
        self._what = what
        self._plural = plural
        self._limit = limit
        self._tell = tell
        self._as_document = as_document
        self.total = self._unknown = 0
        self._changes: Counter[tuple[D | None, D | None]] = Counter()
        self._examples: list[tuple[MessageId, AccountId | None, datetime, D | None, D | None]] = []

    def add(
        self,
        message: MessageId,
        *,
        account: AccountId | None,
        at: datetime,
        was: D | None,
        would_be: D | None,
    ) -> None:
        """Count a message; what is not known was None and would be."""
        self.total += 1
        self._unknown += was is None
        if was != would_be:
            self._changes[was, would_be] += 1
            if len(self._examples) < self._limit:
                self._examples.append((message, account, at, was, would_be))

    def as_document(self, names: Mapping[AccountId, str]) -> dict[str, object]:
        """For programs."""
        return {
            "messages": self.total,
            "different": self._changes.total(),
            "unknown": self._unknown,
            "changes": [
                {**self._change(*pair), "messages": count}
                for pair, count in self._changes.most_common()
            ],
            "examples": [
                {
                    "id": f"{message:016x}",
                    "account": None if account is None else names.get(account),
                    "at": instant(at),
                    **self._change(was, would_be),
                }
                for message, account, at, was, would_be in self._examples
            ],
        }

    def _change(self, was: D | None, would_be: D | None) -> dict[str, object]:
        return {"was": self._as_document(was), "would_be": self._as_document(would_be)}

    def show(self, names: Mapping[AccountId, str]) -> None:
        """For people."""
        count = f"{self._changes.total()} of {several(self.total, self._what, plural=self._plural)}"
        click.echo(f"{count} would be decided otherwise")
        if self._unknown:
            click.echo(f"{several(self._unknown, 'message')} could not be compared")
        changes = self._changes.most_common()
        if changes:
            rows = [(n, self._tell(was), self._tell(would_be)) for (was, would_be), n in changes]
            show_table(["messages", "was", "would be"], rows)
        if self._examples:
            click.echo()
            examples = [
                (f"{message:016x}", None if account is None else names.get(account), instant(at))
                for message, account, at, _, _ in self._examples
            ]
            show_table(["id", "account", "at"], examples)
