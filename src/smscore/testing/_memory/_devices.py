"""
Phones in a dictionary.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.devices import Device
from smscore.domain.messages import AccountId
from smscore.ports.storage import TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryDevices"]


class MemoryDevices:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._devices: dict[tuple[AccountId, str], Device] = {}

    def get(self, account: AccountId, name: str) -> Device | None:
        return self._devices.get((account, name))

    def find(self, *, account: AccountId | None = None) -> Sequence[Device]:
        return [
            device
            for (owner, _), device in sorted(self._devices.items())
            if account in (None, owner)
        ]

    def silent(self, *, since: datetime, limit: int) -> Sequence[Device]:
        polled = [
            one for one in self.find() if one.last_poll is not None and one.last_poll >= since
        ]
        silent = [
            one
            for one in self.find()
            if one.last_seen < since
            and not any(
                other.account == one.account and "" in (one.name, other.name) for other in polled
            )
        ]
        return sorted(silent, key=lambda one: one.last_seen)[:limit]

    def put(self, device: Device) -> None:
        self._log.put(self._devices, (device.account, device.name), device)

    def keep_latest(self, account: AccountId, count: int) -> None:
        known = sorted(self.find(account=account), key=lambda one: one.last_seen, reverse=True)
        for device in known[count:]:
            self.remove(account, device.name)

    def remove(self, account: AccountId, name: str) -> bool:
        if (account, name) not in self._devices:
            return False
        self._log.drop(self._devices, (account, name))
        return True

    def shelves(self) -> Shelves:
        return {TraceKind.DEVICES: Shelf(table=self._devices, texts=("name",))}
