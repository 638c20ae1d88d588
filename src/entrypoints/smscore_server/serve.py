"""
The command that runs the gateway.
"""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smscore import Gateway, GatewayConfig, build
from smscore.config import Role
from smscore_server import _server
from smscore_server._listening import address, listen
from smscore_server._logging import set_up_logging, stop_access_log
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
@json_option
@config_option
def serve(
    *,
    host: str | None,
    port: int | None,
    role: str | None,
    verbose: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Run the gateway: the HTTP surfaces and the configured channels.

    With a table [smtp] it takes mails, too, and sends them as SMS (docs/email.md). Logs go to
    standard error. SIGTERM or Ctrl-C ends it in order.

    With --role api it takes messages and sends none; with --role channels it sends them, and
    answers by HTTP only /health, /metrics and the calls of networks (docs/operating.md).

    \b
    Example: smscore serve --config /srv/sms/smscore.toml
    JSON keys: url; with [smtp] also smtp
    """
    set_up_logging(sys.stderr, level=logging.DEBUG if verbose else logging.INFO)
    config = GatewayConfig.from_toml(config_file)
    if role is not None:
        config = config.with_role(Role(role))
    if not config.http.access_log:
        stop_access_log()
    with build(config) as gateway, traced(gateway):
        door = _door(gateway)
        listener = listen(host or config.http.host, config.http.port if port is None else port)
        url = address(listener)

        def announce() -> None:
            mail = None if door is None else ":".join(map(str, door.address))
            if as_json:
                show_json({"url": url} if mail is None else {"url": url, "smtp": mail})
                return
            click.echo(f"smscore answers on {url}")
            if mail is not None:
                click.echo(f"smscore takes mails on {mail}")

        beside = None if door is None else door.running()
        _server.run(gateway, listener=listener, on_started=announce, beside=beside)


def _door(gateway: Gateway) -> "SmtpDoor | None":
    if not gateway.config.smtp or not gateway.config.server.role.has_doors:
        return None
    # Loaded here: not everybody has mails.
    from smscore_smtp import SmtpDoor

    return SmtpDoor(gateway)
