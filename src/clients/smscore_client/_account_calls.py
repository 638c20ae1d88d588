"""
The calls about the account and what it received: requests from arguments, values from answers.
"""

from smscore_client import _values as values
from smscore_client._bodies import page_of, page_query
from smscore_client._call import Call, path_of
from smscore_client._fields import Fields

__all__ = ["get_account", "inbound_page", "renew_callback_secret"]


def get_account() -> Call[values.Account]:
    return Call(method="GET", path=path_of("account"), is_question=True, read=_account)


def renew_callback_secret() -> Call[str]:
    """
    Not repeatable: the overlap of old and new is for one renewal.

    A second one would leave receivers with a secret that signs nothing any more.
    """
    return Call(
        method="POST",
        path=path_of("account", "callback-secret"),
        is_repeatable=False,
        read=lambda fields: fields.text("secret"),
    )


def inbound_page(
    after: str | None, *, page_size: int | None
) -> Call[values.Page[values.InboundMessage]]:
    return Call(
        method="GET",
        path=path_of("inbound"),
        query=page_query(after, page_size),
        is_question=True,
        read=page_of("inbound", _inbound_message),
    )


def _account(fields: Fields) -> values.Account:
    return values.Account(
        account_id=fields.text("account_id"),
        name=fields.text("name"),
        plan=fields.text("plan"),
        credits_remaining=fields.number_or_none("credits_remaining"),
        rate_limit=fields.number_or_none("rate_limit"),
    )


def _inbound_message(fields: Fields) -> values.InboundMessage:
    return values.InboundMessage(
        message_id=fields.text("message_id"),
        from_=fields.text("from"),
        to=fields.text_or_none("to"),
        message=fields.text("message"),
        received_at=fields.time("received_at"),
        missing_parts=fields.numbers_or_empty("missing_parts"),
    )
