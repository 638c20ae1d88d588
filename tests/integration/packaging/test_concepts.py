"""
The drawing in docs/concepts.md and the table of moves say the same.
"""

import re
import subprocess
import sys
from pathlib import Path

from smscore.domain.deliveries import MOVES


def test_the_drawn_moves_are_the_moves(root: Path):
    text = (root / "docs/concepts.md").read_text()
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)(?:$|:)", text, re.MULTILINE))

    assert drawn == {(str(here), str(there)) for here in MOVES for there in MOVES[here]}


def test_the_drawing_is_the_one_that_the_script_makes(root: Path):
    drawing = subprocess.run(
        [sys.executable, "-P", root / "tools/draw_life.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert drawing.returncode == 0, drawing.stderr


def test_every_status_is_explained(root: Path):
    text = (root / "docs/concepts.md").read_text()
    explained = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)

    assert sorted(explained) == sorted(MOVES)
