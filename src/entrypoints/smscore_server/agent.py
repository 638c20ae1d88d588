"""
The command that sends for another server.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from smscore import GatewayConfig, build
from smscore.errors import ConfigurationError
from smscore.structuring import structure
from smscore_agent import Agent, AgentOptions, Balance, token_reader
from smscore_server._logging import catch_strays, formatter_of, set_up_logging
from smscore_server._options import Number, config_option, json_option
from smscore_server._output import show_json
from smscore_server._signals import work_until_told

__all__ = ["agent", "settings_of"]

_TOKEN = "SMSCORE_AGENT_TOKEN"  # noqa: S105  # the name of a variable


@click.command()
@click.option("--once", is_flag=True, help="Poll once, wait for what becomes of it, and end.")
@click.option(
    "--wait",
    type=Number(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --once may take.",
)
@click.option("--verbose", is_flag=True, help="Log every detail, with full numbers.")
@json_option
@config_option
@click.pass_context
def agent(
    ctx: click.Context,
    *,
    once: bool,
    wait: float,
    verbose: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Send for another server: fetch its messages, tell what became of them.

    It polls the queue API at [agent] server as a phone does, and sends by the channels of its own
    configuration, whose database must be its own. The token of the other server's account is in
    [agent] token_file or in the environment variable SMSCORE_AGENT_TOKEN. SIGTERM or Ctrl-C ends
    it in order. With --once the exit status is 1 if the server could not be asked, or has not heard
    of every outcome.

    \b
    Example: smscore agent --config /srv/agent/smscore.toml
             smscore agent --once --wait 60
    JSON keys: server; with --once fetched, delivered, failed, left
    """
    level = logging.DEBUG if verbose else logging.INFO
    config = GatewayConfig.from_toml(config_file)
    set_up_logging(sys.stderr, level=level, formatter=formatter_of(config))
    catch_strays()
    options, token = settings_of(config)
    with build(config) as gateway:
        worker = Agent(gateway, options, token=token)
        if once:
            balance = work_until_told(lambda: worker.run_once(patience=wait), stop=worker.stop)
            _show(balance, as_json=as_json)
            ctx.exit(0 if balance.is_settled else 1)

        def work() -> None:
            if as_json:
                show_json({"server": options.server})
            else:
                click.echo(f"smscore sends for {options.server}")
            worker.run()

        work_until_told(work, stop=worker.stop)


def settings_of(config: GatewayConfig) -> tuple[AgentOptions, Callable[[], str]]:
    """
    The agent's options, and what reads its token.

    Raises:
        ConfigurationError: something of it is missing or wrong.
    """
    if not config.agent:
        raise ConfigurationError(
            "the configuration has no table [agent]; it names the server, such as "
            'server = "https://gateway.example/api"'
        )
    options = structure(config.agent, AgentOptions, where="agent")
    file = config.path(options.token_file) if options.token_file else None
    token = token_reader(file=file, given=os.environ.get(_TOKEN) if file is None else None)
    token()  # what is wrong from the beginning is said at the beginning
    return options, token


def _show(balance: Balance, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "fetched": balance.fetched,
                "delivered": balance.delivered,
                "failed": balance.failed,
                "left": balance.left,
            }
        )
    else:
        fetched = "nothing" if balance.fetched is None else balance.fetched
        click.echo(
            f"fetched {fetched}; told {balance.delivered} delivered and {balance.failed} failed; "
            f"{balance.left} left"
        )
