"""
The public names are a promise; changing them has to be meant.
"""

import difflib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SNAPSHOT = HERE / "public_names.txt"


def test_the_public_names_are_the_ones_that_were_written_down():
    found = subprocess.run(
        [sys.executable, HERE / "public_names.py"], capture_output=True, text=True, check=False
    )

    assert found.returncode == 0, found.stderr
    difference = difflib.unified_diff(
        SNAPSHOT.read_text().splitlines(), found.stdout.splitlines(), "written down", "there", n=0
    )
    assert not list(difference), "if the change was meant: make public-names"
