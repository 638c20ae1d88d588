"""
What can be configured for one telephone.
"""

import attrs

from smscore.options import between, is_given

__all__ = ["TermuxOptions"]

_MOST_SLOTS = 9


@attrs.frozen(kw_only=True)
class TermuxOptions:
    """The table of one channel whose transport is ``termux``; times in seconds."""

    program: str = attrs.field(default="termux-sms-send", validator=is_given)
    slot: int | None = attrs.field(default=None, validator=between(0, _MOST_SLOTS))  # which SIM
    gap: float = attrs.field(default=3.0, validator=between(0, 3600))  # between two messages
    timeout: float = attrs.field(default=60.0, validator=between(0.1, 3600))  # then nobody knows
