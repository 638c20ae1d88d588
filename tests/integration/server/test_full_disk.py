import os
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 30.0


@pytest.mark.parametrize("is_buffered", [True, False])
@pytest.mark.parametrize(
    "arguments", ["--help", "account list", "serve --port 0", "simulate", "demo --port 0"]
)
def test_output_that_cannot_be_written_is_said_on_one_line(installation, arguments, is_buffered):
    options = ["-P"] if is_buffered else ["-P", "-u"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, *options, "-m", "smscore_server", *arguments.split()],
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"
