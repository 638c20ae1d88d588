"""
Patterns that callers hand in: searched in linear time, whatever they are.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

__all__ = [
    "LONGEST_PATTERN",
    "LONGEST_REPLACED",
    "MOST_REPLACED",
    "Pattern",
    "PatternEngine",
    "PatternSet",
    "Replace",
]

LONGEST_PATTERN = 512
"""Characters; of a substitution, too."""

MOST_REPLACED = 100
"""Places of one text that are replaced; later ones stay as they are."""

LONGEST_REPLACED = 20_000
"""Characters of a text in which something was replaced; what is longer is cut off."""

Replace = Callable[[str], str]
"""Rewrites a text. Any thread may call."""


class Pattern(Protocol):
    """A pattern that was understood. Any thread may use it."""

    def search(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text. Takes time in proportion to it."""
        ...


class PatternSet(Protocol):
    """Several patterns, looked for at once. Any thread may use it."""

    def find(self, text: str) -> Collection[int]:
        """
        Which patterns are found anywhere in the text, by their places.

        A thousand patterns take hardly more time than a few.
        """
        ...


class PatternEngine(Protocol):
    """
    Understands patterns whose authors nobody knows. Any thread may call.

    No pattern takes more than some milliseconds to compile, nor time that grows faster than the
    text that is searched. So there is neither look-around nor are there back-references.
    """

    def compile(self, pattern: str) -> Pattern:
        """
        A pattern to search with.

        Raises:
            InvalidRequest: it is longer than :data:`LONGEST_PATTERN`, needs too much memory, or
                holds what this engine does not have; the message says which.
        """
        ...

    def compile_set(self, patterns: Sequence[str]) -> PatternSet:
        """
        Patterns to search with all at once, each of which finds what it finds by itself.

        Raises:
            InvalidRequest: as :meth:`compile` does for one of them.
        """
        ...

    def compile_replace(self, pattern: str, substitution: str) -> Replace:
        """
        What puts a substitution into every place of a text where the pattern is found.

        In the substitution ``\\1`` to ``\\9`` mean what the pattern's groups found, which is empty
        for one that found nothing, ``\\0`` all that was found, and ``\\\\`` a backslash.

        Raises:
            InvalidRequest: as :meth:`compile` does; or the substitution is too long, has another
                backslash, or a group that the pattern does not have.
        """
        ...
