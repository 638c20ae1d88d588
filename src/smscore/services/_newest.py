"""
The newest id that was ever given, for it must not be given again.
"""

from smscore.domain.messages import MessageId
from smscore.ports.storage import UnitOfWork

__all__ = ["keep_newest", "newest_of"]

_CHANNEL, _KEY = "", "newest"  # no channel's name is empty


def newest_of(work: UnitOfWork) -> MessageId:
    """The newest id in the store, or of what has been in it."""
    kept = work.journal.get(channel=_CHANNEL, key=_KEY)
    found = [
        *(one.message.id for one in work.outbox.find(limit=1)),
        *(one.id for one in work.inbox.find(limit=1)),
        MessageId(work.webhooks.newest()),
        *((MessageId(int.from_bytes(kept)),) if kept else ()),
    ]
    return max(found, default=MessageId(0))


def keep_newest(work: UnitOfWork) -> None:
    """Remember it, before messages are dropped."""
    work.journal.put(channel=_CHANNEL, key=_KEY, value=newest_of(work).to_bytes(8))
