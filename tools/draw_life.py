"""
Draws the life of a delivery into docs/concepts.md, from the table of moves and nothing else.

``make life`` writes the drawing anew; a test compares it with what is committed. Each move has a
word of its own here: a new move without one, or a word without its move, ends in an error.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from smscore.domain.deliveries import MOVES, Status

__all__ = ["drawing", "main", "with_drawing"]

_PAGE = Path(__file__).parents[1] / "docs" / "concepts.md"
_DRAWING = re.compile(r"(?<=```mermaid\n)stateDiagram-v2\n.*?(?=```)", re.DOTALL)

_BEGINNINGS = {Status.SCHEDULED: "for later", Status.QUEUED: "at once"}

_WORDS = {
    (Status.SCHEDULED, Status.QUEUED): "its time has come",
    (Status.SCHEDULED, Status.CANCELLED): "called back",
    (Status.SCHEDULED, Status.EXPIRED): "its validity ended",
    (Status.SCHEDULED, Status.DELIVERED): "a phone that had it says so",
    (Status.QUEUED, Status.SENDING): "claimed by a channel, fetched by a phone",
    (Status.QUEUED, Status.DELIVERED): "a phone says so unasked",
    (Status.QUEUED, Status.FAILED): "a phone says so unasked",
    (Status.QUEUED, Status.EXPIRED): "its validity ended",
    (Status.QUEUED, Status.CANCELLED): "called back",
    (Status.SENDING, Status.SCHEDULED): "to be tried again later",
    (Status.SENDING, Status.QUEUED): "not begun, put back, or the next channel's turn",
    (Status.SENDING, Status.SENT): "the network took all parts",
    (Status.SENDING, Status.DELIVERED): "the phone says so",
    (Status.SENDING, Status.FAILED): "refused, and no channel is left",
    (Status.SENDING, Status.INDETERMINATE): "nobody knows whether it left",
    (Status.SENT, Status.DELIVERED): "the last part was reported",
    (Status.SENT, Status.FAILED): "a part will not arrive",
    (Status.INDETERMINATE, Status.QUEUED): "an operator has it sent again",
    (Status.INDETERMINATE, Status.SENT): "evidence",
    (Status.INDETERMINATE, Status.DELIVERED): "evidence",
    (Status.INDETERMINATE, Status.FAILED): "evidence",
    (Status.FAILED, Status.QUEUED): "an operator has it sent again",
    (Status.FAILED, Status.DELIVERED): "it arrived after all",
    (Status.EXPIRED, Status.DELIVERED): "it arrived after all",
}


def drawing() -> str:
    """
    The state diagram, in the language of Mermaid.

    Raises:
        ValueError: a move has no word, or a word no move.
    """
    moves = {(here, there) for here in MOVES for there in MOVES[here]}
    if strange := sorted(f"{here} to {there}" for here, there in moves ^ _WORDS.keys()):
        raise ValueError(f"moves and words do not match: {', '.join(strange)}")
    return "\n".join(_lines()) + "\n"


def with_drawing(page: str) -> str:
    """
    A page with its drawing made anew.

    Raises:
        ValueError: it has none, or several.
    """
    if len(_DRAWING.findall(page)) != 1:
        raise ValueError("the page must have one state diagram")
    return _DRAWING.sub(lambda _: drawing(), page)


def main() -> None:
    """Draw; with ``--check`` only say whether the drawing is that of the table."""
    before = _PAGE.read_text("utf-8")
    after = with_drawing(before)
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if before == after else f"{_PAGE} shows other moves; 'make life' draws it anew")
    _PAGE.write_text(after, "utf-8")


def _lines() -> Iterator[str]:
    yield "stateDiagram-v2"
    for status, word in _BEGINNINGS.items():
        yield f"    [*] --> {status}: {word}"
    for (here, there), word in _WORDS.items():
        yield f"    {here} --> {there}: {word}"
    for status in MOVES:
        if not MOVES[status]:
            yield f"    {status} --> [*]"


if __name__ == "__main__":
    main()
