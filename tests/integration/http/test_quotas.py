"""
What an account may spend is limited alike on every surface, however many spend at once.
"""

from datetime import UTC, datetime

import pytest
from doors import BY_NAME, DOORS, at_once, queue_batch, to_the_network

from smscore.testing import NOON

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)


def submit(site, door):
    [message] = door.ids(door.send(site))
    return message


FULL = {
    "gateway": (400, "Error. See Gateway logs for more information."),
    "queue": (
        429,
        (
            '{"error":"SMS limit exceeded for this month","code":"limit_exceeded",'
            '"limit":3,"used":3}'
        ),
    ),
    "provider": (
        429,
        (
            '{"success":false,"error":{"code":"limit_exceeded",'
            '"message":"Message limit exceeded for this month"}}'
        ),
    ),
}


@every_door
def test_the_month_counts_messages_of_all_surfaces(make_site, door):
    site = make_site(monthly_limit=3)
    for each in DOORS:
        submit(site, each)

    reply = door.send(site)

    assert (reply.status_code, reply.text) == FULL[door.surface]
    assert "retry-after" not in reply.headers
    assert len(site.stored()) == 3


@pytest.mark.parametrize(
    ("time_zone", "begins"),
    [
        ("UTC", datetime(2026, 4, 1, 0, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 3, 31, 15, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 3, 31, 18, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 4, 1, 4, tzinfo=UTC)),  # in summer time by then
    ],
)
@every_door
def test_a_month_begins_in_the_time_zone_of_the_account(make_site, door, time_zone, begins):
    site = make_site(monthly_limit=1, time_zone=time_zone)
    submit(site, door)

    site.clock.move(seconds=(begins - NOON).total_seconds() - 1)
    last_second = door.send(site)
    site.clock.move(seconds=1)
    next_month = door.send(site)

    assert last_second.status_code == FULL[door.surface][0]
    assert next_month.status_code == 200


def test_a_batch_that_the_month_has_no_room_for_is_refused_as_a_whole(make_site):
    site = make_site(monthly_limit=3)
    submit(site, BY_NAME["gateway"])

    reply = queue_batch(site, "k", *[{"phone": "0701234567", "message": "m"}] * 3, {"phone": "x"})

    assert reply.status_code == 429
    assert '"limit":3,"used":1' in reply.text
    assert site.account.used == 1
    assert queue_batch(site, "k", *[{"phone": "0701234567", "message": "m"}] * 2).status_code == 200


@every_door
def test_what_is_given_back_makes_no_room_in_the_month(make_site, door):
    site = make_site(monthly_limit=1)
    to_the_network(site)
    site.gateway.interventions.cancel(submit(site, door))

    assert door.send(site).status_code == FULL[door.surface][0]


@every_door
def test_without_a_subscription_nothing_is_taken(make_site, door):
    site = make_site(subscription_until=NOON)
    to_the_network(site)

    reply = door.send(site)

    assert reply.status_code == {"gateway": 400, "queue": 403, "provider": 403}[door.surface]
    assert site.account.credits == 1000


@pytest.mark.parametrize("store", ["memory", "sqlite", "postgresql"])
@pytest.mark.parametrize("limit", ["credits", "monthly_limit"])
def test_64_at_the_limit_never_get_more_than_there_is(make_site, limit):
    site = make_site(**{limit: 20})
    to_the_network(site)
    doors = [DOORS[number % 3] for number in range(64)]

    replies = at_once(site, [door.request(site) for door in doors])

    accepted = [reply for reply in replies if reply.status_code == 200]
    refused = {
        (door.surface, reply.status_code)
        for door, reply in zip(doors, replies, strict=True)
        if reply.status_code != 200
    }
    assert len(accepted) == len(site.stored()) == 20
    if limit == "credits":
        assert refused <= {(door.surface, door.no_credits[0]) for door in DOORS}
        charges = site.gateway.inquiry.statement(site.account.id, limit=100)
        assert (site.account.credits, sum(entry.credits for entry in charges)) == (0, 0)
    else:
        assert refused <= {(surface, code) for surface, (code, _) in FULL.items()}
        assert site.account.used == 20
