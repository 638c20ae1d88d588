"""
Webhooks, and what waits for their endpoints or has reached them.

A little longer than other collections, for its questions are long: each is made for an index.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    KEPT_ATTEMPTS,
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
    webhook_endpoint,
)
from smscore.ports.storage import Story, Topic
from smscore_sqlmodel._collections import NEWEST_EVENT, event_of
from smscore_sqlmodel._columns import (
    CALLBACK_SECRETS,
    EVENTS,
    WEBHOOK_ATTEMPTS,
    WEBHOOK_POSTINGS,
    WEBHOOKS,
)
from smscore_sqlmodel._mapping import (
    from_micros,
    micros,
    optional_micros,
    optional_moment,
    to_json,
)
from smscore_sqlmodel._pages import LARGEST_ID
from smscore_sqlmodel._postings import (
    attempt_cells,
    attempt_of,
    posting_cells,
    posting_of,
    webhook_cells,
    webhook_of,
)
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import Statement, deletion, insertion, replacement, selection
from smscore_sqlmodel._stories import stories
from smscore_sqlmodel._writing import Writes

__all__ = ["Webhooks", "WebhooksView"]

_GET = selection(WEBHOOKS, "WHERE id = ?")
_OF = selection(WEBHOOKS, "WHERE account = ? ORDER BY id")
_STANDING = (
    "SELECT id FROM smscore_webhooks WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_SAVE = replacement(WEBHOOKS)
_REMOVE = deletion(WEBHOOKS, "WHERE id = ?")
_SECRET = selection(CALLBACK_SECRETS, "WHERE account = ?")
_SET_SECRET = replacement(CALLBACK_SECRETS)

# The partial indexes are used because their conditions stand here word by word.
_LISTENS = (
    "SELECT EXISTS (SELECT 1 FROM smscore_webhooks WHERE is_active = 1) "
    "OR EXISTS (SELECT 1 FROM smscore_messages WHERE callback_url IS NOT NULL)"
)
_LAST = "SELECT id FROM smscore_events WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?"
_NEWS = selection(
    EVENTS,
    "WHERE id > ? AND id <= ? AND ("
    "EXISTS (SELECT 1 FROM smscore_webhooks AS one"
    " WHERE one.account = smscore_events.account AND one.is_active = 1) "
    "OR EXISTS (SELECT 1 FROM smscore_messages AS one"
    " WHERE one.id = smscore_events.message AND one.callback_url IS NOT NULL)"
    ") ORDER BY id",
)

# From one endpoint to the next one: few of them may have many postings.
_WAITING = """
WITH RECURSIVE found (endpoint) AS (
    SELECT min(endpoint) FROM smscore_webhook_postings
    WHERE state = 'pending' AND due_at IS NOT NULL
    UNION ALL
    SELECT (
        SELECT min(endpoint) FROM smscore_webhook_postings
        WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint > found.endpoint
    ) FROM found WHERE found.endpoint IS NOT NULL
)
SELECT found.endpoint, (
    SELECT min(due_at) FROM smscore_webhook_postings AS one
    WHERE one.state = 'pending' AND one.due_at IS NOT NULL AND one.endpoint = found.endpoint
) FROM found WHERE found.endpoint IS NOT NULL
"""
_UPCOMING = selection(
    WEBHOOK_POSTINGS,
    "WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ? ORDER BY due_at, id LIMIT ?",
)
_POSTING = selection(WEBHOOK_POSTINGS, "WHERE id = ?")
_PUSHES = selection(WEBHOOK_POSTINGS, "WHERE message = ? AND event_id = 0 ORDER BY id")
_PAGE = selection(WEBHOOK_POSTINGS, "WHERE endpoint = ? AND id <= ? ORDER BY id DESC LIMIT ?")
_PAGE_OF = selection(
    WEBHOOK_POSTINGS, "WHERE endpoint = ? AND state = ? AND id <= ? ORDER BY id DESC LIMIT ?"
)
_ATTEMPTS = selection(WEBHOOK_ATTEMPTS, "WHERE posting = ? ORDER BY number")

_IN_TROUBLE = selection(WEBHOOKS, "WHERE is_active = 0 OR failing_since IS NOT NULL ORDER BY id")
_GIVEN_UP = (
    "SELECT endpoint, count(*) FROM smscore_webhook_postings WHERE state = 'dead' GROUP BY endpoint"
)
_COUNTS = "SELECT state, count(*) FROM smscore_webhook_postings WHERE endpoint = ? GROUP BY state"

_NEWEST = (
    "SELECT coalesce(max(newest), 0) FROM (SELECT max(id) AS newest FROM smscore_webhooks "
    "UNION ALL SELECT max(id) FROM smscore_webhook_postings) AS highest"
)

_UNLESS_BESIDE = (
    "CASE WHEN EXISTS (SELECT 1 FROM smscore_webhook_postings AS one WHERE one.state = 'pending'"
    " AND one.message = ? AND one.endpoint = ? AND one.id <> ? AND one.due_at IS NOT NULL)"
    " THEN NULL ELSE CAST(? AS BIGINT) END"
)
_INSERT = insertion(WEBHOOK_POSTINGS).sql.partition("VALUES")[0]
_ADD = Statement(f"{_INSERT} VALUES ({'?, ' * 13}{_UNLESS_BESIDE}, ?, ?, ?)", rank=6)
_REPLAY = Statement(
    "UPDATE smscore_webhook_postings SET state = 'pending', ends_at = NULL, "  # noqa: S608  # a constant
    f"due_at = {_UNLESS_BESIDE} WHERE id = ?",
    rank=7,
)
_RECORD = Statement(
    "UPDATE smscore_webhook_postings SET state = ?, attempts = ?, due_at = ?, ends_at = ?, "
    "last_status = ?, last_error = ? WHERE id = ?",
    rank=7,
)
# Not if the posting was removed with its webhook while it was tried.
_ATTEMPT = Statement(
    "INSERT INTO smscore_webhook_attempts "
    "(posting, number, at, micros, status, error, answer) "
    "SELECT id, ?, ?, ?, ?, ?, ? FROM smscore_webhook_postings WHERE id = ? "
    "ON CONFLICT (posting, number) DO UPDATE SET at = excluded.at, micros = excluded.micros, "
    "status = excluded.status, error = excluded.error, answer = excluded.answer",
    rank=8,
)
_FORGET_ATTEMPT = Statement(deletion(WEBHOOK_ATTEMPTS, "WHERE posting = ? AND number = ?"), rank=9)
# What is due already goes first; then nothing else is to be.
_RELEASE = Statement(
    "UPDATE smscore_webhook_postings SET due_at = ? WHERE due_at IS NULL AND id = ("
    "SELECT id FROM smscore_webhook_postings WHERE state = 'pending' AND message = ? "
    "AND endpoint = ? ORDER BY due_at IS NULL, id LIMIT 1)",
    rank=9,
)
# Of what was given up nobody could say any more that it is to be told, or that it need not be.
_DROP = deletion(WEBHOOK_POSTINGS, "WHERE endpoint = ? AND state IN ('pending', 'dead')")
_DROP_ATTEMPTS = deletion(
    WEBHOOK_ATTEMPTS,
    "WHERE posting IN (SELECT id FROM smscore_webhook_postings "
    "WHERE endpoint = ? AND state IN ('pending', 'dead'))",
)
_OLD = (
    "SELECT id FROM smscore_webhook_postings WHERE state <> 'pending' AND created_at < ? "
    "ORDER BY created_at LIMIT ?"
)
_PRUNE_ATTEMPTS = deletion(WEBHOOK_ATTEMPTS, f"WHERE posting IN ({_OLD})")
_PRUNE = deletion(WEBHOOK_POSTINGS, f"WHERE id IN ({_OLD})")


class WebhooksView(Reads):
    def get(self, webhook: WebhookId) -> Webhook | None:
        rows = self._fetch(_GET, webhook) if 0 <= webhook <= LARGEST_ID else []
        return webhook_of(rows[0]) if rows else None

    def of(self, account: AccountId) -> Sequence[Webhook]:
        return [webhook_of(cells) for cells in self._fetch(_OF, account)]

    def callback_secret(self, account: AccountId) -> Generation:
        rows = self._fetch(_SECRET, account)
        if not rows:
            return Generation()
        _, number, since = rows[0]
        return Generation(number=number, since=optional_moment(since))

    def news(self, cursor: int, *, limit: int) -> tuple[Sequence[tuple[int, Event]], int]:
        # What comes between these questions is behind the newest event, and is looked at later.
        newest = int(self._fetch(NEWEST_EVENT)[0][0])
        if cursor >= newest or not self._fetch(_LISTENS)[0][0]:
            return (), max(cursor, newest)
        full = self._fetch(_LAST, cursor, limit - 1)
        last = min(full[0][0], newest) if full else newest
        return [(cells[0], event_of(cells)) for cells in self._fetch(_NEWS, cursor, last)], last

    def stories(self, messages: Collection[MessageId]) -> Mapping[MessageId, Story]:
        return stories(self._session, messages)

    def waiting(self) -> Mapping[str, datetime]:
        return {endpoint: from_micros(due_at) for endpoint, due_at in self._fetch(_WAITING)}

    def upcoming(self, endpoint: str, *, limit: int) -> Sequence[Posting]:
        return [posting_of(cells) for cells in self._fetch(_UPCOMING, endpoint, limit)]

    def posting(self, posting: PostingId) -> Posting | None:
        rows = self._fetch(_POSTING, posting) if 0 <= posting <= LARGEST_ID else []
        return posting_of(rows[0]) if rows else None

    def pushes(self, message: MessageId) -> Sequence[Posting]:
        return [posting_of(cells) for cells in self._fetch(_PUSHES, message)]

    def postings(
        self,
        endpoint: str,
        *,
        state: PostingState | None = None,
        before: PostingId | None = None,
        limit: int = 50,
    ) -> Sequence[Posting]:
        last = LARGEST_ID if before is None else min(before - 1, LARGEST_ID)
        if state is None:
            rows = self._fetch(_PAGE, endpoint, last, limit)
        else:
            rows = self._fetch(_PAGE_OF, endpoint, state.value, last, limit)
        return [posting_of(cells) for cells in rows]

    def attempts(self, posting: PostingId) -> Sequence[Attempt]:
        return [attempt_of(cells) for cells in self._fetch(_ATTEMPTS, posting)]

    def in_trouble(self) -> Sequence[Webhook]:
        return [webhook_of(cells) for cells in self._fetch(_IN_TROUBLE)]

    def given_up(self) -> Mapping[str, int]:
        return dict(self._fetch(_GIVEN_UP))

    def counts(self, endpoint: str) -> Mapping[PostingState, int]:
        return {PostingState(state): count for state, count in self._fetch(_COUNTS, endpoint)}

    def newest(self) -> int:
        return int(self._fetch(_NEWEST)[0][0])

    def _fetch(self, sql: str, *parameters: object) -> list[Cells]:
        self._session.settle()
        return self._session.fetch(sql, parameters)


class Webhooks(Writes, WebhooksView):
    def get(self, webhook: WebhookId) -> Webhook | None:
        """Held, for what is changed must not be put back as it was, or after it was removed."""
        self._session.settle()
        rows = self._writer.hold(_GET, (webhook,)) if 0 <= webhook <= LARGEST_ID else []
        return webhook_of(rows[0]) if rows else None

    def standing(self, webhooks: Collection[WebhookId]) -> Collection[WebhookId]:
        self._session.settle()
        asked = to_json(sorted(webhooks)).decode()
        return {WebhookId(number) for (number,) in self._writer.hold(_STANDING, (asked,))}

    def save(self, webhook: Webhook) -> None:
        self._writer.change(_SAVE.sql, webhook_cells(webhook))
        self._wake()

    def remove(self, webhook: WebhookId) -> None:
        endpoint = webhook_endpoint(webhook)
        # First, for this waits for whoever holds it, and then its postings are seen.
        self._writer.change(_REMOVE, (webhook,))
        self._writer.change(_DROP_ATTEMPTS, (endpoint,))
        self._writer.change(_DROP, (endpoint,))
        self._wake()

    def set_callback_secret(self, account: AccountId, secret: Generation) -> None:
        cells = (account, secret.number, optional_micros(secret.since))
        self._writer.change(_SET_SECRET.sql, cells)

    def add(self, posting: Posting) -> None:
        self._writer.write(_ADD, posting_cells(posting))

    def push(self, posting: Posting) -> None:
        self.add(posting)
        self._writer.touch(Topic.PUSHES)
        self._writer.touch(Topic.EVENTS)

    def replay(self, posting: Posting) -> None:
        beside = (posting.message, posting.endpoint, posting.id)
        self._writer.write(_REPLAY, (*beside, optional_micros(posting.due_at), posting.id))
        self._wake()

    def record(self, posting: Posting, attempt: Attempt | None, *, at: datetime) -> None:
        self._writer.write(
            _RECORD,
            (
                posting.state.value,
                posting.attempts,
                optional_micros(posting.due_at),
                optional_micros(posting.ends_at),
                posting.last_status,
                posting.last_error,
                posting.id,
            ),
        )
        if attempt is not None:
            self._writer.write(_ATTEMPT, (*attempt_cells(attempt), posting.id))
            if attempt.number > KEPT_ATTEMPTS:
                self._writer.write(_FORGET_ATTEMPT, (posting.id, attempt.number - KEPT_ATTEMPTS))
        if posting.state is not PostingState.PENDING:
            self._writer.write(_RELEASE, (micros(at), posting.message, posting.endpoint))

    def prune(self, *, before: datetime, limit: int) -> int:
        self._writer.change(_PRUNE_ATTEMPTS, (micros(before), limit))
        return self._writer.change(_PRUNE, (micros(before), limit))

    def _wake(self) -> None:
        self._writer.touch(Topic.WEBHOOKS)
        self._writer.touch(Topic.EVENTS)
