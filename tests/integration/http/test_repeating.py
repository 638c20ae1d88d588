"""
A client that repeats a request under one key, whatever goes wrong, gets one message and one answer.
"""

import pytest
from doors import DOORS, to_the_network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscore.domain.channels import ChannelMode
from smscore.errors import DeadlinePassed, Overloaded, StoreUnavailable


def overloaded(site, send):
    site.store.fail(Overloaded("too many"), at_once=True)
    return [send()]


def disk_full(site, send):
    site.store.fail(StoreUnavailable("the disk is full"))
    return [send()]


def too_late(site, send):
    site.store.fail(DeadlinePassed("not begun in time"))
    return [send()]


def answer_lost(_, send):
    send()
    return []


def no_credits(site, send):
    left = site.account.credits
    if left:
        site.gateway.administration.credit("acme", -left, why="spent elsewhere")
    replies = [send()]
    site.gateway.administration.credit("acme", 100, why="paid")
    return replies


def no_channel(site, send):
    operator = site.gateway.administration
    operator.set_channel_mode("fake", ChannelMode.DRAINING)
    replies = [send()]
    operator.set_channel_mode("fake", ChannelMode.RUNNING)
    return replies


def other_traffic(site, send):
    site.gateway.submissions.submit(account="acme", to="0170999", text="other")
    return [send()]


def sent_and_later(site, send):
    site.gateway.run_pending()
    site.clock.move(hours=1)
    return [send()]


EVENTS = (
    overloaded,
    disk_full,
    too_late,
    answer_lost,
    no_credits,
    no_channel,
    other_traffic,
    sent_and_later,
)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.sampled_from(EVENTS), max_size=8))
def test_whatever_happens_in_between(make_site, door, events):
    site = make_site(credits=100)
    to_the_network(site)
    site.api_php(to="0170998")  # numbers the process, which a store in trouble could not do
    replies = []

    def send():
        return door.send(site, "k", to="0170123")

    for event in events:
        replies += event(site, send)
        site.store.fail(None)
    replies += [send(), send()]

    assert [reply.status_code for reply in replies[-2:]] == [200, 200]
    accepted = [reply for reply in replies if reply.status_code == 200]
    assert len({reply.content for reply in accepted}) == 1
    ours = [one for one in site.stored() if one.message.text == "once"]
    assert [one.message.id for one in ours] == door.ids(accepted[0])
    assert site.account.credits == sum(
        entry.credits for entry in site.gateway.inquiry.statement(site.account.id, limit=1000)
    )
    site.close()
