"""
The codec of python-gsmmodem-new, in whose environment this runs.
"""

from importlib.metadata import version
from typing import Any

from _loop import run
from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu


def encode(recipient: str, text: str, *, wide: bool = False) -> list[str]:
    """The reference decides about its width."""
    pdus = encodeSmsSubmitPdu(recipient, text, reference=0x1234 if wide else 7)
    return [str(pdu) for pdu in pdus]


def decode(pdu: str) -> tuple[Any, ...]:
    """Text, sender, time."""
    read = decodeSmsPdu(pdu)
    return read["text"], read["number"], read["time"]


run(version=version("python-gsmmodem-new"), encode=encode, decode=decode, own="gsmmodem")
