"""
Opening the configured gateway for the time of one command.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smscore import Gateway, GatewayConfig, build

__all__ = ["opened"]


@contextmanager
def opened(config_file: Path) -> Iterator[Gateway]:
    """
    The gateway, able to submit and to answer; its channels stay with the running server.

    Raises:
        GatewayError: it cannot be built.
    """
    with build(GatewayConfig.from_toml(config_file)) as gateway:
        yield gateway
