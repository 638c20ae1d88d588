"""
What is the same content under an idempotency key, and what is not.
"""

import pytest
from doors import BY_NAME, queue_batch, to_the_network


def answer(reply):
    """What has to be equal; rates and times are of the moment."""
    return reply.status_code, reply.content, reply.headers["content-type"]


def test_a_batch_that_was_partly_refused_is_replayed_as_it_was(site):
    batch = [
        {"phone": "0712345678", "message": "m"},
        {"phone": "x", "message": "m"},
        {"phone": "0712345679", "message": ""},
        "nothing",
        {"phone": "0712345670", "text": "m"},
    ]

    first, second = queue_batch(site, "k", *batch), queue_batch(site, "k", *batch)

    assert first.json()["queued"] == 2
    assert first.json()["failed"] == 3
    assert answer(second) == answer(first)
    assert len(site.stored()) == 2


def test_a_batch_of_which_the_core_refused_items_is_replayed_as_it_was(site):
    to_the_network(site, prefixes=("+49171",), channels=("gone",))
    batch = [{"phone": "0171234567", "message": "m"}, {"phone": "0170234567", "message": "m"}]
    first = queue_batch(site, "k", *batch)
    to_the_network(site)

    second = queue_batch(site, "k", *batch)

    assert first.json()["errors"] == [{"index": 0, "error": "No route to recipient"}]
    assert answer(second) == answer(first)
    assert len(site.stored()) == 1


def test_a_batch_with_another_bad_item_is_another_batch(site):
    good = {"phone": "0712345678", "message": "m"}
    queue_batch(site, "k", good, {"phone": "x", "message": "m"})

    reply = queue_batch(site, "k", good, {"phone": "y", "message": "m"})

    assert (reply.status_code, reply.text) == BY_NAME["queue"].conflict


def test_a_batch_in_another_order_is_another_batch(site):
    one, two = {"phone": "0712345678", "message": "m"}, {"phone": "0712345679", "message": "m"}
    queue_batch(site, "k", one, two)

    assert queue_batch(site, "k", two, one).status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": "high"},
        {"scheduled_at": "2026-03-02T12:00:00Z"},
        {"from": "Shop"},
        {"callback_url": "https://example.com/hook"},
        {"to": ["+491701234567"]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_every_field_of_a_message_is_content(site, fields):
    body = {"to": "+491701234567", "message": "m"}
    headers = {**site.bearer, "Idempotency-Key": "k"}
    site.client.post("/v1/messages", json=body, headers=headers)

    reply = site.client.post("/v1/messages", json={**body, **fields}, headers=headers)

    assert reply.status_code == 409
    again = site.client.post("/v1/messages", json=body, headers=headers)
    assert again.status_code == 200
    assert len(site.stored()) == 1


def test_how_the_json_is_written_is_not_content(site):
    headers = {**site.bearer, "Idempotency-Key": "k"}
    spellings = (
        b'{"to":"+491701234567","message":"m"}',
        b'{ "message" : "\\u006d", "to":"+491701234567", "unknown": 1 }',
        b'\xef\xbb\xbf{"to":"+491701234567","message":"m"}',
    )

    replies = [site.client.post("/v1/messages", content=one, headers=headers) for one in spellings]

    assert len({reply.content for reply in replies}) == 1
    assert len(site.stored()) == 1


def test_flash_is_content(site):
    site.api_php(idempotency_key="k")

    assert site.api_php(idempotency_key="k", flash="1").status_code == 400
