"""
What tells of a person, in every column that can: the rows, how they are dropped and rewritten.
"""

from collections.abc import Collection, Mapping, Sequence

import attrs

from smscore.domain.messages import AccountId, MessageId
from smscore.domain.user_data import Coding
from smscore.ports.storage import Trace, TraceKey, TraceKind
from smscore_sqlmodel import _columns as tables
from smscore_sqlmodel._columns import Columns
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._writing import Writes

__all__ = ["HOLDINGS", "UNTELLING", "Holding", "Traces", "TracesView"]


@attrs.frozen(kw_only=True)
class Holding:
    """
    Where a table tells of somebody: the columns with the owners' numbers and addresses, those that
    may name anybody, and what goes when a row goes, by its key.
    """

    rows: Columns
    whose: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    account: str | None = None
    message: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What is read of a row, after its key."""
        others = (one or "NULL" for one in (self.account, self.message))
        return (*self.whose, *self.texts, *others)

    @property
    def place(self) -> str:
        """The condition that finds one row by its key."""
        return " AND ".join(f"{name} = ?" for name in self.rows.key)


_EVENTS = "DELETE FROM smscore_events WHERE message = ?"
_REFERENCES = "DELETE FROM smscore_part_references WHERE message = ?"
_ATTEMPTS = "DELETE FROM smscore_webhook_attempts WHERE posting = ?"
_PLACES = "DELETE FROM smscore_members WHERE account = ? AND kind = 'contact' AND member = ?"

HOLDINGS: Mapping[TraceKind, Holding] = {
    TraceKind.MESSAGES: Holding(
        rows=tables.MESSAGES,
        whose=("recipient",),  # in its normal form; the spelling beside it goes with it
        texts=("text", "sender", "callback_url", "error"),
        account="account",
        message="id",
        beside=(_EVENTS, _REFERENCES),
    ),
    TraceKind.INBOUND: Holding(
        rows=tables.INBOUND,
        whose=("sender",),
        texts=("text",),
        account="account",
        message="id",
        beside=(_EVENTS,),
    ),
    TraceKind.PARTS: Holding(
        rows=tables.INBOUND_PARTS, whose=("sender",), texts=("user_data", "coding")
    ),
    TraceKind.REPORTS: Holding(rows=tables.PARKED_REPORTS, whose=("recipient",), texts=("detail",)),
    TraceKind.POSTINGS: Holding(
        rows=tables.WEBHOOK_POSTINGS,
        texts=("url", "body", "last_error"),
        account="account",
        message="message",
        beside=(_ATTEMPTS,),
    ),
    TraceKind.ATTEMPTS: Holding(rows=tables.WEBHOOK_ATTEMPTS, texts=("error", "answer")),
    TraceKind.EVENTS: Holding(rows=tables.EVENTS, texts=("detail",), message="message"),
    TraceKind.ANSWERS: Holding(
        rows=tables.IDEMPOTENCY, texts=("key", "digest", "receipt"), account="account"
    ),
    TraceKind.CONTACTS: Holding(
        rows=tables.CONTACTS,
        whose=("number", "email"),
        texts=("name", "email", "notes"),
        account="account",
        beside=(_PLACES,),
    ),
    TraceKind.LINKS: Holding(rows=tables.LINKS, whose=("number",), texts=("name",)),
    TraceKind.JOURNAL: Holding(rows=tables.JOURNAL, texts=("value",)),
    TraceKind.ENTRIES: Holding(rows=tables.LEDGER, texts=("why",), account="account"),
    TraceKind.CHANNELS: Holding(rows=tables.CHANNELS, texts=("why",)),
    TraceKind.MARKS: Holding(rows=tables.CONSENT, texts=("why",)),
    TraceKind.AUDIT: Holding(rows=tables.AUDIT, texts=("who", "subject", "detail")),
    TraceKind.ACCOUNTS: Holding(
        rows=tables.ACCOUNTS, texts=("name", "default_sender"), account="id"
    ),
    TraceKind.USERS: Holding(rows=tables.USERS, texts=("name",), account="account"),
    TraceKind.KEYS: Holding(rows=tables.PROVIDER_KEYS, texts=("label",), account="account"),
    TraceKind.GROUPS: Holding(rows=tables.CONTACT_GROUPS, texts=("name",), account="account"),
    TraceKind.DEVICES: Holding(rows=tables.DEVICES, texts=("name",), account="account"),
    TraceKind.WEBHOOKS: Holding(rows=tables.WEBHOOKS, texts=("url",), account="account"),
    TraceKind.RULES: Holding(rows=tables.RULE_REVISIONS, texts=("document", "why")),
    TraceKind.APPS: Holding(rows=tables.APPS, texts=("version", "notes")),
}

UNTELLING: Mapping[str, str] = {
    "smscore_accounts": "tariff home_country time_zone month languages other_months",
    "smscore_apps": "package certificates digest",
    "smscore_audit": "what",
    "smscore_channels": "channel mode",
    # The number is a keyed hash, and is to outlive the person's data.
    "smscore_consent": "number kind sender",
    "smscore_directory_ids": "kind",
    "smscore_events": "kind",
    "smscore_idempotency": "surface",
    "smscore_inbound": "channel kind missing",
    # The fingerprint is a digest of the sender as well, but goes with the part; a header has none.
    "smscore_inbound_parts": "channel header fingerprint kind",
    "smscore_journal": "channel key",
    "smscore_ledger": "kind",
    "smscore_links": "channel address",
    "smscore_members": "kind",
    # The ending of a number and references stay as long as their message.
    "smscore_messages": "recipient_as_given surface languages medium channel route status parts "
    "error_code",
    "smscore_parked_reports": "channel reference outcome",
    "smscore_part_references": "channel reference ending",
    "smscore_processes": "about",  # of machines
    "smscore_provider_keys": "digest",
    "smscore_queue_tokens": "digest",
    "smscore_rights": "name server",
    "smscore_rule_turns": "rule",  # also in the document
    "smscore_users": "password_hash permissions",
    "smscore_webhook_postings": "endpoint event state",  # an endpoint has the host, not the path
    "smscore_webhooks": "events",
}
"""
Columns of text or octets that tell nothing of anybody beyond their row: words, names of channels,
digests. A test sees to it that every column is either here or in a holding.
"""

_OCTETS = frozenset({"user_data", "body", "answer", "value"})
_MAY_BE_MISSING = frozenset({"sender"})


class TracesView(Reads):
    def page(
        self, kind: TraceKind, *, after: TraceKey | None = None, limit: int
    ) -> Sequence[Trace]:
        holding = HOLDINGS[kind]
        key = ", ".join(holding.rows.key)
        behind = "" if after is None else f"WHERE ({key}) > ({_marks(after)})"
        return self._fetch(kind, f"{behind} ORDER BY {key} LIMIT ?", (*(after or ()), limit))

    def last(self, kind: TraceKind) -> TraceKey | None:
        rows = HOLDINGS[kind].rows
        order = ", ".join(f"{name} DESC" for name in rows.key)
        self._session.settle()
        found = self._session.fetch(
            f"SELECT {', '.join(rows.key)} FROM {rows.table} ORDER BY {order} LIMIT 1"  # noqa: S608  # names
        )
        return tuple(found[0]) if found else None

    def _fetch(self, kind: TraceKind, tail: str, cells: Cells) -> list[Trace]:
        holding = HOLDINGS[kind]
        names = ", ".join((*holding.rows.key, *holding.columns))
        self._session.settle()
        sql = f"SELECT {names} FROM {holding.rows.table} {tail}"  # noqa: S608  # names
        return [_trace_of(kind, holding, row) for row in self._session.fetch(sql, cells)]


class Traces(Writes, TracesView):
    def get(self, kind: TraceKind, keys: Collection[TraceKey]) -> Sequence[Trace]:
        tail = f"WHERE {HOLDINGS[kind].place}"
        return [one for key in sorted(keys) for one in self._fetch(kind, tail, tuple(key))]

    def drop(self, kind: TraceKind, keys: Collection[TraceKey]) -> None:
        holding = HOLDINGS[kind]
        row = f"DELETE FROM {holding.rows.table} WHERE {holding.place}"  # noqa: S608  # names
        for key in keys:
            for sql in (*holding.beside, row):
                self._writer.change(sql, tuple(key))
        self._writer.messages.clear()

    def rewrite(self, trace: Trace, texts: Mapping[str, str]) -> None:
        holding = HOLDINGS[trace.kind]
        changes = ", ".join(f"{name} = ?" for name in texts)
        sql = f"UPDATE {holding.rows.table} SET {changes} WHERE {holding.place}"  # noqa: S608  # names
        cells = (_cell(name, text, trace) for name, text in texts.items())
        self._writer.change(sql, (*cells, *trace.key))
        self._writer.messages.clear()


def _trace_of(kind: TraceKind, holding: Holding, row: Cells) -> Trace:
    width = len(holding.rows.key)
    key, cells = row[:width], dict(zip(holding.columns, row[width:], strict=True))
    *_, account, message = row
    coding = cells.get("coding")
    return Trace(
        kind=kind,
        key=tuple(key),
        whose=tuple(cells[name] for name in holding.whose if cells[name]),
        texts={name: _text(cells[name], coding) for name in holding.texts if cells[name]},
        account=None if account is None else AccountId(account),
        message=None if message is None else MessageId(message),
    )


def _text(cell: str | bytes, coding: str | None) -> str:
    if isinstance(cell, str):
        return cell
    if coding == Coding.UCS2:
        return cell.decode("utf-16-be", "replace")
    return cell.decode(errors="surrogateescape")


def _cell(name: str, text: str, trace: Trace) -> str | bytes | None:
    if name in _OCTETS:
        if trace.texts.get("coding") == Coding.UCS2:
            return text.encode("utf-16-be", "replace")
        return text.encode(errors="surrogateescape")
    return None if not text and name in _MAY_BE_MISSING else text


def _marks(cells: Collection[object]) -> str:
    return ", ".join("?" * len(cells))
