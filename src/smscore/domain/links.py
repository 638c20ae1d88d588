"""
Links: which telephone number is whose account of another network, such as Telegram.
"""

from datetime import datetime

import attrs

from smscore.domain.numbers import PhoneNumber

__all__ = ["Link"]


@attrs.frozen(kw_only=True)
class Link:
    """
    The owner of a number lets a channel write to an address.

    It belongs to the number: every account may use it, and no contact needs to exist. ``address``
    is the network's own, such as the id of a chat; ``name`` is what its owner goes by there.
    """

    channel: str
    number: PhoneNumber
    address: str
    linked_at: datetime
    name: str = ""
