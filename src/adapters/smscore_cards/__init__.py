"""
Contacts and groups in files: CSV for spreadsheets, vCards for address books.
"""

from smscore_cards._csv import read_csv, write_csv
from smscore_cards._reading import Reading, decoded
from smscore_cards._vcard_reading import read_vcards
from smscore_cards._vcard_writing import VcardVersion, write_vcards

__all__ = [
    "Reading",
    "VcardVersion",
    "decoded",
    "read_csv",
    "read_vcards",
    "write_csv",
    "write_vcards",
]
