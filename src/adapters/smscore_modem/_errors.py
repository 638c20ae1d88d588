"""
What a modem's refusal means for the message: the error classes, as data.

The numbers are those of 24.011 (network), 23.040 (transfer) and 27.005, 27.007 (modem). Each
class says who should do what next; from 512 on every vendor has a list of its own.
"""

import enum

from smscore.errors import Indeterminate, PermanentFailure, TemporaryFailure, TransportError
from smscore_modem._events import Final

__all__ = ["CME", "CMS", "ErrorClass", "classify", "failure_of"]


class ErrorClass(enum.Enum):
    """Who should do what after a refusal."""

    RETRY = "R"  # the same SIM again, later
    OTHER = "O"  # another channel, now
    PERMANENT = "P"  # nobody: it is the recipient or the content
    ACCOUNT = "A"  # the operator: subscription, credit or SIM
    MODEM = "M"  # the channel itself: the modem is sick
    OURS = "B"  # the authors: the modem did not understand us
    UNCERTAIN = "?"  # nobody knows whether it left


def _table(**classes: tuple[int, ...]) -> dict[int, ErrorClass]:
    return {code: ErrorClass[name] for name, codes in classes.items() for code in codes}


CMS = _table(
    PERMANENT=(1, 28, 29, 30, 128, 129, 130, 143, 144, 145, 159, 195, 196, 197),
    ACCOUNT=(8, 10, 50, 69, 193, 310, 311, 312, 315, 316, 317, 318, 330),
    RETRY=(
        *(21, 22, 27, 38, 41, 42, 47, 111, 127, 192, 194, 198, 199),
        *range(208, 214),
        *range(224, 256),
        *(301, 314, 322, 331, 500),
    ),
    OURS=(81, 95, 96, 97, 98, 99, 160, 161, 175, 176, 303, 304, 305),
    MODEM=(300, 302, 313, 320),
    UNCERTAIN=(332,),  # network time-out: the answer got lost, maybe not the message
)
CME = _table(
    ACCOUNT=(10, 11, 12, 15, 16, *range(40, 48)),
    RETRY=(14, 20, 30, 32, 100, 515),
    OURS=(4, 50),
    MODEM=(0, 3, 13, 23),
    UNCERTAIN=(31,),
)

_FAILURES: dict[ErrorClass, type[TransportError]] = {
    ErrorClass.RETRY: TemporaryFailure,
    ErrorClass.MODEM: TemporaryFailure,
    ErrorClass.OTHER: PermanentFailure,
    ErrorClass.PERMANENT: PermanentFailure,
    ErrorClass.ACCOUNT: PermanentFailure,
    ErrorClass.OURS: PermanentFailure,
    ErrorClass.UNCERTAIN: Indeterminate,
}


def classify(final: Final, *, was_written: bool) -> ErrorClass:
    """
    The class of a final result that is not OK.

    ``was_written`` says whether the modem had the message already: before, nothing is uncertain.
    """
    table = {"CMS": CMS, "CME": CME}.get(final.family, {})
    found = table.get(int(final.code)) if final.code.isdecimal() else None
    if found is None:
        return ErrorClass.RETRY
    if found is ErrorClass.UNCERTAIN and not was_written:
        return ErrorClass.RETRY
    return found


def failure_of(final: Final, *, was_written: bool) -> TransportError:
    """The failure to raise for a message whose sending ended like this."""
    failure = _FAILURES[classify(final, was_written=was_written)]
    return failure(f"the modem answered {final.text!r}", cause=final.text)
