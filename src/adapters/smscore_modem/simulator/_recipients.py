"""
How recipients behave: by default they receive, and a few magic numbers do something else.
"""

import attrs

__all__ = ["Behaviour", "behaviour_of"]

_REFUSED = "+99905"


@attrs.frozen(kw_only=True)
class Behaviour:
    """What becomes of a message; ``reports`` are the values of TP-ST that come back, in order."""

    reports: tuple[int, ...] = (0x00,)
    refusal: int | None = None  # a +CMS ERROR
    is_silent: bool = False  # taken, but the modem never says so
    unplugs: bool = False  # taken, and the port is gone


_MAGIC = {
    "+99901": Behaviour(reports=(0x45,)),
    "+99902": Behaviour(reports=(0x46,)),
    "+99903": Behaviour(reports=(0x20, 0x00)),
    "+99904": Behaviour(reports=()),
    "+99906": Behaviour(is_silent=True),
    "+99907": Behaviour(unplugs=True),
}
_ORDINARY = Behaviour()


def behaviour_of(recipient: str) -> Behaviour:
    """The behaviour of a number."""
    if recipient.startswith(_REFUSED):
        digits = recipient[len(_REFUSED) :][-3:]
        return Behaviour(refusal=int(digits) if digits.isdecimal() else 500)
    return _MAGIC.get(recipient[: len(_REFUSED)], _ORDINARY)
