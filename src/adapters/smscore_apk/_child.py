"""
The program that reads an APK, limited before it looks: prints one JSON object and ends.

It imports nothing of ours, so that it starts at once.
"""

import json
import re
import resource
import sys
from typing import Any

__all__ = ["look_at", "main"]

_MEMORY = 256 << 20  # bytes; the file itself is mapped and does not count
_SECONDS = 10
_HIGHEST_CODE = 2**31 - 1
_LONGEST_VERSION = 50
_LONGEST_REASON = 200
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
_LONGEST_PACKAGE = 255


class _Refused(Exception):
    """Why no phone could install it."""


def main(path: str) -> None:
    """Print what the file says of itself, or why that is not enough."""
    _limit()
    try:
        said = look_at(path)
    except _Refused as reason:
        said = {"refused": str(reason)}
    print(json.dumps(said))  # noqa: T201  # to whoever started us


def _limit() -> None:
    for what, wanted in (
        (resource.RLIMIT_DATA, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, highest = resource.getrlimit(what)
        # Nobody may raise what was lowered before.
        most = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(what, (most, most))


def look_at(path: str) -> dict[str, Any]:
    """What the file says of itself."""
    import apk_info

    try:
        apk = apk_info.APK(path)
        # The library also reads bundles of APKs, which phones do not.
        if "AndroidManifest.xml" not in apk.namelist():
            raise _Refused("it holds APKs, but is none: a phone could not install it")
        if apk.get_attribute_value("manifest", "split"):
            raise _Refused("it is only a part of an app: publish one that is complete in itself")
        return {
            "package": _package(apk.get_package_name()),
            "version": _version(apk.get_version_name()),
            "code": _code(apk.get_version_code()),
            "certificates": _certificates(apk),
        }
    except apk_info.APKError as cause:
        raise _Refused(f"it is no APK: {cause}"[:_LONGEST_REASON]) from cause


def _package(said: str | None) -> str:
    if said is None or len(said) > _LONGEST_PACKAGE or not _PACKAGE.fullmatch(said):
        raise _Refused(_unfit("package", said))
    return said


def _version(said: str | None) -> str:
    if said is None or not said.isprintable() or not 0 < len(said) <= _LONGEST_VERSION:
        raise _Refused(_unfit("versionName", said))
    return said


def _code(said: str | None) -> int:
    if said is None or not re.fullmatch("[0-9]{1,10}", said) or int(said) > _HIGHEST_CODE:
        raise _Refused(_unfit("versionCode", said))
    return int(said)


def _unfit(name: str, said: str | None) -> str:
    if said is None:
        return f"its manifest has no {name}"
    return f"its manifest has an unfit {name}: {said!r}"[:_LONGEST_REASON]


def _certificates(apk: Any) -> list[str]:
    found = {
        certificate.sha256_fingerprint
        for signature in apk.get_signatures()
        for certificate in getattr(signature, "certificates", ())
    }
    if not found:
        raise _Refused("it is not signed: phones refuse it")
    return sorted(found)


if __name__ == "__main__":
    main(sys.argv[1])
