"""
What may be done to a simulated modem, as a table: of a scenario, or from the control socket.
"""

import enum
from collections.abc import Mapping

import attrs

from smscore.domain.segments import MOST_PARTS, EncodingOptions, Segments, split
from smscore.errors import Rejected
from smscore_modem._pdu import Address
from smscore_modem.simulator._faults import Fault

__all__ = ["Action", "Doing", "parts_of"]


class Doing(enum.StrEnum):
    """
    What is done.

    ========== ==================================================================
    ``inject`` a ``text`` arrives from ``sender``, with ``flash`` as class 0
    ``fault``  the ``fault`` begins, such as ``"refuses cms=38 times=2"``
    ``end``    the ``fault`` ends, or without one all of them
    ``unplug`` the port vanishes
    ``plug``   it is back, with ``renamed`` under another name
    ``call``   ``sender`` calls, and hangs up after so many ``seconds`` (20)
    ``pdu``    octets arrive, in hexadecimal: a message of any kind, or none at all
    ``report`` a stray report of delivery: that the message of this ``reference`` to ``sender`` has
               come to ``status`` (0)
    ========== ==================================================================
    """

    INJECT = "inject"
    FAULT = "fault"
    END = "end"
    UNPLUG = "unplug"
    PLUG = "plug"
    CALL = "call"
    REPORT = "report"
    PDU = "pdu"


_OCTET = attrs.validators.optional(
    attrs.validators.and_(attrs.validators.ge(0), attrs.validators.le(255))
)
_TAKEN: Mapping[Doing, frozenset[str]] = {
    Doing.INJECT: frozenset({"sender", "text", "flash"}),
    Doing.FAULT: frozenset({"fault"}),
    Doing.END: frozenset({"fault"}),
    Doing.UNPLUG: frozenset(),
    Doing.PLUG: frozenset({"renamed"}),
    Doing.CALL: frozenset({"sender", "seconds"}),
    Doing.REPORT: frozenset({"sender", "reference", "status"}),
    Doing.PDU: frozenset({"pdu"}),
}
_NEEDED: Mapping[Doing, frozenset[str]] = {
    Doing.INJECT: frozenset({"sender", "text"}),
    Doing.FAULT: frozenset({"fault"}),
    Doing.CALL: frozenset({"sender"}),
    Doing.REPORT: frozenset({"sender", "reference"}),
    Doing.PDU: frozenset({"pdu"}),
}


@attrs.frozen(kw_only=True)
class Action:
    """One thing that is done to one modem."""

    do: Doing
    modem: str = "modem1"
    sender: str | None = None
    text: str | None = None
    flash: bool | None = None
    fault: str | None = None
    renamed: bool | None = None
    seconds: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(0))
    )
    reference: int | None = attrs.field(default=None, validator=_OCTET)
    status: int | None = attrs.field(default=None, validator=_OCTET)
    pdu: str | None = None

    def __attrs_post_init__(self) -> None:
        words = {field.name for field in attrs.fields(Action)} - {"do", "modem"}
        given = {name for name in words if getattr(self, name) is not None}
        if missing := sorted(_NEEDED.get(self.do, frozenset()) - given):
            raise ValueError(f"{self.do!s} needs {missing[0]}")
        if stray := sorted(given - _TAKEN[self.do]):
            raise ValueError(f"{self.do!s} takes no {stray[0]}")
        if self.fault is not None:
            Fault.parse(self.fault)
        if self.sender is not None:
            Address.of(self.sender)
        if self.pdu is not None and not bytes.fromhex(self.pdu):
            raise ValueError("the PDU is empty")
        if self.text is not None:
            parts_of(self.text)


def parts_of(text: str) -> Segments:
    """
    How a text arrives.

    Raises:
        ValueError: it is too long, or no text.
    """
    try:
        return split(text, options=EncodingOptions(max_parts=MOST_PARTS))
    except Rejected as cause:
        raise ValueError(f"the text cannot arrive: {cause}") from cause
