"""
Links: which number may be written to where.
"""

from collections.abc import Sequence

from smscore.domain.links import Link
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import Recipient
from smscore_sqlmodel._columns import LINKS
from smscore_sqlmodel._mapping import from_micros, micros
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Links", "LinksView"]

_GET = selection(LINKS, "WHERE number = ? AND channel = ?")
_OF = selection(LINKS, "WHERE number = ? ORDER BY channel")
_AT = selection(LINKS, "WHERE channel = ? AND address = ?")
_COUNT = "SELECT count(*) FROM smscore_links WHERE channel = ?"
_PUT = replacement(LINKS)
_REMOVE = deletion(LINKS, "WHERE number = ? AND channel = ?")
_REMOVE_OTHERS = deletion(LINKS, "WHERE channel = ? AND address = ? AND number <> ?")


class LinksView(Reads):
    def get(self, channel: str, number: Recipient) -> Link | None:
        return self._one(_GET, number.value, channel)

    def of(self, number: Recipient) -> Sequence[Link]:
        return [_link_of(cells) for cells in self._session.fetch(_OF, (number.value,))]

    def at(self, channel: str, address: str) -> Link | None:
        return self._one(_AT, channel, address)

    def count(self, channel: str) -> int:
        ((count,),) = self._session.fetch(_COUNT, (channel,))
        return int(count)

    def _one(self, sql: str, *place: str) -> Link | None:
        rows = self._session.fetch(sql, place)
        return _link_of(rows[0]) if rows else None


class Links(Writes, LinksView):
    def put(self, link: Link) -> None:
        number = link.number.value
        self._writer.change(_REMOVE_OTHERS, (link.channel, link.address, number))
        cells = (number, link.channel, link.address, micros(link.linked_at), link.name)
        self._writer.change(_PUT.sql, cells)

    def remove(self, channel: str, number: PhoneNumber) -> None:
        self._writer.change(_REMOVE, (number.value, channel))


def _link_of(cells: Cells) -> Link:
    number, channel, address, linked_at, name = cells
    return Link(
        channel=channel,
        number=PhoneNumber(number),
        address=address,
        linked_at=from_micros(linked_at),
        name=name,
    )
