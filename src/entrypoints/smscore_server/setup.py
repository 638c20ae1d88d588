"""
The commands that set an installation up: a configuration to begin with, a database, a key file.
"""

import json
import os
import tomllib
from pathlib import Path

import click
from click.core import ParameterSource

from smscore import GatewayConfig
from smscore.bootstrap import migrate as migrate_store
from smscore.bootstrap import read_key
from smscore.files import privately
from smscore_server._options import config_option, json_option
from smscore_server._output import Failure, show_fields, show_json
from smscore_server._templates import CONFIGURATION

__all__ = ["init", "migrate"]

_DEFAULT_STORE = '# url = "sqlite:///smscore.db"'


@click.command()
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to put everything  [default: .]",
)
@click.option(
    "--store",
    "store_url",
    metavar="URL",
    help="The database, such as postgresql://smscore@db/smscore  [default: a file of SQLite]",
)
@json_option
@config_option
@click.pass_context
def init(
    ctx: click.Context,
    *,
    directory: Path | None,
    store_url: str | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Write a commented smscore.toml and create the database and the key file.

    Nothing is overwritten: where there is a configuration already, the command refuses. What it
    writes only its user can read.

    \b
    Example: smscore init --dir /srv/sms
    JSON keys: config, store, key_file
    """
    if directory is not None:
        if ctx.get_parameter_source("config_file") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--dir and --config both say where; give one of them")
        config_file = directory / "smscore.toml"
    if os.path.lexists(config_file):
        raise _exists(config_file)
    text = CONFIGURATION
    if store_url is not None:
        text = text.replace(_DEFAULT_STORE, f"url = {json.dumps(store_url, ensure_ascii=False)}")
    config = GatewayConfig.from_mapping(tomllib.loads(text), directory=config_file.parent)
    migrate_store(config)
    key_file = config.path(config.security.key_file)
    read_key(key_file)
    # The configuration comes last: where it is, the command refuses to try again.
    _write_new(config_file, text)
    made = {"config": str(config_file), "store": config.store_url, "key_file": str(key_file)}
    if as_json:
        show_json(made)
        return
    show_fields(made.items())
    click.echo("\nNext: add a channel to the configuration, then 'smscore check'.")
    click.echo("An account to send with: 'smscore account create --help'.")


@click.command()
@json_option
@config_option
def migrate(*, as_json: bool, config_file: Path) -> None:
    """
    Bring the database up to date after smscore was upgraded.

    Make a copy first, by 'smscore backup', and stop the server. Does nothing to a database that is
    up to date, and makes one where there is none.

    \b
    Example: smscore migrate --config /srv/sms/smscore.toml
    JSON keys: store
    """
    config = GatewayConfig.from_toml(config_file)
    migrate_store(config)
    if as_json:
        show_json({"store": config.store_url})
    else:
        click.echo(f"{config.store_url} is up to date")


def _write_new(path: Path, text: str) -> None:
    try:
        with open(path, "x", encoding="utf-8", opener=privately) as file:
            file.write(text)
    except FileExistsError as cause:
        raise _exists(path) from cause
    except OSError as cause:
        raise Failure(f"{path} cannot be written: {cause.strerror}") from cause


def _exists(path: Path) -> Failure:
    return Failure(f"{path} exists and stays as it is; choose another --dir")
