"""
The command that says what is wrong with an installation.
"""

from pathlib import Path

import click

from smscore_server._options import Number, config_option, json_option
from smscore_server._output import printable, show_json
from smscore_server.check._examination import examine, examine_certificates
from smscore_server.check._findings import Verdict

__all__ = ["check"]

_MARKS = {Verdict.OK: "ok", Verdict.NOTE: "note", Verdict.WRONG: "WRONG"}


@click.command()
@click.option(
    "--wait",
    type=Number(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the channels may take to become ready.",
)
@click.option(
    "--certificates",
    "only_certificates",
    is_flag=True,
    help="Look only at whether the certificates can be used; before the server reads them again.",
)
@json_option
@config_option
@click.pass_context
def check(
    ctx: click.Context,
    *,
    wait: float,
    only_certificates: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Say what is wrong with an installation, and how to mend it.

    Looks at the configuration, plugins, key file, certificates, database, ports and channels. A
    running server is not disturbed, but asked how its channels are. Without one, the channels are
    opened, and what a modem has received meanwhile is stored, as the server would do it. Of a modem
    it says what is in the way: the device, a driver, ModemManager, a PIN, the network. Exit status
    1 if anything is wrong.

    \b
    Example: smscore check --config /srv/sms/smscore.toml
    JSON keys: ok, findings: a list with subject, verdict (ok, note, wrong), detail, remedy
    """
    _check_readable(config_file)
    if only_certificates:
        findings = list(examine_certificates(config_file))
    else:
        findings = list(examine(config_file, patience=wait))
    is_fine = all(one.verdict is not Verdict.WRONG for one in findings)
    if as_json:
        show_json({"ok": is_fine, "findings": [one.as_document() for one in findings]})
    else:
        for one in findings:
            click.echo(f"{_MARKS[one.verdict]:5}  {one.subject}: {printable(one.detail)}")
            if one.remedy:
                click.echo(f"       {'':{len(one.subject)}}  -> {printable(one.remedy)}")
    ctx.exit(0 if is_fine else 1)


def _check_readable(config_file: Path) -> None:
    """Without a configuration there is nothing to look at: the command was called wrongly."""
    try:
        config_file.open("rb").close()
    except OSError as cause:
        way_out = "; 'smscore init' writes one" if isinstance(cause, FileNotFoundError) else ""
        raise click.BadParameter(
            f"{config_file} cannot be read: {cause.strerror}{way_out}", param_hint="'--config'"
        ) from cause
