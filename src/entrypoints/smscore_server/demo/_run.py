"""
The parts of the demo, put together: configuration, credentials, server, phone, and what it prints.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

import attrs
import click

from smscore import Gateway, GatewayConfig, build, migrate
from smscore.errors import ConfigurationError
from smscore.files import privately
from smscore_server import _server
from smscore_server._credentials import Credentials, prepare
from smscore_server._entrances import Entrance
from smscore_server._listening import address, listen
from smscore_server._logging import formatter_of, set_up_logging
from smscore_server._output import Failure, show_json
from smscore_server._templates import demo_configuration
from smscore_server.demo._phone import Phone
from smscore_server.demo._simulation import Simulation

__all__ = ["run"]

_RECIPIENT = "+491701234567"


def run(directory: Path, *, simulation: Simulation, port: int, as_json: bool) -> None:
    """
    Run the demo in a directory until SIGINT or SIGTERM.

    Raises:
        GatewayError, Failure: something that it needs is not to be had.
    """
    file = directory / "smscore.toml"
    with (
        open(directory / "server.log", "a", encoding="utf-8", opener=privately) as log,
        listen("127.0.0.1", port) as listener,
    ):
        set_up_logging(log)
        if not file.exists():
            with open(file, "w", encoding="utf-8", opener=privately) as made:
                made.write(demo_configuration(_ports(simulation)))
        config = GatewayConfig.from_toml(file)
        set_up_logging(log, formatter=formatter_of(config))
        with _open(config) as gateway:
            # Not before: until here the modems' process and this one start at the same time.
            _check_ports(config, _ports(simulation), file)
            credentials = prepare(gateway, directory / "demo-credentials.json")
            url = address(listener)
            phone = Phone(url=url, token=credentials.token)

            def announce() -> None:
                _show(file, url, credentials, as_json=as_json)
                phone.start()

            try:
                _server.run(gateway, entrances=[Entrance(listener, None)], on_started=announce)
            finally:
                phone.stop()


def _ports(simulation: Simulation) -> Mapping[str, str]:
    return {f"modem-{number}": port for number, port in enumerate(simulation.ports(), start=1)}


def _check_ports(config: GatewayConfig, ports: Mapping[str, str], file: Path) -> None:
    for name, channel in config.channels.items():
        if name in ports and channel.options.get("port") != ports[name]:
            raise Failure(
                f"{file} looks for {name} elsewhere than at {ports[name]}; "
                "remove the file, and the demo writes a new one"
            )


def _open(config: GatewayConfig) -> Gateway:
    try:
        return build(config)
    except ConfigurationError:
        # A new directory, or an old one under a new version. Always to migrate would be slower.
        migrate(config)
        return build(config)


def _show(file: Path, url: str, credentials: Credentials, *, as_json: bool) -> None:
    curls = _curls(url, credentials)
    if as_json:
        show_json({"url": url, "config": str(file), **attrs.asdict(credentials), "curl": curls})
    else:
        click.echo(_page(file, url, credentials, curls))
    sys.stdout.flush()


def _curls(url: str, credentials: Credentials) -> dict[str, str]:
    """One command for each surface, as it can be pasted into a shell."""
    json_type = "-H 'Content-Type: application/json'"
    queued = json.dumps([{"phone": _RECIPIENT, "message": "Hello from the queue API"}])
    provided = json.dumps({"to": _RECIPIENT, "message": "Hello from the provider API"})
    return {
        "gateway": (
            f"curl -sS {url}/api.php --data-urlencode username={quote(credentials.username)} "
            f"--data-urlencode password={quote(credentials.password)} "
            f"--data-urlencode to={_RECIPIENT} --data-urlencode text='Hello from the gateway API'"
        ),
        "queue": f"curl -sS {url}/api/{credentials.token}/queue {json_type} -d {quote(queued)}",
        "provider": (
            f"curl -sS {url}/v1/messages -H 'Authorization: Bearer {credentials.key}' "
            f"{json_type} -d {quote(provided)}"
        ),
    }


def _page(file: Path, url: str, credentials: Credentials, curls: dict[str, str]) -> str:
    program = _program()
    return f"""\
smscore answers on {url}  (Ctrl-C ends it; its data stay in {file.parent})

account  {credentials.account}
user     {credentials.username}, password {credentials.password}
token    {credentials.token}
key      {credentials.key}

Send by the gateway API, to a simulated modem:
{curls["gateway"]}

Send by the queue API, to a simulated phone that fetches every two seconds:
{curls["queue"]}

Send by the provider API, to a simulated modem:
{curls["provider"]}

Each answers with an id, the same on every surface. See what became of it:
{url}/state.php?username={credentials.username}&password={credentials.password}&uid=ID
{program} status ID --config {quote(str(file))}
{program} explain ID --config {quote(str(file))}

Requests are logged in {file.parent}/server.log, what the modems took in simulator.log.
"""


def _program() -> str:
    """How the user called us, if the shell would not find us by name."""
    called = Path(sys.argv[0])
    if called.name != "smscore":
        return f"{quote(sys.executable)} -m smscore_server"
    return "smscore" if shutil.which("smscore") == str(called.absolute()) else quote(str(called))
