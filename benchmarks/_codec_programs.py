"""
The codecs that are compared, each a program in an environment of its own, made when it is missing.

Some are under the GPL or the LGPL: nothing of them is ever imported here.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / "build/codecs"


@attrs.frozen(kw_only=True)
class Codec:
    """One of them, ready to run."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = attrs.field(factory=dict)

    def run(
        self, *, encode: dict[str, Any], decode: dict[str, str], seconds: float = 0
    ) -> dict[str, Any]:
        """Its answer to one task; see ``codec/_loop.py``."""
        task = {"seconds": seconds, "encode": encode, "decode": decode}
        finished = subprocess.run(
            [*self.command, json.dumps(task)],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60 + 10 * seconds,
        )
        if finished.returncode:
            raise RuntimeError(f"{self.name} failed:\n{finished.stderr}")
        answer: dict[str, Any] = json.loads(finished.stdout)
        return answer


def codecs() -> tuple[list[Codec], list[str]]:
    """Those that are here or can be installed, ours first, and a line for each that cannot."""
    ours = Codec(name="smscore", command=(sys.executable, str(HERE / "codec/with_smscore.py")))
    found, lacking = [ours], []
    for name, make in (
        ("python-gsmmodem-new", lambda: _of_pypi("gsmmodem", "python-gsmmodem-new==0.13.0")),
        ("python-gammu", lambda: _of_pypi("gammu", "python-gammu==3.5.1")),
        ("node-pdu", lambda: _of_npm("node_pdu", "node-pdu@2.1.1")),
    ):
        try:
            found.append(attrs.evolve(make(), name=name))
        except (OSError, subprocess.CalledProcessError) as error:
            reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
            lacking.append(f"{name} was skipped, it could not be installed: {reason}")
    return found, lacking


def _of_pypi(name: str, package: str) -> Codec:
    directory = ENVIRONMENTS / name
    python = directory / "bin/python"
    if not _is_made(directory, package):
        _run(sys.executable, "-m", "venv", "--clear", str(directory))
        pip = (str(python), "-m", "pip", "--disable-pip-version-check", "--quiet")
        _run(*pip, "install", package)
        _made(directory, package)
    return Codec(name=name, command=(str(python), str(HERE / f"codec/with_{name}.py")))


def _of_npm(name: str, package: str) -> Codec:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise FileNotFoundError("node and npm are missing (Debian: apt-get install nodejs npm)")
    directory = ENVIRONMENTS / name
    if not _is_made(directory, package):
        directory.mkdir(parents=True, exist_ok=True)
        _run(npm, "install", "--prefix", str(directory), "--no-save", "--no-audit", package)
        _made(directory, package)
    return Codec(
        name=name,
        command=(node, str(HERE / f"codec/with_{name}.js")),
        environment={"NODE_PATH": str(directory / "node_modules")},
    )


def _is_made(directory: Path, package: str) -> bool:
    stamp = directory / ".stamp"
    return stamp.exists() and stamp.read_text() == package


def _made(directory: Path, package: str) -> None:
    (directory / ".stamp").write_text(package)


def _run(*command: str) -> None:
    print("running", *command, file=sys.stderr)
    subprocess.run(command, capture_output=True, text=True, check=True)
