"""
Cutting a text into messages that Telegram takes, at places that a reader would choose.
"""

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from smscore.domain.graphemes import last_boundary

__all__ = ["LONGEST", "cut", "units"]

LONGEST = 4096
"""
What one message may hold, in units of UTF-16.

Telegram's documentation speaks of characters, its servers count code points, and many a program
that stands in for them counts units. No text has fewer units than code points: it fits into either.
"""

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"[.!?\u2026][\"')\]\u2019\u201d]*\s+|[\u3002\uff01\uff1f]\s*")
_WORD = re.compile(r"\s+")


def cut(text: str, *, longest: int = LONGEST) -> tuple[str, ...]:
    """
    The text in as many messages as it needs, none of which is longer than ``longest`` units.

    They are cut behind a paragraph, a line, a sentence or a word, whichever comes first in this
    list and leaves a message at least half full; else between what a reader sees as characters.
    Joined they are the text again, but for stretches of blanks as long as a message: nothing would
    be seen of those, and Telegram refuses them. There is always one, if only of blanks.
    """
    if units(text) <= longest:
        return (text,)
    pieces = list(_pieces(text, longest))
    return tuple(piece for piece in pieces if not piece.isspace()) or (pieces[0],)


def units(text: str) -> int:
    """How many units of UTF-16 a text has: two for each character beyond the first 65 536."""
    return len(text) + sum(char > "\uffff" for char in text)


def _pieces(text: str, longest: int) -> Iterator[str]:
    reached = list(accumulate((1 + (char > "\uffff") for char in text), initial=0))
    start = 0
    while reached[-1] - reached[start] > longest:
        end = _place(text, start=start, end=_furthest(reached, start, longest))
        yield text[start:end]
        start = end
    yield text[start:]


def _furthest(reached: list[int], start: int, longest: int) -> int:
    """The last place to which no more than the longest message reaches."""
    end = min(start + longest, len(reached) - 1)
    while reached[end] - reached[start] > longest:
        # Each character too much has at most two units.
        end -= max(1, (reached[end] - reached[start] - longest) // 2)
    return end


def _place(text: str, *, start: int, end: int) -> int:
    middle = start + (end - start + 1) // 2

    def is_good(place: int) -> bool:
        return last_boundary(text, start=start, end=place) == place

    for pattern in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        if (place := _last(pattern, text, middle, end, is_good)) is not None:
            return place
    place = last_boundary(text, start=start, end=end)
    return place if place > start else end  # one character longer than a message


def _last(
    pattern: re.Pattern[str], text: str, middle: int, end: int, is_good: Callable[[int], bool]
) -> int | None:
    """The end of the last match that ends between the two places, and cuts no character."""
    places = [match.end() for match in pattern.finditer(text, middle, end)]
    return next((place for place in reversed(places) if is_good(place)), None)
