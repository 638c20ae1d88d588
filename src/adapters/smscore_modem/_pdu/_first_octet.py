"""
What the messages share: the bits of their first octets, and how their fields are checked.
"""

from typing import Final, Protocol

from smscore.domain.user_data import UserData
from smscore_modem._pdu._schemes import Scheme

__all__ = [
    "DELIVER",
    "HAS_HEADER",
    "HAS_REPLY_PATH",
    "LOOP_PREVENTED",
    "NO_MORE",
    "REPORT_WANTED",
    "STATUS_REPORT",
    "SUBMIT",
    "TYPE",
    "check_protocol",
    "usual_scheme",
]

# TP-MTI (23.040, 9.2.3.1). To the centre the same values are SMS-DELIVER-REPORT and SMS-SUBMIT.
TYPE: Final = 0b11
DELIVER: Final = 0b00
SUBMIT: Final = 0b01
STATUS_REPORT: Final = 0b10

NO_MORE: Final = 0x04  # TP-MMS (9.2.3.2)
LOOP_PREVENTED: Final = 0x08  # TP-LP (9.2.3.28)
REPORT_WANTED: Final = 0x20  # TP-SRR, TP-SRI, TP-SRQ (9.2.3.4, 9.2.3.5, 9.2.3.26)
HAS_HEADER: Final = 0x40  # TP-UDHI (9.2.3.23)
HAS_REPLY_PATH: Final = 0x80  # TP-RP (9.2.3.17)


class _Carrying(Protocol):
    @property
    def user_data(self) -> UserData: ...


def usual_scheme(message: _Carrying) -> Scheme:
    """The scheme that goes with a message's user data, without a class."""
    return Scheme.of(message.user_data.coding)


def check_protocol(protocol: int) -> None:
    """
    Refuse a protocol identifier that is not an octet.

    Raises:
        ValueError: it is not 0 to 255.
    """
    if not 0 <= protocol <= 255:
        raise ValueError(f"a protocol identifier is 0 to 255, not {protocol}")
