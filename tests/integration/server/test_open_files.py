"""
How many files a server may have open.
"""

import resource
import subprocess
import sys

import pytest

from smscore_server._open_files import most_open_files

FEW = 512


@pytest.fixture
def few_files():
    """What is started from here may open few files, unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_server_may_open_as_many_files_as_it_can_get(installation, start, few_files):
    server = start("serve", "--port", "0", "--verbose")
    server.line()

    soft, _ = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    assert soft == most_open_files() > FEW
    assert f"{soft} files may be open at once, it was {FEW}" in server.end()


@pytest.mark.parametrize(("limit", "is_told"), [(1024, True), (2048, False)])
def test_check_says_when_a_server_could_open_too_few(installation, limit, is_told):
    if most_open_files() < limit:
        pytest.skip("nobody may have so many files here")
    check = [sys.executable, "-P", "-m", "smscore_server", "check", "--wait", "0.1"]
    checked = subprocess.run(
        ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "-", *check],
        cwd=installation,
        capture_output=True,
        text=True,
        check=False,
    )

    said = "note   files: a server started from here may have 1024 open, and each connection is one"
    assert (said in checked.stdout) is is_told, checked.stdout
