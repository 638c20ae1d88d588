"""
What the clients for Python and for TypeScript have in common: both read the same cases.
"""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

import smscore_client as sms
from smscore_client._course import retry_after

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[3] / "clients/typescript/test/cases.json").read_text()
)
URL = "https://sms.example"
ACCEPTED = {
    "success": True,
    "message_id": "msg_0000000000000001",
    "credits_used": 1,
    "credits_remaining": 9,
    "status": "queued",
    "account_id": "acc_0000000000000001",
    "name": "demo",
    "plan": "standard",
    "rate_limit": 10,
    "to": "+491701234567",
    "message": "Hello",
}


class Answering:
    """A server that has answers prepared, the last of which it gives for ever."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def client(self, *, api_key: str = "k", base_url: str = URL, **options: Any) -> sms.Client:
        time = [0.0]

        def sleep(seconds: float) -> None:
            time[0] += seconds

        return sms.Client(
            api_key,
            base_url=base_url,
            transport=httpx2.MockTransport(self),
            clock=lambda: time[0],
            sleep=sleep,
            **options,
        )


def answer(case: dict[str, Any]) -> httpx2.Response:
    return httpx2.Response(case["status"], headers=case["headers"], content=case["body"].encode())


def accepted() -> httpx2.Response:
    return httpx2.Response(200, json=ACCEPTED)


def cases(table: str, name: str = "given") -> pytest.MarkDecorator:
    def said(case: dict[str, Any]) -> str:
        return str(case.get(name, case.get("headers")))[:40]

    return pytest.mark.parametrize("case", CASES[table], ids=said)


@cases("answers", "name")
def test_after_an_answer_a_submission_is_repeated_or_not(case):
    server = Answering(answer(case), accepted())
    client = server.client()

    if case["isRepeated"]:
        client.messages.send(to="+491701234567", message="Hello")
    else:
        with pytest.raises(sms.SmscoreError):
            client.messages.send(to="+491701234567", message="Hello")

    assert len(server.requests) == 1 + case["isRepeated"]


@cases("answers", "name")
def test_after_an_answer_it_is_known_what_may_have_been_done(case):
    client = Answering(answer(case)).client(timeout=20.0)

    with pytest.raises(sms.SmscoreError) as failure:
        client.messages.send(to="+491701234567", message="Hello")

    assert failure.value.is_uncertain == case["isUncertain"]
    assert failure.value.status == case["status"]
    if case["code"] is None:
        assert isinstance(failure.value, sms.ServerFault | sms.ServiceUnavailable)
    else:
        assert failure.value.code == case["code"]


@cases("retryAfter", "headers")
def test_how_long_to_wait_is_read_as_it_is_meant(case):
    assert retry_after(case["headers"]) == case["seconds"]


def asked(**options: str) -> httpx2.Request | None:
    """What is asked for by a client that can be made; None: it is refused."""
    server = Answering(accepted())
    try:
        server.client(**options).account.get()
    except ValueError:
        return None
    return server.requests[0]


@cases("baseUrls")
def test_a_server_is_found_or_its_address_refused(case):
    request = asked(base_url=case["given"])

    assert (None if request is None else str(request.url)) == case["asked"]


@cases("apiKeys")
def test_a_key_is_sent_or_refused(case):
    request = asked(api_key=case["given"])

    wanted = None if case["sent"] is None else f"Bearer {case['sent']}"
    assert (None if request is None else request.headers["Authorization"]) == wanted


@cases("idempotencyKeys")
def test_an_idempotency_key_is_sent_as_it_is_or_refused(case):
    server = Answering(accepted())
    submission = {"to": "+491701234567", "message": "Hello", "idempotency_key": case["given"]}

    if case["isSent"]:
        server.client().messages.send(**submission)
    else:
        with pytest.raises(ValueError, match="idempotency_key"):
            server.client().messages.send(**submission)

    keys = [request.headers["Idempotency-Key"] for request in server.requests]
    assert keys == ([case["given"]] if case["isSent"] else [])


@cases("ids")
def test_an_id_is_asked_for_or_refused(case):
    server = Answering(accepted())

    if case["isSent"]:
        server.client().messages.get(case["given"])
    else:
        with pytest.raises(ValueError, match="is no id"):
            server.client().messages.get(case["given"])

    assert len(server.requests) == case["isSent"]


@cases("webhooks", "name")
def test_a_webhook_is_judged(case):
    def verified() -> sms.Event:
        return sms.verify_webhook(
            case["body"].encode(),
            case["headers"],
            case["secrets"],
            tolerance=case["toleranceSeconds"],
            now=case["now"],
        )

    if case["result"] == "genuine":
        event = verified()
        assert (event.id, event.event) == (case["id"], json.loads(case["body"])["event"])
        return
    kind = sms.UnreadableEvent if case["result"] == "body" else sms.InvalidSignature
    with pytest.raises(kind) as failure:
        verified()
    if case["result"] == "time":
        assert failure.value.code == "invalid_timestamp"
