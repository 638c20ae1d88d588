"""
What endpoints are told of messages, read for many of them at once.
"""

from collections.abc import Collection, Mapping

from smscore.domain.messages import MessageId
from smscore.ports.storage import Story
from smscore_sqlmodel._columns import MESSAGES
from smscore_sqlmodel._mapping import to_json
from smscore_sqlmodel._messages import message_of
from smscore_sqlmodel._sessions import Session
from smscore_sqlmodel._statements import selection

__all__ = ["stories"]

_MESSAGES = selection(MESSAGES, "WHERE id IN (SELECT value FROM json_each(?))")
_KINDS = (
    "SELECT message, sequence, kind FROM smscore_events "
    "WHERE message IN (SELECT value FROM json_each(?))"
)
_ERROR_CODE = MESSAGES.names.index("error_code")


def stories(session: Session, messages: Collection[MessageId]) -> Mapping[MessageId, Story]:
    """Those of messages that are still there."""
    numbers = (to_json(sorted(messages)).decode(),)
    session.settle()
    kinds: dict[int, dict[int, str]] = {}
    for message, sequence, kind in session.fetch(_KINDS, numbers):
        kinds.setdefault(message, {})[sequence] = kind
    return {
        cells[0]: Story(
            message=message_of(cells),
            error_code=cells[_ERROR_CODE],
            kinds=kinds.get(cells[0], {}),
        )
        for cells in session.fetch(_MESSAGES, numbers)
    }
