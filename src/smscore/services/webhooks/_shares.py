"""
How many calls are under way for whom: an account whose endpoints hang leaves room for the others.
"""

from collections import Counter

from smscore.domain.messages import AccountId

__all__ = ["Shares"]


class Shares:
    """
    Room for ``most`` calls at a time, each of which has a connection.

    No account takes more than it leaves free: a single one half of the room, two of them a third
    each, and a newcomer always finds some.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._taken: Counter[AccountId] = Counter()

    def room(self, account: AccountId) -> int:
        """How many more calls the account may have now."""
        return max(0, (self._free - self._taken[account] + 1) // 2)

    def take(self, account: AccountId) -> None:
        """A call was begun."""
        self._free -= 1
        self._taken[account] += 1

    def give_back(self, account: AccountId) -> None:
        """A call has ended."""
        self._free += 1
        self._taken[account] -= 1
        if not self._taken[account]:
            del self._taken[account]
