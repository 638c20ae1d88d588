"""
Settings that every request needs, kept until they change: accounts, modes of channels.
"""

from collections.abc import Mapping

from smscore.domain.accounts import Account
from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.messages import AccountId
from smscore.errors import NotFound
from smscore.ports.storage import Store, Topic

__all__ = ["Settings"]


class Settings:
    """
    Accounts and the modes of channels as last committed, within a second.

    What an account has spent may be older: whoever spends asks the unit of work.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts_changed = store.wakeup(Topic.ACCOUNTS)
        self._channels_changed = store.wakeup(Topic.CHANNELS)
        self._accounts: dict[AccountId | str, Account] = {}
        self._channels: list[_Channels] = []  # one table, or none yet

    def account(self, account: AccountId | str) -> Account:
        """
        An account by its id or name.

        Raises:
            NotFound: there is none.
        """
        known = self._known_accounts()
        found = known.get(account)
        if found is None:
            found = known[account] = self._look_up(account)
        return found

    def recall(self, account: AccountId | str) -> Account | None:
        """The same if it is at hand, without a look at the store; None means ask for it."""
        return self._known_accounts().get(account)

    @property
    def has_modes_at_hand(self) -> bool:
        """Whether the modes of channels are known, without a look at the store."""
        return bool(self._known_channels())

    def mode(self, channel: str) -> ChannelMode:
        """What an operator wants of the channel."""
        state = self._channel_states().states.get(channel)
        return ChannelMode.RUNNING if state is None else state.mode

    def draining(self) -> frozenset[str]:
        """The channels that are to be chosen for nothing new."""
        return self._channel_states().draining

    def _channel_states(self) -> "_Channels":
        known = self._known_channels()
        if not known:
            known.append(_Channels(self._store.read(lambda view: view.channels.all())))
        return known[0]

    def _known_accounts(self) -> dict[AccountId | str, Account]:
        if self._accounts_changed.wait(0):
            # A new one: a look-up that began before the change ends in the old one.
            self._accounts = {}
        return self._accounts

    def _known_channels(self) -> "list[_Channels]":
        if self._channels_changed.wait(0):
            self._channels = []
        return self._channels

    def _look_up(self, account: AccountId | str) -> Account:
        if isinstance(account, str):
            name = account
            found = self._store.read(lambda view: view.accounts.named(name))
        else:
            number = account
            found = self._store.read(lambda view: view.accounts.get(number))
        if found is None:
            raise NotFound(f"there is no account {account!r}; 'smscore account list' shows all")
        return found


class _Channels:
    """What operators have decided of channels, as of one moment."""

    def __init__(self, states: Mapping[str, ChannelState]) -> None:
        self.states = states
        self.draining = frozenset(
            name for name, state in states.items() if state.mode is ChannelMode.DRAINING
        )
