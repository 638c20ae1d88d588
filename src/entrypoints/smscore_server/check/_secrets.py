"""
Who can read the secrets of an installation.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from smscore import GatewayConfig
from smscore_server._secrets import secret_files, written_secrets
from smscore_server.check._findings import Finding, wrong

__all__ = ["secrets"]


def secrets(config: GatewayConfig, config_file: Path) -> Iterator[Finding]:
    """Whether the configuration, if it holds any, or a file that it names is open to everybody."""
    holding = [config_file] if any(written_secrets(config)) else []
    for path in dict.fromkeys([*holding, *secret_files(config)]):
        if _is_open(path):
            yield wrong(
                "secrets",
                f"{path} can be read by everybody on this machine",
                remedy=f"chmod 600 {path}; its owner must be the server's user",
            )


def _is_open(path: Path) -> bool:
    """Whether everybody can read it: a directory above that shuts others out is enough."""
    try:
        place = path.resolve(strict=True)
        modes = [parent.stat().st_mode for parent in place.parents]
        return bool(place.stat().st_mode & stat.S_IROTH) and all(
            mode & stat.S_IXOTH for mode in modes
        )
    except OSError:
        return False  # whoever needs it says that it cannot be read
