"""
The command that runs the gateway.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smscore import Gateway, GatewayConfig, build
from smscore.config import Role
from smscore_http import Surfaces, current_request
from smscore_server import _server
from smscore_server._certificates import Certificate
from smscore_server._entrances import Entrance, certificate_of, open_entrances
from smscore_server._handover import REHEARSAL, SMTP, Listeners, rehearse
from smscore_server._logging import catch_strays, formatter_of, set_up_logging, stop_access_log
from smscore_server._open_files import raise_open_files
from smscore_server._options import WholeNumber, config_option, json_option
from smscore_server._output import show_json
from smscore_server._tracing import traced

if TYPE_CHECKING:
    from smscore_smtp import SmtpDoor

__all__ = ["serve"]


@click.command()
@click.option("--host", metavar="ADDRESS", help="Instead of [http] host.")
@click.option("--port", type=WholeNumber(0, 65535), help="Instead of [http] port; 0: a free one.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="Instead of [server] role; on PostgreSQL several servers share the work.",
)
@click.option("--verbose", is_flag=True, help="Log every detail, with full numbers.")
@click.option(REHEARSAL, "is_rehearsal", is_flag=True, hidden=True, help="Run nothing.")
@json_option
@config_option
def serve(
    *,
    host: str | None,
    port: int | None,
    role: str | None,
    verbose: bool,
    is_rehearsal: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Run the gateway: the HTTP surfaces and the configured channels.

    With a table [smtp] it takes mails, too, and sends them as SMS (docs/email.md). Logs go to
    standard error. SIGTERM or Ctrl-C ends it in order. SIGHUP has certificates read again, SIGUSR2
    has it begin anew on the same sockets (docs/serving.md).

    With --role api it takes messages and sends none; with --role channels it sends them, and
    answers by HTTP only /health, /metrics and the calls of networks (docs/operating.md).

    \b
    Example: smscore serve --config /srv/sms/smscore.toml
    JSON keys: url; where there are several beside, a list; with [smtp] also smtp
    """
    level = logging.DEBUG if verbose else logging.INFO
    config = GatewayConfig.from_toml(config_file)
    formatter = formatter_of(config, current=current_request)
    set_up_logging(sys.stderr, level=level, formatter=formatter)
    catch_strays()
    if role is not None:
        config = config.with_role(Role(role))
    if is_rehearsal:
        _look_for_faults(config)
        return
    if not config.http.access_log:
        stop_access_log()
    with Listeners() as listeners:
        with build(config) as gateway, traced(gateway):
            raise_open_files()
            certificate = certificate_of(config)
            entrances = open_entrances(
                listeners,
                host=host or config.http.host,
                port=config.http.port if port is None else port,
                plain_port=config.http.plain_port,
                certificate=certificate,
            )
            door = _door(gateway, listeners)
            has_to_run_again = _server.run(
                gateway,
                entrances=entrances,
                on_started=lambda: _announce(entrances, door, as_json=as_json),
                beside=None if door is None else door.running(),
                listeners=listeners,
                on_hangup=lambda: _renew(certificate, door),
                may_run_again=rehearse,
            )
        listeners.run_again(if_so=has_to_run_again)


def _look_for_faults(config: GatewayConfig) -> None:
    """Raises whatever would keep the server from running, as far as it can be known beside one."""
    certificate_of(config)
    with build(config) as gateway, traced(gateway):
        Surfaces(gateway)
        gateway.alerts.check()
        if config.smtp and config.server.role.has_doors:
            # Loaded here: not everybody has mails.
            from smscore_smtp import check_installed, options_of, tls_context

            check_installed()
            tls_context(config, options_of(config.smtp))


def _announce(entrances: Sequence[Entrance], door: "SmtpDoor | None", *, as_json: bool) -> None:
    url, *others = [one.url for one in entrances]
    mail = None if door is None else ":".join(map(str, door.address))
    if as_json:
        beside = {"beside": others} if others else {}
        show_json({"url": url, **beside, **({} if mail is None else {"smtp": mail})})
        return
    click.echo(f"smscore answers on {' and '.join((url, *others))}")
    if mail is not None:
        click.echo(f"smscore takes mails on {mail}")


def _renew(certificate: Certificate | None, door: "SmtpDoor | None") -> None:
    """Read certificates again; raises a ConfigurationError if one cannot be used, which stays."""
    if certificate is not None:
        certificate.renew()
    if door is not None:
        door.renew_certificate()


def _door(gateway: Gateway, listeners: Listeners) -> "SmtpDoor | None":
    if not gateway.config.smtp or not gateway.config.server.role.has_doors:
        listeners.drop(SMTP)
        return None
    # Loaded here: not everybody has mails.
    from smscore_smtp import SmtpDoor, listen, options_of

    options = options_of(gateway.config.smtp)
    if not listeners.has(SMTP):
        listeners.add(SMTP, listen(options))
    return SmtpDoor(gateway, options, listener=listeners.shared(SMTP)[0])
