"""
POST /api/{token}/queue: batches in, hashes and errors out.
"""

import json

import pytest

from smscore.domain.routes import Route


def whole(error: str) -> dict:
    return {
        "ok": False,
        "queued": 0,
        "failed": 0,
        "items": [],
        "errors": [{"index": None, "error": error}],
    }


def test_a_batch_is_queued_with_exactly_these_bytes(site):
    reply = site.queue(
        [
            {"phone": "+1234567890", "message": "Hello, this is a test message"},
            {"phone": "0712345678", "message": "Another test message"},
        ]
    )

    first, second = site.stored()
    assert reply.status_code == 200
    assert reply.text == (
        '{"ok":true,"queued":2,"failed":0,"items":['
        f'{{"index":0,"hash":"{first.message.id:016x}","phone":"+1234567890"}},'
        f'{{"index":1,"hash":"{second.message.id:016x}","phone":"0712345678"}}],"errors":[]}}'
    )
    assert reply.headers["content-type"] == "application/json"


def test_a_single_object_is_a_batch_of_one(site):
    reply = site.queue({"phone": "0712345678", "text": "x"})

    assert reply.json()["queued"] == 1


def test_message_wins_over_text_unless_it_is_empty(site):
    site.queue(
        [
            {"phone": "0712345678", "message": "m", "text": "t"},
            {"phone": "0712345678", "message": "", "text": "t"},
            {"phone": "0712345678", "message": None, "text": "t"},
        ]
    )

    assert [tracked.message.text for tracked in site.stored()] == ["m", "t", "t"]


def test_bad_items_are_reported_and_the_others_queued(site):
    reply = site.queue(
        [
            {"phone": "x", "message": "m"},
            {"phone": "0712345678", "message": "good"},
            "no object",
            {"phone": "0712345678"},
        ]
    )

    assert reply.status_code == 200
    assert reply.json()["queued"] == 1
    assert reply.json()["failed"] == 3
    assert [item["index"] for item in reply.json()["items"]] == [1]
    assert reply.json()["errors"] == [
        {"index": 0, "error": "Invalid phone format"},
        {"index": 2, "error": "Item must be an object"},
        {"index": 3, "error": "Message is required"},
    ]


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"phone": "12345", "message": "m"}, "Invalid phone format"),
        ({"phone": "+12345678901234567890" + "1", "message": "m"}, "Invalid phone format"),
        ({"phone": "0712345678\n", "message": "m"}, "Invalid phone format"),
        ({"phone": "٠٧١٢٣٤٥٦٧٨", "message": "m"}, "Invalid phone format"),
        ({"phone": " 0712345678", "message": "m"}, "Invalid phone format"),
        ({"phone": True, "message": "m"}, "Invalid phone format"),
        ({"phone": 712345678.0, "message": "m"}, "Invalid phone format"),
        ({"phone": ["0712345678"], "message": "m"}, "Invalid phone format"),
        ({"phone": {}, "message": "m"}, "Invalid phone format"),
        ({"phone": 10**30, "message": "m"}, "Invalid phone format"),
        ({"phone": "", "message": "m"}, "Phone is required"),
        ({"phone": None, "message": "m"}, "Phone is required"),
        ({"message": "m"}, "Phone is required"),
        ({}, "Phone is required"),
        ({"phone": "0712345678", "message": ""}, "Message is required"),
        ({"phone": "0712345678", "message": None}, "Message is required"),
        ({"phone": "0712345678", "message": 5}, "Message must be a string"),
        ({"phone": "0712345678", "message": False}, "Message must be a string"),
        ({"phone": "0712345678", "message": ["m"]}, "Message must be a string"),
        ({"phone": "0712345678", "text": {}}, "Message must be a string"),
        ({"phone": "0712345678", "message": "x" * 1001}, "Message exceeds 1000 characters"),
        ([], "Item must be an object"),
        (None, "Item must be an object"),
        (5, "Item must be an object"),
    ],
)
def test_a_bad_item_alone_is_a_validation_error(site, item, error):
    reply = site.queue([item])

    assert reply.status_code == 422
    assert reply.text == (
        '{"ok":false,"queued":0,"failed":1,"items":[],"errors":[{"index":0,"error":"'
        f'{error}"}}]}}'
    )
    assert site.stored() == []


def test_1000_characters_are_counted_as_characters(site):
    assert site.queue({"phone": "0712345678", "message": "😀" * 1000}).status_code == 200


def test_an_integer_is_a_phone_number_as_well(site):
    reply = site.queue({"phone": 712345678, "message": "m"})

    assert reply.json()["items"][0]["phone"] == "712345678"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "Invalid JSON"),
        (b"not json", "Invalid JSON"),
        (b'[{"phone":"0712345678","message":"m"}', "Invalid JSON"),
        (b'[{"phone":"0712345678","message":"m","x":NaN}]', "Invalid JSON"),
        (b"[Infinity]", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "Invalid JSON"),
        (b'{"phone":' + b"1" * 5000 + b"}", "Invalid JSON"),
        (b'"text"', "Body must be an array of messages"),
        (b"5", "Body must be an array of messages"),
        (b"null", "Body must be an array of messages"),
        (b"[]", "No messages given"),
        (b"[" + b"{}," * 10_000 + b"{}]", "Too many messages (max 10000)"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_bad_body_is_a_validation_error_of_the_whole(site, body, error):
    reply = site.client.post(f"/api/{site.token}/queue", content=body)

    assert reply.status_code == 422
    assert reply.json() == whole(error)
    assert site.stored() == []


def test_json_is_read_whatever_its_type_is_said_to_be(site):
    reply = site.client.post(
        f"/api/{site.token}/queue",
        content=b'\xef\xbb\xbf[{"phone":"0712345678","message":"m"}]',
        headers={"Content-Type": "text/plain"},
    )

    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"a\\u0000b", "a\ufffdb"),
        (b"a\\ud83db", "a\ufffdb"),
        (b"\\ud83d\\ude00", "😀"),
        ("größer\\r\\n ".encode(), "größer\r\n "),
    ],
)
def test_a_text_that_cannot_be_kept_is_mended(site, message, text):
    reply = site.client.post(
        f"/api/{site.token}/queue",
        content=b'[{"phone":"0712345678","message":"' + message + b'"}]',
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == [text]


def test_10_000_messages_fit_into_one_request(site):
    reply = site.queue([{"phone": "0712345678", "message": "m"}] * 10_000)

    assert reply.json()["queued"] == 10_000
    assert len({item["hash"] for item in reply.json()["items"]}) == 10_000


def test_an_item_without_a_route_is_an_item_error(site):
    site.keep_old_rules(
        Route(name="home", prefixes=("+49",), channels=("fake",)),
        Route(name="old", channels=("gone",)),
    )

    reply = site.queue(
        [
            {"phone": "+491701234567", "message": "m"},
            {"phone": "+1234567890", "message": "m"},
            {"phone": "x", "message": "m"},
        ]
    )

    assert reply.status_code == 200
    assert reply.json()["errors"] == [
        {"index": 1, "error": "No route to recipient"},
        {"index": 2, "error": "Invalid phone format"},
    ]


def test_items_that_the_core_refuses_all_are_a_validation_error_with_the_others(site):
    site.keep_old_rules(Route(name="old", channels=("gone",)))

    reply = site.queue([{"phone": "x", "message": "m"}, {"phone": "+1234567890", "message": "m"}])

    assert reply.status_code == 422
    assert reply.json() == {
        "ok": False,
        "queued": 0,
        "failed": 2,
        "items": [],
        "errors": [
            {"index": 0, "error": "Invalid phone format"},
            {"index": 1, "error": "No route to recipient"},
        ],
    }


def test_a_batch_larger_than_what_the_month_has_left_is_refused_whole(make_site):
    site = make_site(monthly_limit=2)
    site.queue({"phone": "0712345678", "message": "m"})

    reply = site.queue([{"phone": "0712345678", "message": "m"}] * 2)

    assert reply.status_code == 429
    assert reply.text == (
        '{"error":"SMS limit exceeded for this month","code":"limit_exceeded","limit":2,"used":1}'
    )
    assert "retry-after" not in reply.headers
    assert len(site.stored()) == 1


def test_only_valid_items_are_weighed_against_the_month(make_site):
    site = make_site(monthly_limit=1)

    reply = site.queue([{"phone": "0712345678", "message": "m"}, {"phone": "x"}])

    assert reply.status_code == 200


def test_without_a_valid_item_the_month_is_not_asked(make_site):
    assert make_site(monthly_limit=0).queue([{"phone": "x"}]).status_code == 422


def test_credits_that_do_not_suffice_are_said_so(make_site):
    site = make_site(credits=1)
    site.gateway.rules.apply([Route(name="all", channels=("fake",))])

    reply = site.queue([{"phone": "0712345678", "message": "m"}] * 2)

    assert reply.status_code == 402
    assert reply.text == '{"error":"Insufficient credits","code":"insufficient_credits"}'
    assert site.stored() == []


@pytest.mark.parametrize("place", ["header", "query"])
def test_the_same_key_and_content_gets_the_first_answer_again(site, place):
    options = (
        {"headers": {"Idempotency-Key": "k"}}
        if place == "header"
        else {"params": {"idempotency_key": "k"}}
    )
    batch = [{"phone": "0712345678", "message": "m"}, {"phone": "x"}]

    first, second = site.queue(batch, **options), site.queue(batch, **options)

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert len(site.stored()) == 1


def test_a_key_with_other_content_is_a_conflict(site):
    key = {"headers": {"Idempotency-Key": "k"}}
    site.queue({"phone": "0712345678", "message": "one"}, **key)

    reply = site.queue({"phone": "0712345678", "message": "two"}, **key)

    assert reply.status_code == 409
    assert reply.text == '{"error":"Idempotency key reused","code":"idempotency_conflict"}'


def test_a_key_whose_batch_has_other_bad_items_is_a_conflict(site):
    key = {"headers": {"Idempotency-Key": "k"}}
    good = {"phone": "0712345678", "message": "m"}
    site.queue([good, {"phone": "x", "message": "m"}], **key)

    assert site.queue([good], **key).status_code == 409


def test_a_key_that_is_too_long_is_refused(site):
    reply = site.queue(
        {"phone": "0712345678", "message": "m"}, headers={"Idempotency-Key": "k" * 256}
    )

    assert reply.status_code == 422
    assert site.stored() == []


def test_the_store_is_said_to_be_unavailable(site):
    site.store.is_full = True

    reply = site.queue(json.loads('[{"phone":"0712345678","message":"m"}]'))

    assert reply.status_code == 503
    assert reply.text == '{"error":"Service unavailable","code":"service_unavailable"}'
    assert reply.headers["retry-after"] == "5"
