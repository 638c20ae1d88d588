"""
Files of published apps as they leave: in pieces, in part, or not at all; and counted once.
"""

import logging
import os
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from functools import partial

from smscore.domain.apps import AppVersion
from smscore.errors import StoreError
from smscore_http._context import Context
from smscore_http._faults import coded
from smscore_http._requests import Headers, Reply, Request, Stream, with_headers
from smscore_http.queue_api._coverage import Coverage
from smscore_http.queue_api._ranges import Part, Verdict, requested
from smscore_http.queue_api._replies import UNAVAILABLE

__all__ = ["CHANGED", "NOT_SATISFIABLE", "Downloads"]

_log = logging.getLogger(__name__)

_PIECE = 64 << 10  # bytes: what a client that takes its time holds in memory, a few times
# Anybody may ask, and take as long as they like: each keeps two descriptors and half a megabyte.
_MOST_AT_ONCE = 200
_APK: Headers = ((b"content-type", b"application/vnd.android.package-archive"),)
_RANGES: Headers = ((b"accept-ranges", b"bytes"),)
# /download/app.apk is another file after the next activation: who keeps it has to ask.
_ASK_AGAIN: Headers = ((b"cache-control", b"no-cache"),)
_UNFIT = re.compile(r"[^0-9A-Za-z._-]+")
CHANGED = coded(412, "Precondition failed", "precondition_failed")
NOT_SATISFIABLE = coded(416, "Range not satisfiable", "range_not_satisfiable")


class Downloads:
    """One per application; its coroutines run on the event loop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._coverages: dict[str, Coverage] = {}  # by the digest of the file
        self._sending = 0

    async def answer(self, request: Request, version: AppVersion) -> Reply:
        """What a GET or a HEAD for the version's file gets."""
        if self._sending >= _MOST_AT_ONCE or not await self._context.call(self._is_there, version):
            return UNAVAILABLE
        etag = f'"{version.digest}"'.encode()
        wanted = requested(request.headers, size=version.size, etag=etag)
        tagged: Headers = (*_RANGES, (b"etag", etag), *_ASK_AGAIN)
        if wanted is Verdict.CHANGED:
            return with_headers(CHANGED, tagged)
        if wanted is Verdict.NOT_MODIFIED:
            return Reply(304, b"", tagged)
        if wanted is Verdict.WHOLE or request.method == "HEAD":  # RFC 9110, 14.2: of GET alone
            return self._reply(200, version, Part(0, version.size), tagged)
        if wanted is Verdict.UNSATISFIABLE:
            return with_headers(NOT_SATISFIABLE, (*_RANGES, _content_range("*", version)))
        span = _content_range(f"{wanted.first}-{wanted.end - 1}", version)
        return self._reply(206, version, wanted, (*tagged, span))

    def _reply(self, status: int, version: AppVersion, part: Part, headers: Headers) -> Reply:
        disposition = (b"content-disposition", _disposition(version))
        stream = Stream(part.length, partial(self._pieces, version, part))
        return Reply(status, stream, (*_APK, disposition, *headers))

    async def _pieces(self, version: AppVersion, part: Part) -> AsyncGenerator[bytes, None]:
        left, path = part.first, self._context.gateway.config.app_file(version.digest)
        read = self._context.call
        with self._under_way():
            file = await read(os.open, path, os.O_RDONLY)
            try:
                while left < part.end:
                    piece = await read(os.pread, file, min(_PIECE, part.end - left), left)
                    if not piece:
                        raise OSError(f"the file of version code {version.code} became shorter")
                    yield piece
                    left += len(piece)
            finally:
                os.close(file)
                await self._sent(version, part.first, left)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._sending += 1
        try:
            yield
        finally:
            self._sending -= 1

    async def _sent(self, version: AppVersion, first: int, end: int) -> None:
        if first == end:
            return
        coverage = self._coverages.setdefault(version.digest, Coverage(version.size))
        count = coverage.add(first, end, at=self._context.gateway.clock.monotonic())
        if not count:
            return
        count_downloads = self._context.gateway.apps.count_downloads
        try:
            await self._context.call(count_downloads, version, count=count)
        except StoreError as cause:
            _log.warning("a download of version code %d is not counted: %s", version.code, cause)

    def _is_there(self, version: AppVersion) -> bool:
        path = self._context.gateway.config.app_file(version.digest)
        try:
            with path.open("rb") as file:  # as later on: one may see a file that one may not read
                size = os.fstat(file.fileno()).st_size
            fault = "" if size == version.size else "its file is damaged"
        except OSError as cause:
            fault = f"its file cannot be read: {cause.strerror}"
        if fault:  # without the file's name, which looks like a secret in a log
            _log.error("version code %d: %s; see 'smscore check'", version.code, fault)
        return not fault


def _content_range(span: str, version: AppVersion) -> tuple[bytes, bytes]:
    return b"content-range", f"bytes {span}/{version.size}".encode()


def _disposition(version: AppVersion) -> bytes:
    # A manifest may call a version anything; what could end the header's string is replaced.
    name = _UNFIT.sub("-", version.manifest.version).strip("-.")
    return f'attachment; filename="app-v{name or version.code}.apk"'.encode()
