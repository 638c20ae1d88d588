"""
Where the surfaces are for whoever asks: the beginning of the addresses in answers.
"""

import re

from smscore_http._requests import Request

__all__ = ["origin"]

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def origin(request: Request, public_url: str | None) -> str:
    """
    The configured address, or else the scheme and host of the request; no slash at its end, and no
    ``/api``, with which the base URL of existing collections ends.

    Of a host that is none, the server's own address: what it says would land in links.
    """
    if public_url is not None:
        return public_url.rstrip("/").removesuffix("/api")
    host = request.headers.get(b"host", b"").decode("latin-1")
    return f"{request.scheme}://{host if _HOST.fullmatch(host) else request.server}{request.mount}"
