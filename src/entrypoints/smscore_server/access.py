"""
The commands about what programs and phones log in with: tokens and keys.
"""

from pathlib import Path

import click

from smscore.domain.credentials import ProviderKey
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import instant, show_document, show_documents, show_json

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
    Issue keys of the provider API, list them and take them back.

    \b
    Example: smscore key create --account shop --label website
    """


@key.command("create")
@account_option
@click.option(
    "--label", default="", callback=check_text, metavar="TEXT", help="What it is for, in the list."
)
@json_option
@config_option
def create_key(*, account: str, label: str, as_json: bool, config_file: Path) -> None:
    """
    Print a new key of the provider API: now, and never again.

    An account may have several, such as one for each program.

    \b
    Example: smscore key create --account shop --label website
    JSON keys: account, key
    """
    with opened(config_file) as gateway:
        issued = gateway.administration.create_key(account, label=label)
    if as_json:
        show_json({"account": account, "key": issued.secret})
        return
    click.echo(issued.secret)
    click.echo("Keep this key: it is stored nowhere and cannot be shown again.", err=True)


@key.command("list")
@account_option
@json_option
@config_option
def list_keys(*, account: str, as_json: bool, config_file: Path) -> None:
    """
    List the provider keys of an account, the oldest first, and not what they are.

    The id of a key is how its SHA-256 begins: printf %s KEY | sha256sum

    \b
    Example: smscore key list --account shop
    JSON: a list of objects with the keys id, label, created_at
    """
    with opened(config_file) as gateway:
        found = [_as_document(one) for one in gateway.administration.keys(account)]
    if as_json:
        show_json(found)
    else:
        show_documents(("id", "label", "created_at"), found)


@key.command("delete")
@click.argument("key_id", metavar="ID", callback=check_text)
@account_option
@json_option
@config_option
def delete_key(*, key_id: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    End a provider key; what was submitted with it stays.

    \b
    Example: smscore key delete 1b4f0e985197 --account shop
    JSON keys: those of 'smscore key list --json', as they were
    """
    with opened(config_file) as gateway:
        removed = gateway.administration.remove_key(account, key_id)
    show_document(_as_document(removed), as_json=as_json)


def _as_document(key: ProviderKey) -> dict[str, object]:
    return {"id": key.id, "label": key.label, "created_at": instant(key.created_at)}
