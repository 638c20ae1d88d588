"""
How many files a server may have open: each connection, of clients and to endpoints, is one.
"""

import logging
import resource

__all__ = ["ENOUGH", "most_open_files", "raise_open_files"]

_log = logging.getLogger(__name__)

ENOUGH = 2048
"""
For 512 calls of webhooks at once, 128 connections that are kept for the next ones, 100 mailers, and
as many clients as all of those.
"""
_MOST = 65_536  # as packaging/systemd/smscore.service says


def most_open_files() -> int:
    """What this process, or a server that is started as it was, may have open at most."""
    return min(_number(resource.getrlimit(resource.RLIMIT_NOFILE)[1]), _MOST)


def raise_open_files() -> None:
    """Let this process have open what it may at most: the limit of a shell is much lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most_open_files()
    if _number(soft) < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    _log.debug("%d files may be open at once, it was %d", max(_number(soft), wanted), _number(soft))


def _number(limit: int) -> int:
    return _MOST if limit == resource.RLIM_INFINITY else limit
