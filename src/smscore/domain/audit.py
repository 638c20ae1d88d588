"""
What people did to an installation: who, when, what, to which thing.
"""

from collections.abc import Mapping
from datetime import datetime

import attrs

__all__ = ["AuditEntry"]


@attrs.frozen(kw_only=True)
class AuditEntry:
    """
    One act of a person; what follows from it is told elsewhere, such as in a message's story.

    ``what`` is the kind of the thing and what was done, such as ``account.created``; ``subject``
    is what the thing is called by. Neither has texts or numbers of persons.
    """

    at: datetime
    who: str  # the system's user, or empty: an account's owner over HTTP, or a host
    what: str
    subject: str
    detail: Mapping[str, str | int | None] = attrs.field(factory=dict)
