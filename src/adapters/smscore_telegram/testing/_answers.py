"""
What a Bot API may do with a request instead of the usual.
"""

import asyncio
from concurrent.futures import Future

import attrs

__all__ = ["Dropped", "Held", "Refused"]


@attrs.frozen(kw_only=True)
class Refused:
    """Says no; nothing was done. A ``body`` stands in place of the Bot API's own."""

    code: int
    description: str = "as the script says"
    retry_after: int | None = None
    body: bytes | None = None


@attrs.frozen(kw_only=True)
class Dropped:
    """The connection ends without an answer, before or after it was done."""

    is_done: bool = True


class Held:
    """It is done when it is released, and answered only then; if that never happens, neither."""

    def __init__(self) -> None:
        self._released: Future[None] = Future()

    def release(self) -> None:
        """Let it go on."""
        self._released.set_result(None)

    async def wait(self) -> None:
        """Until it is released."""
        await asyncio.shield(asyncio.wrap_future(self._released))
