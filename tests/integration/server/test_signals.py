"""
Commands that run until a signal comes, whichever of their threads the system gives it to.
"""

import json
import os
import signal
from pathlib import Path

import pytest

AGENT = {"server": "http://127.0.0.1:9/api", "token_file": "token"}


@pytest.fixture
def agent(installation):
    (installation / "token").write_text("secret-word")
    with (installation / "smscore.toml").open("a") as file:
        lines = [f"{key} = {json.dumps(value)}" for key, value in AGENT.items()]
        file.write("\n".join(["", "[agent]", *lines, ""]))


def a_thread_beside_the_main_one(pid: int) -> int:
    threads = (int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
    return min(thread for thread in threads if thread != pid)


@pytest.mark.parametrize("command", ["agent", "serve --port 0", "simulate"])
def test_a_signal_that_another_thread_is_given_ends_it_in_order(start, agent, command):
    running = start(*command.split())
    running.line()

    # The number of a thread stands for its process; that thread is asked first (Linux, signal.c).
    os.kill(a_thread_beside_the_main_one(running.pid), signal.SIGTERM)

    assert running.wait() == 0
