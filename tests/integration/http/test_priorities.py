"""
Priorities: what the provider API lets wait or go first, on every way out.
"""

import pytest
from doors import DOORS, to_the_network

from smscore.domain.messages import Priority

GIVEN = ["low", "normal", "high", None, "high", "low"]
SENT = [2, 4, 1, 3, 0, 5]  # the highest first, and the oldest of equals


def send_all(site, **fields):
    for number, priority in enumerate(GIVEN):
        wish = {"message": str(number), **({"priority": priority} if priority else {}), **fields}
        assert site.send(**wish).status_code == 200


def test_phones_get_the_highest_priority_first_and_then_the_oldest(everything_to_phones):
    send_all(everything_to_phones)

    fetched = everything_to_phones.fetch().json()

    assert [int(one["text"]) for one in fetched] == SENT


def test_a_page_of_messages_holds_the_highest_priorities(everything_to_phones):
    send_all(everything_to_phones)

    pages = [everything_to_phones.fetch(limit=2).json() for _ in range(4)]

    assert [[int(one["text"]) for one in page] for page in pages] == [[2, 4], [1, 3], [0, 5], []]


def test_the_network_gets_the_highest_priority_first_and_then_the_oldest(site):
    send_all(site)

    site.gateway.run_pending()

    texts = [site.gateway.inquiry.message(job.message).message.text for job in site.transport.jobs]
    assert [int(text) for text in texts] == SENT


def test_scheduled_messages_keep_their_priority(everything_to_phones):
    site = everything_to_phones
    send_all(site, scheduled_at="2026-03-01T13:00:00Z")
    assert site.fetch().json() == []
    site.clock.move(hours=1)
    site.gateway.run_pending()

    assert [int(one["text"]) for one in site.fetch().json()] == SENT


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)
def test_messages_that_say_nothing_are_normal(everything_to_phones, door):
    site = everything_to_phones
    site.send(message="low", priority="low")
    door.send(site, text="normal")
    site.send(message="high", priority="high")

    assert [one["text"] for one in site.fetch().json()] == ["high", "normal", "low"]


def test_a_high_priority_overtakes_what_waits_already_on_disk(make_site, tmp_path):
    site = make_site(directory=tmp_path)
    to_the_network(site, channels=("phones",))
    send_all(site)
    stored = {one.message.text: one.message.priority for one in site.stored()}

    assert stored["2"] is Priority.HIGH
    assert [int(one["text"]) for one in site.fetch().json()] == SENT


@pytest.mark.parametrize("priority", ["urgent", "HIGH", 1, True, ["high"]])
def test_another_priority_is_refused(site, priority):
    assert site.send(priority=priority).status_code == 400
    assert site.stored() == []
