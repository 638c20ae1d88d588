"""
Messages that were made of others that arrived, read along indexes of their own.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.messages import OutboundMessage
from smscore.domain.recipients import Recipient
from smscore.ids import first_of
from smscore_sqlmodel._columns import MESSAGES
from smscore_sqlmodel._messages import message_of
from smscore_sqlmodel._sessions import Reads
from smscore_sqlmodel._statements import selection

__all__ = ["CausedView"]

_COUNT = (
    "SELECT count(*) FROM smscore_messages AS made "
    "JOIN smscore_inbound AS origin ON origin.id = made.origin "
    "WHERE made.recipient = ? AND made.id >= ? AND made.origin IS NOT NULL AND origin.sender = ?"
)
_CAUSED = selection(MESSAGES, "WHERE origin IS NOT NULL AND id >= ? ORDER BY id DESC LIMIT ?")


class CausedView(Reads):
    def count_caused(self, *, sender: str, recipient: Recipient, since: datetime) -> int:
        self._session.settle()
        [(count,)] = self._session.fetch(_COUNT, (recipient.value, first_of(since), sender))
        return int(count)

    def caused(self, *, since: datetime, limit: int) -> Sequence[OutboundMessage]:
        self._session.settle()
        return [message_of(row) for row in self._session.fetch(_CAUSED, (first_of(since), limit))]
