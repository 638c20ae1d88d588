"""
The command that runs the gateway.
"""

import logging
import sys
from pathlib import Path

import click

from smscore import GatewayConfig, build
from smscore_server import _server
from smscore_server._listening import address, listen
from smscore_server._logging import set_up_logging, stop_access_log
from smscore_server._options import WholeNumber, config_option, json_option
from smscore_server._output import show_json

__all__ = ["serve"]


@click.command()
@click.option("--host", metavar="ADDRESS", help="Instead of [http] host.")
@click.option("--port", type=WholeNumber(0, 65535), help="Instead of [http] port; 0: a free one.")
@click.option("--verbose", is_flag=True, help="Log every detail, with full numbers.")
@json_option
@config_option
def serve(
    *, host: str | None, port: int | None, verbose: bool, as_json: bool, config_file: Path
) -> None:
    """
    Run the gateway: the HTTP surfaces and the configured channels.

    Logs go to standard error. SIGTERM or Ctrl-C ends it in order.

    \b
    Example: smscore serve --config /srv/sms/smscore.toml
    JSON keys: url
    """
    set_up_logging(sys.stderr, level=logging.DEBUG if verbose else logging.INFO)
    config = GatewayConfig.from_toml(config_file)
    if not config.http.access_log:
        stop_access_log()
    with build(config) as gateway:
        listener = listen(host or config.http.host, config.http.port if port is None else port)
        url = address(listener)

        def announce() -> None:
            if as_json:
                show_json({"url": url})
            else:
                click.echo(f"smscore answers on {url}")

        _server.run(gateway, listener=listener, on_started=announce)
