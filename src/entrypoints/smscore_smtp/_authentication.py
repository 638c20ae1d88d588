"""
What a client says of itself behind AUTH: the mechanisms PLAIN and LOGIN.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable

__all__ = ["MECHANISMS", "credentials"]

MECHANISMS = ("PLAIN", "LOGIN")


async def credentials(
    mechanism: str, initial: str | None, *, ask: Callable[[bytes], Awaitable[bytes]]
) -> tuple[str, str]:
    """
    A name and a password; ``initial`` is what came with the command, ``ask`` asks for a line.

    Raises:
        ValueError: what was said is not understood, or an asterisk, with which a client gives up.
    """

    async def next_line(challenge: bytes) -> str:
        return _decoded((await ask(challenge)).decode("ascii").strip())

    if mechanism == "PLAIN":  # RFC 4616, 2: whom to act for, then name and password
        said = await next_line(b"") if initial is None else _decoded(initial)
        _, username, password = said.split("\0")
        return username, password
    username = await next_line(b"Username:") if initial is None else _decoded(initial)
    return username, await next_line(b"Password:")


def _decoded(said: str) -> str:
    try:
        # RFC 4954, 4: a single equals sign is an empty response.
        return base64.b64decode(said if said != "=" else "", validate=True).decode()
    except binascii.Error as cause:
        raise ValueError("no base64") from cause
