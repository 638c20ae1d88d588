"""
What an answer of the Bot API means for a message, and for the channel.
"""

import enum

from smscore_telegram._api import Refusal

__all__ = ["Verdict", "verdict_of"]


class Verdict(enum.Enum):
    """Who must act on a refusal."""

    UNREACHABLE = enum.auto()  # the recipient does not want it, or is gone
    FLOOD = enum.auto()  # we were too fast
    TOKEN = enum.auto()  # the bot is not known by this token
    RIVAL = enum.auto()  # something else fetches the bot's updates
    UNKNOWN = enum.auto()  # something in between heard no answer: nobody knows
    TEMPORARY = enum.auto()


_OF_CODE = {
    401: Verdict.TOKEN,
    403: Verdict.UNREACHABLE,
    404: Verdict.TOKEN,  # a token of another shape than theirs
    409: Verdict.RIVAL,
    429: Verdict.FLOOD,
    502: Verdict.UNKNOWN,  # RFC 9110, 15.6.3: it was handed on, and what came back was no answer
    504: Verdict.UNKNOWN,
}


def verdict_of(refusal: Refusal) -> Verdict:
    """By the code, and by its words where a code means several things."""
    if refusal.code == 400 and "chat not found" in refusal.description.lower():  # as HTTP counts
        return Verdict.UNREACHABLE
    return _OF_CODE.get(refusal.code, Verdict.TEMPORARY)
