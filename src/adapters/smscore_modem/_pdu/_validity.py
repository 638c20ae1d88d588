"""
Validity: how long the centre shall try, in the three forms of the standard (23.040, 9.2.3.12).
"""

import enum
from datetime import datetime, timedelta

import attrs

from smscore_modem._pdu._octets import SWAPPED, Octets
from smscore_modem._pdu._times import TimeStamp, read_time_stamp

__all__ = [
    "EnhancedForm",
    "EnhancedValidity",
    "RelativeValidity",
    "Validity",
    "read_validity",
    "validity_of",
    "write_validity",
]

_MINUTES, _HALF_HOUR = timedelta(minutes=5), timedelta(minutes=30)
_HALF_DAY, _DAY, _MONTH = timedelta(hours=12), timedelta(days=1), timedelta(days=30)
_WEEK = timedelta(weeks=1)
_ENHANCED_LENGTH = 7


def _steps(duration: timedelta, step: timedelta) -> int:
    whole, rest = divmod(duration, step)
    return whole + bool(rest)


@attrs.frozen(kw_only=True)
class RelativeValidity:
    """
    A time counted from when the centre takes the message (23.040, 9.2.3.12.1).

    Raises:
        ValueError: the octet is not 0 to 255.
    """

    octet: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.octet <= 255:
            raise ValueError(f"a validity is an octet of 0 to 255, not {self.octet}")

    @classmethod
    def of(cls, duration: timedelta) -> "RelativeValidity":
        """
        At least so long; no shorter than five minutes, nor longer than 63 weeks.

        Between 30 days and five weeks there is no value, nor between any two others.
        """
        if duration <= _HALF_DAY:
            return cls(octet=max(0, _steps(duration, _MINUTES) - 1))
        if duration <= _DAY:
            return cls(octet=143 + _steps(duration - _HALF_DAY, _HALF_HOUR))
        if duration <= _MONTH:
            return cls(octet=166 + _steps(duration, _DAY))
        return cls(octet=min(255, 192 + _steps(duration, _WEEK)))

    @property
    def duration(self) -> timedelta:
        """How long the message may wait."""
        if self.octet <= 143:
            return (self.octet + 1) * _MINUTES
        if self.octet <= 167:
            return _HALF_DAY + (self.octet - 143) * _HALF_HOUR
        if self.octet <= 196:
            return (self.octet - 166) * _DAY
        return (self.octet - 192) * _WEEK


class EnhancedForm(enum.IntEnum):
    """How an enhanced validity gives its time, in the low bits of its first octet."""

    NONE = 0
    RELATIVE = 1  # like a relative validity
    SECONDS = 2  # 1 to 255
    CLOCK = 3  # hours, minutes and seconds


_FORM, _SINGLE_SHOT, _EXTENDED = 0x07, 0x40, 0x80


@attrs.frozen(kw_only=True)
class EnhancedValidity:
    """
    The seven octets of an enhanced validity (23.040, 9.2.3.12.3), whatever they say.

    Raises:
        ValueError: there are more octets or fewer.
    """

    octets: bytes

    def __attrs_post_init__(self) -> None:
        if len(self.octets) != _ENHANCED_LENGTH:
            raise ValueError(
                f"an enhanced validity has {_ENHANCED_LENGTH} octets, not {len(self.octets)}"
            )

    @classmethod
    def of(
        cls,
        duration: timedelta | None,
        *,
        form: EnhancedForm | None = None,
        is_single_shot: bool = False,
    ) -> "EnhancedValidity":
        """
        At least so long, in the finest form that holds it if none is given.

        ``is_single_shot``: the centre tries once only. Without a duration it decides itself how
        long a message is valid.

        Raises:
            ValueError: the form does not hold the duration.
        """
        chosen = _finest_form(duration) if form is None else form
        indicator = chosen | (_SINGLE_SHOT if is_single_shot else 0)
        octets = bytes((indicator,)) + _write_duration(duration, chosen)
        return cls(octets=octets.ljust(_ENHANCED_LENGTH, b"\0"))

    @property
    def is_single_shot(self) -> bool:
        """Whether the centre tries once only."""
        return bool(self.octets[0] & _SINGLE_SHOT)

    @property
    def form(self) -> EnhancedForm | None:
        """How the time is given; None: in a way that the standard does not know yet."""
        form = self.octets[0] & _FORM
        return EnhancedForm(form) if form <= EnhancedForm.CLOCK else None

    @property
    def duration(self) -> timedelta | None:
        """How long the message may wait; None when the octets do not say."""
        value = self._value()
        match self.form:
            case EnhancedForm.RELATIVE if value:
                return RelativeValidity(octet=value[0]).duration
            case EnhancedForm.SECONDS if value and value[0]:  # 0 is reserved
                return timedelta(seconds=value[0])
            case EnhancedForm.CLOCK if len(value) >= 3:
                return _read_clock(value[:3])
        return None

    def _value(self) -> bytes:
        """What follows the indicators: each says whether another one follows."""
        for at, octet in enumerate(self.octets, start=1):
            if not octet & _EXTENDED:
                return self.octets[at:]
        return b""


def _finest_form(duration: timedelta | None) -> EnhancedForm:
    if duration is None:
        return EnhancedForm.NONE
    if duration <= timedelta(seconds=255):
        return EnhancedForm.SECONDS
    # A clock that is rounded up must not reach 24 hours.
    fits_clock = duration <= _DAY - timedelta(seconds=1)
    return EnhancedForm.CLOCK if fits_clock else EnhancedForm.RELATIVE


def _write_duration(duration: timedelta | None, form: EnhancedForm) -> bytes:
    if (duration is None) != (form is EnhancedForm.NONE):
        raise ValueError(f"the form {form.name} does not go with a duration of {duration}")
    if duration is None:
        return b""
    if form is EnhancedForm.RELATIVE:
        return bytes((RelativeValidity.of(duration).octet,))
    seconds = max(1, _steps(duration, timedelta(seconds=1)))
    most = 255 if form is EnhancedForm.SECONDS else 24 * 3600 - 1
    if seconds > most:
        raise ValueError(
            f"{duration} is longer than the {most} seconds of the form {form.name}; choose another"
        )
    if form is EnhancedForm.SECONDS:
        return bytes((seconds,))
    minutes, seconds = divmod(seconds, 60)
    clock = f"{minutes // 60:02}{minutes % 60:02}{seconds:02}"
    return bytes.fromhex(clock).translate(SWAPPED)


def _read_clock(octets: bytes) -> timedelta | None:
    digits = octets.translate(SWAPPED).hex()
    if not digits.isdecimal():
        return None
    hours, minutes, seconds = (int(digits[at : at + 2]) for at in (0, 2, 4))
    if minutes > 59 or seconds > 59:
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


Validity = RelativeValidity | EnhancedValidity | TimeStamp
"""A time stamp is the absolute form (23.040, 9.2.3.12.2)."""

# TP-VPF, in the first octet of the message (23.040, 9.2.3.3).
_RELATIVE, _ENHANCED, _ABSOLUTE = 0x10, 0x08, 0x18


def validity_of(value: Validity | timedelta | datetime | None) -> Validity | None:
    """
    For fields that take a duration or a moment as well.

    Raises:
        TypeError: it is something else, like a number, of which nobody knows the unit.
    """
    match value:
        case timedelta():
            return RelativeValidity.of(value)
        case datetime():
            return TimeStamp.of(value)
        case RelativeValidity() | EnhancedValidity() | TimeStamp() | None:
            return value
        case _:
            raise TypeError(
                f"a validity is a duration, a moment, one of the three forms or None, not {value!r}"
            )


def write_validity(validity: Validity | None) -> tuple[int, bytes]:
    """The bits for the first octet of the message, and the field."""
    match validity:
        case None:
            return 0, b""
        case RelativeValidity():
            return _RELATIVE, bytes((validity.octet,))
        case EnhancedValidity():
            return _ENHANCED, validity.octets
        case TimeStamp():
            return _ABSOLUTE, validity.octets


def read_validity(first: int, octets: Octets) -> Validity | None:
    """
    The field, in the form that the first octet of the message announces.

    Raises:
        MalformedPdu: there are fewer octets.
    """
    form = first & _ABSOLUTE
    if form == 0:
        return None
    if form == _RELATIVE:
        return RelativeValidity(octet=octets.octet("the validity"))
    if form == _ABSOLUTE:
        return read_time_stamp(octets, "the validity")
    return EnhancedValidity(octets=octets.take(_ENHANCED_LENGTH, "the validity"))
