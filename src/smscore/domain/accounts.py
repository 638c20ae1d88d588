"""
Accounts: who owns messages and what they may spend, quota and credit as one value.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.languages import Language
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import SenderId
from smscore.domain.segments import DEFAULT_OPTIONS, EncodingOptions
from smscore.errors import InsufficientCredits, InvalidRequest, LimitExceeded, SubscriptionRequired

__all__ = ["Account", "changed_options", "check_name", "is_name", "phone_queue"]

_MOST_CREDITS = 2**53
_REMEMBERED = 3
"""Months beside the one that is counted."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check_name(name: str, *, of: str) -> str:
    """
    A name that fits into configuration, command lines and channel names.

    Raises:
        InvalidRequest: it is empty, too long or holds other characters.
    """
    if not is_name(name):
        raise InvalidRequest(
            f"{name[:70]!r} cannot name {of}; use 1 to 64 letters, digits, dots, hyphens or _"
        )
    return name


def is_name(text: str) -> bool:
    """Whether something can be called so; nothing is called otherwise."""
    return _NAME.fullmatch(text) is not None


def phone_queue(account: str) -> str:
    """The channel from which the phones of the account with this name fetch."""
    return f"phones/{account}"


def changed_options(
    options: EncodingOptions,
    *,
    languages: Iterable[Language] | None = None,
    wide_reference: bool | None = None,
    replace_typography: bool | None = None,
    max_parts: int | None = None,
) -> EncodingOptions:
    """
    The options with what is given changed; ``None`` leaves a thing as it is.

    Raises:
        InvalidRequest: as of :class:`EncodingOptions`.
    """
    return EncodingOptions(
        languages=options.languages if languages is None else tuple(languages),
        wide_reference=options.wide_reference if wide_reference is None else wide_reference,
        replace_typography=(
            options.replace_typography if replace_typography is None else replace_typography
        ),
        max_parts=options.max_parts if max_parts is None else max_parts,
    )


class Account(Struct, frozen=True, kw_only=True):
    """
    Who owns messages.

    Credit, monthly limit and subscription each apply on every surface when set; ``None`` means
    not metered.
    """

    id: AccountId
    name: str
    tariff: str = "standard"
    home_country: str | None = None  # ISO 3166, for numbers written nationally
    time_zone: str = "UTC"
    default_sender: SenderId | None = None
    credits: int | None = None  # None: not metered
    monthly_limit: int | None = None  # messages; None: not metered
    used: int = 0  # messages accepted in ``month``
    month: str = ""  # such as "2026-11", in the account's time zone
    other_months: tuple[tuple[str, int], ...] = ()  # counted before it, for clocks that are set
    subscription_until: datetime | None = None  # None: no end
    encoding: EncodingOptions = DEFAULT_OPTIONS  # what its texts may use
    claim_lease: timedelta | None = (
        None  # after which a phone loses what it was handed; None: never
    )

    @property
    def phone_queue(self) -> str:
        """The channel from which the account's phones fetch."""
        return phone_queue(self.name)

    def has_same_settings(self, other: "Account") -> bool:
        """Whether the two differ in nothing but what has been spent."""
        return self == replace(
            other,
            credits=self.credits,
            used=self.used,
            month=self.month,
            other_months=self.other_months,
        )

    def used_in(self, now: datetime) -> int:
        """Messages accepted in the calendar month of ``now``."""
        return self._counted(self._month_in(now))

    def check_subscription(self, now: datetime) -> None:
        """
        Let an account pass whose subscription lasts.

        Raises:
            SubscriptionRequired: it has ended.
        """
        if self.subscription_until is not None and now >= self.subscription_until:
            raise SubscriptionRequired(
                f"the subscription of account {self.name!r} ended at "
                f"{self.subscription_until:%Y-%m-%d %H:%M}"
            )

    def spend(
        self, *, messages: int, credits: int, first: MessageId, now: datetime
    ) -> tuple[Self, Entry | None]:
        """
        Take a whole request from the account: all of it or nothing.

        Raises:
            SubscriptionRequired, LimitExceeded, InsufficientCredits: in this order of checks.
        """
        self.check_subscription(now)
        month = self._month_in(now)
        used = self._counted(month)
        if self.monthly_limit is not None and used + messages > self.monthly_limit:
            raise LimitExceeded(
                f"{messages} messages do not fit, {used} of {self.monthly_limit} are used",
                limit=self.monthly_limit,
                used=used,
            )
        self._check_credits(credits)
        spent = replace(
            self,
            used=used + messages,
            month=month,
            other_months=self._other_months(month),
            credits=None if self.credits is None else self.credits - credits,
        )
        if credits == 0 or self.credits is None:
            return spent, None
        return spent, self._entry(EntryKind.CHARGE, -credits, at=now, message=first)

    def uncounted(self, *, messages: int, now: datetime) -> Self:
        """The account whose month has room again for messages that were not accepted after all."""
        if self.month != self._month_in(now):
            return self
        return replace(self, used=self.used - min(messages, self.used))

    def charge(
        self, *, credits: int, message: MessageId, now: datetime, why: str
    ) -> tuple[Self, Entry | None]:
        """
        Take credits for a message that was counted before, such as one that is sent again.

        Raises:
            InsufficientCredits: the balance does not cover it.
        """
        self._check_credits(credits)
        if credits == 0 or self.credits is None:
            return self, None
        return self._booked(EntryKind.CHARGE, -credits, at=now, message=message, why=why)

    def refund(
        self, *, credits: int, message: MessageId, now: datetime, why: str
    ) -> tuple[Self, Entry | None]:
        """Give credits back for a message; an account that is not metered has none to get."""
        if credits == 0 or self.credits is None:
            return self, None
        return self._booked(EntryKind.REFUND, credits, at=now, message=message, why=why)

    def top_up(self, *, credits: int, now: datetime, why: str) -> tuple[Self, Entry | None]:
        """
        Add credits, or take some back with a negative number; begins metering if there was none.

        Raises:
            InsufficientCredits: the balance would fall below zero.
            InvalidRequest: it would become larger than JSON numbers can tell.
        """
        balance = (self.credits or 0) + credits
        if balance >= _MOST_CREDITS:
            raise InvalidRequest(f"an account has less than {_MOST_CREDITS} credits, not {balance}")
        if balance < 0:
            raise InsufficientCredits(
                f"account {self.name!r} has {self.credits or 0} credits, {-credits} cannot be taken"
            )
        kind = EntryKind.TOPUP if credits >= 0 else EntryKind.ADJUST
        metered = replace(self, credits=self.credits or 0)
        return metered._booked(kind, credits, at=now, message=None, why=why)

    def _check_credits(self, credits: int) -> None:
        if self.credits is not None and credits > self.credits:
            raise InsufficientCredits(
                f"the request costs {credits} credits, account {self.name!r} has {self.credits}"
            )

    def _booked(
        self, kind: EntryKind, credits: int, *, at: datetime, message: MessageId | None, why: str
    ) -> tuple[Self, Entry | None]:
        if self.credits is None:
            return self, None
        changed = replace(self, credits=self.credits + credits)
        return changed, self._entry(kind, credits, at=at, message=message, why=why)

    def _entry(
        self,
        kind: EntryKind,
        credits: int,
        *,
        at: datetime,
        message: MessageId | None,
        why: str = "",
    ) -> Entry:
        return Entry(
            account=self.id,
            kind=kind,
            credits=credits,
            balance=(self.credits or 0) + credits,
            at=at,
            message=message,
            why=why,
        )

    def _counted(self, month: str) -> int:
        return self.used if month == self.month else dict(self.other_months).get(month, 0)

    def _other_months(self, month: str) -> tuple[tuple[str, int], ...]:
        """
        What is to be remembered while this month is counted.

        A clock that was a month ahead for an hour must not make the month begin anew.
        """
        if month == self.month:
            return self.other_months
        others = [one for one in self.other_months if one[0] != month]
        if self.month:
            others.append((self.month, self.used))
        return tuple(others[-_REMEMBERED:])

    def _month_in(self, now: datetime) -> str:
        """
        The month for which to count.

        One that has just begun does not end again for a request that was overtaken by another, or
        for a clock that was set back a little: what was counted for it would be forgotten.
        """
        step = int(now.timestamp()) // _STEP
        soon = _month_at(self.time_zone, step + 1)
        return soon if soon == self.month else _month_at(self.time_zone, step)


# Time zones differ by multiples of a quarter of an hour, and so do the moments when months begin.
_STEP = 900


@lru_cache(maxsize=1024)
def _month_at(time_zone: str, step: int) -> str:
    return f"{datetime.fromtimestamp(step * _STEP, tz=ZoneInfo(time_zone)):%Y-%m}"
