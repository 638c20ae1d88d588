"""
The client has a method for every call that the server describes, and a field for every field.

The description is made from the shapes that the server reads and writes; what is new there is
missing here until the client has it too.
"""

import inspect
import json

import attrs
import pytest

import smscore_client as sms
from smscore_client import _blocking
from smscore_http.openapi import description

DOCUMENT = json.loads(description(server="http://sms.example"))
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    call["operationId"]: call
    for path, methods in DOCUMENT["paths"].items()
    for call in methods.values()
    if path.startswith("/v1/")
}

METHODS = {
    "sendMessage": _blocking.MessageCalls.send,
    "listMessages": _blocking.MessageCalls.list,
    "estimateMessage": _blocking.MessageCalls.estimate,
    "getMessage": _blocking.MessageCalls.get,
    "cancelMessage": _blocking.MessageCalls.cancel,
    "listInbound": _blocking.InboundCalls.list,
    "getAccount": _blocking.AccountCalls.get,
    "renewCallbackSecret": _blocking.AccountCalls.renew_callback_secret,
    "createWebhook": _blocking.WebhookCalls.create,
    "listWebhooks": _blocking.WebhookCalls.list,
    "getWebhook": _blocking.WebhookCalls.get,
    "changeWebhook": _blocking.WebhookCalls.update,
    "deleteWebhook": _blocking.WebhookCalls.delete,
    "listDeliveries": _blocking.WebhookCalls.deliveries,
    "replayDelivery": _blocking.WebhookCalls.replay,
    "replayDeliveries": _blocking.WebhookCalls.replay_all,
}
# How the client calls what has another name, or no place, in Python.
NAMES = {"from": "from_", "limit": "page_size", "Idempotency-Key": "idempotency_key"}
ELSEWHERE = {"changeWebhook": {"rotate_secret"}}  # a method of its own: it cannot be repeated

VALUES = {
    "Accepted": sms.Sent,
    "MessageSummary": sms.Recipient,
    "Message": sms.Message,
    "Estimate": sms.Estimate,
    "EstimatedMessage": sms.Cost,
    "ForcingCharacter": sms.Character,
    "Replacement": sms.Replacement,
    "Cancelled": sms.Cancellation,
    "InboundMessage": sms.InboundMessage,
    "Account": sms.Account,
    "WebhookCreated": sms.WebhookSecret,
    "Webhook": sms.Webhook,
    "Delivery": sms.Delivery,
    "ReplayedDelivery": sms.Replay,
    "MessageQueued": sms.MessageEvent,
    "MessageSent": sms.MessageEvent,
    "MessageDelivered": sms.MessageEvent,
    "MessageFailed": sms.MessageEvent,
    "MessageExpired": sms.MessageEvent,
    "MessageReceived": sms.MessageReceived,
    "MessageUpdated": sms.MessageUpdated,
}
# Not values of the client's: what it writes, what it reads into errors, pages and plain answers,
# and an answer that is either of two values here.
OTHERS = {
    "NewMessage",
    "NewWebhook",
    "WebhookChange",
    "Replay",
    "Refusal",
    "RefusalReason",
    "MessagePage",
    "InboundPage",
    "DeliveryPage",
    "WebhookList",
    "WebhookShown",
    "CallbackSecret",
    "DeletedWebhook",
    "ReplayCount",
}


def named(name):
    return NAMES.get(name, name)


def schema_of(content):
    return SCHEMAS[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]


def asked(operation):
    """The names of everything that a call may be given."""
    found = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "requestBody" in operation:
        found |= set(schema_of(operation["requestBody"]["content"])["properties"])
    return found


def test_every_call_has_a_method():
    assert set(OPERATIONS) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_can_say_what_the_call_can_be_told_and_nothing_else(name):
    wanted = {named(one) for one in asked(OPERATIONS[name]) - ELSEWHERE.get(name, set())}

    assert set(inspect.signature(METHODS[name]).parameters) - {"self"} == wanted


def shapes(part):
    """The names of all shapes that a part of the document leads to."""
    if isinstance(part, list):
        return {name for one in part for name in shapes(one)}
    if not isinstance(part, dict):
        return set()
    found = {name for one in part.values() for name in shapes(one)}
    if "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        found |= {name} if kind == "schemas" else set()
        found |= shapes(DOCUMENT["components"][kind][name])
    return found


def test_every_shape_is_known():
    assert shapes([list(OPERATIONS.values()), DOCUMENT["webhooks"]]) == {*VALUES, *OTHERS}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_has_every_field(name):
    fields = {field.name for field in attrs.fields(VALUES[name])}
    described = {named(one) for one in SCHEMAS[name]["properties"]} - {"success"}
    if VALUES[name] is sms.MessageEvent:
        described = {"at" if one.endswith("_at") else one for one in described}

    assert described <= fields


def test_every_event_is_known():
    assert set(DOCUMENT["webhooks"]) == set(sms.EventName)


@pytest.mark.parametrize(
    ("kind", "schema", "field"),
    [
        (sms.Status, "Message", "status"),
        (sms.Priority, "NewMessage", "priority"),
        (sms.DeliveryState, "Delivery", "state"),
    ],
)
def test_every_word_is_known(kind, schema, field):
    assert set(words(SCHEMAS[schema]["properties"][field])) == set(kind)


def words(schema):
    """What an enumeration holds, wherever it stands."""
    if "$ref" in schema:
        return words(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    inner = [one for part in schema.get("anyOf", []) for one in words(part)]
    return [one for one in schema.get("enum", inner) if one is not None]


def test_every_code_has_an_error_of_its_own():
    described = set(words(SCHEMAS["RefusalReason"]["properties"]["code"]))
    known = {
        kind.default_code
        for kind in vars(sms).values()
        if isinstance(kind, type) and issubclass(kind, sms.SmscoreError)
    }

    # Of these it makes `Refused` and `InvalidRequest`: nobody who uses it can cause them.
    assert described - known <= {
        "method_not_allowed",
        "payload_too_large",
        "request_header_fields_too_large",
    }
