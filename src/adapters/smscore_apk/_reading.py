"""
Reading an Android package in a process that may use little memory and time.

What it says comes from whoever made it, and a file of one megabyte can unpack to a gigabyte. The
library that reads it is written in another language and ends the whole process when it runs out of
memory: so it is not ours.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import msgspec

from smscore.domain.apps import AppManifest
from smscore.errors import ConfigurationError, InvalidRequest

__all__ = ["read_apk"]

_PATIENCE = 30  # seconds, of which the child may work for ten
_CHILD = Path(__file__).with_name("_child.py")


class _Said(msgspec.Struct):
    """What the child writes: a manifest, or why there is none."""

    refused: str = ""
    package: str = ""
    version: str = ""
    code: int = 0
    certificates: tuple[str, ...] = ()


def read_apk(path: Path) -> AppManifest:
    """
    What an APK says of itself; whether its signatures are right is for the phones to check.

    Raises:
        InvalidRequest: it is no APK that a phone could install.
        ConfigurationError: the library that reads them is not installed.
    """
    if importlib.util.find_spec("apk_info") is None:
        raise ConfigurationError(
            "APKs need a library that is not installed; run pip install 'smscore[apps]'"
        )
    said = _ask_child(path)
    if said.refused:
        raise InvalidRequest(said.refused)
    return AppManifest(
        package=said.package,
        version=said.version,
        code=said.code,
        certificates=said.certificates,
    )


def _ask_child(path: Path) -> _Said:
    try:
        ended = subprocess.run(  # noqa: S603  # our own program, and the path is an argument
            [sys.executable, "-P", str(_CHILD), str(path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where a library that gives up writes pages
            timeout=_PATIENCE,
            check=True,
        )
        return msgspec.json.decode(ended.stdout, type=_Said)
    except (subprocess.SubprocessError, msgspec.DecodeError) as cause:
        raise InvalidRequest(
            "it is no APK: reading it takes more memory or time than any app should"
        ) from cause
