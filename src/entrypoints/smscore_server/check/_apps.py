"""
Whether what phones are to download is there.
"""

import hashlib
from collections.abc import Iterator

from smscore import Gateway
from smscore.domain.apps import AppVersion
from smscore_server._output import several
from smscore_server.check._findings import Finding, note, ok, wrong

__all__ = ["apps"]


def apps(gateway: Gateway) -> Iterator[Finding]:
    """Nothing at all is said while nothing is published."""
    published = gateway.apps.published()
    faults = {one.code: fault for one in published if (fault := _fault(gateway, one))}
    for code, fault in faults.items():
        remedy = f"publish the APK again with --force, or 'smscore app withdraw {code}'"
        yield wrong(f"app {code}", fault, remedy=remedy)
    if not published or faults:
        return
    said = several(len(published), "version")
    active = next((one for one in published if one.is_active), None)
    if active is None:
        remedy = f"smscore app activate {published[0].code}"
        yield note("apps", f"{said}, of which phones are told none", remedy=remedy)
    else:
        yield ok("apps", f"{said}, active is {active.manifest.version} ({active.code})")


def _fault(gateway: Gateway, version: AppVersion) -> str:
    path = gateway.config.app_file(version.digest)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as cause:
        return f"{path}: {cause.strerror}"
    return "" if digest == version.digest else f"{path} is damaged"
