"""
The commands about what programs and phones log in with: tokens and keys.
"""

from pathlib import Path

import click

from smscore_server._opening import opened
from smscore_server._options import account_option, config_option, json_option
from smscore_server._output import show_json

__all__ = ["key", "token"]


@click.group()
def token() -> None:
    """
    Show or renew the token with which an account's phones log in.

    \b
    Example: smscore token create --account shop
    """


@token.command("create")
@account_option
@click.option("--renew", is_flag=True, help="Make a new token; the one before ends at once.")
@json_option
@config_option
def create_token(*, account: str, renew: bool, as_json: bool, config_file: Path) -> None:
    """
    Print the account's token of the queue API, which is made if there is none.

    An account has one token: without --renew the same one is printed each time, so that no phone
    is cut off by looking.

    \b
    Example: smscore token create --account shop
    JSON keys: account, token
    """
    with opened(config_file) as gateway:
        administration = gateway.administration
        issued = administration.renew_token(account) if renew else administration.token(account)
    if as_json:
        show_json({"account": account, "token": issued.secret})
    else:
        click.echo(issued.secret)


@click.group()
def key() -> None:
    """
    Issue keys of the provider API.

    \b
    Example: smscore key create --account shop
    """


@key.command("create")
@account_option
@click.option("--renew", is_flag=True, help="Let all other keys of the account end at once.")
@json_option
@config_option
def create_key(*, account: str, renew: bool, as_json: bool, config_file: Path) -> None:
    """
    Print a new key of the provider API: now, and never again.

    An account may have several. Of one that is lost nothing is kept by which it could be told from
    the others: --renew ends all of them.

    \b
    Example: smscore key create --account shop
    JSON keys: account, key
    """
    with opened(config_file) as gateway:
        administration = gateway.administration
        issued = administration.renew_key(account) if renew else administration.create_key(account)
    if as_json:
        show_json({"account": account, "key": issued.secret})
        return
    click.echo(issued.secret)
    click.echo("Keep this key: it is stored nowhere and cannot be shown again.", err=True)
