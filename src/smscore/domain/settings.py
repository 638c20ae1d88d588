"""
Changing an account after it was made: what is wished, what may be wished, and the account then.
"""

import enum
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
from msgspec.structs import replace

from smscore.domain.accounts import Account, changed_options
from smscore.domain.languages import Language
from smscore.domain.moments import check_moment
from smscore.domain.numbers import SenderId, is_country
from smscore.errors import InvalidRequest

__all__ = [
    "UNCHANGED",
    "AccountChanges",
    "Unchanged",
    "check_amount",
    "check_tariff",
    "check_whole",
]

T = TypeVar("T")
_LARGEST = 2**53  # what JSON numbers can tell
_SHORTEST_LEASE = timedelta(minutes=1)
_LONGEST_LEASE = timedelta(days=36_500)


class Unchanged(enum.Enum):
    """Stands for what is to stay where ``None`` has a meaning of its own."""

    UNCHANGED = enum.auto()


UNCHANGED = Unchanged.UNCHANGED
Clearable: TypeAlias = T | Unchanged | None  # None: there is to be none


@attrs.frozen(kw_only=True)
class AccountChanges:
    """
    What is to be different from now on. Credits are not here: they change by entries of the ledger.

    Raises:
        InvalidRequest: a value is out of its range.
    """

    tariff: str | Unchanged = UNCHANGED
    home_country: Clearable[str] = UNCHANGED
    time_zone: str | Unchanged = UNCHANGED
    default_sender: Clearable[SenderId] = UNCHANGED
    monthly_limit: Clearable[int] = UNCHANGED
    subscription_until: Clearable[datetime] = UNCHANGED
    claim_lease: Clearable[timedelta] = UNCHANGED
    languages: tuple[Language, ...] | Unchanged = UNCHANGED
    wide_reference: bool | Unchanged = UNCHANGED
    replace_typography: bool | Unchanged = UNCHANGED
    max_parts: int | Unchanged = UNCHANGED

    def __attrs_post_init__(self) -> None:
        if isinstance(self.home_country, str):
            _check_country(self.home_country)
        if isinstance(self.time_zone, str):
            _check_time_zone(self.time_zone)
        if self.monthly_limit is not None and not isinstance(self.monthly_limit, Unchanged):
            check_amount(self.monthly_limit, "the monthly limit")
        if isinstance(self.subscription_until, datetime):
            check_moment(self.subscription_until, "the end of the subscription")
        if isinstance(self.claim_lease, timedelta):
            _check_lease(self.claim_lease)

    def apply(self, account: Account) -> Account:
        """
        The account as it is wished; messages that were accepted before stay as they are.

        Raises:
            InvalidRequest: there cannot be so many parts, or so few.
        """
        return replace(
            account,
            tariff=_either(self.tariff, account.tariff),
            home_country=_either(self.home_country, account.home_country),
            time_zone=_either(self.time_zone, account.time_zone),
            default_sender=_either(self.default_sender, account.default_sender),
            monthly_limit=_either(self.monthly_limit, account.monthly_limit),
            subscription_until=_either(self.subscription_until, account.subscription_until),
            claim_lease=_either(self.claim_lease, account.claim_lease),
            encoding=changed_options(
                account.encoding,
                languages=_either(self.languages, None),
                wide_reference=_either(self.wide_reference, None),
                replace_typography=_either(self.replace_typography, None),
                max_parts=_either(self.max_parts, None),
            ),
        )


def check_tariff(tariff: str, *, known: Collection[str]) -> None:
    """
    Let a tariff pass that is configured.

    Raises:
        InvalidRequest: there is none of this name.
    """
    if tariff not in known:
        raise InvalidRequest(f"there is no tariff {tariff!r}; configured are: {', '.join(known)}")


def _check_country(code: str) -> None:
    """
    Let the code of a country pass.

    Raises:
        InvalidRequest: it is none.
    """
    if not is_country(code):
        raise InvalidRequest(f"{code!r} is not a country; use two capital letters such as DE")


def _check_time_zone(name: str) -> None:
    """
    Let a time zone pass that this machine knows.

    Raises:
        InvalidRequest: it knows none of this name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise InvalidRequest(
            f"{name!r} is not a time zone; use a name such as Europe/Berlin"
        ) from cause


def _check_lease(lease: timedelta) -> None:
    """
    Let a lease pass in which a phone can send and report.

    Raises:
        InvalidRequest: it is too short, or longer than anybody lives.
    """
    if lease > _LONGEST_LEASE:
        raise InvalidRequest(
            f"claims cannot end after {lease.days} days; use {_LONGEST_LEASE.days} at most, or none"
        )
    if lease < _SHORTEST_LEASE:
        raise InvalidRequest(
            f"claims cannot end after {lease.total_seconds():g} s: phones need at least "
            f"{_SHORTEST_LEASE.seconds} s to send and report"
        )


def check_amount(amount: int, what: str) -> None:
    """
    Let an amount pass that every surface can tell.

    Raises:
        InvalidRequest: it is no whole number, negative or too large.
    """
    check_whole(amount, what)
    if not 0 <= amount < _LARGEST:
        raise InvalidRequest(f"{what} must be 0 or more and below 2^53, not {amount}")


def check_whole(amount: int, what: str) -> None:
    """
    Let a whole number pass; hosts without types may have a Decimal or a float.

    Raises:
        InvalidRequest: it is something else.
    """
    if type(amount) is not int:
        raise InvalidRequest(f"{what} must be a whole number, not {amount!r}")


def _either(wish: T | Unchanged, before: T) -> T:
    return before if isinstance(wish, Unchanged) else wish
