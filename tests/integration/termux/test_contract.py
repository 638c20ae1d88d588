from pathlib import Path

import pytest
from termux_stand_in import Termux

from smscore.domain.numbers import PhoneNumber
from smscore.ports.transport import SendJob
from smscore.testing.transport_contract import TransportContract, TransportHarness
from smscore_termux import TermuxOptions, make_channel


class FakeTelephone:
    """A channel over the stand-in."""

    def __init__(self, directory: Path) -> None:
        termux = Termux(directory)
        self.reachable, self.refused, self.lost = (
            PhoneNumber(f"+4917012345{index}") for index in range(3)
        )
        termux.plan({self.refused.value: [["end", 1]], self.lost.value: ["die"]})
        self.transport = make_channel("phone", TermuxOptions(program=str(termux.program), gap=0))

    def report(self, job: SendJob) -> None:
        """Android reports to the app, and the app to nobody."""

    def deliver(self, text: str) -> None:
        """What comes in stays on the telephone."""

    def close(self) -> None:
        """The program has ended."""


class TestTermuxChannel(TransportContract):
    has_delivery_reports = False
    has_inbound = False

    @pytest.fixture(autouse=True)
    def directory(self, tmp_path: Path) -> None:
        self._directory = tmp_path / "bin"

    def make_harness(self) -> TransportHarness:
        return FakeTelephone(self._directory)
