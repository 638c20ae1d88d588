import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

# The world is a module beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))

from smtp_world import Place, open_place


@pytest.fixture
def opened() -> Iterator[Callable[..., Place]]:
    """Opens doors with other options than the usual ones."""
    with ExitStack() as ends:

        def open_door(**options: Any) -> Place:
            return ends.enter_context(open_place(**options))

        yield open_door


@pytest.fixture
def place(opened: Callable[..., Place]) -> Place:
    return opened()
