"""
``/api.php``: a text to a telephone number.

Recipients from the directory, Telegram, lists of patterns and voice calls are refused by name
until this gateway has them; a request that asks for one is never sent another way.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta

from smscore.domain.credentials import Permission
from smscore.domain.messages import MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.errors import (
    DeadlinePassed,
    InvalidNumber,
    InvalidRequest,
    MessageTooLong,
    StoreError,
)
from smscore.services.submission import Item, Submission
from smscore_http._context import Context
from smscore_http._requests import Reply, Request, idempotency_key
from smscore_http._wire import hex_id
from smscore_http.gateway_api._login import log_in
from smscore_http.gateway_api._parameters import Parameters, read_parameters
from smscore_http.gateway_api._replies import MissingParameter, text

__all__ = ["Sending"]

_log = logging.getLogger(__name__)

_HARD_LIMIT = 9.5  # seconds; surfaces.md, A: whatever is still going on then is called a timeout
_LONGEST_TEXT = 1600

_PUNCTUATION = str.maketrans("", "", " -./()")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_LOST_PLUS = re.compile(r" [1-9]")  # no country code begins with 0
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")

_ABSENT_MODES = {
    "user": "there is no directory, so no contact can be found",
    "group": "there is no directory, so no group can be found",
    "telnumber": "Telegram is not configured",
    "teluser": "Telegram is not configured",
    "telgroup": "Telegram is not configured",
}


class Sending:
    """The handler. Checks parameters, credentials, permission and recipients in this order."""

    def __init__(self, context: Context, *, hard_limit: float = _HARD_LIMIT) -> None:
        self._context = context
        self._timeout = context.gateway.config.http.submit_timeout
        self._hard_limit = hard_limit

    async def __call__(self, request: Request) -> Reply:
        began = asyncio.get_running_loop().time()
        deadline = self._context.gateway.clock.now() + timedelta(seconds=self._timeout)
        parameters = await read_parameters(request)
        username, password = _check_parameters(parameters)
        user = await log_in(
            self._context,
            username,
            password,
            address=request.address,
            permissions=(Permission.API_SEND,),
            until=began + min(self._timeout, self._hard_limit),
        )
        submission = Submission(
            account=user.account,
            surface=Surface.GATEWAY,
            items=(Item(to=_recipient(parameters), text=_text(parameters)),),
            flash=parameters.is_on("flash"),
            idempotency_key=idempotency_key(request, parameter=parameters.get("idempotency_key")),
        )
        accepted = self._context.gateway.submissions.begin(submission, deadline=deadline)
        receipt = await self._outcome(accepted, submission, began=began)
        lines = [f"ID: {hex_id(item.message)}" for item in receipt.accepted]
        return text("\n".join(("OK", *lines)))

    async def _outcome(
        self, accepted: Future[Receipt], submission: Submission, *, began: float
    ) -> Receipt:
        """What was begun in time is waited for, unless that takes too long even for us."""
        for limit in (min(self._timeout, self._hard_limit), self._hard_limit):
            try:
                async with asyncio.timeout_at(began + limit):
                    return await self._context.wait(accepted)
            except TimeoutError:
                if accepted.cancel():
                    raise DeadlinePassed("the store did not begin in time") from None
        if accepted.done():
            return accepted.result()
        accepted.add_done_callback(lambda late: self._withdraw(late, submission))
        raise DeadlinePassed("the store did not end in time")

    def _withdraw(self, late: Future[Receipt], submission: Submission) -> None:
        """The client was told that this had failed: so it must not be sent."""
        if late.exception() is not None or late.result().is_replay:
            return  # nothing was stored, or it was acknowledged to somebody before
        ids = ", ".join(hex_id(item.message) for item in late.result().accepted)
        try:
            withdrawn = self._context.gateway.interventions.withdraw(
                late.result(),
                account=submission.account,
                surface=submission.surface,
                idempotency_key=submission.idempotency_key,
            )
        except StoreError:
            _log.exception("accepted after a client was told 408, and not called back: %s", ids)
        else:
            withdrawn.add_done_callback(lambda done: _report_late(done, ids))


def _check_parameters(parameters: Parameters) -> tuple[str, str]:
    """What can be said before anybody has logged in: the name and the password."""
    username, password = parameters.required("username"), parameters.required("password")
    parameters.required("to")
    if not parameters.is_on("ring"):
        parameters.required("text")
    if parameters.get("list") and not parameters.get("regex"):
        raise MissingParameter("the parameter 'list' needs 'regex'")
    return username, password


def _recipient(parameters: Parameters) -> str:
    mode = parameters.get("mode") or "number"
    if parameters.is_on("ring"):
        raise InvalidRequest("no transport can make voice calls")
    if mode in _ABSENT_MODES:
        raise InvalidRequest(f"mode {mode}: {_ABSENT_MODES[mode]}")
    if parameters.get("list"):
        raise InvalidRequest("list: there is no pattern engine to filter with")
    given = parameters.required("to")
    recipient = given.strip(" ")
    if _LOST_PLUS.match(given):
        recipient = f"+{recipient}"
    if not _NUMBER.fullmatch(recipient.translate(_PUNCTUATION)):
        raise InvalidNumber(f"to: {recipient[:40]!r} is not a telephone number")
    return recipient


def _text(parameters: Parameters) -> str:
    content = parameters.required("text")
    if (parameters.get("hexmode") or "").strip().lower() == "true":
        content = _from_hex(content)
    if len(content) > _LONGEST_TEXT:
        raise MessageTooLong(f"text: {len(content)} characters, at most {_LONGEST_TEXT} allowed")
    return content


def _from_hex(digits: str) -> str:
    if not _HEX.fullmatch(digits):
        raise InvalidRequest("hexmode: the text is not an even number of hexadecimal digits")
    encoded = bytes.fromhex(digits)
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        return encoded.decode("iso-8859-1")


def _report_late(withdrawn: Future[Sequence[MessageId]], ids: str) -> None:
    fault = withdrawn.exception()
    if fault is not None:
        _log.error(
            "accepted after a client was told 408, and not called back: %s", ids, exc_info=fault
        )
    elif left := withdrawn.result():
        sent = ", ".join(map(hex_id, left))
        _log.error("accepted after a client was told 408, and too late to call back: %s", sent)
    else:
        _log.warning("accepted after a client was told 408, and called back: %s", ids)
