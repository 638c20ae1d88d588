"""
Accounts and the ledger.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.accounts import Account
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.messages import AccountId, MessageId
from smscore.errors import Conflict
from smscore.ports.storage import Topic
from smscore_sqlmodel._columns import ACCOUNTS, LEDGER
from smscore_sqlmodel._mapping import account_cells, account_of, from_micros, micros
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import insertion, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Accounts", "AccountsView", "Ledger", "LedgerView"]

_GET = selection(ACCOUNTS, "WHERE id = ?")
_NAMED = selection(ACCOUNTS, "WHERE name = ?")
_ALL = selection(ACCOUNTS, "ORDER BY id")
_ADD = insertion(ACCOUNTS)

_ENTRIES_OF = selection(LEDGER, "WHERE account = ? ORDER BY id DESC LIMIT ?")
_ENTRIES_BETWEEN = selection(
    LEDGER, "WHERE account = ? AND at >= ? AND at < ? ORDER BY id DESC LIMIT ?"
)
_ALWAYS = 2**63 - 1
_ENTRIES_ABOUT = selection(LEDGER, "WHERE message = ? ORDER BY id")
_TOTAL = "SELECT CAST(coalesce(sum(credits), 0) AS BIGINT) FROM smscore_ledger WHERE account = ?"
_ADD_ENTRY = insertion(
    LEDGER, "account", "kind", "credits", "balance", "at", "message", "why", rank=3
)


class AccountsView(Reads):
    def get(self, account: AccountId) -> Account | None:
        return self._one(_GET, account)

    def named(self, name: str) -> Account | None:
        self._session.settle()
        return self._one(_NAMED, name)

    def all(self) -> Sequence[Account]:
        self._session.settle()
        return [account_of(cells) for cells in self._session.fetch(_ALL)]

    def _one(self, sql: str, key: int | str) -> Account | None:
        rows = self._session.fetch(sql, (key,))
        return account_of(rows[0]) if rows else None


class Accounts(Writes, AccountsView):
    def get(self, account: AccountId) -> Account | None:
        known = self._writer.account(account)
        if known is None:
            known = super().get(account)
            if known is not None:
                self._writer.remember(known)
        return known

    def add(self, account: Account) -> None:
        if self.named(account.name) is not None or super().get(account.id) is not None:
            raise Conflict(f"there is an account {account.name!r} already")
        self._writer.change(_ADD.sql, account_cells(account))
        self._writer.touch(Topic.ACCOUNTS)

    def save(self, account: Account) -> None:
        self._writer.save_account(account)


class LedgerView(Reads):
    def of(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        if since is None and until is None:
            return self._entries(_ENTRIES_OF, (account, limit))
        begin = -_ALWAYS if since is None else micros(since)
        end = _ALWAYS if until is None else micros(until)
        return self._entries(_ENTRIES_BETWEEN, (account, begin, end, limit))

    def about(self, message: MessageId) -> Sequence[Entry]:
        return self._entries(_ENTRIES_ABOUT, (message,))

    def total(self, account: AccountId) -> int:
        self._session.settle()
        total: int = self._session.fetch(_TOTAL, (account,))[0][0]
        return total

    def _entries(self, sql: str, cells: Cells) -> Sequence[Entry]:
        self._session.settle()
        return [_entry_of(row) for row in self._session.fetch(sql, cells)]


class Ledger(Writes, LedgerView):
    def add(self, entry: Entry) -> None:
        self._writer.write(
            _ADD_ENTRY,
            (
                entry.account,
                entry.kind.value,
                entry.credits,
                entry.balance,
                micros(entry.at),
                entry.message,
                entry.why,
            ),
        )


def _entry_of(cells: Cells) -> Entry:
    _, account, kind, credits, balance, at, message, why = cells
    return Entry(
        account=AccountId(account),
        kind=EntryKind(kind),
        credits=credits,
        balance=balance,
        at=from_micros(at),
        message=None if message is None else MessageId(message),
        why=why,
    )
