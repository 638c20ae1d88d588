"""
The agent's journal: what was handed out to us, which message it became, what was told of it.

It is kept in the gateway's own store, so that a message and its entry are durable together. Entries
are never dropped: a server may hand out the same message again at any time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from smscore.domain.events import Event
from smscore.domain.messages import MessageId
from smscore.ports.storage import JournalEntries, JournalView, Store, UnitOfWork, View, commit
from smscore_agent._server import FAILED

__all__ = ["Entry", "HandoutJournal"]

_EVENTS_AT_ONCE = 500
_NEWS = {"message.sent", "message.delivered"}
_OPEN, _SEEN = "open", "seen"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """
    One message of the server; ``told`` is the outcome that it has heard of last.

    None is the message of what was refused here. ``digest`` is that of its number and its text.
    """

    hash: str
    message: MessageId | None
    digest: str
    told: int | None = None


class HandoutJournal:
    """
    The entries of one server; those that are open have an outcome yet to be told.

    A server's address is part of every key: another one may use the same hashes.
    """

    def __init__(self, store: Store, *, server: str) -> None:
        self._store = store
        self._channel = f"agent {server.rstrip('/')}"  # no channel can have this name

    def entries(self, hashes: Iterable[str]) -> Mapping[str, Entry]:
        """The entries of those hashes that were ever handed out to us."""

        def look(view: View) -> Mapping[str, Entry]:
            found = ((one, self._entry(view.journal, one)) for one in hashes)
            return {one: entry for one, entry in found if entry is not None}

        return self._store.read(look)

    def open(self) -> Sequence[Entry]:
        """What has to be told, in the order in which it was handed out."""

        def look(view: View) -> Sequence[Entry]:
            hashes = self._open(view.journal)
            return [one for key in hashes if (one := self._entry(view.journal, key)) is not None]

        return self._store.read(look)

    def keep(self, work: UnitOfWork, entries: Collection[Entry]) -> None:
        """Write entries, and open them, as part of a unit of work."""
        for entry in entries:
            self._write(work.journal, entry)
            if entry.message is not None:
                key = _key_of(entry.message)
                work.journal.put(channel=self._channel, key=key, value=entry.hash.encode())
        self._reopen(work.journal, [entry.hash for entry in entries])

    def keep_alone(self, entries: Collection[Entry]) -> None:
        """The same in a unit of its own; returns when it is durable."""
        commit(self._store, lambda work: self.keep(work, entries))

    def told(self, outcomes: Mapping[str, int]) -> None:
        """The server has heard of these outcomes."""

        def work(work: UnitOfWork) -> None:
            for key, outcome in outcomes.items():
                entry = self._entry(work.journal, key)
                if entry is not None:
                    told = msgspec.structs.replace(entry, told=outcome)
                    self._write(work.journal, told)
            left = [one for one in self._open(work.journal) if one not in outcomes]
            self._write_open(work.journal, left)

        commit(self._store, work)

    def close(self, hashes: Collection[str]) -> None:
        """There will never be anything to tell of these."""

        def work(work: UnitOfWork) -> None:
            left = [one for one in self._open(work.journal) if one not in hashes]
            self._write_open(work.journal, left)

        commit(self._store, work)

    def reopen_revived(self) -> None:
        """
        Open what was told to have failed, and went out or arrived nevertheless.

        A network's word may come late, and an operator may have a message sent again.
        """
        events = self._store.read(self._news)
        if not events:
            return
        messages = {event.message for _, event in events if event.kind in _NEWS}

        def work(work: UnitOfWork) -> None:
            revived = []
            for message in sorted(messages):
                entry = self._entry_of(work.journal, message)
                if entry is not None and entry.told == FAILED and entry.message == message:
                    revived.append(entry.hash)
            self._reopen(work.journal, revived)
            seen = b"%d" % events[-1][0]
            work.journal.put(channel=self._channel, key=_SEEN, value=seen)

        commit(self._store, work)

    def _news(self, view: View) -> Sequence[tuple[int, Event]]:
        cursor = int(view.journal.get(channel=self._channel, key=_SEEN) or b"0")
        return view.events.since(cursor, limit=_EVENTS_AT_ONCE)

    def _entry(self, journal: JournalView, hash_: str) -> Entry | None:
        kept = journal.get(channel=self._channel, key=f"handed {hash_}")
        return msgspec.json.decode(kept, type=Entry) if kept else None

    def _entry_of(self, journal: JournalView, message: MessageId) -> Entry | None:
        kept = journal.get(channel=self._channel, key=_key_of(message))
        return None if kept is None else self._entry(journal, kept.decode())

    def _write(self, journal: JournalEntries, entry: Entry) -> None:
        value = msgspec.json.encode(entry)
        journal.put(channel=self._channel, key=f"handed {entry.hash}", value=value)

    def _open(self, journal: JournalView) -> list[str]:
        kept = journal.get(channel=self._channel, key=_OPEN)
        return msgspec.json.decode(kept, type=list[str]) if kept else []

    def _write_open(self, journal: JournalEntries, hashes: Sequence[str]) -> None:
        journal.put(channel=self._channel, key=_OPEN, value=msgspec.json.encode(hashes))

    def _reopen(self, journal: JournalEntries, hashes: Sequence[str]) -> None:
        self._write_open(journal, list(dict.fromkeys([*self._open(journal), *hashes])))


def _key_of(message: MessageId) -> str:
    return f"message {message:016x}"
