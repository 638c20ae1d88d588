"""
The command that shows everything at work without any hardware.
"""

from pathlib import Path

import click

from smscore_server._options import WholeNumber, json_option, unneeded_config_option
from smscore_server.demo._simulation import Simulation, alone_in

__all__ = ["demo"]


@click.command()
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    default=8080,
    show_default=True,
    help="Where to answer; 0: a free port.",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var"),
    show_default=True,
    metavar="DIR",
    help="Where data and credentials are kept between runs.",
)
@json_option
@unneeded_config_option
def demo(*, port: int, directory: Path, as_json: bool) -> None:
    """
    Try everything: a gateway, two simulated modems and a phone.

    Prints credentials and one curl command for each HTTP surface. The messages travel: over an AT
    dialogue to a modem, or to a phone that fetches every two seconds. Ctrl-C ends it all.

    \b
    Example: smscore demo --port 8080
    JSON keys: url, config, account, username, password, token, key, curl
    """
    with alone_in(directory) as lock, Simulation(directory.absolute(), lock=lock) as simulation:
        # Imported only now: the modems' process and this one load at the same time.
        from smscore_server.demo import _run

        _run.run(directory, simulation=simulation, port=port, as_json=as_json)
