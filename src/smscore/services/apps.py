"""
The app for phones: publish its versions, choose the active one, count downloads.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from smscore.domain.apps import AppManifest, AppVersion, check_successor
from smscore.errors import NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._auditing import Auditor

__all__ = ["Apps"]

T = TypeVar("T")


class Apps:
    """Versions and what is known of them; their files are elsewhere. Each call blocks."""

    def __init__(self, *, store: Store, clock: Clock, auditor: Auditor) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor

    def all(self) -> Sequence[AppVersion]:
        """Every version that there ever was, the highest code first."""
        return self._store.read(lambda view: view.apps.all())

    def published(self) -> Sequence[AppVersion]:
        """Those that can be downloaded, the highest code first."""
        return [one for one in self.all() if one.is_published]

    def active(self) -> AppVersion | None:
        """The one that phones are to have."""
        return next((one for one in self.all() if one.is_active), None)

    def get(self, code: int) -> AppVersion:
        """
        A version that can be downloaded.

        Raises:
            NotFound: there is none of this code, or it was withdrawn.
        """
        return _published(self._store.read(lambda view: view.apps.get(code)), code)

    def check(self, manifest: AppManifest) -> None:
        """
        Say beforehand what :meth:`publish` would.

        Raises:
            Conflict: phones would not take it for an update.
        """
        check_successor(manifest, versions=self.all())

    def publish(
        self,
        manifest: AppManifest,
        *,
        digest: str,
        size: int,
        notes: str = "",
        activate: bool = False,
        force: bool = False,
    ) -> AppVersion:
        """
        Publish a version whose file is in its place already.

        ``force`` lets it be one that phones would not take for an update. A version of the same
        code gives way to it, with what was counted, and stays active if it was; of the same file,
        what was counted and noted stays too.

        Raises:
            Conflict: phones would not take it for an update.
        """
        now = self._clock.now()

        def work(work: UnitOfWork) -> AppVersion:
            if not force:
                check_successor(manifest, versions=work.apps.all())
            version = AppVersion(
                manifest=manifest, digest=digest, size=size, notes=notes, published_at=now
            )
            if (before := work.apps.get(manifest.code)) is not None:
                version = version.instead_of(before)
            work.apps.put(version)
            return _activated(work, version) if activate else version

        return self._run(self._auditor.with_entry(work, "app.published", manifest.code))

    def activate(self, code: int) -> AppVersion:
        """
        Make a published version the one that phones are to have.

        Raises:
            NotFound: there is none of this code, or it was withdrawn.
        """
        return self._run(
            self._auditor.with_entry(
                lambda work: _activated(work, _published(work.apps.get(code), code)),
                "app.activated",
                code,
            )
        )

    def withdraw(self, code: int) -> AppVersion:
        """
        Let nobody download a version any more; if it was the active one, none is.

        Raises:
            NotFound: there is none of this code, or it was withdrawn.
        """
        now = self._clock.now()

        def work(work: UnitOfWork) -> AppVersion:
            withdrawn = _published(work.apps.get(code), code).withdrawn(at=now)
            work.apps.put(withdrawn)
            return withdrawn

        return self._run(self._auditor.with_entry(work, "app.withdrawn", code))

    def count_downloads(self, version: AppVersion, *, count: int) -> None:
        """
        So many more downloads have come to their end.

        Those of a file that has given way to another one of the same code do not count.
        """

        def work(work: UnitOfWork) -> None:
            known = work.apps.get(version.code)
            if known is not None and known.digest == version.digest:
                work.apps.put(known.downloaded(count))

        self._run(work)

    def _run(self, work: Callable[[UnitOfWork], T]) -> T:
        return commit(self._store, work)


def _published(version: AppVersion | None, code: int) -> AppVersion:
    if version is None or not version.is_published:
        raise NotFound(
            f"there is no published version of code {code}; 'smscore app list' shows all"
        )
    return version


def _activated(work: UnitOfWork, version: AppVersion) -> AppVersion:
    for one in work.apps.all():
        if one.is_active and one.code != version.code:
            work.apps.put(one.activated(is_active=False))
    activated = version.activated(is_active=True)
    work.apps.put(activated)
    return activated
