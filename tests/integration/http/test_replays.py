"""
A known key gets its first answer again whatever has happened since, on every surface.
"""

from datetime import timedelta

import pytest
from doors import BY_NAME, DOORS, at_once, queue_batch, to_the_network

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.settings import AccountChanges
from smscore.errors import InvalidRequest
from smscore.testing import NOON

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)

TEXT = "a text of two parts " * 10


def message_was_sent(site):
    site.gateway.run_pending()
    assert [one.delivery.status for one in site.stored()] == [Status.SENT]


def message_was_pruned(site):
    message_was_sent(site)
    site.clock.move(hours=23)
    site.gateway.housekeeping.prune(before=site.clock.now() - timedelta(hours=1))
    assert site.stored() == []


def credits_are_used_up(site):
    site.gateway.administration.credit("acme", -site.account.credits, why="spent elsewhere")


def month_is_full(site):
    change(site, monthly_limit=0)


def subscription_ended(site):
    change(site, subscription_until=NOON)


def there_is_no_route_any_more(site):
    site.keep_old_rules()
    to_the_network(site, channels=("gone",))


def channel_takes_nothing_new(site):
    site.gateway.administration.set_channel_mode("fake", ChannelMode.DRAINING)


def texts_have_to_be_shorter(site):
    change(site, max_parts=1)


def numbers_are_read_otherwise(site):
    change(site, home_country="FR")


def change(site, **changes):
    site.gateway.administration.change_account("acme", AccountChanges(**changes))


CIRCUMSTANCES = [
    message_was_sent,
    message_was_pruned,
    credits_are_used_up,
    month_is_full,
    subscription_ended,
    there_is_no_route_any_more,
    channel_takes_nothing_new,
    texts_have_to_be_shorter,
    numbers_are_read_otherwise,
]


@pytest.fixture
def metered(make_site):
    site = make_site(monthly_limit=5, subscription_until=NOON + timedelta(days=2))
    to_the_network(site)
    return site


@pytest.mark.parametrize("happened", CIRCUMSTANCES, ids=lambda one: one.__name__)
@every_door
def test_a_replay_is_answered_as_at_first_although(metered, door, happened):
    first = door.send(metered, "k", text=TEXT)
    happened(metered)
    before = metered.account

    second = door.send(metered, "k", text=TEXT)

    assert first.status_code == 200
    assert (second.status_code, second.content) == (200, first.content)
    assert metered.account == before


REFUSING = [one for one in CIRCUMSTANCES[2:] if one is not numbers_are_read_otherwise]


@pytest.mark.parametrize("happened", REFUSING, ids=lambda one: one.__name__)
@every_door
def test_a_new_key_is_refused_when(metered, door, happened):
    happened(metered)

    reply = door.send(metered, "new", text=TEXT)

    assert reply.status_code >= 400
    assert metered.stored() == []


@pytest.mark.parametrize("happened", REFUSING, ids=lambda one: one.__name__)
@every_door
def test_other_content_under_a_known_key_is_a_conflict_although(metered, door, happened):
    door.send(metered, "k", text=TEXT)
    happened(metered)

    reply = door.send(metered, "k", text=f"{TEXT}!")

    assert (reply.status_code, reply.text) == door.conflict
    assert len(metered.stored()) == 1


@every_door
def test_a_key_that_planning_refused_is_free(metered, door):
    there_is_no_route_any_more(metered)
    assert door.send(metered, "k", text=TEXT).status_code >= 400
    to_the_network(metered)

    assert door.send(metered, "k", text="other").status_code == 200


@every_door
def test_a_message_that_was_cancelled_is_still_the_first_answer(metered, door):
    first = door.send(metered, "k")
    metered.gateway.interventions.cancel(door.ids(first)[0])

    assert door.send(metered, "k").content == first.content
    assert len(metered.stored()) == 1


@every_door
def test_a_replay_survives_the_end_of_the_process(make_site, tmp_path, door):
    site = make_site(directory=tmp_path)
    first = door.send(site, "k")
    site.close()
    again = make_site(directory=tmp_path, clock=site.clock)

    assert first.status_code == 200
    assert door.send(again, "k").content == first.content
    assert door.send(again, "k", text="other").status_code == door.conflict[0]
    assert len(again.stored()) == 1


def test_a_partly_refused_batch_survives_the_end_of_the_process(make_site, tmp_path):
    site = make_site(directory=tmp_path)
    to_the_network(site, prefixes=("+49171",), channels=("gone",))
    batch = [
        {"phone": "0171234567", "message": "m"},
        {"phone": "0170234567", "message": "m"},
        {"phone": "x"},
    ]
    first = queue_batch(site, "k", *batch)
    site.close()
    again = make_site(directory=tmp_path, clock=site.clock)

    assert (first.json()["queued"], first.json()["failed"]) == (1, 2)
    assert queue_batch(again, "k", *batch).content == first.content


def test_a_batch_that_would_be_refused_as_a_whole_by_now_is_replayed(site):
    to_the_network(site)
    batch = [{"phone": "0171234567", "message": "m"}, {"phone": "x"}]
    first = queue_batch(site, "k", *batch)
    there_is_no_route_any_more(site)

    assert queue_batch(site, "k", *batch).content == first.content
    assert queue_batch(site, "new", *batch).status_code == 422


def test_the_subscription_is_checked_before_a_body_whatever_its_key(make_site):
    site = make_site(subscription_until=NOON)

    reply = queue_batch(site, "k", {"phone": "x"})

    assert reply.status_code == 403
    assert reply.text == '{"error":"No active subscription","code":"subscription_required"}'


def test_hosts_get_the_first_answer_too_when_its_time_is_over(site):
    request = {
        "account": "acme",
        "to": "0170123",
        "text": "m",
        "expires_at": NOON + timedelta(minutes=1),
        "idempotency_key": "k",
    }
    first = site.gateway.submissions.submit(**request)
    site.clock.move(minutes=2)

    assert site.gateway.submissions.submit(**request) == first
    with pytest.raises(InvalidRequest, match="has passed"):
        site.gateway.submissions.submit(**{**request, "idempotency_key": "new"})


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def raced(request, make_site):
    return make_site(on=request.param)


@pytest.mark.parametrize("number", [2, 16])
@every_door
def test_racing_requests_with_one_key_create_one_message(raced, door, number):
    replies = at_once(raced, [door.request(raced, "k")] * number)

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    assert [one.message.id for one in raced.stored()] == door.ids(replies[0])


@every_door
def test_of_racing_requests_with_other_content_one_wins(raced, door):
    replies = at_once(raced, [door.request(raced, "k", text=f"text {n}") for n in range(16)])

    accepted = [reply for reply in replies if reply.status_code == 200]
    assert len(accepted) == 1
    others = [(reply.status_code, reply.text) for reply in replies if reply not in accepted]
    assert others == [door.conflict] * 15
    assert len(raced.stored()) == 1


def test_racing_requests_of_different_surfaces_do_not_meet(raced):
    replies = at_once(raced, [door.request(raced, "k") for door in DOORS for _ in range(4)])

    assert {reply.status_code for reply in replies} == {200}
    assert len(raced.stored()) == len(DOORS)


def test_racing_batches_with_one_key_are_queued_once(raced):
    batch = [{"phone": f"07123456{n:02d}", "message": "m"} for n in range(20)] + [{"phone": "x"}]
    one = {**BY_NAME["queue"].request(raced, "k"), "json": batch}

    replies = at_once(raced, [one] * 8)

    assert len({reply.content for reply in replies}) == 1
    assert len(raced.stored()) == 20
