"""
Versions of the app for phones.
"""

from collections.abc import Sequence

import msgspec

from smscore.domain.apps import AppManifest, AppVersion
from smscore_sqlmodel._columns import APPS
from smscore_sqlmodel._mapping import (
    from_micros,
    micros,
    optional_micros,
    optional_moment,
    to_json,
)
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Apps", "AppsView"]

_GET = selection(APPS, "WHERE code = ?")
_ALL = selection(APPS, "ORDER BY code DESC")
_PUT = replacement(APPS)

_texts = msgspec.json.Decoder(tuple[str, ...])


class AppsView(Reads):
    def get(self, code: int) -> AppVersion | None:
        rows = self._session.fetch(_GET, (code,))
        return _version_of(rows[0]) if rows else None

    def all(self) -> Sequence[AppVersion]:
        return [_version_of(cells) for cells in self._session.fetch(_ALL)]


class Apps(Writes, AppsView):
    def put(self, version: AppVersion) -> None:
        manifest = version.manifest
        cells = (
            manifest.code,
            manifest.package,
            manifest.version,
            to_json(manifest.certificates).decode(),
            version.digest,
            version.size,
            version.notes,
            micros(version.published_at),
            int(version.is_active),
            version.downloads,
            optional_micros(version.withdrawn_at),
        )
        self._writer.change(_PUT.sql, cells)


def _version_of(cells: Cells) -> AppVersion:
    code, package, version, certificates, digest, size, notes, at, active, downloads, end = cells
    return AppVersion(
        manifest=AppManifest(
            package=package,
            version=version,
            code=code,
            certificates=_texts.decode(certificates),
        ),
        digest=digest,
        size=size,
        notes=notes,
        published_at=from_micros(at),
        is_active=bool(active),
        downloads=downloads,
        withdrawn_at=optional_moment(end),
    )
