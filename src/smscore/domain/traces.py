"""
Which trace a message belongs to: told by its id, so that nothing has to be kept for it.
"""

import re
from hashlib import blake2b
from typing import NamedTuple

from smscore.domain.messages import MessageId

__all__ = ["Caller", "caller_of", "root_of", "span_of", "trace_of"]

# W3C Trace Context, 3.2.2; what follows in later versions, 4.3, is left out.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_SAMPLED = 0x01


class Caller(NamedTuple):
    """The span of whoever asked."""

    trace: int
    span: int
    is_sampled: bool


def trace_of(message: MessageId) -> int:
    """
    The id of the message's trace, 128 bits: the same in every process, today and next year.

    Samplers take the bits of a trace's id for random, which those of a message's are not.
    """
    return _derived(message, bits=128, person=b"trace")


def root_of(message: MessageId) -> int:
    """The id of the first span of its trace, 64 bits: the parent of whatever comes later."""
    return _derived(message, bits=64, person=b"root")


def span_of(message: MessageId, name: str, sequence: int) -> int:
    """
    The id of the span of this name that an event of the message ends, 64 bits.

    All processes that hear of the event, which ``sequence`` counts, tell the same span.
    """
    person, salt = name.encode("ascii"), sequence.to_bytes(8, "big")
    return _derived(message, bits=64, person=person, salt=salt)


def caller_of(traceparent: str) -> Caller | None:
    """What the header of a request says; None: it is none that can be understood."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (traceparent.startswith("00") and len(traceparent) != 55):
        return None
    trace, span = int(found[1], 16), int(found[2], 16)
    if not trace or not span:
        return None
    return Caller(trace, span, bool(int(found[3], 16) & _SAMPLED))


def _derived(message: MessageId, *, bits: int, person: bytes, salt: bytes = b"") -> int:
    content = message.to_bytes(8, "big")
    digest = blake2b(content, digest_size=bits // 8, person=person, salt=salt).digest()
    return int.from_bytes(digest, "big") or 1  # W3C Trace Context, 3.2.2.3: not all of them 0
