import sys
from pathlib import Path

import pytest

# The model of custody is shared with the tests of the store in memory; the tests are no package.
sys.path.insert(0, str(Path(__file__).parents[2] / "custody"))
pytest.register_assert_rewrite("custody_machine")
