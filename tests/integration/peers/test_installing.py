"""
The files for installing, as those programs read them that they are written for.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from pages import page

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[3]
FILES = ROOT / "packaging"
PAGE = page("install.md")
UNITS = {
    "smscore.service": "smscore.service",
    "smscore-agent@.service": "smscore-agent@attic.service",
}
EXPOSURE = 20  # of 100, which is a service that nothing is kept from
PATIENCE = 300.0


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit under a name that can be started, and with a program that is on this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed; 'make test-peers' does it")
    text = (FILES / "systemd" / request.param).read_text("utf-8")
    file = tmp_path / request.param
    file.write_text(text.replace("/usr/local/bin/smscore", shutil.which("true") or ""))
    return tmp_path / UNITS[request.param]


def test_systemd_takes_the_unit(unit):
    checked = run("systemd-analyze", "verify", "--man=no", unit)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_systemd_takes_the_socket_with_its_service(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed; 'make test-peers' does it")
    for name in ("smscore.service", "smscore.socket"):
        text = (FILES / "systemd" / name).read_text("utf-8")
        (tmp_path / name).write_text(
            text.replace("/usr/local/bin/smscore", shutil.which("true") or "")
        )

    checked = run("systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir()))

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_systemd_finds_the_service_well_shut_off(unit):
    template = next(unit.parent.iterdir())

    checked = run(
        "systemd-analyze",
        "security",
        "--offline=true",
        f"--threshold={EXPOSURE}",
        "--no-pager",
        template,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def tool(python: str, name: str) -> Path:
    return Path(python).parent / name


def test_the_image_has_nothing_that_a_linter_finds(peer_python):
    checked = run(tool(peer_python, "hadolint"), "--no-color", FILES / "Dockerfile")

    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize(
    "names", [["compose.yaml"], ["compose.yaml", "compose.postgresql.yaml"]], ids=len
)
def test_compose_takes_its_files(peer_python, names):
    given = [word for name in names for word in ("--file", FILES / name)]

    checked = run(tool(peer_python, "docker-compose"), *given, "config", "--quiet")

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.slow
def test_pipx_installs_the_program_as_the_page_says(peer_python, tmp_path):
    (line,) = (line for line in PAGE.splitlines() if " pipx install " in line)
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    words = shlex.split(line.replace("$PWD", str(ROOT)))
    arguments = words[words.index("pipx") + 1 :]

    installed = run(tool(peer_python, "pipx"), *arguments, **places)
    program = tmp_path / "bin/smscore"
    shutil.rmtree(tmp_path / "pipx/logs")  # they hold hashes of wheels, which look like secrets
    made = run(program, "init", "--dir", tmp_path / "installation")

    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert set(places) == {word.partition("=")[0] for word in words[1:] if word.startswith("PIPX")}
    assert made.returncode == 0, made.stderr
    assert run(program, "--version").stdout == "smscore 0.1.0\n"
