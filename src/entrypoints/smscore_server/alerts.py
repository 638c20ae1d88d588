"""
The commands around alerts to operators.
"""

from pathlib import Path

import click

from smscore.services.alerting import ActiveAlert
from smscore_server._opening import opened
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import Failure, instant, printable, show_json, show_table

__all__ = ["alerts"]

_receiver = click.argument("name", callback=check_text)


@click.group()
def alerts() -> None:
    """
    See what is wrong and who has heard of it; send a trial.

    \b
    Example: smscore alerts test ops
    """


@alerts.command("list")
@json_option
@config_option
def list_alerts(*, as_json: bool, config_file: Path) -> None:
    """
    List the alerts that are raised, as a server saw them last.

    \b
    Example: smscore alerts list
    JSON: a list of objects with the keys kind, subject, detail, remedy, raised_at, seen_at,
          heard_by
    """
    with opened(config_file) as gateway:
        found = gateway.alerts.active()
    if as_json:
        show_json([_document(one) for one in found])
        return
    show_table(
        ["kind", "detail", "raised_at", "seen_at", "heard_by"],
        [
            (
                one.kind.value,
                printable(one.detail),
                instant(one.raised_at),
                instant(one.seen_at),
                ", ".join(one.heard_by) or None,
            )
            for one in found
        ],
    )


@alerts.command("test")
@_receiver
@json_option
@config_option
def try_out(*, name: str, as_json: bool, config_file: Path) -> None:
    """
    Send a trial to a receiver, and say whether it was taken.

    \b
    Example: smscore alerts test ops
    JSON keys: receiver, taken, error
    """
    with opened(config_file) as gateway:
        error = gateway.alerts.try_out(name)
    if as_json:
        show_json({"receiver": name, "taken": error is None, "error": error})
    if error is not None:
        raise Failure(f"{name} has not taken it: {printable(error)}")
    if not as_json:
        click.echo(f"{name} has taken it")


@alerts.command("secret")
@_receiver
@json_option
@config_option
def show_secret(*, name: str, as_json: bool, config_file: Path) -> None:
    """
    Show the secret that signs calls to a receiver; it is derived from the key file.

    \b
    Example: smscore alerts secret ops
    JSON keys: receiver, secret
    """
    with opened(config_file) as gateway:
        secret = gateway.alerts.secret(name)
    if as_json:
        show_json({"receiver": name, "secret": secret})
    else:
        click.echo(secret)


def _document(one: ActiveAlert) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "subject": one.subject,
        "detail": one.detail,
        "remedy": one.remedy,
        "raised_at": instant(one.raised_at),
        "seen_at": instant(one.seen_at),
        "heard_by": list(one.heard_by),
    }
