"""
The command that lists the installed plugins.
"""

from pathlib import Path

import click

from smscore import GatewayConfig
from smscore.plugins import installed
from smscore_server._options import config_option, json_option
from smscore_server._output import show_json, show_table

__all__ = ["plugins"]


@click.command()
@json_option
@config_option
def plugins(*, as_json: bool, config_file: Path) -> None:
    """
    List the installed plugins.

    Nothing of them is run: 'smscore check' says whether they can be loaded.

    \b
    Example: smscore plugins
    JSON: a list with name, module, distribution, version, enabled
    """
    # Looking at what is installed needs no installation of one's own.
    config = GatewayConfig.from_toml(config_file) if config_file.exists() else GatewayConfig()
    enabled = config.plugins.enabled
    found = [
        {
            "name": one.name,
            "module": one.module,
            "distribution": one.distribution,
            "version": one.version,
            "enabled": enabled is None or one.name in enabled,
        }
        for one in installed()
    ]
    if as_json:
        show_json(found)
        return
    show_table(
        ["name", "module", "distribution", "version", "enabled"],
        [[*list(one.values())[:-1], "yes" if one["enabled"] else "no"] for one in found],
    )
