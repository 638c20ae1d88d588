"""
Cards from vCards of the versions 2.1, 3.0 and 4.0: what of somebody's address book fits in here.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

import attrs

from smscore.domain.accounts import is_name
from smscore.domain.cards import Card, CardKind, Fault
from smscore.domain.directory import name_from
from smscore.domain.settings import UNCHANGED
from smscore.errors import InvalidRequest
from smscore_cards._reading import Reading
from smscore_cards._vcard_lines import Property, Vcard, vcards

__all__ = ["read_vcards"]

_NO_TELEPHONES = frozenset({"fax", "pager", "modem", "bbs", "isdn", "pcs", "video"})
_MOBILE = frozenset({"cell", "mobile", "iphone", "text", "sms"})


def read_vcards(text: str) -> Reading:
    """
    The cards of a file of vCards; one that cannot be read spoils no other.

    Raises:
        ConfigurationError: the library for vCards is not installed.
    """
    read: list[tuple[Card, Vcard]] = []
    faults: list[Fault] = []
    for line, vcard in vcards(text):
        try:
            if isinstance(vcard, InvalidRequest):
                raise vcard
            read.append((_card(line, vcard), vcard))
        except InvalidRequest as refusal:
            faults.append(Fault(line=line, reason=str(refusal)))
    return Reading(cards=tuple(_with_members(read)), faults=tuple(faults))


def _card(line: int, vcard: Vcard) -> Card:
    called = vcard.text("FN") or " ".join(_person(vcard)) or vcard.text("ORG")
    name = _name(called, [nick for one in vcard.all("NICKNAME") for nick in one.list()])
    groups = [_group(category) for one in vcard.all("CATEGORIES") for category in one.list()]
    card = Card(line=line, name=name, groups=tuple(filter(None, groups)))
    if vcard.text("KIND", "X-ADDRESSBOOKSERVER-KIND").lower() == "group":
        return attrs.evolve(card, kind=CardKind.GROUP)
    return attrs.evolve(
        card,
        number=_number(vcard.all("TEL")) or UNCHANGED,
        email=vcard.text("EMAIL") or UNCHANGED,
        notes=_notes(vcard.text("NOTE"), called=called, name=name) or UNCHANGED,
    )


def _with_members(read: Sequence[tuple[Card, Vcard]]) -> Iterator[Card]:
    """The cards, put into those groups of the file that name them as members by their ids."""
    holders: dict[str, list[str]] = {}
    for card, vcard in read:
        if card.kind is CardKind.GROUP:
            members = (*vcard.all("MEMBER"), *vcard.all("X-ADDRESSBOOKSERVER-MEMBER"))
            for one in members:
                holders.setdefault(_unique_id(one.text), []).append(card.name)
    for card, vcard in read:
        groups = holders.get(_unique_id(vcard.text("UID")), ()) if vcard.text("UID") else ()
        yield attrs.evolve(card, groups=tuple(dict.fromkeys((*card.groups, *groups))))


def _unique_id(text: str) -> str:
    return text.strip().lower().removeprefix("urn:uuid:")


def _person(vcard: Vcard) -> Sequence[str]:
    """Given name before family name, as most of those write it that leave FN away."""
    return [field for one in vcard.all("N") for field in reversed(one.fields()[:2])]


def _name(called: str, nicknames: Sequence[str]) -> str:
    """What somebody is called if it can be a name, else a nickname that can, else its rest."""
    for name in (called, *nicknames):
        if is_name(name):
            return name
    if name := name_from(called):
        return name
    raise InvalidRequest(
        f"no name can be made of {called[:70]!r}; give this vCard a NICKNAME of Latin letters"
    )


def _notes(notes: str, *, called: str, name: str) -> str:
    """The notes, with what somebody is really called on top if that could not be the name."""
    if called == name or notes.startswith(called):
        return notes
    return f"{called}\n{notes}"


def _group(category: str) -> str:
    return category if is_name(category) else name_from(category)


def _number(telephones: Iterable[Property]) -> str | None:
    """The preferred telephone; without one the first that is mobile; else the first."""
    usable = [one for one in telephones if not one.words & _NO_TELEPHONES]
    usable.sort(
        key=lambda one: (
            0 if "pref" in one.words else one.preference,
            not one.words & _MOBILE,
        )
    )
    return next(filter(None, (_dialled(one.text) for one in usable)), None)


def _dialled(text: str) -> str:
    """A number as it is dialled: 4.0 writes it as ``tel:+1-555-0100;ext=5``."""
    number = text.strip()
    if number.lower().startswith("tel:"):
        number = unquote(number[len("tel:") :])
    return number.partition(";")[0].strip()
