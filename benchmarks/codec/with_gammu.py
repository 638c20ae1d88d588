"""
The codec of gammu, C behind python-gammu, in whose environment this runs.
"""

from importlib.metadata import version
from typing import Any

import gammu
from _loop import run


def encode(recipient: str, text: str, *, wide: bool = False) -> list[str]:
    """``Auto`` chooses the alphabet, as ours does."""
    kind = "ConcatenatedTextLong16bit" if wide else "ConcatenatedAutoTextLong"
    entries = [{"ID": kind, "Buffer": text}]
    pdus = []
    for part in gammu.EncodeSMS({"Class": -1, "Entries": entries}):
        part["Number"] = recipient
        part["SMSC"] = {"Number": ""}
        pdus.append(gammu.EncodePDU(part, "Submit").hex())
    return pdus


def decode(pdu: str) -> tuple[Any, ...]:
    """Text, sender, time."""
    read = gammu.DecodePDU(bytes.fromhex(pdu), True)  # noqa: FBT003  # it knows no keywords
    return read["Text"], read["Number"], read["DateTime"]


VERSION = f"{version('python-gammu')} (Gammu {gammu.Version()[0]})"
run(version=VERSION, encode=encode, decode=decode, own="gammu")
