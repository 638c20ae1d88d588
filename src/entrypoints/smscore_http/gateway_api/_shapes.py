"""
The shapes of the gateway API: its parameters, and the JSON of the paths that speak it.

The description of the API is made from them. Parameters are strings whatever they mean, and looked
up one by one; those that nobody knows are ignored.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from smscore.domain.messages import Medium
from smscore.services.submission import LONGEST_KEY
from smscore_http._schemas import said, spelt
from smscore_http._wire import BATCH_LIMIT, HEX_ID
from smscore_http.gateway_api._recipients import Target

__all__ = [
    "MODES",
    "PROVIDERS",
    "TARGETS",
    "TYPES",
    "Credentials",
    "GatewayError",
    "MessageIds",
    "MessagesToMany",
    "OneTextToMany",
    "Recipient",
    "SendingParameters",
    "Session",
    "StateParameters",
]

MODES: Mapping[str, tuple[Target, Medium]] = {
    "number": (Target.NUMBER, Medium.SMS),
    "user": (Target.CONTACT, Medium.SMS),
    "group": (Target.GROUP, Medium.SMS),
    "telnumber": (Target.NUMBER, Medium.AUTOMATIC),
    "teluser": (Target.CONTACT, Medium.AUTOMATIC),
    "telgroup": (Target.GROUP, Medium.AUTOMATIC),
}
TARGETS = {"number": Target.NUMBER, "contact": Target.CONTACT, "contactgroup": Target.GROUP}
PROVIDERS = {"sms": Medium.SMS, "telegram": Medium.TELEGRAM, "automatic": Medium.AUTOMATIC}
TYPES = {"default": "default", "flash": "flash", "ring": "ring"}

_Username = Annotated[str, said("A system user.", minLength=1)]
_Password = Annotated[str, said("The user's password.", minLength=1)]
_Key = Annotated[
    str,
    said("The same key with the same request gets the first answer again for a day."),
    spelt(f"[ -~]{{1,{LONGEST_KEY}}}"),
]


class SendingParameters(Struct, kw_only=True):
    """A text to a number, a contact or a group."""

    username: _Username
    password: _Password
    to: Annotated[str, said("The recipient, by `mode`.", minLength=1)]
    text: Annotated[str, said("The message; required unless `ring` is on.")] | UnsetType = UNSET
    mode: (
        Annotated[
            str,
            said(
                "What `to` is; `tel…`: by Telegram first. Anything else is a number.", enum=[*MODES]
            ),
        ]
        | UnsetType
    ) = UNSET
    telauto: Annotated[str, said("`false`: with `tel…`, no SMS in place of it.")] | UnsetType = (
        UNSET
    )
    hexmode: Annotated[str, said("`true`: the text is written in hexadecimal.")] | UnsetType = UNSET
    list: (
        Annotated[
            str,
            said("Only to numbers in which `regex` is found, or not.", enum=["white", "black"]),
        ]
        | UnsetType
    ) = UNSET
    regex: Annotated[str, said("The pattern of `list`.")] | UnsetType = UNSET
    flash: Annotated[str, said("Shown at once and not kept, unless it says no.")] | UnsetType = (
        UNSET
    )
    ring: Annotated[str, said("A call instead of a message, unless it says no.")] | UnsetType = (
        UNSET
    )
    idempotency_key: _Key | UnsetType = UNSET


class StateParameters(Struct, kw_only=True):
    """Which message."""

    username: _Username
    password: _Password
    uid: Annotated[str, said("The message's id.", minLength=1)]


class Credentials(Struct):
    """Who logs in."""

    username: Annotated[str | None, said("A system user.", required=True, minLength=1)] = None
    password: Annotated[str | None, said("The user's password.", required=True, minLength=1)] = None


class Session(Struct, kw_only=True):
    """What is as good as a password for an hour."""

    token: Annotated[str, said("For `Authorization: Bearer`.")] = field(name="jwt")
    expires_at: Annotated[int, said("In seconds since 1970.")] = field(name="expireAt")


class Recipient(Struct):
    """One number, contact or group."""

    to: Annotated[
        str | int | None,  # ids of contacts come as numbers as well
        said("The number, or the id or name of the contact or group.", required=True, minLength=1),
    ] = None
    target: Annotated[
        str | None, said("What `to` is; by default a number.", enum=[*TARGETS, None])
    ] = None


class MessagesToMany(Struct):
    """One text to several recipients: all, or none."""

    recipients: Annotated[
        list[Recipient] | None, said("", required=True, minItems=1, maxItems=BATCH_LIMIT)
    ] = None
    text: Annotated[str | None, said("The message; required unless it is a `ring`.")] = None
    provider: Annotated[str | None, said("By default `sms`.", enum=[*PROVIDERS, None])] = None
    type: Annotated[str | None, said("By default `default`.", enum=[*TYPES, None])] = None
    idempotency_key: _Key | None = None


OneTextToMany = Annotated[
    MessagesToMany,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
                {"required": ["type"], "properties": {"type": {"const": "ring"}}},
            ]
        }
    ),
]


class MessageIds(Struct, kw_only=True):
    """In the order of the recipients, each message once."""

    ids: list[Annotated[str, spelt(HEX_ID)]]


class GatewayError(Struct, kw_only=True):
    """What is wrong."""

    error: str
