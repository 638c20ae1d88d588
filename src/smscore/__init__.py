"""
smscore: an SMS gateway you can import.

>>> import smscore
>>> smscore.__version__
'0.1.0'
"""

from importlib.metadata import version as _version

from smscore.bootstrap import backup, build, migrate, wipe
from smscore.config import GatewayConfig
from smscore.gateway import Gateway
from smscore.grace import Grace
from smscore.hookspecs import hookimpl

__all__ = [
    "Gateway",
    "GatewayConfig",
    "Grace",
    "__version__",
    "backup",
    "build",
    "hookimpl",
    "migrate",
    "wipe",
]

__version__ = _version("smscore")
