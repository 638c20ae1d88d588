"""
A fixture for tests that need modems; switch it on with ``-p smscore_modem.simulator.pytest``.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from smscore_modem.simulator import ModemSimulator

__all__ = ["modem_simulator"]


@pytest.fixture
def modem_simulator(tmp_path: Path) -> Iterator[ModemSimulator]:
    """Two modems that take everything at once and report after a moment."""
    links = tmp_path / "modems"
    links.mkdir()
    with ModemSimulator(modems=2, link_dir=links, report_delay=0.01) as simulator:
        yield simulator
