import sys
from pathlib import Path

import pytest

# The stand-in is a module beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))

from termux_stand_in import Termux  # see above


@pytest.fixture
def termux(tmp_path: Path) -> Termux:
    return Termux(tmp_path / "bin")
