"""
Opening the configured gateway for the time of one command.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smscore import Gateway, GatewayConfig, build

__all__ = ["opened"]


@contextmanager
def opened(config_file: Path) -> Iterator[Gateway]:
    """
    The gateway, able to submit and to answer; its channels stay with the running server.

    What is changed with it is written down as done by the system's user.

    Raises:
        GatewayError: it cannot be built.
    """
    with build(GatewayConfig.from_toml(config_file)) as gateway:
        gateway.auditor.who = _user()
        yield gateway


def _user() -> str:
    """Whose process this is; if somebody else has logged in, as with ``sudo``, also who that is."""
    user = str(os.getuid())
    with suppress(KeyError):
        user = pwd.getpwuid(os.getuid()).pw_name
    with suppress(OSError):  # without a terminal nobody has
        if (login := os.getlogin()) != user:
            return f"{login} as {user}"
    return user
