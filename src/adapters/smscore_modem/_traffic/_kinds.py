"""
What a received message is meant for: to be read, or something special.
"""

from smscore.domain.headers import ports_of, read_elements
from smscore.domain.inbound import InboundKind
from smscore_modem._pdu import Deliver

__all__ = ["kind_of"]

_SILENT = 0x40  # 23.040, 9.2.3.9
_REPLACEMENTS = range(0x41, 0x48)  # the same: short message types 1 to 7
_SPECIAL_INDICATION = 0x01  # 23.040, 9.2.3.24.2


def kind_of(message: Deliver) -> InboundKind:
    """By its protocol identifier, its header and its coding scheme, in this order."""
    if message.protocol == _SILENT:
        return InboundKind.SILENT
    if message.protocol in _REPLACEMENTS:
        return InboundKind.REPLACEMENT
    header = message.user_data.header
    if ports_of(header) is not None:
        return InboundKind.PORT
    says_so = any(one.identifier == _SPECIAL_INDICATION for one in read_elements(header))
    if says_so or message.scheme.waiting is not None:
        return InboundKind.WAITING
    return InboundKind.SMS
