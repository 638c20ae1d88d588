"""
The commands about the app for phones: publish versions, choose the active one, withdraw some.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.apps import AppManifest, AppVersion
from smscore.domain.messages import clean_text
from smscore.errors import Conflict, InvalidRequest
from smscore_apk import read_apk
from smscore_server._app_files import AppFiles
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import Failure, instant, show_document, show_documents, show_json

__all__ = ["app"]

_LONGEST_NOTES = 10_000
_COLUMNS = ("code", "version", "state", "size", "downloads", "published_at")

_code_argument = click.argument("code", type=WholeNumber(0, 2**31 - 1))


@click.group()
def app() -> None:
    """
    Publish the app for phones: its versions, which of them is active.

    \b
    Example: smscore app publish phone-1.2.0.apk --notes "Bug fixes" --activate
    """


@app.command("publish")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--notes", callback=check_text, metavar="TEXT", help="What is new, for those who install it."
)
@click.option(
    "--notes-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="The same from a file; - is standard input.",
)
@click.option("--activate", is_flag=True, help="Make it the one that phones are to have.")
@click.option("--force", is_flag=True, help="Also if phones would not take it as an update.")
@json_option
@config_option
def publish_app(
    *,
    file: Path,
    notes: str | None,
    notes_file: Path | None,
    activate: bool,
    force: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Publish an APK: from now on anybody can download it.

    Version, code and certificates are read from the APK. It is refused if its code is not higher
    than each published one, or if it has another package name or other certificates than the one
    before: phones would not take it as an update. A version of the same code gives way to one that
    is forced. Phones are told of the active version only: see 'smscore app activate'.

    \b
    Example: smscore app publish phone-1.2.0.apk --notes "Bug fixes" --activate
    JSON keys: those of 'smscore app list --json'
    """
    said = _notes(notes, notes_file)
    with opened(config_file) as gateway:
        files = AppFiles(gateway.config)
        with _about(file), files.locked(), files.draft(file) as draft:
            manifest = read_apk(draft.path)
            if not force:
                _check(gateway, manifest)
            files.keep(draft)
            version = gateway.apps.publish(
                manifest,
                digest=draft.digest,
                size=draft.size,
                notes=said,
                activate=activate,
                force=force,
            )
            _sweep(files, gateway)
        _show(gateway, version, as_json=as_json)
        if not as_json and gateway.apps.active() is None:
            click.echo(f"\nNo version is active yet: smscore app activate {version.code}")


@app.command("list")
@json_option
@config_option
def list_apps(*, as_json: bool, config_file: Path) -> None:
    """
    List all versions with their downloads, the highest code first.

    Downloads are complete ones. Versions that were withdrawn are listed, since phones may have
    them.

    \b
    Example: smscore app list
    JSON: a list with code, version, package, state (active, published, withdrawn), size, downloads,
          notes, published_at, withdrawn_at, sha256, certificates, file
    """
    with opened(config_file) as gateway:
        documents = [_as_document(gateway, one) for one in gateway.apps.all()]
    if as_json:
        show_json(documents)
        return
    show_documents(_COLUMNS, documents)


@app.command("activate")
@_code_argument
@json_option
@config_option
def activate_app(*, code: int, as_json: bool, config_file: Path) -> None:
    """
    Make a published version the one that phones are to have.

    It may be an older one, to stop the spreading of a bad version; phones that have the newer one
    keep it.

    \b
    Example: smscore app activate 5
    JSON keys: those of 'smscore app list --json'
    """
    with opened(config_file) as gateway:
        _show(gateway, gateway.apps.activate(code), as_json=as_json)


@app.command("withdraw")
@_code_argument
@json_option
@config_option
def withdraw_app(*, code: int, as_json: bool, config_file: Path) -> None:
    """
    Let nobody download a version any more, and remove its file.

    If it was the active one, none is active then. Downloads that have begun come to their end.

    \b
    Example: smscore app withdraw 5
    JSON keys: those of 'smscore app list --json'
    """
    with opened(config_file) as gateway:
        files = AppFiles(gateway.config)
        with files.locked():
            version = gateway.apps.withdraw(code)
            _sweep(files, gateway)
        _show(gateway, version, as_json=as_json)


def _notes(text: str | None, file: Path | None) -> str:
    if text is not None and file is not None:
        raise click.UsageError("give --notes or --notes-file, not both")
    if file is not None:
        with click.open_file(str(file), "rb") as opened_file:
            text = opened_file.read(4 * _LONGEST_NOTES + 1).decode("utf-8", "replace").strip()
    notes = clean_text(text or "")
    if len(notes) > _LONGEST_NOTES:
        raise InvalidRequest(f"the notes are longer than {_LONGEST_NOTES} characters")
    return notes


@contextmanager
def _about(file: Path) -> Iterator[None]:
    """Refusals name the file that they are about."""
    try:
        yield
    except InvalidRequest as refusal:
        raise Failure(f"{file}: {refusal}") from refusal


def _check(gateway: Gateway, manifest: AppManifest) -> None:
    try:
        gateway.apps.check(manifest)
    except Conflict as refusal:
        raise InvalidRequest(f"{refusal}; --force publishes it nevertheless") from refusal


def _sweep(files: AppFiles, gateway: Gateway) -> None:
    files.sweep(kept={version.digest for version in gateway.apps.published()})


def _show(gateway: Gateway, version: AppVersion, *, as_json: bool) -> None:
    show_document(_as_document(gateway, version), as_json=as_json)


def _as_document(gateway: Gateway, version: AppVersion) -> dict[str, object]:
    return {
        "code": version.code,
        "version": version.manifest.version,
        "package": version.manifest.package,
        "state": _state(version),
        "size": version.size,
        "downloads": version.downloads,
        "notes": version.notes,
        "published_at": instant(version.published_at),
        "withdrawn_at": instant(version.withdrawn_at),
        "sha256": version.digest,
        "certificates": list(version.manifest.certificates),
        "file": str(gateway.config.app_file(version.digest)) if version.is_published else None,
    }


def _state(version: AppVersion) -> str:
    if version.is_active:
        return "active"
    return "published" if version.is_published else "withdrawn"
