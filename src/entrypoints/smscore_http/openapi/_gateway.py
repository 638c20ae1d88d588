"""
The calls of the gateway API.
"""

from typing import Annotated, Any

from msgspec.structs import fields as fields_of

from smscore_http._schemas import said
from smscore_http._wire import HEX_ID
from smscore_http.gateway_api._check_php import Checking
from smscore_http.gateway_api._replies import MISSING, REFUSED
from smscore_http.gateway_api._shapes import (
    Credentials,
    MessageIds,
    OneTextToMany,
    SendingParameters,
    Session,
    StateParameters,
)
from smscore_http.gateway_api._state_php import NO_SUCH, WORDS
from smscore_http.openapi._gateway_answers import json_answers, spoken, text_answers
from smscore_http.openapi._operations import Example, Operation, Parameter
from smscore_http.openapi._parameters import IDEMPOTENCY_HEADER

__all__ = ["OPERATIONS", "TAG"]

TAG = "Gateway API"

_LOGIN = ({"gateway_username": (), "gateway_password": ()},)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ID = "019ac41d7d000000"
_NUMBER = "00491701234567"


def _call(method: str, path: str, **fields: Any) -> Operation:
    return Operation(method=method, path=path, tag=TAG, **fields)


def _query(shape: type) -> tuple[Parameter, ...]:
    """The parameters of a shape, but for the login, which is one of the document's own."""
    return tuple(
        Parameter(name=one.name, place="query", shape=one.type, is_required=one.required)
        for one in fields_of(shape)
        if one.name not in ("username", "password")
    )


_ACCEPTED = text_answers(
    spoken(description="It is on the disk.", pattern=rf"OK(\nID: {HEX_ID})+"),
    MISSING,
    REFUSED,
    has_login=True,
    has_body=True,
)

OPERATIONS = (
    _call(
        "post",
        "/api.php",
        id="sendText",
        summary="Send a text to a number, a contact or a group",
        description=(
            "The better way: a form is in no log. What is in the query counts as well, unless the "
            "form has it too."
        ),
        parameters=(IDEMPOTENCY_HEADER,),
        body=SendingParameters,
        body_types=_FORMS,
        responses=_ACCEPTED,
        examples=(
            Example(
                name="number",
                body={
                    "username": "apiuser",
                    "password": "secret-word",
                    "to": _NUMBER,
                    "text": "Test",
                },
                said=f"OK\nID: {_ID}",
            ),
            Example(
                name="nobody",
                status=400,
                body={
                    "username": "apiuser",
                    "password": "secret-word",
                    "to": "berta",
                    "mode": "user",
                    "text": "Test",
                },
                said=REFUSED,
            ),
        ),
    ),
    _call(
        "get",
        "/api.php",
        id="sendTextByQuery",
        summary="The same, for who cannot post",
        parameters=(IDEMPOTENCY_HEADER, *_query(SendingParameters)),
        security=_LOGIN,
        responses=_ACCEPTED,
        examples=(
            Example(
                name="hexadecimal",
                parameters={"to": _NUMBER, "text": "54657374", "hexmode": "true"},
                said=f"OK\nID: {_ID}",
            ),
        ),
    ),
    _call(
        "get",
        "/state.php",
        id="getState",
        summary="Say what has become of a message",
        description="With `[http] open_state = true` it needs no login.",
        parameters=_query(StateParameters),
        security=_LOGIN,
        responses=text_answers(
            spoken(
                description="How far it got",
                pattern=f"Status : ({'|'.join([*dict.fromkeys(WORDS.values()), NO_SUCH])})",
            ),
            MISSING,
            has_login=True,
        ),
        examples=(
            Example(name="sent", parameters={"uid": _ID}, said="Status : sent"),
            Example(name="unknown", parameters={"uid": "0"}, said=f"Status : {NO_SUCH}"),
        ),
    ),
    _call(
        "get",
        "/check.php",
        id="getCheck",
        summary="Say how the gateway is, for monitoring systems",
        parameters=(
            Parameter(
                name="option",
                place="query",
                shape=Annotated[str, said("One of them alone.", enum=[*Checking.values])],
            ),
        ),
        responses={
            **text_answers(spoken(description="A name and a value on each line")),
            404: spoken("404 Not Found", name="Text.404"),
        },
        examples=(
            Example(
                name="all",
                said=(
                    "que: 0\nfailed: 0\nsignal: -83db\ntotal: 25\nstate: SIGNAL_OK\n"
                    "load: 0;0.03;0.05\ntime: 1451320254\ndisk: 647569408\n"
                    "uptime: 9 min, 0 users\n"
                ),
            ),
            Example(name="state", parameters={"option": "state"}, said="state: SIGNAL_OK\n"),
        ),
    ),
    _call(
        "post",
        "/api/signin",
        id="signIn",
        summary="Log in for an hour",
        body=Credentials,
        responses=json_answers(Session),
        examples=(
            Example(
                name="apiuser",
                body={"username": "apiuser", "password": "secret-word"},
                said={"jwt": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "expireAt": 1763832854},
            ),
        ),
    ),
    _call(
        "post",
        "/api/messages",
        id="sendToMany",
        summary="Send a text to several recipients of any kind",
        description="All of them, or none.",
        parameters=(IDEMPOTENCY_HEADER,),
        body=OneTextToMany,
        security=({"gateway_session": ()}, {"gateway_basic": ()}),
        responses=json_answers(MessageIds),
        examples=(
            Example(
                name="number",
                body={
                    "recipients": [{"to": "01701234567", "target": "number"}],
                    "text": "Test",
                    "provider": "sms",
                    "type": "default",
                },
                said={"ids": [_ID]},
            ),
        ),
    ),
)
