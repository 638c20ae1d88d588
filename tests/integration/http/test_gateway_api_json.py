"""
/api/signin and /api/messages: the gateway API for programs, in JSON.
"""

import base64
import json

import attrs
import pytest
from doors import everybody

from smscore.domain.messages import Medium
from smscore.domain.routes import Route
from smscore.errors import StoreUnavailable
from smscore.testing import NOON

TIMEOUT = {"error": "FAILED - Timeout or see Gateway logs for more information."}
LOGIN = {"username": "apiuser", "password": "secret-word"}
TO_ANNA = [{"to": "0170 1111111", "target": "number"}]


def sign_in(site, content=LOGIN):
    return site.client.post("/api/signin", json=content)


def basic(name="apiuser", password="secret-word"):
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def send(site, headers=None, **changes):
    content = {"recipients": TO_ANNA, "text": "Test", **changes}
    if headers is None:
        headers = {"Authorization": f"Bearer {sign_in(site).json()['jwt']}"}
    return site.client.post("/api/messages", json=content, headers=headers)


def assert_refused(site, reply, status):
    """An error and nothing else, and nothing stored."""
    assert reply.status_code == status, reply.text
    assert list(reply.json()) == ["error"]
    assert reply.json()["error"]
    assert reply.headers["content-type"] == "application/json"
    assert site.stored() == []


def recipients(site):
    return [tracked.message.recipient.value for tracked in site.stored()]


# /api/signin


def test_a_login_gets_a_session_for_an_hour(site):
    reply = sign_in(site)

    assert reply.status_code == 200
    assert list(reply.json()) == ["jwt", "expireAt"]
    assert reply.json()["expireAt"] == int(NOON.timestamp()) + 3600
    assert reply.headers["content-type"] == "application/json"
    bearer = {"Authorization": f"Bearer {reply.json()['jwt']}"}
    assert send(site, bearer).status_code == 200
    site.clock.move(seconds=3600)
    assert send(site, bearer).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"x"', b"NaN", b"[" * 5000, b"\xff"),
        *(b"{}", b'{"username":"apiuser"}', b'{"username":"apiuser","password":""}'),
        *(b'{"username":"apiuser","password":null}', b'{"username":1,"password":"x"}'),
    ],
)
def test_a_login_that_is_none_is_a_bad_request(site, body):
    assert_refused(site, site.client.post("/api/signin", content=body), 400)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
def test_a_wrong_login_gets_no_session(site, wrong):
    assert_refused(site, sign_in(site, {**LOGIN, **wrong}), 401)


@pytest.mark.parametrize("permission", ["", "api.status", "console"])
def test_who_may_not_send_gets_no_session(make_site, permission):
    site = make_site(permission=permission)

    assert_refused(site, sign_in(site), 403)


def test_a_login_that_takes_too_long_is_a_timeout(make_site):
    site = make_site(http={"submit_timeout": 0.05})
    site.authenticator.may_answer.clear()

    reply = sign_in(site)

    assert (reply.status_code, reply.json()) == (408, TIMEOUT)


def test_whoever_guesses_is_told_when_to_come_back(site):
    site.authenticator.is_forgetful = True
    for number in range(5):
        assert "retry-after" not in sign_in(site, {**LOGIN, "password": f"{number}"}).headers
        assert "retry-after" not in send(site, basic(password=f"guess {number}")).headers

    for reply in (sign_in(site), send(site, basic())):
        assert (reply.status_code, reply.headers["retry-after"]) == (401, "30")


# /api/messages: who


def test_a_session_or_a_password_will_do(site):
    assert send(site).status_code == 200
    assert send(site, basic()).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        *("", "Bearer", "Bearer ", "Bearer x", "Bearer ü", "Digest x", "Basic", "Basic !"),
        *("Basic eA==", "Basic Og==", "Basic /w==", "Basic x", "Bearer key-1"),
    ],
)
def test_other_credentials_will_not(site, value):
    assert_refused(site, send(site, {"Authorization": value.encode()}), 401)


def test_no_credentials_will_not_do_either(site):
    assert_refused(site, send(site, {}), 401)
    assert_refused(site, send(site, basic(password="wrong")), 401)


def test_the_permission_is_needed(make_site):
    site = make_site(permission="api.status")

    assert_refused(site, send(site, basic()), 403)


def test_a_session_ends_when_the_user_changes(site):
    bearer = {"Authorization": f"Bearer {sign_in(site).json()['jwt']}"}

    def change(work):
        user = work.credentials.user("apiuser")
        work.credentials.save_user(attrs.evolve(user, password_hash="another"))

    site.store.run(change).result()

    assert_refused(site, send(site, bearer), 401)


# /api/messages: what


def test_a_message_is_accepted_with_exactly_these_bytes(site):
    reply = send(site)

    [tracked] = site.stored()
    assert reply.status_code == 200
    assert reply.content == b'{"ids":["%016x"]}' % tracked.message.id
    assert reply.headers["content-type"] == "application/json"
    assert tracked.message.recipient_as_given == "0170 1111111"
    assert (tracked.message.medium, tracked.message.flash) == (Medium.SMS, False)


def test_ids_come_in_the_order_of_recipients_each_reached_once(site):
    everybody(site)
    to = [
        {"to": "+491703333333"},
        {"to": "bob", "target": "contact"},
        {"to": 1, "target": "contact"},
        {"to": "on-call", "target": "contactgroup"},
        {"to": "0170 3333333", "target": "number"},
    ]

    reply = send(site, recipients=to)

    ids = [int(one, 16) for one in reply.json()["ids"]]
    assert ids == [tracked.message.id for tracked in site.stored()]
    assert recipients(site) == ["+491703333333", "+447700900123", "+491701111111", "+491702222222"]


@pytest.mark.parametrize(
    ("provider", "medium"),
    [("sms", "sms"), ("automatic", "automatic"), (None, "sms"), ("", "sms")],
)
def test_the_provider_is_the_medium(site, provider, medium):
    assert send(site, provider=provider).status_code == 200
    assert [tracked.message.medium for tracked in site.stored()] == [medium]


def test_telegram_alone_needs_a_link(linked):
    assert_refused(linked, send(linked, provider="telegram"), 400)

    assert send(linked, provider="telegram", recipients=[{"to": "01701234567"}]).status_code == 200
    assert [tracked.delivery.channel for tracked in linked.stored()] == ["chat"]


def test_a_flash_message_is_one(site):
    assert send(site, type="flash").status_code == 200
    assert [tracked.message.flash for tracked in site.stored()] == [True]


@pytest.mark.parametrize("provider", ["sms", "telegram", "automatic"])
def test_a_ring_is_a_call_whatever_the_text(with_voice, provider):
    assert send(with_voice, type="ring", provider=provider, text=None).status_code == 200
    assert [tracked.message.medium for tracked in with_voice.stored()] == [Medium.VOICE]


@pytest.mark.parametrize(
    "bad",
    [
        *({"provider": "SMS"}, {"provider": "mail"}, {"provider": 1}),
        *({"type": "Flash"}, {"type": "default "}, {"type": True}),
        *({"text": None}, {"text": ""}, {"text": 5}, {"text": "x" * 1601}),
        *({"recipients": None}, {"recipients": []}, {"recipients": {}}, {"recipients": "x"}),
        *({"recipients": [{}]}, {"recipients": [{"to": ""}]}, {"recipients": [{"to": True}]}),
        *({"recipients": ["+491701111111"]}, {"recipients": [{"to": 1.5}]}),
        {"recipients": [{"to": "+491701111111", "target": "Number"}]},
        {"recipients": [{"to": "+491701111111", "target": "user"}]},
        {"recipients": [{"to": "+491701111111"}] * 10_001},
        {"type": "ring"},
    ],
)
def test_what_cannot_be_understood_or_sent_is_refused(site, bad):
    assert_refused(site, send(site, basic(), **bad), 400)


@pytest.mark.parametrize(
    "bad",
    [
        *({"to": "x"}, {"to": "+49170\n"}, {"to": -5}, {"to": "nobody", "target": "contact"}),
        *({"to": "nobody", "target": "contactgroup"}, {"to": "mail", "target": "contact"}),
        *({"to": "empty", "target": "contactgroup"}, {"to": 7, "target": "contact"}),
        {"to": "+447700900999"},
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_one_bad_recipient_refuses_all(site, bad, place):
    everybody(site)
    site.keep_old_rules(Route(name="abroad", channels=("gone",), prefixes=("+44",)))
    to = [{"to": "+491701111111"}]
    to.insert(place, bad)

    assert_refused(site, send(site, recipients=to), 400)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 5000, b'{"text":"\xff"}'])
def test_a_body_that_is_no_request_is_refused(site, body):
    reply = site.client.post("/api/messages", content=body, headers=basic())

    assert_refused(site, reply, 400)


def test_unknown_fields_a_byte_order_mark_and_any_type_of_body_are_no_mistake(site):
    content = {"recipients": [{**TO_ANNA[0], "x": 1}], "text": "a\0b", "x": [1]}

    reply = site.client.post(
        "/api/messages",
        content=b"\xef\xbb\xbf" + json.dumps(content).encode(),
        headers={**basic(), "Content-Type": "text/plain"},
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["a\ufffdb"]


def test_what_is_wrong_with_the_body_is_told_before_credentials_are_looked_at(site):
    assert_refused(site, send(site, {}, text=None), 400)


def test_a_store_that_does_not_take_it_is_a_timeout(site):
    site.store.fail(StoreUnavailable("the disk is full"))

    reply = send(site)

    assert (reply.status_code, reply.json()) == (408, TIMEOUT)
    assert site.stored() == []


# Idempotency keys


@pytest.mark.parametrize("place", ["header", "query", "body"])
def test_the_same_key_and_content_gets_the_first_answer_again(site, place):
    everybody(site)
    to = [{"to": "on-call", "target": "contactgroup"}]

    def repeat(text="Test"):
        content = {"recipients": to, "text": text}
        headers, query = basic(), ""
        match place:
            case "header":
                headers["Idempotency-Key"] = "k"
            case "query":
                query = "?idempotency_key=k"
            case _:
                content["idempotency_key"] = "k"
        return site.client.post(f"/api/messages{query}", json=content, headers=headers)

    first = repeat()
    site.gateway.directory.groups.leave(site.account.id, "on-call", contacts=["bob"])

    assert repeat().content == first.content
    site.gateway.directory.groups.delete(site.account.id, "on-call")
    assert repeat().content == first.content
    assert len(site.stored()) == 3
    assert repeat("other").status_code == 400
    assert len(site.stored()) == 3
