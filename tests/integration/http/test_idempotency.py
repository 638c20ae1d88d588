"""
Idempotency keys on all surfaces: the first answer again, byte for byte, or a conflict.
"""

import pytest
from doors import BY_NAME, DOORS, PLACES, to_the_network

every_place = pytest.mark.parametrize("door", PLACES, ids=lambda door: door.name)
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)


@pytest.fixture(params=["memory", "postgresql"])
def store(request):
    return request.param


def answer(reply):
    """What has to be equal; rates and times are of the moment."""
    return reply.status_code, reply.content, reply.headers["content-type"]


@every_place
def test_the_same_key_and_content_gets_the_first_answer_byte_for_byte(site, door):
    first = door.send(site, "k")
    door.send(site)  # the balance is another one now
    second = door.send(site, "k")

    assert first.status_code == 200
    assert answer(second) == answer(first)
    assert len(site.stored()) == 2


@every_place
def test_a_key_with_other_content_is_a_conflict(site, door):
    door.send(site, "k", text="one")

    reply = door.send(site, "k", text="two")

    assert (reply.status_code, reply.text) == door.conflict
    assert [tracked.message.text for tracked in site.stored()] == ["one"]


@every_door
def test_a_key_with_another_recipient_is_a_conflict(site, door):
    door.send(site, "k")

    reply = door.send(site, "k", to="0170124")

    assert (reply.status_code, reply.text) == door.conflict
    assert len(site.stored()) == 1


def test_the_place_of_a_key_does_not_matter(site):
    replies = [door.send(site, "k") for door in PLACES if door.surface == "gateway"]

    assert len({reply.content for reply in replies}) == 1
    assert len(site.stored()) == 1


def test_the_header_counts_when_a_parameter_says_something_else(site):
    first = site.queue({"phone": "0712345678", "message": "m"}, headers={"Idempotency-Key": "k"})

    second = site.queue(
        {"phone": "0712345678", "message": "m"},
        headers={"Idempotency-Key": "k"},
        params={"idempotency_key": "other"},
    )

    assert second.content == first.content


@pytest.mark.parametrize("key", ["k" * 255, "k", "~ !{}\"\\'", "k k"])
@every_place
def test_a_key_holds_1_to_255_printable_characters(site, door, key):
    first, second = door.send(site, key), door.send(site, key)

    assert first.status_code == 200
    assert second.content == first.content
    assert len(site.stored()) == 1


@pytest.mark.parametrize("key", ["k" * 256, "kü", "a\tb", "☃"])
@every_place
def test_a_key_of_another_shape_is_refused(site, door, key):
    reply = door.send(site, key.encode() if door.place == "header" else key)

    assert reply.status_code == {"gateway": 400, "queue": 422, "provider": 400}[door.surface]
    assert "500" not in reply.text
    assert site.stored() == []


@every_door
def test_an_empty_header_is_no_key_and_no_silent_promise(site, door):
    reply = door.send(site, "")

    assert reply.status_code == {"gateway": 400, "queue": 422, "provider": 400}[door.surface]
    assert site.stored() == []


@pytest.mark.parametrize("second", ["k", "other", ""])
@every_door
def test_of_two_headers_none_counts(site, door, second):
    request = dict(door.request(site))
    headers = [*dict(request.pop("headers")).items()]
    twice = [*headers, ("Idempotency-Key", "k"), ("idempotency-key", second)]

    reply = site.client.request(**request, headers=twice)

    assert reply.status_code == {"gateway": 400, "queue": 422, "provider": 400}[door.surface]
    assert site.stored() == []


def test_of_two_parameters_of_the_queue_api_none_counts(site):
    reply = site.client.post(
        f"/api/{site.token}/queue?idempotency_key=k&idempotency_key=other",
        json=[{"phone": "0712345678", "message": "m"}],
    )

    assert (reply.status_code, reply.json()["errors"]) == (
        422,
        [{"index": None, "error": "idempotency_key is there several times; give it once"}],
    )
    assert site.stored() == []


@every_door
def test_a_refused_request_leaves_the_key_free(make_site, door):
    site = make_site(credits=0)
    to_the_network(site)
    refused = door.send(site, "k", text="one")
    site.gateway.administration.credit("acme", 1, why="paid")

    reply = door.send(site, "k", text="two")

    assert (refused.status_code, refused.text) == door.no_credits
    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["two"]


def test_keys_of_different_surfaces_do_not_meet(site):
    replies = [door.send(site, "k") for door in DOORS]

    assert [reply.status_code for reply in replies] == [200] * 3
    assert len(site.stored()) == 3


@every_door
def test_keys_of_different_accounts_do_not_meet(site, door):
    operator = site.gateway.administration
    operator.create_account("other", tariff="unlimited", home_country="DE")
    first = door.send(site, "k", text="one")
    theirs = {
        "gateway": {"username": "other", "password": "another-word"},
        "queue": operator.token("other").secret,
        "provider": {"Authorization": f"Bearer {operator.create_key('other').secret}"},
    }[door.surface]
    request = dict(door.request(site, "k", text="two"))
    match door.surface:
        case "gateway":
            operator.create_user(
                "other", account="other", password="another-word", permissions=["api.send"]
            )
            request["data"] = {**request["data"], **theirs}
        case "queue":
            request["url"] = f"/api/{theirs}/queue"
        case _:
            request["headers"] = {**request["headers"], **theirs}

    second = site.client.request(**request)

    assert first.status_code == second.status_code == 200
    assert len(site.stored()) == 2


@every_door
def test_users_of_one_account_share_their_keys(site, door):
    operator = site.gateway.administration
    first = door.send(site, "k")
    request = dict(door.request(site, "k"))
    if door.surface == "provider":
        request["headers"] = {
            **request["headers"],
            "Authorization": f"Bearer {operator.create_key('acme').secret}",
        }
    if door.surface == "gateway":
        operator.create_user(
            "second", account="acme", password="another-word", permissions=["api.send"]
        )
        request["data"] = {**request["data"], "username": "second", "password": "another-word"}

    assert site.client.request(**request).content == first.content
    assert len(site.stored()) == 1


@every_door
def test_a_key_lives_for_24_hours(site, door):
    first = door.send(site, "k")
    site.clock.move(hours=24, seconds=-1)
    assert door.send(site, "k").content == first.content

    site.clock.move(seconds=1)
    later = door.send(site, "k")

    assert later.status_code == 200
    assert later.content != first.content
    assert len(site.stored()) == 2


@every_door
def test_a_key_whose_life_is_over_is_free_for_other_content_and_lives_again(site, door):
    door.send(site, "k", text="one")
    site.clock.move(hours=24)
    second = door.send(site, "k", text="two")
    site.clock.move(hours=23)

    assert door.send(site, "k", text="two").content == second.content
    assert door.send(site, "k", text="one").status_code == door.conflict[0]


@every_door
def test_a_replay_does_not_lengthen_the_life_of_its_key(site, door):
    door.send(site, "k")
    site.clock.move(hours=23)
    door.send(site, "k")
    site.clock.move(hours=1)

    door.send(site, "k")

    assert len(site.stored()) == 2


@every_door
def test_housekeeping_forgets_only_keys_whose_life_is_over(site, door):
    first = door.send(site, "k")
    site.clock.move(hours=23, minutes=59)

    site.gateway.run_pending()

    assert door.send(site, "k").content == first.content


def test_more_keys_than_are_forgotten_at_a_time_are_all_forgotten(everything_to_phones):
    site = everything_to_phones
    for number in range(1100):
        site.gateway.submissions.submit(
            account="acme", to="0170123", text="m", idempotency_key=f"{number}"
        )
    site.clock.move(hours=24, seconds=1)

    while site.gateway.run_pending():
        pass

    left = site.store.run(
        lambda work: work.idempotency.forget(before=site.clock.now(), limit=2000)
    ).result()
    assert left == 0


def test_rates_are_of_the_moment(make_site):
    site = make_site(tariff="enterprise")

    replies = [BY_NAME["provider"].send(site, "k") for _ in range(2)]
    queued = [BY_NAME["queue"].send(site, "k") for _ in range(2)]

    assert [one.headers["x-ratelimit-remaining"] for one in replies] == ["49", "48"]
    assert [one.headers["x-ratelimit-remaining"] for one in queued] == ["59", "58"]
    assert replies[0].content == replies[1].content
