"""
The drawing in docs/concepts.md and the table of moves say the same.
"""

import re
from pathlib import Path

from smscore.domain.deliveries import MOVES


def test_the_drawn_moves_are_the_moves(root: Path):
    text = (root / "docs/concepts.md").read_text()
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)(?:$|:)", text, re.MULTILINE))

    assert drawn == {(str(here), str(there)) for here in MOVES for there in MOVES[here]}


def test_every_status_is_explained(root: Path):
    text = (root / "docs/concepts.md").read_text()
    explained = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)

    assert sorted(explained) == sorted(MOVES)
