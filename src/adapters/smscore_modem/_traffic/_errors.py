"""
What a modem's refusal means for the message: the error classes, as data.

The numbers are those of 24.011 (network), 23.040 (transfer) and 27.005, 27.007 (modem); the same
number means different things in ``+CMS`` and ``+CME``. From 512 on every vendor has a list of its
own, which only a profile can know.

A meaning is written as the letter of a class, or as two of them with a number between: ``R2M``
is a refusal to retry on the first two times, and a sick modem from the third on.
"""

import enum
import re
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore_modem._line._events import Final

__all__ = [
    "CME",
    "CMS",
    "ErrorClass",
    "Meaning",
    "classify",
    "failure_of",
    "meaning_of",
    "number_of",
]


class ErrorClass(enum.Enum):
    """Who should do what after a refusal."""

    RETRY = "R"  # the same SIM again, later
    OTHER = "O"  # another channel, now
    PERMANENT = "P"  # nobody: it is the recipient or the content
    ACCOUNT = "A"  # the operator: subscription or credit; another channel may carry it
    MODEM = "M"  # the channel itself: the modem is sick
    OURS = "B"  # the authors: the modem did not understand us
    UNCERTAIN = "?"  # nobody knows whether it left
    WAIT = "W"  # nobody: what is missing comes by itself, and this was no try
    SIM = "S"  # the SIM is absent or locked: the channel has to look at it again
    FULL = "F"  # the channel makes room in the modem's store, then again
    BARE = "V"  # once more without what the centre or the recipient cannot do
    DUPLICATE = "D"  # the network has it already, if an earlier try was uncertain


_MEANING = re.compile(r"([ROPAMBWSFVD?])(?:(\d)([ROPAMBWSFVD?]))?")


@attrs.frozen(kw_only=True)
class Meaning:
    """A class, and maybe another one from the time on that follows the first ``limit`` ones."""

    first: ErrorClass
    limit: int | None = None
    afterwards: ErrorClass | None = None

    @classmethod
    def parse(cls, text: str) -> "Meaning":
        """
        From its letters.

        Raises:
            ValueError: they are not what the module describes.
        """
        found = _MEANING.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no meaning of an error; one is like R, P or R2M")
        if found[2] is None:
            return cls(first=ErrorClass(found[1]))
        return cls(first=ErrorClass(found[1]), limit=int(found[2]), afterwards=ErrorClass(found[3]))

    def after(self, earlier: int) -> ErrorClass:
        """The class when it has been so ``earlier`` times before."""
        if self.limit is None or self.afterwards is None or earlier < self.limit:
            return self.first
        return self.afterwards


def _table(**numbers: tuple[int, ...]) -> Mapping[int, Meaning]:
    found = {
        number: Meaning.parse(text.replace("UNCERTAIN", "?"))
        for text, listed in numbers.items()
        for number in listed
    }
    return MappingProxyType(found)


CMS = _table(
    # 24.011, annex E-2: the network.
    P=(1, 28, 29, 30, *(128, 129, 130, 195, 196)),
    A=(8, 10, 50, 69, 193),
    R=(*(22, 27, 38, 41, 42, 47, 127), *(192, 194, 212, 213, 255), *(301, 314, 321, 340)),
    R2P=(21, 111, *range(224, 255)),
    R1B=(81,),
    B=(95, 96, 97, 98, 99, 160, 161, 175, 176),
    # A line that loses a character garbles a PDU or a command as well as we could.
    R2B=(303, 304, 305),
    # 23.040, 9.2.3.22: the centre and the transfer.
    V=(143, 144, 145, 159, 198, 199),
    D=(197,),
    F=(*range(208, 212), 322),
    # 27.005, 3.2.5: the modem.
    M=(300, 313, 320),
    R1M=(302,),
    S=(310, 311, 312, 315, 316, 317, 318, 330),
    W=(331,),
    UNCERTAIN=(332,),  # network time-out: the answer got lost, maybe not the message
    R2M=(500,),
)
CME = _table(
    M=(0, 13, 23),
    R1M=(3,),
    R2B=(4,),  # as for +CMS 303
    B=(50,),
    S=(10, 11, 12, 15, 16, *range(40, 48)),
    R=(14, 21, 515),
    F=(20,),
    W=(30, 32),
    UNCERTAIN=(31,),
    R2M=(100,),
)
_UNKNOWN = Meaning.parse("R2M")
_REFUSED_AT_ONCE = Meaning.parse("R")  # a bare ERROR in place of the prompt
# What a modem writes that uses words, told to or by itself: 27.005, 3.2.5 and 27.007, 9.2.
_WORDS: Mapping[str, Mapping[str, int]] = {
    "CMS": {
        "me failure": 300,
        "sms service of me reserved": 301,
        "operation not allowed": 302,
        "operation not supported": 303,
        "invalid pdu mode parameter": 304,
        "invalid text mode parameter": 305,
        "sim not inserted": 310,
        "sim pin required": 311,
        "ph-sim pin required": 312,
        "sim failure": 313,
        "sim busy": 314,
        "sim wrong": 315,
        "sim puk required": 316,
        "sim pin2 required": 317,
        "sim puk2 required": 318,
        "memory failure": 320,
        "invalid memory index": 321,
        "memory full": 322,
        "smsc address unknown": 330,
        "no network service": 331,
        "network timeout": 332,
        "no +cnma acknowledgement expected": 340,
        "unknown error": 500,
    },
    "CME": {
        "phone failure": 0,
        "operation not allowed": 3,
        "operation not supported": 4,
        "sim not inserted": 10,
        "sim pin required": 11,
        "sim puk required": 12,
        "sim failure": 13,
        "sim busy": 14,
        "sim wrong": 15,
        "incorrect password": 16,
        "memory full": 20,
        "invalid index": 21,
        "memory failure": 23,
        "no network service": 30,
        "network timeout": 31,
        "unknown": 100,
    },
}

_FAILURES: Mapping[ErrorClass, type[TransportError]] = {
    ErrorClass.RETRY: TemporaryFailure,
    ErrorClass.FULL: TemporaryFailure,
    ErrorClass.WAIT: NotReady,
    ErrorClass.MODEM: NotReady,
    ErrorClass.SIM: NotReady,
    ErrorClass.OTHER: PermanentFailure,
    ErrorClass.PERMANENT: PermanentFailure,
    ErrorClass.ACCOUNT: PermanentFailure,
    ErrorClass.OURS: PermanentFailure,
    ErrorClass.BARE: PermanentFailure,
    ErrorClass.DUPLICATE: PermanentFailure,
    ErrorClass.UNCERTAIN: Indeterminate,
}


def meaning_of(final: Final, *, cms: Mapping[str, str], cme: Mapping[str, str]) -> Meaning:
    """
    What a final result that is not OK means; ``cms`` and ``cme`` are a profile's own words.

    Raises:
        ValueError: the profile's word is none.
    """
    number = number_of(final)
    own = {"CMS": cms, "CME": cme}.get(final.family, {}).get(str(number))
    if own is not None:
        return Meaning.parse(own)
    if final.family == "ERROR":
        return _REFUSED_AT_ONCE
    table = CMS if final.family == "CMS" else CME
    return _UNKNOWN if number is None else table.get(number, _UNKNOWN)


def number_of(final: Final) -> int | None:
    """The number of a ``+CMS`` or ``+CME`` error, also where the modem wrote words."""
    code = final.code.strip()
    if code.isdecimal() and code.isascii():
        return int(code[:9])
    return _WORDS.get(final.family, {}).get(code.lower())


def classify(meaning: Meaning, *, was_written: bool, earlier: int = 0) -> ErrorClass:
    """
    The class of a refusal that came so many times ``earlier`` for the same part.

    ``was_written`` says whether the modem had the message already: before, nothing is uncertain.
    """
    found = meaning.after(earlier)
    if found is ErrorClass.UNCERTAIN and not was_written:
        return ErrorClass.RETRY
    return found


def failure_of(found: ErrorClass, final: Final) -> TransportError:
    """The failure to raise for a message whose sending ended like this."""
    return _FAILURES[found](f"the modem answered {final.text!r}", cause=final.text)
