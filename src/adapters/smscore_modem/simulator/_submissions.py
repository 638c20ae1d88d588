"""
What a virtual modem hands to its network, and what the network makes of it.
"""

import attrs

from smscore_modem._pdu import Submit

__all__ = ["Submission", "Verdict"]


@attrs.frozen(kw_only=True)
class Submission:
    """A message that a virtual modem hands to its network."""

    modem: str  # its number
    reference: int
    submit: Submit
    pdu: bytes  # exactly as the client wrote it


@attrs.frozen(kw_only=True)
class Verdict:
    """What the network makes of a submission."""

    refusal: int | None = None  # a +CMS ERROR
    equipment_refusal: int | None = None  # a +CME ERROR
    is_silent: bool = False
    delay: float = 0.0  # seconds until the client has its reference
    awaits_report: bool = False  # the reference comes after the report
    has_reference: bool = True  # else OK alone
