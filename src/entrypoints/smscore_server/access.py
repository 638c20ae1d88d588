"""
The commands about who may act for an account: users, tokens, keys.
"""

import sys
from pathlib import Path

import click

from smscore.domain.credentials import Permission
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import Failure, show_fields, show_json

__all__ = ["key", "token", "user"]


@click.group()
def user() -> None:
    """
    Create system users, who log in with a password.

    \b
    Example: smscore user create monitor --account shop --permission api.send
    """


@user.command("create")
@click.argument("name", callback=check_text)
@account_option
@click.option(
    "--permission",
    "permissions",
    type=click.Choice([one.value for one in Permission]),
    multiple=True,
    required=True,
    help="What the user may do; can be given several times.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@config_option
def create_user(
    *,
    name: str,
    account: str,
    permissions: tuple[str, ...],
    password_stdin: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Create a system user of an account; its name is unique among all accounts.

    Without --password-stdin the password is asked for, twice, and not shown.

    \b
    Example: smscore user create monitor --account shop --permission api.send
    JSON keys: name, account, permissions
    """
    password = _read_password(is_piped=password_stdin)
    with opened(config_file) as gateway:
        created = gateway.administration.create_user(
            name,
            account=account,
            password=password,
            permissions={Permission(one) for one in permissions},
        )
    document = {"name": created.name, "account": account, "permissions": sorted(permissions)}
    if as_json:
        show_json(document)
    else:
        show_fields({**document, "permissions": ", ".join(sorted(permissions))}.items())


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
@json_option
@config_option
def create_key(*, account: str, as_json: bool, config_file: Path) -> None:
    """
    Print a new key of the provider API: now, and never again.

    \b
    Example: smscore key create --account shop
    JSON keys: account, key
    """
    with opened(config_file) as gateway:
        issued = gateway.administration.create_key(account)
    if as_json:
        show_json({"account": account, "key": issued.secret})
        return
    click.echo(issued.secret)
    click.echo("Keep this key: it is stored nowhere and cannot be shown again.", err=True)


def _read_password(*, is_piped: bool) -> str:
    if is_piped:
        return _read_line()
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for the password; use --password-stdin")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _read_line() -> str:
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()  # some locales let anything in, for nobody to type again
    except UnicodeError as cause:
        raise Failure("the password is not valid UTF-8") from cause
    return line
