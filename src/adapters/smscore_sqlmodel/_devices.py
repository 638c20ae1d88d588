"""
Devices: the phones of accounts.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.devices import Device
from smscore.domain.messages import AccountId
from smscore_sqlmodel._columns import DEVICES
from smscore_sqlmodel._mapping import from_micros, micros, optional_micros, optional_moment
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Devices", "DevicesView"]

_GET = selection(DEVICES, "WHERE account = ? AND name = ?")
_ALL = selection(DEVICES, "ORDER BY account, name")
_OF = selection(DEVICES, "WHERE account = ? ORDER BY name")
_SILENT = selection(
    DEVICES,
    "WHERE last_seen < ? AND NOT EXISTS (SELECT 1 FROM smscore_devices AS other "
    "WHERE other.account = smscore_devices.account AND other.last_poll >= ? "
    "AND (other.name = '' OR smscore_devices.name = '')) ORDER BY last_seen LIMIT ?",
)
_PUT = replacement(DEVICES)
_REMOVE = deletion(DEVICES, "WHERE account = ? AND name = ?")
_KEEP_LATEST = deletion(
    DEVICES,
    "WHERE account = ?1 AND name IN (SELECT name FROM smscore_devices WHERE account = ?1 "
    "ORDER BY last_seen DESC, name LIMIT -1 OFFSET ?2)",
)


class DevicesView(Reads):
    def get(self, account: AccountId, name: str) -> Device | None:
        self._session.settle((account, name))
        rows = self._session.fetch(_GET, (account, name))
        return _device_of(rows[0]) if rows else None

    def find(self, *, account: AccountId | None = None) -> Sequence[Device]:
        self._session.settle()
        sql, cells = (_ALL, ()) if account is None else (_OF, (account,))
        return [_device_of(row) for row in self._session.fetch(sql, cells)]

    def silent(self, *, since: datetime, limit: int) -> Sequence[Device]:
        self._session.settle()
        cells = (micros(since), micros(since), limit)
        return [_device_of(row) for row in self._session.fetch(_SILENT, cells)]


class Devices(Writes, DevicesView):
    def put(self, device: Device) -> None:
        # Phones poll all the time: what one has written waits for the others.
        self._writer.write(_PUT, _cells(device), key=(device.account, device.name))

    def keep_latest(self, account: AccountId, count: int) -> None:
        self._writer.change(_KEEP_LATEST, (account, count))

    def remove(self, account: AccountId, name: str) -> bool:
        return self._writer.change(_REMOVE, (account, name)) > 0


def _cells(device: Device) -> Cells:
    return (
        device.account,
        device.name,
        micros(device.first_seen),
        micros(device.last_seen),
        optional_micros(device.last_poll),
        device.delivered,
        device.failed,
    )


def _device_of(cells: Cells) -> Device:
    account, name, first_seen, last_seen, last_poll, delivered, failed = cells
    return Device(
        account=AccountId(account),
        name=name,
        first_seen=from_micros(first_seen),
        last_seen=from_micros(last_seen),
        last_poll=optional_moment(last_poll),
        delivered=delivered,
        failed=failed,
    )
