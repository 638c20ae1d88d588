"""
What a client typed in text mode, as a PDU (27.005, 3.5.1), and stored messages for somebody else.
"""

import attrs

from smscore_modem._pdu import (
    Address,
    MalformedPdu,
    RelativeValidity,
    Scheme,
    Submit,
    decode_submit,
    encode_submit,
)
from smscore_modem.simulator import _charsets
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._settings import Refusal, Settings

__all__ = ["pdu_of_text", "readdressed", "recipient_of"]

_RELATIVE, _WANTS_REPORT = 0x10, 0x20  # 23.040, 9.2.3.3 and 9.2.3.5
_INTERNATIONAL = 145


def recipient_of(call: Call, settings: Settings) -> Address:
    """
    The number that a command names, in the character set in force, and maybe its type.

    Raises:
        ValueError: it is none.
    """
    number = _charsets.text_of(call.arguments[0] if call.arguments else "", settings.charset)
    if not number.removeprefix("+").isdecimal():
        raise ValueError(f"no number: {number}")
    is_international = call.number(1, 0) == _INTERNATIONAL and number[0] != "+"
    return Address.of(f"+{number}" if is_international else number)


def pdu_of_text(settings: Settings, call: Call, typed: str) -> bytes:
    """
    The message as ``AT+CSMP`` says (27.005, 3.3.4).

    Raises:
        Refusal: that is not possible.
    """
    first, validity, protocol, octet = settings.text_parameters
    scheme = Scheme.at(octet)
    try:
        return encode_submit(
            Submit(
                recipient=recipient_of(call, settings) if call.arguments else Address(value=""),
                user_data=_charsets.data_of(typed, settings.charset, scheme.coding),
                scheme=scheme,
                protocol=protocol,
                validity=RelativeValidity(octet=validity) if first & _RELATIVE else None,
                wants_report=bool(first & _WANTS_REPORT),
            )
        )
    except ValueError:
        raise Refusal("CMS", 305) from None


def readdressed(pdu: bytes, recipient: Address | None) -> bytes:
    """
    A stored message, for somebody else if anybody is named.

    Raises:
        Refusal: it is no message to send.
    """
    try:
        submit = decode_submit(pdu)
    except MalformedPdu:
        raise Refusal("CMS", 302) from None
    return pdu if recipient is None else encode_submit(attrs.evolve(submit, recipient=recipient))
