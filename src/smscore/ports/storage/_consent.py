"""
Consent: what holds for numbers, which are known by their keyed hashes alone.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from smscore.domain.consent import Mark, MarkKind
from smscore.domain.messages import AccountId

__all__ = ["Consent", "ConsentView"]


class ConsentView(Protocol):
    def is_empty(self) -> bool:
        """Whether there is no mark at all; costs next to nothing, for every message asks it."""
        ...

    def of(self, numbers: Collection[str]) -> Sequence[Mark]:
        """All marks of these numbers, given by their hashes; thousands are one question or few."""
        ...

    def is_selective(self, account: AccountId) -> bool:
        """Whether the account has numbers that it may write to, and so no others."""
        ...

    def find(self, *, after: Mark | None = None, limit: int = 500) -> Sequence[Mark]:
        """By number, kind, account and sender; ``after`` is the last one of the page before."""
        ...

    def counts(self) -> Mapping[tuple[MarkKind, AccountId | None], int]:
        """How many marks there are of each kind and account."""
        ...


class Consent(ConsentView, Protocol):
    def put(self, mark: Mark) -> None:
        """Replaces the mark of its number, kind, account and sender."""
        ...

    def remove(self, mark: Mark) -> None:
        """The one of its number, kind, account and sender; there may be none."""
        ...
