"""
Patterns that callers hand in: searched in linear time, whatever they are.
"""

from typing import Protocol

__all__ = ["LONGEST_PATTERN", "Pattern", "PatternEngine"]

LONGEST_PATTERN = 512
"""Characters."""


class Pattern(Protocol):
    """A pattern that was understood. Any thread may use it."""

    def search(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text. Takes time in proportion to it."""
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
