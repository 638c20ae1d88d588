"""
Pages of messages by account and status, as SQL that walks an index whatever is asked for.

Messages that wait for a channel are few in comparison, and so are those under way: each of these
statuses has an index of its own, which is walked as a whole. What is behind us is as good as
everything, and what is scheduled may be very much for very long: both are indexed by account.
Without this a page of failed messages would look at all that were ever delivered.

Should very many wait after all, the page is mostly full of the newest messages: these are looked at
first.
"""

from collections.abc import Collection
from functools import lru_cache

from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId
from smscore_sqlmodel._columns import MESSAGES, SETTLED
from smscore_sqlmodel._sessions import Cells
from smscore_sqlmodel._statements import selection

__all__ = ["LARGEST_ID", "page", "page_sql", "recent", "recent_sql"]

_INDEXES = {
    Status.QUEUED: "smscore_messages_claimable",
    Status.SCHEDULED: "smscore_messages_due",
    Status.SENDING: "smscore_messages_held",
}

LARGEST_ID = 2**63 - 1
"""The largest number that the database can be asked for."""


_LOOKED_AT = 20  # messages for each one that is wanted, before all that wait are looked at


def recent(
    *, account: AccountId | None, statuses: Collection[Status], before: int | None, limit: int
) -> tuple[str, Cells] | None:
    """
    The same page among the newest messages alone: if it is full, it is the page.

    None if there is nothing to be gained.
    """
    wanted = tuple(sorted(statuses))
    if _INDEXES.keys().isdisjoint(wanted):
        return None
    last = LARGEST_ID if before is None else min(before - 1, LARGEST_ID)
    of_account = () if account is None else (account,)
    sql = recent_sql(len(wanted), of_account=account is not None)
    return sql, (*of_account, last, _LOOKED_AT * limit, *wanted, limit, limit)


def page(
    *, account: AccountId | None, statuses: Collection[Status], before: int | None, limit: int
) -> tuple[str, Cells]:
    """The query for a page of messages, newest first, and its parameters."""
    last = LARGEST_ID if before is None else min(before - 1, LARGEST_ID)
    of_account = () if account is None else (account,)
    wanted = frozenset(statuses)
    sql = page_sql(wanted, of_account=account is not None)
    return sql, (*of_account, last, limit) * max(1, len(wanted)) + ((limit,) if wanted else ())


@lru_cache
def page_sql(statuses: frozenset[Status], *, of_account: bool) -> str:
    """The query alone; without statuses it is for messages of any."""
    account = "account = ? AND " if of_account else ""
    if not statuses:
        return selection(MESSAGES, f"WHERE {account}id <= ? ORDER BY id DESC LIMIT ?")
    newest = [
        "SELECT id FROM (SELECT id FROM "  # noqa: S608  # nothing but constants
        f"{_walk(status, of_account=of_account)} AND {account}"
        "id <= ? ORDER BY id DESC LIMIT ?) AS newest"
        for status in sorted(statuses)
    ]
    return selection(
        MESSAGES, f"WHERE id IN ({' UNION ALL '.join(newest)}) ORDER BY id DESC LIMIT ?"
    )


@lru_cache
def recent_sql(count: int, *, of_account: bool) -> str:
    """The query alone, for so many statuses."""
    account = "account = ? AND " if of_account else ""
    newest = f"smscore_messages WHERE {account}id <= ? ORDER BY id DESC LIMIT ?"
    return selection(
        MESSAGES,
        f"WHERE id IN (SELECT id FROM (SELECT id, status FROM {newest}) AS newest "  # noqa: S608  # names
        f"WHERE status IN ({', '.join('?' * count)}) ORDER BY id DESC LIMIT ?) "
        "ORDER BY id DESC LIMIT ?",
    )


def _walk(status: Status, *, of_account: bool) -> str:
    """The index under which a status is found, and the condition that lets it be used."""
    if status is Status.SCHEDULED and of_account:
        index = "smscore_messages_scheduled"
        return f"smscore_messages INDEXED BY {index} WHERE status = '{status}'"
    if status in _INDEXES:
        return f"smscore_messages INDEXED BY {_INDEXES[status]} WHERE status = '{status}'"
    index = "smscore_messages_settled_account" if of_account else "smscore_messages_settled"
    return f"smscore_messages INDEXED BY {index} WHERE {SETTLED} AND status = '{status}'"
