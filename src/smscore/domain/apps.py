"""
The app for phones: versions of it that were published, and what may follow them.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.errors import Conflict

__all__ = ["AppManifest", "AppVersion", "check_successor"]


@attrs.frozen(kw_only=True)
class AppManifest:
    """
    What an APK says of itself.

    ``certificates`` are the SHA-256 digests of those that it is signed with, under whatever scheme.
    """

    package: str
    version: str
    code: int
    certificates: tuple[str, ...]


@attrs.frozen(kw_only=True)
class AppVersion:
    """
    A published version, known by its code; ``digest`` is the SHA-256 of its file.

    One that was withdrawn is remembered: phones may have it.
    """

    manifest: AppManifest
    digest: str
    size: int  # bytes
    notes: str
    published_at: datetime
    is_active: bool = False  # the one that phones are to have; at most one is
    downloads: int = 0  # complete ones
    withdrawn_at: datetime | None = None

    @property
    def code(self) -> int:
        return self.manifest.code

    @property
    def is_published(self) -> bool:
        return self.withdrawn_at is None

    def instead_of(self, before: "AppVersion") -> "AppVersion":
        """Published where there was one of this code; of the same file, what is known stays."""
        version = attrs.evolve(self, is_active=before.is_active)
        if self.digest != before.digest:
            return version
        return attrs.evolve(
            version,
            notes=self.notes or before.notes,
            published_at=before.published_at if before.is_published else self.published_at,
            downloads=before.downloads,
        )

    def withdrawn(self, *, at: datetime) -> "AppVersion":
        """Nobody can get it any more."""
        return attrs.evolve(self, is_active=False, withdrawn_at=at)

    def downloaded(self, count: int) -> "AppVersion":
        """So many times more, to its last byte."""
        return attrs.evolve(self, downloads=self.downloads + count)

    def activated(self, *, is_active: bool) -> "AppVersion":
        """Phones are to have it, or not any more."""
        return attrs.evolve(self, is_active=is_active)


def check_successor(manifest: AppManifest, *, versions: Sequence[AppVersion]) -> None:
    """
    Make sure that phones which have one of these versions take the new one as its update.

    Raises:
        Conflict: its code is not higher than each published one, or the version that was published
            last is of another package or has none of its certificates. All that is so is named.
    """
    highest = max((one.code for one in versions if one.is_published), default=-1)
    last = max(versions, key=lambda one: one.published_at, default=None)
    reasons = []
    if manifest.code <= highest:
        reasons.append(
            f"its version code {manifest.code} is not higher than {highest}, which is published: "
            "phones take no step back"
        )
    if last is not None and manifest.package != last.manifest.package:
        reasons.append(
            f"it is the app {manifest.package}, and version code {last.code} is "
            f"{last.manifest.package}: phones would have both"
        )
    elif last is not None and not set(manifest.certificates) & set(last.manifest.certificates):
        reasons.append(
            f"it is signed differently than version code {last.code}: "
            "phones refuse it until the old one is uninstalled"
        )
    if reasons:
        raise Conflict("; ".join(reasons))
