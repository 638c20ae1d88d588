"""
Time stamps: when the centre took a message, when it was done with it, until when it is valid.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import attrs

from smscore_modem._pdu._octets import SWAPPED, Octets

__all__ = ["TimeStamp", "read_time_stamp", "time_stamp_of"]

_LENGTH = 7
_QUARTER = timedelta(minutes=15)
_MOST_QUARTERS = 56  # no place is farther from UTC than 14 hours
# Years have two digits. The first short message was sent in 1992, so that the nineties are past.
_FIRST_YEAR, _LAST_YEAR = 1990, 2089
_NO_NUMBER = 0xFF
# The two digits of each octet; the first one is the lower.
_NUMBERS = bytes(
    (octet & 0xF) * 10 + (octet >> 4) if max(octet & 0xF, octet >> 4) < 10 else _NO_NUMBER
    for octet in range(256)
)
_WEST = 0x08  # the sign of the zone, in the first of its semi-octets


@attrs.frozen(kw_only=True)
class TimeStamp:
    """
    The seven octets of a time stamp (23.040, 9.2.3.11), whatever they say.

    Raises:
        ValueError: there are more octets or fewer.
    """

    octets: bytes

    def __attrs_post_init__(self) -> None:
        if len(self.octets) != _LENGTH:
            raise ValueError(f"a time stamp has {_LENGTH} octets, not {len(self.octets)}")

    @classmethod
    def of(cls, moment: datetime) -> "TimeStamp":
        """
        A moment in its own zone, the second begun, the zone rounded to a quarter of an hour.

        Raises:
            ValueError: it has no zone, or one that a time stamp cannot have, or its year is not
                1990 to 2089.
        """
        offset = moment.utcoffset()
        if offset is None:
            raise ValueError(f"a time stamp needs a time zone, and {moment} has none")
        quarters = round(offset / _QUARTER)
        if abs(quarters) > _MOST_QUARTERS:
            raise ValueError(f"a time stamp is at most 14 hours from UTC, not {offset}")
        local = _local(moment, quarters)
        if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
            raise ValueError(
                f"a time stamp is of the years {_FIRST_YEAR} to {_LAST_YEAR}, not {local.year}"
            )
        swapped = bytes.fromhex(f"{local:%y%m%d%H%M%S}{abs(quarters):02}").translate(SWAPPED)
        return cls(octets=swapped[:-1] + bytes((swapped[-1] | (_WEST if quarters < 0 else 0),)))

    @property
    def moment(self) -> datetime | None:
        """The moment, in the zone it was written in; None when the octets name none."""
        short, month, day, hour, minute, second, _ = self.octets.translate(_NUMBERS)
        zone = _zone(self.octets[-1])
        if zone is None or short == _NO_NUMBER:  # any other that is none fits into no date
            return None
        year = _FIRST_YEAR + (short - _FIRST_YEAR) % 100
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            return None


def _local(moment: datetime, quarters: int) -> datetime:
    try:
        return moment.astimezone(timezone(quarters * _QUARTER))
    except OverflowError:  # at either end of the calendar
        return moment


@lru_cache(maxsize=256)
def _zone(octet: int) -> tzinfo | None:
    """The zone of an octet: quarters of an hour, of which the sign takes one bit."""
    tens, ones = octet & 0x7, octet >> 4
    quarters = 10 * tens + ones
    if ones > 9 or quarters > _MOST_QUARTERS:
        return None
    if quarters == 0:
        return UTC
    return timezone((-quarters if octet & _WEST else quarters) * _QUARTER)


def time_stamp_of(value: datetime | TimeStamp) -> TimeStamp:
    """For fields that take a moment as well as a time stamp."""
    return TimeStamp.of(value) if isinstance(value, datetime) else value


def read_time_stamp(octets: Octets, name: str) -> TimeStamp:
    """
    Seven octets that should be a time stamp.

    Raises:
        MalformedPdu: there are fewer.
    """
    return TimeStamp(octets=octets.take(_LENGTH, name))
