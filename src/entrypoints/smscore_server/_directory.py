"""
What the commands about contacts and groups share: whose directory, and how it is shown.
"""

from collections.abc import Iterable, Sequence

import click

from smscore import Gateway
from smscore.domain.directory import Contact, Group
from smscore.domain.links import Link
from smscore.domain.messages import AccountId
from smscore_server._options import check_text
from smscore_server._output import instant

__all__ = ["account_of", "called_argument", "contact_as_document", "names"]

called_argument = click.argument("called", metavar="ID|NAME", callback=check_text)
"""A contact or group: digits are an id first, and a name if there is no such id."""


def account_of(gateway: Gateway, name: str) -> AccountId:
    """
    The id of the account with this name.

    Raises:
        NotFound: there is none.
    """
    return gateway.inquiry.account_named(name).id


def names(found: Iterable[Contact] | Iterable[Group]) -> list[str]:
    """What they are called."""
    return [one.name for one in found]


def contact_as_document(contact: Contact, links: Sequence[Link]) -> dict[str, object]:
    """A contact as JSON shows it."""
    return {
        "id": contact.id,
        "name": contact.name,
        "number": contact.number.value if contact.number else None,
        "email": contact.email or None,
        "notes": contact.notes or None,
        "links": [
            {"channel": one.channel, "name": one.name, "linked_at": instant(one.linked_at)}
            for one in links
        ],
    }
