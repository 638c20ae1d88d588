"""
Destinations of inbound rules: whom what arrives is passed on to, and how it is worded for them.
"""

import enum
import re
from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import attrs

from smscore.domain.accounts import is_name
from smscore.domain.inbound import InboundMessage
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.domain.webhooks import check_url, origin_of
from smscore.errors import InvalidRequest

__all__ = [
    "AutoReply",
    "By",
    "Destination",
    "Forward",
    "HttpCall",
    "IsmsPush",
    "Recipients",
    "fill_in",
    "placeholders",
]

_PLACEHOLDER = re.compile(r"\$(?:NUMBER|TXT|TIME|MODEM)\$")
_LIKE_A_PLACEHOLDER = re.compile(r"\$[A-Za-z_]+\$")
_MOST_PER_HOUR = 1000


class By(enum.StrEnum):
    """As what a forward reaches its recipient."""

    SMS = "sms"
    EMAIL = "email"
    TELEGRAM = "telegram"
    AUTOMATIC = "automatic"  # Telegram if linked, else SMS, else e-mail


class Recipients(enum.StrEnum):
    """Whom a forward names; as a destination's ``kind``."""

    CONTACT = "contact"
    GROUP = "group"
    NUMBER = "number"
    EMAIL = "email"


@attrs.frozen(kw_only=True)
class Forward:
    """
    Passes a message on to a contact, to everybody in a group, to a number or an e-mail address.

    ``to`` is an id or a name, or the number or address. ``text`` is what they read;
    :func:`placeholders` says what may stand in it. One recipient gets at most ``per_hour`` messages
    of one sender in any hour, whatever rules match: that ends loops through gateways that nobody
    knows of.
    """

    kind: Recipients
    to: str
    by: By = By.AUTOMATIC
    text: str = "$NUMBER$: $TXT$"
    per_hour: int = 60

    def __attrs_post_init__(self) -> None:
        _check_text(self.text)
        _check_rate(self.per_hour)
        match self.kind:
            case Recipients.NUMBER:
                PhoneNumber.parse(self.to)
            case Recipients.EMAIL:
                EmailAddress.parse(self.to)
            case _ if not is_name(self.to):  # nor has any id another form
                raise InvalidRequest(f"{self.to[:70]!r} names no {self.kind}")

    @property
    def label(self) -> str:
        """What a story tells of it: no number, no address."""
        is_name = self.kind in (Recipients.CONTACT, Recipients.GROUP)
        return f"{self.kind} {self.to}" if is_name else self.kind


@attrs.frozen(kw_only=True)
class AutoReply:
    """
    Answers the sender, at most ``per_hour`` times in any hour.

    ``by`` says as what; None: as the message came.
    """

    text: str
    by: By | None = None
    per_hour: int = 5
    kind: str = attrs.field(default="auto_reply", init=False)

    def __attrs_post_init__(self) -> None:
        _check_text(self.text)
        _check_rate(self.per_hour)

    @property
    def label(self) -> str:
        """What a story tells of it."""
        return self.kind


@attrs.frozen(kw_only=True)
class HttpCall:
    """Calls an address, in whose query placeholders stand for parts of the message."""

    url: str = attrs.field(repr=False)  # may hold a password of the receiver's
    kind: str = attrs.field(default="http", init=False)

    def __attrs_post_init__(self) -> None:
        check_url(self.url)
        named = _LIKE_A_PLACEHOLDER.findall(self.url)
        if unknown := [one for one in named if not _PLACEHOLDER.fullmatch(one)]:
            known = "$NUMBER$, $TXT$, $TIME$, $MODEM$"
            raise InvalidRequest(f"url holds {unknown[0]}; known are {known}")
        # Elsewhere a text of two dots would be another address, however it is encoded.
        if len(named) > len(_LIKE_A_PLACEHOLDER.findall(urlsplit(self.url).query)):
            raise InvalidRequest(f"url holds {named[0]} outside its query; write it after the '?'")

    @property
    def label(self) -> str:
        """What a story tells of it: the rest of the address may be secret."""
        return f"{self.kind} {origin_of(self.url)}"


@attrs.frozen(kw_only=True)
class IsmsPush:
    """Posts the message to an address as a notification in XML."""

    url: str = attrs.field(repr=False)
    username: str = attrs.field(default="", repr=False)  # empty: the receiver asks for none
    password: str = attrs.field(default="", repr=False)
    kind: str = attrs.field(default="isms_push", init=False)

    def __attrs_post_init__(self) -> None:
        check_url(self.url)
        if found := _PLACEHOLDER.search(self.url):
            raise InvalidRequest(f"url holds {found[0]}, which isms_push does not fill in")

    @property
    def label(self) -> str:
        """What a story tells of it."""
        return f"{self.kind} {origin_of(self.url)}"


Destination: TypeAlias = Forward | AutoReply | HttpCall | IsmsPush


def placeholders(message: InboundMessage, text: str, *, zone: str) -> Mapping[str, str]:
    """
    What placeholders stand for: the sender, the text, when it was received by the clocks of a
    ``zone``, and the channel.

    ``text`` is the message's own, or what a rule made of it.
    """
    local = message.received_at.astimezone(ZoneInfo(zone))
    return {
        "$NUMBER$": message.sender,
        "$TXT$": text,
        "$TIME$": f"{local:%Y-%m-%d %H:%M:%S}",
        "$MODEM$": message.channel,
    }


def fill_in(template: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders filled in; what a sender writes is not looked through."""
    return _PLACEHOLDER.sub(lambda found: values[found.group()], template)


def _check_text(text: str) -> None:
    if not text:
        raise InvalidRequest("text is empty; say what is to be sent")


def _check_rate(per_hour: int) -> None:
    if not 1 <= per_hour <= _MOST_PER_HOUR:
        raise InvalidRequest(f"per_hour is {per_hour}; it is 1 to {_MOST_PER_HOUR}")
