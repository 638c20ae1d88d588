"""
The commands about groups of contacts: one name for several people.
"""

from pathlib import Path

import click

from smscore.services.directory import Membership
from smscore_server._directory import account_of, called_argument, names
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import show_document, show_json, show_table

__all__ = ["group"]


@click.group()
def group() -> None:
    """
    Keep groups of contacts: one name for several people.

    A group holds contacts and other groups, as deep as need be, but never itself. 'api.php' takes
    its id or name with mode=group; who is reached through several groups gets one message.

    \b
    Example: smscore group add oncall --account shop
             smscore group join oncall anna bert --account shop
    """


@group.command("add")
@click.argument("name", callback=check_text)
@account_option
@json_option
@config_option
def add_group(*, name: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Add a group with nobody in it; it gets the next id of the account's groups.

    \b
    Example: smscore group add oncall --account shop
    JSON keys: id, name, contacts, groups, within
    """
    with opened(config_file) as gateway:
        owner = account_of(gateway, account)
        gateway.directory.groups.add(owner, name)
        _show(gateway.directory.groups.get(owner, name), as_json=as_json)


@group.command("rename")
@called_argument
@click.argument("name", callback=check_text)
@account_option
@json_option
@config_option
def rename_group(*, called: str, name: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Give a group another name; its id and what is in it stay.

    \b
    Example: smscore group rename oncall night --account shop
    JSON keys: those of 'smscore group add --json'
    """
    with opened(config_file) as gateway:
        owner = account_of(gateway, account)
        renamed = gateway.directory.groups.rename(owner, called, name)
        _show(gateway.directory.groups.get(owner, str(renamed.id)), as_json=as_json)


@group.command("show")
@called_argument
@account_option
@json_option
@config_option
def show_group(*, called: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Show what is directly in a group, what it is directly in, and whom it reaches.

    \b
    Example: smscore group show oncall --account shop
    JSON keys: those of 'smscore group add --json'; reaches: the names of all contacts in it,
               however deep
    """
    with opened(config_file) as gateway:
        owner = account_of(gateway, account)
        found = gateway.directory.groups.get(owner, called)
        reaches = names(gateway.directory.groups.members(owner, called))
    show_document({**_as_document(found), "reaches": reaches}, as_json=as_json)


@group.command("list")
@account_option
@json_option
@config_option
def list_groups(*, account: str, as_json: bool, config_file: Path) -> None:
    """
    List all groups by their ids.

    \b
    Example: smscore group list --account shop
    JSON: a list with id, name
    """
    with opened(config_file) as gateway:
        found = gateway.directory.groups.all(account_of(gateway, account))
    if as_json:
        show_json([{"id": one.id, "name": one.name} for one in found])
    else:
        show_table(("id", "name"), [(one.id, one.name) for one in found])


@group.command("delete")
@called_argument
@account_option
@json_option
@config_option
def delete_group(*, called: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Delete a group that is in no other one and named by no rule; the contacts in it stay.

    \b
    Example: smscore group delete oncall --account shop
    JSON keys: id, name
    """
    with opened(config_file) as gateway:
        deleted = gateway.directory.groups.delete(account_of(gateway, account), called)
    if as_json:
        show_json({"id": deleted.id, "name": deleted.name})
    else:
        click.echo(f"group {deleted.name} deleted")


_contacts = click.argument("contacts", metavar="[CONTACT]...", nargs=-1)
_groups = click.option(
    "--group", "groups", multiple=True, metavar="ID|NAME", help="A group; several are possible."
)


@group.command("join")
@called_argument
@_contacts
@_groups
@account_option
@json_option
@config_option
def join_group(
    *,
    called: str,
    contacts: tuple[str, ...],
    groups: tuple[str, ...],
    account: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Put contacts and groups into a group: all that are named, or none.

    \b
    Example: smscore group join oncall anna bert --group night --account shop
    JSON keys: those of 'smscore group add --json'
    """
    _check_given(contacts, groups)
    with opened(config_file) as gateway:
        joined = gateway.directory.groups.join(
            account_of(gateway, account), called, contacts=contacts, groups=groups
        )
    _show(joined, as_json=as_json)


@group.command("leave")
@called_argument
@_contacts
@_groups
@account_option
@json_option
@config_option
def leave_group(
    *,
    called: str,
    contacts: tuple[str, ...],
    groups: tuple[str, ...],
    account: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Take contacts and groups out of a group: all that are named, or none.

    \b
    Example: smscore group leave oncall anna --account shop
    JSON keys: those of 'smscore group add --json'
    """
    _check_given(contacts, groups)
    with opened(config_file) as gateway:
        left = gateway.directory.groups.leave(
            account_of(gateway, account), called, contacts=contacts, groups=groups
        )
    _show(left, as_json=as_json)


def _check_given(contacts: tuple[str, ...], groups: tuple[str, ...]) -> None:
    if not contacts and not groups:
        raise click.UsageError("name contacts by their ids or names, or groups by --group")


def _show(found: Membership, *, as_json: bool) -> None:
    show_document(_as_document(found), as_json=as_json)


def _as_document(found: Membership) -> dict[str, object]:
    return {
        "id": found.group.id,
        "name": found.group.name,
        "contacts": names(found.contacts),
        "groups": names(found.groups),
        "within": names(found.within),
    }
