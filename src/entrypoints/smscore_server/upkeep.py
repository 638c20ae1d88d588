"""
The commands that keep an installation in good order: drop what is old, make a copy.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shlex import quote

import click

from smscore import GatewayConfig
from smscore.bootstrap import BackedUp
from smscore.bootstrap import backup as back_up
from smscore.services.housekeeping import Pruned
from smscore_server._opening import opened
from smscore_server._options import config_option, json_option
from smscore_server._output import several, show_fields, show_json
from smscore_server._times import parse_span

__all__ = ["Progress", "backup", "prune"]


@click.command()
@click.option(
    "--older-than",
    required=True,
    callback=parse_span,
    metavar="DURATION",
    help="Such as 90d, 26w or 12h.",
)
@click.option(
    "--audit-older-than",
    callback=parse_span,
    metavar="DURATION",
    help="Drop lines of the audit log, too.  [default: none]",
)
@json_option
@config_option
def prune(
    *, older_than: timedelta, audit_older_than: timedelta | None, as_json: bool, config_file: Path
) -> None:
    """
    Drop messages that ended long ago, and what was received then.

    Dropped are, with their stories, messages that ended, were sent or are indeterminate and of
    which nothing was heard for so long; and what happened to channels then. What waits stays, and
    so does the ledger: its entries go on to add up. Works beside a running server, in small steps,
    and can be interrupted at any time. The file does not become smaller; new messages use the room.

    \b
    Example: smscore prune --older-than 90d
    JSON keys: messages, inbound, audit, channel_events
    """
    with opened(config_file) as gateway:
        now = gateway.clock.now()
        done = gateway.housekeeping.prune(
            before=now - older_than,
            audit_before=None if audit_older_than is None else now - audit_older_than,
            progress=Progress(),
        )
    if as_json:
        show_json(
            {
                "messages": done.messages,
                "inbound": done.inbound,
                "audit": done.audit,
                "channel_events": done.channels,
            }
        )
    else:
        click.echo(f"{_told(done)} dropped")


class Progress:
    """Says on standard error how far it got, about once a second."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._said_at = timer()

    def __call__(self, done: Pruned) -> None:
        now = self._timer()
        if now - self._said_at >= 1:
            self._said_at = now
            click.echo(f"{_told(done)} so far", err=True)


def _told(done: Pruned) -> str:
    return f"{several(done.messages, 'message')} and {several(done.inbound, 'received message')}"


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@json_option
@config_option
def backup(*, directory: Path, as_json: bool, config_file: Path) -> None:
    """
    Copy the database and the key file into a directory.

    The directory is made if it is not there. The server may run meanwhile: the copy is the database
    of one moment. Nothing is overwritten; the files are for their owner alone. The configuration
    file is not copied: it is yours; nor are the files of published apps, in a directory beside the
    database. What is on PostgreSQL is copied by pg_dump, see docs/operating.md.

    \b
    Example: smscore backup /var/backups/sms/2026-11-22
    JSON keys: store, key, restore (the commands that put them back)
    """
    made = back_up(GatewayConfig.from_toml(config_file), directory)
    steps = _restoring(made, config_file)
    if as_json:
        show_json({"store": str(made.store), "key": str(made.key), "restore": steps})
        return
    show_fields([("database", str(made.store)), ("key", str(made.key))])
    click.echo("\nTo restore, stop the server, then:")
    for step in steps:
        click.echo(f"  {step}")
    click.echo("What waited to be sent at the time of the backup waits again then.")


def _restoring(made: BackedUp, config_file: Path) -> list[str]:
    store = made.store_url.removeprefix("sqlite:///")
    # What is left of the journal of another database would be applied to this one.
    return [
        f"rm -f {quote(store + '-wal')} {quote(store + '-shm')}",
        f"cp -p {quote(str(made.store.absolute()))} {quote(store)}",
        f"cp -p {quote(str(made.key.absolute()))} {quote(str(made.key_file))}",
        f"smscore migrate --config {quote(str(config_file.absolute()))}",
        f"smscore check --config {quote(str(config_file.absolute()))}",
    ]
