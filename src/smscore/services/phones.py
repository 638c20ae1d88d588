"""
The operator's side of phones: which there are, which are silent, and what is put back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.devices import Device
from smscore.domain.messages import AccountId
from smscore.errors import NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, View, commit
from smscore.services._auditing import Auditor
from smscore.services._claims import put_back
from smscore.services._pauses import leave_room

__all__ = ["PhoneOverview", "Phones"]

_ALL = 2**31
_SHOWN = 20
"""Silent ones, to whoever asks all the time."""


@attrs.frozen(kw_only=True)
class PhoneOverview:
    """A device, the name of its account, and whether nothing was heard of it for too long."""

    device: Device
    account: str
    is_silent: bool

    @property
    def title(self) -> str:
        """Which one it is, such as ``pixel of shop``."""
        return f"{self.device.name or 'unnamed'} of {self.account}"


class Phones:
    """Any thread may call; *requeue* and *forget* block until they are durable."""

    def __init__(
        self, *, store: Store, clock: Clock, auditor: Auditor, silent_after: timedelta
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._silent_after = silent_after

    def all(self, *, account: str | None = None) -> Sequence[PhoneOverview]:
        """
        The devices of all accounts, or of one.

        Raises:
            NotFound: there is no such account.
        """
        since = self._clock.now() - self._silent_after

        def look(view: View) -> Sequence[PhoneOverview]:
            names = _names(view, account)
            silent = {
                (one.account, one.name) for one in view.devices.silent(since=since, limit=_ALL)
            }
            found = view.devices.find(account=next(iter(names)) if account else None)
            return [
                PhoneOverview(
                    device=one,
                    account=names.get(one.account, f"account {one.account}"),
                    is_silent=(one.account, one.name) in silent,
                )
                for one in found
            ]

        return self._store.read(look)

    def silent(self) -> Sequence[PhoneOverview]:
        """The devices that are silent, the longest silent ones first: some of them, if many are."""
        since = self._clock.now() - self._silent_after

        def look(view: View) -> Sequence[PhoneOverview]:
            found = view.devices.silent(since=since, limit=_SHOWN)
            return [
                PhoneOverview(
                    device=one,
                    account=owner.name if (owner := view.accounts.get(one.account)) else "",
                    is_silent=True,
                )
                for one in found
            ]

        return self._store.read(look)

    def forget(self, account: str, name: str) -> None:
        """
        Forget a device until it is heard of again; an empty name is that of those without one.

        Raises:
            NotFound: the account has none of this name, or there is no such account.
        """

        def look(view: View) -> AccountId:
            return next(iter(_names(view, account)))

        owner = self._store.read(look)
        forgotten = self._auditor.with_entry(
            lambda work: work.devices.remove(owner, name), "device.forgotten", name, account=account
        )
        if not commit(self._store, forgotten):
            raise NotFound(f"the account {account!r} has no device {name or 'without a name'!r}")

    def claimed(self, *, before: datetime, account: str | None = None) -> Mapping[str, int]:
        """
        How many messages phones were handed before then and have said nothing of, by account.

        Raises:
            NotFound: there is no such account.
        """

        def look(view: View) -> Mapping[str, int]:
            counts = {
                name: view.outbox.count_claimed(owner, before=before)
                for owner, name in _names(view, account).items()
            }
            return {name: count for name, count in counts.items() if count}

        return self._store.read(look)

    def requeue(self, *, before: datetime, account: str | None = None) -> Mapping[str, int]:
        """
        Have these messages handed out again, and say how many they are, by account.

        In small steps. A phone that reports late is believed: what it
        has sent is not handed out any more, and what it could not send waits for another one.

        Raises:
            NotFound: there is no such account.
        """
        owners = self._store.read(lambda view: _names(view, account))
        # What phones fetch meanwhile is theirs, whatever the clock of who asks.
        before = min(before, self._clock.now())
        done: dict[str, int] = {}
        for owner, name in owners.items():
            begun = self._clock.monotonic()
            while count := self._put_back(owner, name, before=before):
                done[name] = done.get(name, 0) + count
                leave_room(self._clock, since=begun)
                begun = self._clock.monotonic()
        return done

    def _put_back(self, account: AccountId, name: str, *, before: datetime) -> int:
        now = self._clock.now()
        if not self._store.read(lambda view: view.outbox.claimed(account, before=before, limit=1)):
            return 0
        step = self._auditor.with_entry(
            lambda work: put_back(work, account, before=before, now=now),
            "phones.requeued",
            name,
            before=before.isoformat(),
        )
        return commit(self._store, step)


def _names(view: View, account: str | None) -> Mapping[AccountId, str]:
    """The accounts that are meant."""
    if account is None:
        return {one.id: one.name for one in view.accounts.all()}
    found = view.accounts.named(account)
    if found is None:
        raise NotFound(f"there is no account {account!r}; 'smscore account list' shows all")
    return {found.id: found.name}
