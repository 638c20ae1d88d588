"""
``/api.php``: a text to a number, a contact or a group, by SMS, Telegram or as a call.
"""

import re

from msgspec.structs import replace

from smscore.domain.credentials import Permission
from smscore.domain.messages import Medium
from smscore.errors import InvalidRequest
from smscore_http._context import Context
from smscore_http._requests import Reply, Request, idempotency_key
from smscore_http._wire import hex_id
from smscore_http.gateway_api._login import log_in
from smscore_http.gateway_api._parameters import Parameters, read_parameters
from smscore_http.gateway_api._recipients import Addressee, NumberList, Target
from smscore_http.gateway_api._replies import MissingParameter, text
from smscore_http.gateway_api._sending import Wish, checked_text, send
from smscore_http.gateway_api._shapes import MODES
from smscore_http.gateway_api._time_limit import HARD_LIMIT, time_limit

__all__ = ["Sending"]

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class Sending:
    """The handler. Checks parameters, credentials, permission and recipients in this order."""

    def __init__(self, context: Context, *, hard_limit: float = HARD_LIMIT) -> None:
        self._context = context
        self._hard_limit = hard_limit

    async def __call__(self, request: Request) -> Reply:
        context, limit = self._context, time_limit(self._context, hard_limit=self._hard_limit)
        parameters = await read_parameters(request, limit)
        username, password = _check_parameters(parameters)
        user = await log_in(
            context, request, username, password, permissions=(Permission.API_SEND,), limit=limit
        )
        key = idempotency_key(request, parameter=parameters.get("idempotency_key"))
        wish = replace(_wish(parameters, key=key), traceparent=request.traceparent)
        receipt = await send(context, wish, user=user, limit=limit)
        lines = [f"ID: {hex_id(item.message)}" for item in receipt.accepted]
        return text("\n".join(("OK", *lines)))


def _check_parameters(parameters: Parameters) -> tuple[str, str]:
    """What can be said before anybody has logged in: the name and the password."""
    username, password = parameters.required("username"), parameters.required("password")
    parameters.required("to")
    if not parameters.is_on("ring"):
        parameters.required("text")
    if parameters.get("list") and not parameters.get("regex"):
        raise MissingParameter("the parameter 'list' needs 'regex'")
    return username, password


def _wish(parameters: Parameters, *, key: str | None) -> Wish:
    # An unknown mode is a number as well, which is what callers of such gateways rely on.
    target, medium = MODES.get(parameters.get("mode") or "", MODES["number"])
    if parameters.is_on("ring"):
        medium = Medium.VOICE
    elif medium is Medium.AUTOMATIC and parameters.is_off("telauto"):
        medium = Medium.TELEGRAM
    return Wish(
        addressees=(Addressee(to=parameters.required("to"), target=target),),
        medium=medium,
        text="" if medium is Medium.VOICE else _text(parameters),
        flash=parameters.is_on("flash"),
        by=_list(parameters),
        is_partial=target is Target.GROUP,
        idempotency_key=key,
    )


def _list(parameters: Parameters) -> NumberList | None:
    colour, regex = parameters.get("list"), parameters.get("regex")
    if colour is None or regex is None:
        return None
    if colour not in ("white", "black"):
        # Never send unfiltered what was to be filtered.
        raise InvalidRequest(f"list: {colour[:20]!r} is neither white nor black")
    return NumberList(is_white=colour == "white", regex=regex)


def _text(parameters: Parameters) -> str:
    content = parameters.required("text")
    if (parameters.get("hexmode") or "").strip().lower() == "true":
        content = _from_hex(content)
    return checked_text(content)


def _from_hex(digits: str) -> str:
    if not _HEX.fullmatch(digits):
        raise InvalidRequest("hexmode: the text is not an even number of hexadecimal digits")
    encoded = bytes.fromhex(digits)
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        return encoded.decode("iso-8859-1")
