"""
What a reader sees as one character, so that a cut does not go through it (UAX #29).
"""

import re

__all__ = ["last_boundary"]

# Neighbours of these kinds never form a cluster: letters, digits and signs that nothing joins,
# Han, kana without its marks, and whole Hangul syllables. That spares most texts the tables.
_ALONE = re.compile(
    "[\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0482\u048a-\u0559\u3041-\u3096\u30a1-\u30fa"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2}"
)


def last_boundary(text: str, *, start: int, end: int) -> int:
    """
    The last place at or before ``end`` where a cluster begins, not before ``start``.

    ``start`` counts as such a place; the text goes on behind ``end``.
    """
    if _ALONE.match(text, end - 1, end + 1):
        return end
    # Imported late: the tables are large, and few texts need them.
    from wcwidth import grapheme_boundary_before

    return start + grapheme_boundary_before(text[start : end + 1], end + 1 - start)
