"""
Where Kannel's programs are: installed, or in Debian's package, unpacked under ``build/``.

Unpacking needs no rights, starts no service, and changes nothing elsewhere.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

import attrs
from _servers import HERE

__all__ = ["KannelPrograms", "find_kannel", "look_for_kannel"]

_BOXES = ("bearerbox", "smsbox")
_UNPACKED = HERE.parent / "build/kannel"


@attrs.frozen(kw_only=True)
class KannelPrograms:
    """The two programs of it that are needed."""

    bearerbox: str
    smsbox: str
    environment: dict[str, str]

    @property
    def version(self) -> str:
        """Such as ``1.4.5``."""
        told = subprocess.run(
            [self.bearerbox, "--version"],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = re.search(r"version `([^']+)'", told)
        return found[1] if found else "of an unknown version"


def find_kannel() -> KannelPrograms:
    """
    The installed programs, else those of Debian's package.

    Raises:
        OSError: there are none, and apt-get has none.
        subprocess.CalledProcessError: apt-get or dpkg failed.
    """
    installed = [shutil.which(box, path=f"{os.environ['PATH']}:/usr/sbin") for box in _BOXES]
    if None not in installed:
        bearerbox, smsbox = (str(box) for box in installed)
        return KannelPrograms(bearerbox=bearerbox, smsbox=smsbox, environment={})
    if not (_UNPACKED / ".stamp").exists():
        _unpack()
    libraries = {str(library.parent) for library in _UNPACKED.rglob("*.so*")}
    bearerbox, smsbox = (str(_UNPACKED / "usr/sbin" / box) for box in _BOXES)
    return KannelPrograms(
        bearerbox=bearerbox,
        smsbox=smsbox,
        environment={"LD_LIBRARY_PATH": ":".join(sorted(libraries))},
    )


def look_for_kannel() -> tuple[KannelPrograms | None, Sequence[str]]:
    """The programs, or why there are none."""
    try:
        return find_kannel(), ()
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        remark = f"Kannel was skipped (Debian: apt-get install kannel): {reason}"
        print(remark, file=sys.stderr)
        return None, (remark,)


def _unpack() -> None:
    """The package, and those that it needs and that are not installed."""
    if shutil.which("apt-get") is None:
        raise FileNotFoundError("there are no bearerbox and smsbox, and no apt-get to get them")
    try:
        plan = _plan()
    except subprocess.CalledProcessError:
        if os.geteuid():
            raise
        _run("apt-get", "update", "-qq")  # in a fresh container it knows no package yet
        plan = _plan()
    names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    shutil.rmtree(_UNPACKED, ignore_errors=True)
    _UNPACKED.mkdir(parents=True)
    _run("apt-get", "download", "-qq", *names)
    for package in _UNPACKED.glob("*.deb"):
        _run("dpkg", "--extract", package.name, ".")
    (_UNPACKED / ".stamp").touch()


def _plan() -> str:
    simulated = ("apt-get", "install", "--simulate", "--no-install-recommends", "kannel")
    return subprocess.run(simulated, capture_output=True, text=True, check=True).stdout


def _run(*command: str) -> None:
    subprocess.run(command, cwd=_UNPACKED, capture_output=True, text=True, check=True)
