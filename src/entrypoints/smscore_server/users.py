"""
The commands about system users: who they are, their passwords, what they may do.
"""

import sys
from collections.abc import Collection
from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.credentials import Permission, User
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import Failure, show_document, show_documents, show_json

__all__ = ["user"]

_COLUMNS = ("name", "account", "permissions")

_permission = click.Choice([one.value for one in Permission])
_name_argument = click.argument("name", callback=check_text)
_permissions_argument = click.argument(
    "permissions", metavar="PERMISSION...", type=_permission, nargs=-1, required=True
)
_password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """
    Create system users, who log in with a password, and change what they may do.

    \b
    Example: smscore user create monitor --account shop --permission api.send
    """


@user.command("create")
@_name_argument
@account_option
@click.option(
    "--permission",
    "permissions",
    type=_permission,
    multiple=True,
    required=True,
    help="What the user may do; can be given several times.",
)
@_password_option
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
            permissions=_parsed(permissions),
        )
        _show(gateway, created, as_json=as_json)


@user.command("list")
@click.option("--account", callback=check_text, metavar="NAME", help="Only those of this account.")
@json_option
@config_option
def list_users(*, account: str | None, as_json: bool, config_file: Path) -> None:
    """
    List the system users with what they may do.

    \b
    Example: smscore user list --account shop
    JSON: a list of what 'smscore user create --json' shows
    """
    with opened(config_file) as gateway:
        if account is not None:
            gateway.inquiry.account_named(account)
        names = {one.id: one.name for one in gateway.inquiry.accounts()}
        found = [_as_document(one, names[one.account]) for one in gateway.administration.users()]
    chosen = [one for one in found if account in (None, one["account"])]
    if as_json:
        show_json(chosen)
        return
    show_documents(_COLUMNS, chosen)


@user.command("password")
@_name_argument
@_password_option
@json_option
@config_option
def set_password(*, name: str, password_stdin: bool, as_json: bool, config_file: Path) -> None:
    """
    Give a user another password; whoever uses the one before is logged out.

    A running server follows within a second. Without --password-stdin the password is asked for,
    twice, and not shown.

    \b
    Example: smscore user password monitor
    JSON keys: those of 'smscore user create --json'
    """
    password = _read_password(is_piped=password_stdin)
    with opened(config_file) as gateway:
        changed = gateway.administration.change_user(name, password=password)
        _show(gateway, changed, as_json=as_json)


@user.command("grant")
@_name_argument
@_permissions_argument
@json_option
@config_option
def grant(*, name: str, permissions: tuple[str, ...], as_json: bool, config_file: Path) -> None:
    """
    Let a user do more; what it may do already stays.

    Whoever is logged in by a session has to log in again.

    \b
    Example: smscore user grant monitor api.status console
    JSON keys: those of 'smscore user create --json'
    """
    with opened(config_file) as gateway:
        changed = gateway.administration.change_user(name, grant=_parsed(permissions))
        _show(gateway, changed, as_json=as_json)


@user.command("revoke")
@_name_argument
@_permissions_argument
@json_option
@config_option
def revoke(*, name: str, permissions: tuple[str, ...], as_json: bool, config_file: Path) -> None:
    """
    Let a user do less. A running server follows within a second.

    \b
    Example: smscore user revoke monitor api.send
    JSON keys: those of 'smscore user create --json'
    """
    with opened(config_file) as gateway:
        changed = gateway.administration.change_user(name, revoke=_parsed(permissions))
        _show(gateway, changed, as_json=as_json)


@user.command("delete")
@_name_argument
@json_option
@config_option
def delete_user(*, name: str, as_json: bool, config_file: Path) -> None:
    """
    Delete a user, who is logged out at once; the account and its messages stay.

    \b
    Example: smscore user delete monitor
    JSON keys: those of 'smscore user create --json', as they were
    """
    with opened(config_file) as gateway:
        removed = gateway.administration.remove_user(name)
        _show(gateway, removed, as_json=as_json)


def _show(gateway: Gateway, found: User, *, as_json: bool) -> None:
    show_document(_as_document(found, gateway.inquiry.account(found.account).name), as_json=as_json)


def _as_document(found: User, account: str) -> dict[str, object]:
    return {"name": found.name, "account": account, "permissions": sorted(found.permissions)}


def _parsed(permissions: Collection[str]) -> set[Permission]:
    return {Permission(one) for one in permissions}


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
