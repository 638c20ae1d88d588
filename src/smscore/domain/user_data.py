"""
What one short message carries: its content as sent, and the header in front of it (TP-UD).
"""

import enum

import attrs

__all__ = ["Coding", "UserData"]


class Coding(enum.StrEnum):
    """How the content of a short message is to be read."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    BINARY = "binary"


@attrs.frozen(kw_only=True)
class UserData:
    """
    The user data of one short message (23.040, 9.2.3.24), not yet packed.

    ``content`` holds one septet per octet for ``GSM7``, UTF-16 big-endian octets for ``UCS2``,
    octets otherwise. ``header`` holds the information elements without the octet of their common
    length; see :mod:`smscore.domain.headers`.
    """

    coding: Coding
    content: bytes
    header: bytes = b""
