"""
Fixtures for tests that need modems.

Switch them on with ``-p smscore_modem.simulator.pytest``, or with
``pytest_plugins = ["smscore_modem.simulator.pytest"]`` in your ``conftest.py``. ``modem_simulator``
is two modems on pseudo-terminals. ``faulty_modem_simulator`` is one with which something is wrong,
in each run something else: it passes by itself, and what you built is to get over it. To choose,
parametrize ``modem_fault``::

    @pytest.mark.parametrize("modem_fault", ["silent commands=3", "refuses cms=38 times=2"])
    def test_it_arrives_all_the_same(faulty_modem_simulator): ...

For hours that pass in milliseconds, and a driver that takes its time from outside, see
:class:`~smscore_modem.simulator.SimulatedLines`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from smscore_modem.simulator import ModemSimulator

__all__ = ["PASSING_FAULTS", "faulty_modem_simulator", "modem_fault", "modem_simulator"]

PASSING_FAULTS = (
    "boot_chatter",
    "interrupts",
    "restarts",
    "unplugged",
    "forgot_settings at=prompt",
    "sim_busy times=2",
    "no_registration seconds=0.5",
    "refuses cms=331 times=1",
    "late_reference delay=0.3",
    "no_reference times=1",
    "report_before_reference",
    "reports_twice",
)
"""What passes soon, as :meth:`Fault.parse` reads it."""


@pytest.fixture
def modem_simulator(tmp_path: Path) -> Iterator[ModemSimulator]:
    """Two modems that take everything at once and report after a moment."""
    with ModemSimulator(modems=2, link_dir=_links(tmp_path), report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture(params=PASSING_FAULTS)
def modem_fault(request: pytest.FixtureRequest) -> str:
    """What is wrong with the modem of ``faulty_modem_simulator``."""
    return str(request.param)


@pytest.fixture
def faulty_modem_simulator(tmp_path: Path, modem_fault: str) -> Iterator[ModemSimulator]:
    """One modem with which something is wrong from the beginning; ``port()`` is where it is."""
    with ModemSimulator(modems=1, link_dir=_links(tmp_path), report_delay=0.01) as simulator:
        simulator.begin_fault(modem_fault)
        yield simulator


def _links(directory: Path) -> Path:
    links = directory / "modems"
    links.mkdir(exist_ok=True)
    return links
