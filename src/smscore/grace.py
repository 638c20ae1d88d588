"""
How long a gateway waits for code that is not its own, above all when it stops.
"""

import attrs

from smscore.options import between

__all__ = ["Grace"]


@attrs.frozen(kw_only=True)
class Grace:
    """
    Seconds that are given to what is under way; what takes longer is left behind, and told.

    A part of a message that is left behind is in doubt: give less only where that is none, as in
    tests.

    Raises:
        ConfigurationError: a time is negative, or more than an hour.
    """

    # For the steps under way, such as a part that a modem was given, until their channels close.
    step: float = attrs.field(default=15.0, validator=between(0, 3600))
    # For the opening of a transport, and for the close of all together.
    transport: float = attrs.field(default=30.0, validator=between(0, 3600))
    # For whoever calls a transport that was closed meanwhile.
    caller: float = attrs.field(default=5.0, validator=between(0, 3600))
