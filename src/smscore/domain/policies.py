"""
What a channel does when a message did not leave, or nobody knows whether it did.
"""

import enum

import attrs

from smscore.errors import InvalidRequest

__all__ = ["DEFAULT_POLICY", "CustodyPolicy", "DoubtPolicy", "RetryPolicy"]

_LARGEST_EXPONENT = 64  # of a factor of 1 or more: any limit is reached before, or never


def _check(value: float, name: str, *, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:  # nan is in no range
        raise InvalidRequest(f"{name} must be between {lowest} and {highest}, not {value}")


class DoubtPolicy(enum.StrEnum):
    """What becomes of a message of which nobody knows whether it left."""

    INDETERMINATE = "indeterminate"  # leave it, and say so: never sent twice
    RESEND = "resend"  # send the part in doubt again: never lost, perhaps received twice
    FAIL = "fail"  # give it up, and the credits back: perhaps received all the same


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """
    How often one channel tries again, and after how many seconds.

    Raises:
        InvalidRequest: a number is out of its range.
    """

    max_attempts: int = 5
    first_delay: float = 5.0
    factor: float = 4.0
    longest_delay: float = 900.0

    def __attrs_post_init__(self) -> None:
        _check(self.max_attempts, "max_attempts", lowest=1, highest=1000)
        _check(self.first_delay, "first_delay", lowest=0, highest=604_800)
        _check(self.factor, "factor", lowest=1, highest=1000)
        _check(self.longest_delay, "longest_delay", lowest=0, highest=604_800)

    def delay(self, attempts: int) -> float | None:
        """Seconds until the next try after so many failed ones; None when it is time to give up."""
        if attempts >= self.max_attempts:
            return None
        exponent = min(max(attempts - 1, 0), _LARGEST_EXPONENT)
        return min(self.first_delay * self.factor**exponent, self.longest_delay)


@attrs.frozen(kw_only=True)
class CustodyPolicy:
    """Both, for one channel."""

    retry: RetryPolicy = RetryPolicy()
    in_doubt: DoubtPolicy = DoubtPolicy.INDETERMINATE


DEFAULT_POLICY = CustodyPolicy()
