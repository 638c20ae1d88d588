"""
Words for what the types of a shape cannot say; the description of the surfaces repeats them.

Decoders do not look at them: what is wrong is told by whoever reads a body, in its surface's words.
"""

from typing import Annotated, Any

from msgspec import Meta

from smscore.domain.numbers import SenderId

__all__ = ["Sender", "Success", "Time", "said", "spelt"]


def said(description: str, **rules: Any) -> Meta:
    """
    What a field means, and rules of JSON Schema that hold for it.

    ``required=True`` is for one that a decoder lets be absent, and its reader does not.
    """
    return Meta(description=description, extra_json_schema=rules)


def spelt(pattern: str, **rules: Any) -> Meta:
    """A string of which all has to match."""
    whole = f"(?:{pattern})" if "|" in pattern else pattern
    return Meta(extra_json_schema={"pattern": f"^{whole}$", **rules})


Sender = Annotated[str, spelt(SenderId.pattern)]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Success = Annotated[bool, Meta(extra_json_schema={"const": True})]
