"""
The calls of the provider API about the account, and what it has received.
"""

from smscore_http.openapi._operations import Example, Operation
from smscore_http.openapi._provider_answers import answers
from smscore_http.openapi._provider_call import PAGING, cursor, provider_call
from smscore_http.provider_api._shapes import Account, CallbackSecret, InboundPage

__all__ = ["OPERATIONS"]

OPERATIONS: tuple[Operation, ...] = (
    provider_call(
        "get",
        "/v1/inbound",
        id="listInbound",
        summary="List what the account's channels have received, newest first",
        parameters=(cursor("in_"), PAGING),
        responses=answers(InboundPage, "invalid_request"),
        examples=(
            Example(
                name="one",
                said={
                    "success": True,
                    "inbound": [
                        {
                            "message_id": "in_019ac41d7c000000",
                            "from": "+491701234567",
                            "to": None,
                            "message": "Thank you",
                            "received_at": "2026-03-01T12:00:26Z",
                        }
                    ],
                    "next": None,
                },
            ),
        ),
    ),
    provider_call(
        "get",
        "/v1/account",
        id="getAccount",
        summary="Show the account behind the key",
        responses=answers(Account),
        examples=(
            Example(
                name="enterprise",
                said={
                    "success": True,
                    "account_id": "acc_0000000000000001",
                    "name": "acme",
                    "plan": "enterprise",
                    "credits_remaining": 1227,
                    "rate_limit": 50,
                },
            ),
        ),
    ),
    provider_call(
        "post",
        "/v1/account/callback-secret",
        id="renewCallbackSecret",
        summary="Renew and show the secret that signs what is posted to callback addresses",
        responses=answers(CallbackSecret),
        examples=(
            Example(
                name="new",
                said={
                    "success": True,
                    "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                },
            ),
        ),
    ),
)
