"""
What anybody may ask about the app for phones: which version to have, all of them, their files.
"""

import re
from datetime import UTC

from smscore.domain.apps import AppVersion
from smscore.errors import NotFound
from smscore_http._context import Context
from smscore_http._origin import origin
from smscore_http._requests import Reply, Request
from smscore_http._wire import encode_json
from smscore_http.queue_api._downloads import Downloads
from smscore_http.queue_api._replies import NO_ACTIVE_VERSION, VERSION_NOT_FOUND
from smscore_http.queue_api._shapes import ActiveApp, App, AppList

__all__ = ["CODE", "AppCalls"]

CODE = re.compile(r"0|[1-9][0-9]{0,9}")  # one spelling each, and what 31 bits can be


class AppCalls:
    """The four public calls."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._downloads = Downloads(context)

    async def active(self, request: Request) -> Reply:
        """``GET /api/app-version``: the version that phones are to have."""
        version = await self._active()
        if version is None:
            return NO_ACTIVE_VERSION
        app = ActiveApp(
            version=version.manifest.version,
            code=version.code,
            download_url=f"{self._origin(request)}/download/app.apk",
            notes=version.notes,
            size=version.size,
            published_at=_published_at(version),
        )
        return Reply(200, encode_json(app))

    async def published(self, request: Request) -> Reply:
        """``GET /api/app-versions``: all that can be downloaded."""
        versions = await self._context.call(self._context.gateway.apps.published)
        place = self._origin(request)
        apps = [
            App(
                version=version.manifest.version,
                code=version.code,
                is_active=version.is_active,
                download_url=f"{place}/api/download/{version.code}",
                notes=version.notes,
                size=version.size,
                published_at=_published_at(version),
            )
            for version in versions
        ]
        return Reply(200, encode_json(AppList(versions=apps)))

    async def download_active(self, request: Request) -> Reply:
        """``GET /download/app.apk``: the file of the version that phones are to have."""
        version = await self._active()
        if version is None:
            return NO_ACTIVE_VERSION
        return await self._downloads.answer(request, version)

    async def download(self, request: Request) -> Reply:
        """``GET /api/download/CODE``: the file of any published version."""
        written = request.path.rpartition("/")[2]
        if CODE.fullmatch(written) is None:
            return VERSION_NOT_FOUND
        try:
            version = await self._context.call(self._context.gateway.apps.get, int(written))
        except NotFound:
            return VERSION_NOT_FOUND
        return await self._downloads.answer(request, version)

    async def _active(self) -> AppVersion | None:
        return await self._context.call(self._context.gateway.apps.active)

    def _origin(self, request: Request) -> str:
        return origin(request, self._context.gateway.config.http.public_url)


def _published_at(version: AppVersion) -> str:
    return version.published_at.astimezone(UTC).isoformat(timespec="seconds")
