"""
SMS-DELIVER: a message that the centre delivers (23.040, 9.2.2.1).
"""

import attrs

from smscore.domain.user_data import UserData
from smscore_modem._pdu._addresses import (
    Address,
    address_of,
    centre_of,
    read_address,
    write_centre,
)
from smscore_modem._pdu._first_octet import (
    DELIVER,
    HAS_HEADER,
    HAS_REPLY_PATH,
    LOOP_PREVENTED,
    NO_MORE,
    REPORT_WANTED,
    check_protocol,
    usual_scheme,
)
from smscore_modem._pdu._octets import Octets
from smscore_modem._pdu._schemes import Scheme
from smscore_modem._pdu._times import TimeStamp, read_time_stamp, time_stamp_of
from smscore_modem._pdu._user_data import check_user_data, read_user_data, write_user_data

__all__ = ["Deliver", "encode_deliver", "read_deliver"]


@attrs.frozen(kw_only=True)
class Deliver:
    """
    What a modem received. ``sender`` and ``centre`` may be given as text, ``sent_at`` as a moment.

    Raises:
        ValueError: a field does not fit into a PDU.
    """

    sender: Address = attrs.field(converter=address_of)
    user_data: UserData
    scheme: Scheme = attrs.field(default=attrs.Factory(usual_scheme, takes_self=True))
    sent_at: TimeStamp = attrs.field(converter=time_stamp_of)  # when the centre took it
    protocol: int = 0
    has_more: bool = False  # the centre has more messages waiting
    is_loop_prevented: bool = False  # it was forwarded, and shall not be again
    will_be_reported: bool = False  # to its sender
    has_reply_path: bool = False
    centre: Address | None = attrs.field(default=None, converter=centre_of)
    is_cut: bool = attrs.field(default=False, eq=False)  # it was announced longer than it came

    def __attrs_post_init__(self) -> None:
        check_protocol(self.protocol)
        check_user_data(self.user_data, self.scheme)


def encode_deliver(deliver: Deliver) -> bytes:
    """The PDU as a modem shows it, the centre in front."""
    first = DELIVER if deliver.has_more else DELIVER | NO_MORE
    if deliver.user_data.header:
        first |= HAS_HEADER
    if deliver.is_loop_prevented:
        first |= LOOP_PREVENTED
    if deliver.will_be_reported:
        first |= REPORT_WANTED
    if deliver.has_reply_path:
        first |= HAS_REPLY_PATH
    return b"".join(
        (
            write_centre(deliver.centre),
            bytes((first,)),
            deliver.sender.octets,
            bytes((deliver.protocol, deliver.scheme.octet)),
            deliver.sent_at.octets,
            write_user_data(deliver.user_data),
        )
    )


def read_deliver(octets: Octets, first: int, *, centre: Address | None) -> Deliver:
    """
    What follows the first octet.

    Raises:
        MalformedPdu: it ends too early.
    """
    sender = read_address(octets)
    protocol = octets.octet("the protocol identifier")
    scheme = Scheme.at(octets.octet("the coding scheme"))
    sent_at = read_time_stamp(octets, "the time stamp")
    user_data, is_cut = read_user_data(
        octets, coding=scheme.coding, has_header=bool(first & HAS_HEADER)
    )
    return Deliver(
        centre=centre,
        sender=sender,
        protocol=protocol,
        scheme=scheme,
        sent_at=sent_at,
        user_data=user_data,
        has_more=not first & NO_MORE,
        is_loop_prevented=bool(first & LOOP_PREVENTED),
        will_be_reported=bool(first & REPORT_WANTED),
        has_reply_path=bool(first & HAS_REPLY_PATH),
        is_cut=is_cut,
    )
