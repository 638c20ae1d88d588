"""
What would go to standard error by itself is logged, and scrubbed like everything else.
"""

import subprocess
import sys

PROGRAM = """
import logging, sys, threading, warnings
from smscore_server._logging import catch_strays, set_up_logging

set_up_logging(sys.stderr)
catch_strays()

def fail():
    raise RuntimeError("password=geheim-1")

thread = threading.Thread(target=fail, name="worker")
thread.start()
thread.join()

class Leaving:
    def __del__(self):
        raise RuntimeError("password=geheim-2")

Leaving()
warnings.warn("password=geheim-3", stacklevel=1)
logging.getLogger("library").error("%d", "password=geheim-4")
"""


def test_what_nobody_has_caught_is_logged_without_secrets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    for told in (
        "nobody has caught what thread worker raised",
        "RuntimeError: password=***",
        "Leaving.__del__",
        "py.warnings",
        "a line of <string>, line 21, cannot be written: TypeError",
    ):
        assert told in done.stderr, done.stderr
    assert "geheim" not in done.stderr
