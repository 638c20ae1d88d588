"""
The commands about routing rules: which recipients go to which channels.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from smscore.domain.routing import Route
from smscore.errors import ConfigurationError
from smscore.structuring import structure
from smscore_server._opening import opened
from smscore_server._options import config_option, json_option
from smscore_server._output import show_json

__all__ = ["rules"]


@click.group()
def rules() -> None:
    """
    Apply or show the routing rules.

    The first rule whose prefixes fit a recipient decides which channels may carry the message, in
    order. Without a rule, messages of the queue API go to the account's phones and all others to
    every configured channel.

    \b
    A file of rules:
      [[routes]]
      name = "germany"
      prefixes = ["+49"]
      channels = ["modem-1", "phones"]
    """


@rules.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@config_option
def apply_rules(*, file: Path, as_json: bool, config_file: Path) -> None:
    """
    Replace the routing rules by those of a TOML file.

    A running server follows within a second; messages accepted before keep their way.

    \b
    Example: smscore rules apply rules.toml
    JSON keys: routes: a list with name, prefixes, channels
    """
    routes = _read(file)
    with opened(config_file) as gateway:
        gateway.administration.apply_rules(routes)
    if as_json:
        show_json(_as_document(routes))
    else:
        click.echo(f"{len(routes)} rule{'' if len(routes) == 1 else 's'} in force")


@rules.command("show")
@json_option
@config_option
def show_rules(*, as_json: bool, config_file: Path) -> None:
    """
    Show the routing rules, in the form in which 'apply' takes them.

    \b
    Example: smscore rules show > rules.toml
    JSON keys: routes: a list with name, prefixes, channels
    """
    with opened(config_file) as gateway:
        routes = gateway.administration.rules()
    if as_json:
        show_json(_as_document(routes))
        return
    if not routes:
        click.echo("# no rules: queue API to the phones, all others to every channel in order")
    for number, route in enumerate(routes):
        click.echo(("\n" if number else "") + _as_toml(route))


@attrs.frozen(kw_only=True)
class _Rules:
    routes: tuple[Any, ...] = ()


def _read(file: Path) -> Sequence[Route]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise ConfigurationError(f"{file} cannot be read: {cause}") from cause
    try:
        entries = structure(content, _Rules, where="").routes
        return [_route(entry, number) for number, entry in enumerate(entries, start=1)]
    except ConfigurationError as cause:
        raise ConfigurationError(f"{file}: {cause}") from cause


def _route(entry: object, number: int) -> Route:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"rule {number} must be a table; begin it with [[routes]]")
    route = structure(entry, Route, where=f"routes, rule {number}")
    for prefix in route.prefixes:
        # Prefixes are compared with the normal form of a number.
        if not prefix.removeprefix("+").isdecimal() or not prefix.isascii():
            raise ConfigurationError(
                f"rule {route.name!r} has the prefix {prefix!r}; write it like '+49'"
            )
    return route


def _as_document(routes: Sequence[Route]) -> dict[str, object]:
    return {
        "routes": [
            {"name": one.name, "prefixes": list(one.prefixes), "channels": list(one.channels)}
            for one in routes
        ]
    }


def _as_toml(route: Route) -> str:
    # JSON's strings and lists of strings are TOML's as well.
    prefixes = f"prefixes = {json.dumps(route.prefixes)}\n" if route.prefixes else ""
    return (
        f"[[routes]]\nname = {json.dumps(route.name)}\n{prefixes}"
        f"channels = {json.dumps(route.channels)}"
    )
