"""
``/api/messages``: a text to several recipients of any kind at once, all or nothing.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from smscore.domain.credentials import Permission
from smscore.domain.messages import Medium
from smscore.errors import InvalidRequest
from smscore_http._context import Context
from smscore_http._query import single_values
from smscore_http._requests import Reply, Request, idempotency_key
from smscore_http._wire import BATCH_LIMIT, encode_json, hex_id
from smscore_http.gateway_api._json import read_json
from smscore_http.gateway_api._login import log_in_by_header
from smscore_http.gateway_api._recipients import Addressee
from smscore_http.gateway_api._sending import Wish, checked_text, send
from smscore_http.gateway_api._shapes import (
    PROVIDERS,
    TARGETS,
    TYPES,
    MessageIds,
    MessagesToMany,
    Recipient,
)
from smscore_http.gateway_api._time_limit import HARD_LIMIT, time_limit

__all__ = ["SendingToMany"]

T = TypeVar("T")


_decoder = msgspec.json.Decoder(MessagesToMany)


class SendingToMany:
    """The handler. Checks the body, credentials, permission and recipients in this order."""

    def __init__(self, context: Context, *, hard_limit: float = HARD_LIMIT) -> None:
        self._context = context
        self._hard_limit = hard_limit

    async def __call__(self, request: Request) -> Reply:
        context, limit = self._context, time_limit(self._context, hard_limit=self._hard_limit)
        body = await read_json(request, _decoder, limit)
        in_query = single_values(request.query, names=("idempotency_key",)).get("idempotency_key")
        key = idempotency_key(request, parameter=body.idempotency_key or in_query)
        wish = replace(_wish(body, key=key), traceparent=request.traceparent)
        user = await log_in_by_header(
            context, request, permissions=(Permission.API_SEND,), limit=limit
        )
        receipt = await send(context, wish, user=user, limit=limit)
        ids = [hex_id(item.message) for item in receipt.accepted]
        return Reply(200, encode_json(MessageIds(ids=ids)))


def _wish(body: MessagesToMany, *, key: str | None) -> Wish:
    kind = _meaning(body.type, TYPES, of="type", default="default")
    medium = _meaning(body.provider, PROVIDERS, of="provider", default="sms")
    recipients = body.recipients or ()
    if not recipients:
        raise InvalidRequest("recipients are missing")
    if len(recipients) > BATCH_LIMIT:
        raise InvalidRequest(f"{len(recipients)} recipients, at most {BATCH_LIMIT} allowed")
    if kind != "ring" and not body.text:
        raise InvalidRequest("text is missing")
    return Wish(
        addressees=tuple([_addressee(one) for one in recipients]),
        medium=Medium.VOICE if kind == "ring" else medium,
        text="" if kind == "ring" else checked_text(body.text or ""),
        flash=kind == "flash",
        idempotency_key=key,
    )


def _addressee(recipient: Recipient) -> Addressee:
    if recipient.to in (None, ""):
        raise InvalidRequest("a recipient has no 'to'")
    target = _meaning(recipient.target, TARGETS, of="target", default="number")
    return Addressee(to=str(recipient.to), target=target)


def _meaning(word: str | None, known: Mapping[str, T], *, of: str, default: str) -> T:
    """
    What a word stands for; none, or an empty one, is the default.

    Raises:
        InvalidRequest: nobody knows it.
    """
    found = known.get(word or default)
    if found is None:
        raise InvalidRequest(f"{of} {word!r} is none of: {', '.join(known)}")
    return found
