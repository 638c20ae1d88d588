"""
How recipients behave: by default they receive, and some magic numbers do something else.
"""

import enum
from collections.abc import Callable

import attrs

__all__ = ["Behaviour", "CallOutcome", "behaviour_of"]


class CallOutcome(enum.StrEnum):
    """What a call comes to, in the words of V.250, 5.7.1."""

    RINGS = "RINGS"  # until the caller hangs up, or nobody answers
    BUSY = "BUSY"
    NO_ANSWER = "NO ANSWER"
    NO_CARRIER = "NO CARRIER"


@attrs.frozen(kw_only=True)
class Behaviour:
    """What becomes of a message; ``reports`` are the values of TP-ST that come back, in order."""

    reports: tuple[int, ...] = (0x00,)
    refusal: int | None = None  # a +CMS ERROR
    equipment_refusal: int | None = None  # a +CME ERROR
    is_silent: bool = False  # taken, but the modem never says so
    unplugs: bool = False  # taken, and the port is gone
    has_reference: bool = True  # else the answer is OK alone
    reference_delay: float = 0.0  # seconds
    report_delay: float | None = None  # seconds; None: as everywhere
    reports_first: bool = False  # before the reference
    answers: bool = False  # with the text of the message
    call: CallOutcome = CallOutcome.RINGS


# Those with three digits at the end take their last three.
_MAGIC: dict[str, Callable[[int], Behaviour]] = {
    "+99901": lambda _: Behaviour(reports=(0x45,)),
    "+99902": lambda _: Behaviour(reports=(0x46,)),
    "+99903": lambda _: Behaviour(reports=(0x20, 0x00)),
    "+99904": lambda _: Behaviour(reports=()),
    "+99905": lambda number: Behaviour(refusal=number),
    "+99906": lambda _: Behaviour(is_silent=True, reports=()),
    "+99907": lambda _: Behaviour(unplugs=True),
    "+99908": lambda number: Behaviour(report_delay=float(number)),
    "+99909": lambda _: Behaviour(reports_first=True),
    "+9990001": lambda number: Behaviour(equipment_refusal=number),
    "+9990002": lambda _: Behaviour(answers=True),
    "+9990003": lambda number: Behaviour(reference_delay=float(number)),
    "+9990004": lambda _: Behaviour(reports=(0x00, 0x00)),
    "+9990005": lambda _: Behaviour(reports=(0x01,)),
    "+9990006": lambda _: Behaviour(has_reference=False),
    "+9990007": lambda number: Behaviour(reports=(number % 256,)),
    "+9990008": lambda _: Behaviour(reports=(0x20,)),
    "+9990011": lambda _: Behaviour(call=CallOutcome.BUSY),
    "+9990012": lambda _: Behaviour(call=CallOutcome.NO_ANSWER),
    "+9990013": lambda _: Behaviour(call=CallOutcome.NO_CARRIER),
}
_NUMBER_MISSING = 500
_ORDINARY = Behaviour()


def behaviour_of(recipient: str) -> Behaviour:
    """The behaviour of a number."""
    for length in (8, 6):
        if (make := _MAGIC.get(recipient[:length])) is not None:
            digits = recipient[length:][-3:]
            return make(int(digits) if digits.isdecimal() else _NUMBER_MISSING)
    return _ORDINARY
