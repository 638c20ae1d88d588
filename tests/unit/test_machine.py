"""
Whether a process of this machine is over.
"""

import subprocess
import sys

import pytest

from smscore.machine import has_ended, this_process

ASK = "from smscore.machine import this_process; print(this_process(), flush=True); input()"


def test_a_process_has_not_ended_before_it_has() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    name = child.stdout.readline().strip()

    assert not has_ended(name)
    child.communicate("")
    assert has_ended(name)


def test_this_process_lives() -> None:
    assert this_process() is not None
    assert not has_ended(this_process())


@pytest.mark.parametrize("name", [None, "", "another/1:1:1", ":x:1", "nonsense"])
def test_of_others_nothing_is_known(name: str | None) -> None:
    assert not has_ended(name)
