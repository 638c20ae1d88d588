import pytest

from smscore.services.housekeeping import Pruned
from smscore.testing import ManualClock
from smscore_server.upkeep import Progress


def test_progress_is_said_about_once_a_second_on_standard_error(
    capsys: pytest.CaptureFixture[str],
):
    clock = ManualClock()
    progress = Progress(clock.monotonic)

    progress(Pruned(messages=500, inbound=0))
    clock.move(seconds=1)
    progress(Pruned(messages=1000, inbound=1))
    progress(Pruned(messages=1500, inbound=1))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "1000 messages and 1 received message so far\n"
