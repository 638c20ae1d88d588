"""
How many parts a text needs and in which encoding, according to smsutil, which knows no national
tables. Where it is known to be wrong a test says so, and cites the standard.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from smscore.domain.segments import Encoding, split

pytestmark = pytest.mark.peers

ENCODINGS = {"gsm0338": Encoding.GSM7, "utf_16_be": Encoding.UCS2}
OCTETS = {Encoding.GSM7: 1, Encoding.UCS2: 2}  # of what smsutil counts, for each of our units


def test_smsutil_needs_as_many_parts_in_the_same_encoding(
    texts: Iterator[tuple[str, Random]], smsutil: Any
) -> None:
    for text, _ in texts:
        if not text:
            continue  # see below
        segments = split(text)

        told = smsutil.ask(text)

        assert (ENCODINGS[told["encoding"]], len(told["parts"])) == (
            segments.encoding,
            segments.count,
        ), text
        assert told["octets"] == segments.units_used * OCTETS[segments.encoding], text


# What it is wrong about. A fault that was mended fails here, and its exception can go.


def test_smsutil_takes_an_empty_text_for_ucs2(smsutil: Any) -> None:
    """23.038, 4 and 6.2.1: nothing in it is outside the default alphabet."""
    assert smsutil.ask("")["encoding"] == "utf_16_be"
    assert split("").encoding is Encoding.GSM7


def test_smsutil_takes_the_escape_for_a_character_of_its_own(smsutil: Any) -> None:
    """23.038, 6.2.1 note 1: 0x1B is an escape to another table, so no text can hold it."""
    assert smsutil.ask("a\x1beb")["encoding"] == "gsm0338"
    assert split("a\x1beb").encoding is Encoding.UCS2
