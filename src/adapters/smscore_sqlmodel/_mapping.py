"""
Domain values to rows and back, by hand: times, accounts, reports.

Rows are tuples in the order of the tables' columns, and hold exact types only: the driver would
look for an adapter for each enumeration member or truth value.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from smscore.domain.accounts import Account
from smscore.domain.deliveries import DeliveryReport, ReportOutcome
from smscore.domain.languages import Language
from smscore.domain.messages import AccountId
from smscore.domain.numbers import SenderId
from smscore.domain.recipients import recipient_of
from smscore.domain.segments import EncodingOptions

__all__ = [
    "AccountCells",
    "ReportCells",
    "account_cells",
    "account_of",
    "from_micros",
    "languages_of",
    "languages_text",
    "micros",
    "optional_micros",
    "optional_moment",
    "report_cells",
    "report_of",
    "to_json",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

to_json = msgspec.json.Encoder().encode

AccountCells: TypeAlias = tuple[
    int,  # id
    str,  # name
    str,  # tariff
    str | None,  # home_country
    str,  # time_zone
    str | None,  # default_sender
    int | None,  # credits
    int | None,  # monthly_limit
    int,  # used
    str,  # month
    int | None,  # subscription_until
    str,  # languages
    int,  # wide_reference
    int,  # replace_typography
    int,  # max_parts
    int | None,  # claim_lease
    str,  # other_months
]
ReportCells: TypeAlias = tuple[str, str, str, str, int, str, int | None]


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def optional_micros(moment: datetime | None) -> int | None:
    """The same for what may be missing."""
    return None if moment is None else micros(moment)


def from_micros(value: int) -> datetime:
    """The moment that so many microseconds mean."""
    return _EPOCH + timedelta(microseconds=value)


def optional_moment(value: int | None) -> datetime | None:
    """The same for what may be missing."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def account_cells(account: Account) -> AccountCells:
    """The row of an account."""
    encoding = account.encoding
    return (
        account.id,
        account.name,
        account.tariff,
        account.home_country,
        account.time_zone,
        account.default_sender.value if account.default_sender else None,
        account.credits,
        account.monthly_limit,
        account.used,
        account.month,
        optional_micros(account.subscription_until),
        languages_text(encoding.languages),
        1 if encoding.wide_reference else 0,
        1 if encoding.replace_typography else 0,
        encoding.max_parts,
        None if account.claim_lease is None else account.claim_lease // _MICROSECOND,
        " ".join([f"{month}:{used}" for month, used in account.other_months]),
    )


def account_of(cells: AccountCells) -> Account:
    """The account of a row."""
    return Account(
        id=AccountId(cells[0]),
        name=cells[1],
        tariff=cells[2],
        home_country=cells[3],
        time_zone=cells[4],
        default_sender=None if cells[5] is None else SenderId(cells[5]),
        credits=cells[6],
        monthly_limit=cells[7],
        used=cells[8],
        month=cells[9],
        subscription_until=optional_moment(cells[10]),
        encoding=EncodingOptions(
            languages=languages_of(cells[11]),
            wide_reference=bool(cells[12]),
            replace_typography=bool(cells[13]),
            max_parts=cells[14],
        ),
        claim_lease=None if cells[15] is None else cells[15] * _MICROSECOND,
        other_months=tuple([_counted(one) for one in cells[16].split()]),
    )


def _counted(text: str) -> tuple[str, int]:
    month, _, used = text.rpartition(":")
    return month, int(used)


def languages_text(languages: tuple[Language, ...]) -> str:
    """Languages as their codes with commas between them."""
    return ",".join([language.value for language in languages])


@lru_cache(maxsize=64)  # few different lists, many messages
def languages_of(text: str) -> tuple[Language, ...]:
    """The languages of such a text."""
    return tuple([Language(code) for code in text.split(",")]) if text else ()


def report_cells(report: DeliveryReport) -> ReportCells:
    """The row of a parked report, but for its number."""
    return (
        report.channel,
        report.reference,
        report.recipient.value,
        report.outcome.value,
        micros(report.received_at),
        report.detail,
        optional_micros(report.submitted_at),
    )


def report_of(cells: tuple[Any, ...]) -> DeliveryReport:
    """The parked report of a row."""
    return DeliveryReport(
        channel=cells[1],
        reference=cells[2],
        recipient=recipient_of(cells[3]),
        outcome=ReportOutcome(cells[4]),
        received_at=from_micros(cells[5]),
        detail=cells[6],
        submitted_at=optional_moment(cells[7]),
    )
