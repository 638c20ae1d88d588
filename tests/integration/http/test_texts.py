"""
What accounts allow their texts, as every surface keeps it, and as estimates tell it.
"""

import pytest

from smscore.domain.languages import Language
from smscore.domain.segments import EncodingOptions
from smscore.domain.settings import AccountChanges


def estimate(site, message, **fields):
    reply = site.client.post(
        "/v1/messages/estimate",
        json={"to": "+491701234567", "message": message, **fields},
        headers=site.bearer,
    )
    assert reply.status_code == 200, reply.text
    return reply.json()


def allowing(make_site, **options):
    return make_site(encoding=EncodingOptions(**options))


# Limits of parts.


def test_the_provider_api_refuses_more_parts_than_the_account_allows(make_site):
    site = allowing(make_site, max_parts=2)

    assert site.send(message="x" * 306).status_code == 200
    reply = site.send(message="x" * 307)

    assert reply.status_code == 422
    assert reply.json()["error"] == {
        "code": "message_too_long",
        "message": "Message exceeds maximum length",
    }
    assert len(site.stored()) == 1


def test_an_estimate_refuses_more_parts_than_the_account_allows(make_site):
    site = allowing(make_site, max_parts=1)

    reply = site.client.post(
        "/v1/messages/estimate",
        json={"to": "+491701234567", "message": "x" * 161},
        headers=site.bearer,
    )

    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "message_too_long")


def test_the_queue_api_refuses_more_parts_than_the_account_allows(make_site):
    site = allowing(make_site, max_parts=1)

    reply = site.queue([{"phone": "0712345678", "message": text} for text in ("x" * 161, "x")])

    assert reply.status_code == 200
    assert reply.json()["queued"] == 1
    assert reply.json()["errors"] == [{"index": 0, "error": "Message is too long"}]


def test_the_gateway_api_refuses_more_parts_than_the_account_allows(make_site):
    site = allowing(make_site, max_parts=1)

    reply = site.api_php(text="x" * 161)

    assert reply.status_code == 400
    assert reply.headers["x-error-reason"] == (
        "the text needs 2 parts in gsm7, but at most 1 are allowed"
    )
    assert site.stored() == []


# National tables.

TURKISH = "Çok güzel bir gün, şimdi denize gidiyoruz. " * 3  # 129 characters


def test_a_national_price_is_estimated_and_then_charged(make_site):
    site = allowing(make_site, languages=(Language.TURKISH,))

    estimated = estimate(site, TURKISH)
    sent = site.send(message=TURKISH).json()

    assert (estimated["encoding"], estimated["segments"], estimated["languages"]) == (
        "gsm7", 1, ["tr"],
    )  # fmt: skip
    assert estimated["credits"] == sent["credits_used"] == 1
    assert estimated["forcing_characters"] == []


def test_without_leave_a_turkish_text_costs_what_ucs2_costs(site):
    estimated = estimate(site, TURKISH)

    assert (estimated["encoding"], estimated["credits"]) == ("ucs2", 2)
    assert {one["character"] for one in estimated["forcing_characters"]} == {"ş"}
    assert site.send(message=TURKISH).json()["credits_used"] == 2


def test_a_message_is_kept_with_what_it_was_accepted_under(make_site):
    site = allowing(make_site, languages=(Language.TURKISH,), wide_reference=True)

    site.send(message=TURKISH)

    (tracked,) = site.stored()
    assert tracked.message.text == TURKISH
    assert tracked.message.languages == (Language.TURKISH,)
    assert tracked.message.wide_reference is True


def test_a_change_of_the_account_holds_for_the_next_request(site):
    changes = AccountChanges(languages=(Language.TURKISH,))
    site.gateway.administration.change_account("acme", changes)

    assert estimate(site, TURKISH)["segments"] == 1


def test_a_wide_reference_leaves_less_room(make_site):
    estimated = estimate(allowing(make_site, wide_reference=True), "x" * 306)

    assert (estimated["segments"], estimated["units_per_segment"]) == (3, 152)


# Replacements.


def test_what_is_replaced_is_told_and_sent(make_site):
    site = allowing(make_site, replace_typography=True)

    estimated = estimate(site, "„é…")
    site.send(message="„é…")

    assert (estimated["encoding"], estimated["units_used"]) == ("gsm7", 5)
    assert estimated["replacements"] == [
        {"index": 0, "character": "„", "replacement": '"', "name": "DOUBLE LOW-9 QUOTATION MARK"},
        {"index": 2, "character": "…", "replacement": "...", "name": "HORIZONTAL ELLIPSIS"},
    ]
    assert [one.message.text for one in site.stored()] == ['"é...']


def test_without_leave_nothing_is_replaced(site):
    estimated = estimate(site, "„é…")
    site.send(message="„é…")

    assert (estimated["encoding"], estimated["replacements"]) == ("ucs2", [])
    assert [one.message.text for one in site.stored()] == ["„é…"]


def test_a_phone_fetches_the_text_with_its_replacements(make_site):
    site = allowing(make_site, replace_typography=True, languages=(Language.TURKISH,))

    site.queue({"phone": "0712345678", "message": "“şimdi” – 5"})

    assert [item["text"] for item in site.fetch().json()] == ['"şimdi" - 5']


def test_a_message_of_the_provider_api_shows_the_text_as_it_was_sent(make_site):
    site = allowing(make_site, replace_typography=True)

    message = site.send(message="a – b").json()["message_id"]

    shown = site.client.get(f"/v1/messages/{message}", headers=site.bearer).json()
    assert shown["message"] == "a - b"


def test_a_nul_is_told_as_a_replacement(site):
    (replaced,) = estimate(site, "a\0b")["replacements"]

    assert (replaced["index"], replaced["character"], replaced["replacement"]) == (
        1,
        "\0",
        "\ufffd",
    )


# Large texts.


@pytest.mark.parametrize("options", [{}, {"replace_typography": True}])
def test_an_estimate_lists_a_hundred_characters_and_counts_the_rest(make_site, options):
    site = allowing(make_site, **options)

    estimated = estimate(site, "–ж" * 800)

    kinds = {"forcing_characters": 800 if options else 1600, "replacements": 800 if options else 0}
    for kind, count in kinds.items():
        assert estimated[f"{kind}_count"] == count
        assert len(estimated[kind]) == min(count, 100)
    assert estimated["segments"] == 24


def test_one_estimate_serves_all_recipients_of_a_text(everything_to_phones):
    site = everything_to_phones

    estimated = estimate(site, "x" * 161, to=["+491701234567", "+491701234568"])

    assert (estimated["segments"], estimated["credits"]) == (2, 0)
    assert [one["route"] for one in estimated["messages"]] == ["phones/acme"] * 2
