"""
Our own codec, by the functions that the modem channel uses.
"""

from typing import Any

from _loop import run

from smscore import __version__
from smscore.domain.alphabets import decode_ucs2
from smscore.domain.headers import alphabet_of
from smscore.domain.segments import DEFAULT_OPTIONS, EncodingOptions, split
from smscore.domain.user_data import Coding
from smscore_modem._pdu import Deliver, decode_incoming, encode_parts

WIDE = EncodingOptions(wide_reference=True)


def encode(recipient: str, text: str, *, wide: bool = False) -> list[str]:
    """Decide about alphabet and cuts, then write the parts."""
    segments = split(text, options=WIDE if wide else DEFAULT_OPTIONS)
    return [pdu.hex() for pdu in encode_parts(segments, recipient=recipient, concat_reference=7)]


def decode(pdu: str) -> tuple[Any, ...]:
    """Text, sender, time."""
    read = decode_incoming(bytes.fromhex(pdu))
    assert isinstance(read, Deliver)
    data = read.user_data
    if data.coding is Coding.GSM7:
        text = alphabet_of(data.header).decode(data.content)
    else:
        text = decode_ucs2(data.content)
    return text, str(read.sender), read.sent_at.moment


run(version=__version__, encode=encode, decode=decode, own="smscore")
