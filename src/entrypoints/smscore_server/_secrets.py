"""
Where an installation keeps its secrets: in the configuration, and in files that it names.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from smscore import GatewayConfig
from smscore.files import open_file

__all__ = ["secret_files", "secrets_of", "written_secrets"]

_LONGEST_FILE = 4096  # octets
_RANDOM = re.compile(r"(?=[^/]*[0-9])[^/]{16,}")  # segments of a path that nobody has chosen
_SECRET_KEY = re.compile(r"(?:.*_)?(?:password|passphrase|secret|token|pin|puk|api_key)")


def secrets_of(config: GatewayConfig) -> Iterator[str]:
    """Whatever a configuration keeps secret, what its files hold included."""
    yield from written_secrets(config)
    for path in _token_files(config):
        yield _content(path).decode(errors="replace").strip()
    for path in _passfiles(config):
        lines = _content(path).decode(errors="replace").splitlines()
        yield from (one.rpartition(":")[2] for one in lines)
    key = _content(config.path(config.security.key_file))
    if key:
        yield from (key.hex(), base64.b64encode(key).decode(), repr(key)[2:-1])
        yield base64.urlsafe_b64encode(key).decode()


def written_secrets(config: GatewayConfig) -> Iterator[str]:
    """Those that stand in the configuration itself."""
    for name, value in _options(config):
        if _SECRET_KEY.fullmatch(name):
            yield str(value)
    for receiver in config.alerts.receivers.values():
        if receiver.url is not None:
            url = urlsplit(receiver.url)
            yield from (one.rpartition("=")[2] for one in url.query.split("&") if one)
            yield from _RANDOM.findall(url.path)


def secret_files(config: GatewayConfig) -> Iterator[Path]:
    """The files that it names for their secrets, but for the key file."""
    yield from _token_files(config)
    yield from _passfiles(config)
    http, smtp = config.http, config.smtp
    for table in ((http.certificate, http.key), (smtp.get("certificate"), smtp.get("key"))):
        certificate, key = (one if isinstance(one, str) else None for one in table)
        if key or certificate:  # without a file of its own the key is in that of the certificate
            yield config.path(key or certificate or "")


def _token_files(config: GatewayConfig) -> Iterator[Path]:
    for name, value in _options(config):
        stem = name.removesuffix("_file")
        if stem != name and _SECRET_KEY.fullmatch(stem) and isinstance(value, str):
            yield config.path(value)


def _passfiles(config: GatewayConfig) -> Iterator[Path]:
    for passfile in parse_qs(urlsplit(config.store.url).query).get("passfile", ()):
        yield Path(passfile)


def _options(config: GatewayConfig) -> Iterator[tuple[str, str | int]]:
    """All that is written in tables that others check, such as those of channels."""
    for table in (*(one.options for one in config.channels.values()), config.agent, config.smtp):
        yield from _of_table(table)


def _of_table(table: Mapping[str, Any]) -> Iterator[tuple[str, str | int]]:
    for name, value in table.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Mapping):
                yield from _of_table(one)
            elif isinstance(one, str | int):
                yield name, one


def _content(path: Path) -> bytes:
    try:
        with open_file(path) as file:
            return file.read(_LONGEST_FILE)
    except OSError:
        return b""  # whoever needs the file says so
