import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smscore.ports.transport import Transport
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem.simulator import ModemSimulator
from smscore_modem.simulator.pytest import modem_simulator

# The tests are no package.
sys.path.insert(0, str(Path(__file__).parent))

__all__ = ["journal", "modem_simulator", "open_channel", "sink"]


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def journal() -> RecordingJournal:
    return RecordingJournal()


@pytest.fixture
def open_channel(
    modem_simulator: ModemSimulator, sink: RecordingSink, journal: RecordingJournal
) -> Iterator[Callable[..., Transport]]:
    """Opens a channel on the first modem, with whatever options a test cares about."""
    opened: list[Transport] = []

    def open_it(**options: Any) -> Transport:
        options = {"port": modem_simulator.ports[0], "reconnect_delay": 0.05, "gap": 0.0, **options}
        channel = make_channel(f"m{len(opened) + 1}", ModemOptions(**options))
        opened.append(channel)
        channel.open(sink, journal)
        return channel

    yield open_it
    for channel in opened:
        channel.close()
