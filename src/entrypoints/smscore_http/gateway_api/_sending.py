"""
Sending what a caller wishes: recipients are found, a list thins them out, the rest is submitted.
"""

import logging
from collections.abc import Sequence

from msgspec import Struct

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.credentials import Principal
from smscore.domain.messages import Medium, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.recipients import Recipient, parse_recipient
from smscore.errors import MessageTooLong, Rejected, RejectedItems
from smscore.services.submission import Item, Submission
from smscore_http._context import Context
from smscore_http.gateway_api._recipients import Addressee, NumberList, Target, recipients_of
from smscore_http.gateway_api._time_limit import TimeLimit, in_time, submit_in_time

__all__ = ["Wish", "checked_text", "send"]

_log = logging.getLogger(__name__)

_LONGEST_TEXT = 1600
_RESOLVED_AT_ONCE = 100  # numbers, on the event loop's thread


class Wish(Struct, frozen=True, kw_only=True):
    """
    What is to be sent, and to whom.

    ``is_partial`` sends it to those it can be sent to, if there are any.
    """

    addressees: tuple[Addressee, ...]
    medium: Medium
    text: str
    flash: bool = False
    by: NumberList | None = None
    is_partial: bool = False
    idempotency_key: str | None = None
    traceparent: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the recipients are all there is, whatever the directory says."""
        if self.by is not None:
            return False
        return not [one for one in self.addressees if one.target is not Target.NUMBER]


def checked_text(content: str) -> str:
    """
    The text, if it is not too long.

    Raises:
        MessageTooLong: it is.
    """
    if len(content) > _LONGEST_TEXT:
        raise MessageTooLong(f"text: {len(content)} characters, at most {_LONGEST_TEXT} allowed")
    return content


async def send(context: Context, wish: Wish, *, user: Principal, limit: TimeLimit) -> Receipt:
    """
    Submit it for the user's account; it is durable when this returns.

    Raises:
        Rejected: nothing was stored; the class says why.
        StoreError: nothing was stored, or what was stored is being called back.
    """
    account = context.recall_account(user)
    if account is None:
        found = context.call(context.account, user)
        account = await in_time(found, limit, what="looking up the account")
    numbers: Sequence[str] = ()
    refusal: Rejected | None = None
    try:
        if wish.is_plain and len(wish.addressees) <= _RESOLVED_AT_ONCE:
            numbers = _resolve(context.gateway, wish, account)
        else:
            work = context.call(_resolve, context.gateway, wish, account)
            numbers = await in_time(work, limit, what="finding the recipients")
    except Rejected as reason:
        if wish.idempotency_key is None:
            raise
        # Contacts come and go: under a known key the first answer counts.
        refusal = reason
    try:
        receipt = await submit_in_time(context, _submission(wish, numbers, account), limit)
    except RejectedItems as nobody:
        raise refusal or next(iter(nobody.reasons.values()), nobody) from nobody
    if receipt.refused:
        reasons = ", ".join(sorted({one.code for one in receipt.refused}))
        _log.info("%d recipients of %d left out: %s", len(receipt.refused), len(numbers), reasons)
    return receipt


def _submission(wish: Wish, numbers: Sequence[str], account: Account) -> Submission:
    # Of what was asked for: who that is may have changed until a request is repeated.
    fingerprint = "" if wish.is_plain else repr((wish.addressees, wish.by, wish.text))
    return Submission(
        account=account.id,
        surface=Surface.GATEWAY,
        items=tuple([Item(to=number, text=wish.text) for number in numbers]),
        medium=wish.medium,
        flash=wish.flash,
        idempotency_key=wish.idempotency_key,
        fingerprint=fingerprint,
        is_resolved=bool(fingerprint),
        is_partial=wish.is_partial,
        traceparent=wish.traceparent,
    )


def _resolve(gateway: Gateway, wish: Wish, account: Account) -> Sequence[str]:
    """Everybody once, in the order of the wish, however many of its recipients lead to them."""
    # Automatic is by e-mail, too, where there is nothing else at hand.
    is_by_mail = wish.medium is Medium.AUTOMATIC and Medium.EMAIL in gateway.media
    found: dict[Recipient, str] = {}
    for addressee in wish.addressees:
        given = recipients_of(
            gateway, addressee, account=account, by=wish.by, is_by_mail=is_by_mail
        )
        if len(wish.addressees) == 1:
            return given
        for one in given:
            found.setdefault(parse_recipient(one, home=account.home_country), one)
    return tuple(found.values())
