"""
The commands about contacts: people whom an account writes to by name.
"""

from pathlib import Path
from typing import TypedDict, Unpack

import click

from smscore import Gateway
from smscore.domain.directory import Contact, ContactChanges, ContactId
from smscore.domain.settings import UNCHANGED, Unchanged
from smscore_server._directory import account_of, called_argument, contact_as_document, names
from smscore_server._opening import opened
from smscore_server._options import (
    WholeNumber,
    account_option,
    check_text,
    config_option,
    json_option,
)
from smscore_server._output import show_fields, show_json, show_table
from smscore_server._transfers import export_contacts, import_contacts

__all__ = ["contact"]

_NONE = "none"


class _Wishes(TypedDict):
    number: str | None  # None: not given
    email: str | None
    notes: str | None


@click.group()
def contact() -> None:
    """
    Keep contacts: people whom an account writes to by name.

    A contact has an id, a name, a number, an e-mail address and notes. 'api.php' takes the id or
    the name with mode=user; digits are an id first, and a name if there is no such id. Names are
    made of letters, digits, dots, hyphens and _.

    \b
    Example: smscore contact add anna --number +491701234567 --account shop
    """


_number = click.option(
    "--number", callback=check_text, help="The telephone number, nationally written or not."
)
_email = click.option("--email", callback=check_text, metavar="ADDRESS", help="The e-mail address.")
_notes = click.option("--notes", callback=check_text, metavar="TEXT", help="Whatever else to keep.")


@contact.command("add")
@click.argument("name", callback=check_text)
@_number
@_email
@_notes
@account_option
@json_option
@config_option
def add_contact(
    *, name: str, account: str, as_json: bool, config_file: Path, **wishes: Unpack[_Wishes]
) -> None:
    """
    Add a contact; it gets the next id.

    A number is kept in its international form: written nationally, it is one of the account's
    home country.

    \b
    Example: smscore contact add anna --number "0170 1234567" --account shop
    JSON keys: id, name, number, email, notes, links (channel, name, linked_at), groups
    """
    with opened(config_file) as gateway:
        added = gateway.directory.contacts.add(
            account_of(gateway, account),
            name,
            number=wishes["number"],
            email=wishes["email"] or "",
            notes=wishes["notes"] or "",
        )
        _show(gateway, added, as_json=as_json)


@contact.command("set")
@called_argument
@click.option("--name", callback=check_text, help="Another name.")
@_number
@_email
@_notes
@account_option
@json_option
@config_option
def set_contact(
    *,
    called: str,
    name: str | None,
    account: str,
    as_json: bool,
    config_file: Path,
    **wishes: Unpack[_Wishes],
) -> None:
    """
    Change a contact; what is not given stays, and 'none' takes away what was there.

    \b
    Example: smscore contact set anna --number +491709999999 --notes none --account shop
    JSON keys: those of 'smscore contact add --json'
    """
    changes = _changes(name, wishes)
    if changes == ContactChanges():
        raise click.UsageError("nothing is to be changed; give an option such as --number")
    with opened(config_file) as gateway:
        owner = account_of(gateway, account)
        changed = gateway.directory.contacts.change(owner, called, changes)
        _show(gateway, changed, as_json=as_json)


@contact.command("show")
@called_argument
@account_option
@json_option
@config_option
def show_contact(*, called: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Show a contact by its id or name, with the groups that it is directly in.

    Its links are those of its number: through which channels, such as Telegram, its owner wants to
    be written to as well.

    \b
    Example: smscore contact show anna --account shop
    JSON keys: those of 'smscore contact add --json'
    """
    with opened(config_file) as gateway:
        found = gateway.directory.contacts.get(account_of(gateway, account), called)
        _show(gateway, found, as_json=as_json)


@contact.command("list")
@click.option(
    "--search",
    default="",
    callback=check_text,
    metavar="TEXT",
    help="Only those with it in name, number or e-mail address.",
)
@click.option(
    "--after", type=WholeNumber(min=0, max=2**53), metavar="ID", help="Only those behind this id."
)
@click.option("--limit", type=WholeNumber(min=1, max=10_000), default=100, show_default=True)
@account_option
@json_option
@config_option
def list_contacts(
    *,
    search: str,
    after: int | None,
    limit: int,
    account: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    List contacts by their ids.

    \b
    Example: smscore contact list --search anna --account shop
    JSON: a list with id, name, number, email, notes, links
    """
    with opened(config_file) as gateway:
        found = gateway.directory.contacts.find(
            account_of(gateway, account),
            matching=search,
            after=None if after is None else ContactId(after),
            limit=limit,
        )
        links = [gateway.directory.contacts.links_of(one) for one in found]
    documents = [contact_as_document(*each) for each in zip(found, links, strict=True)]
    if as_json:
        show_json(documents)
        return
    columns = ("id", "name", "number", "email")
    show_table(
        [*columns, "links"],
        [
            [*(one[key] for key in columns), [link.channel for link in of]]
            for one, of in zip(documents, links, strict=True)
        ],
    )
    if len(found) == limit:
        click.echo(f"These are {limit}; there may be more: --after {found[-1].id}", err=True)


@contact.command("delete")
@called_argument
@account_option
@json_option
@config_option
def delete_contact(*, called: str, account: str, as_json: bool, config_file: Path) -> None:
    """
    Delete a contact that is in no group and named by no rule.

    Its id is not given to anybody else. 'smscore group leave' takes it out of a group.

    \b
    Example: smscore contact delete anna --account shop
    JSON keys: id, name, number, email, notes, links
    """
    with opened(config_file) as gateway:
        deleted = gateway.directory.contacts.delete(account_of(gateway, account), called)
    if as_json:
        show_json(contact_as_document(deleted, ()))
    else:
        click.echo(f"contact {deleted.name} deleted")


contact.add_command(import_contacts)
contact.add_command(export_contacts)


def _changes(name: str | None, wishes: _Wishes) -> ContactChanges:
    return ContactChanges(
        name=UNCHANGED if name is None else name,
        number=_wish(wishes["number"]),
        email=_wish(wishes["email"]),
        notes=_wish(wishes["notes"]),
    )


def _wish(given: str | None) -> str | Unchanged:
    if given is None:
        return UNCHANGED
    return "" if given.casefold() == _NONE else given


def _show(gateway: Gateway, found: Contact, *, as_json: bool) -> None:
    links = gateway.directory.contacts.links_of(found)
    document = contact_as_document(found, links)
    document["groups"] = names(gateway.directory.contacts.groups_of(found))
    if as_json:
        show_json(document)
        return
    said = [f"{link.channel} ({link.name})" if link.name else link.channel for link in links]
    show_fields({**document, "links": said}.items())
