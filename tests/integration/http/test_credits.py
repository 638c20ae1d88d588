"""
Credits belong to the account: taken and given back alike on every surface.
"""

from datetime import timedelta

import pytest
from doors import BY_NAME, DOORS, queue_batch, to_the_network

from smscore.domain.deliveries import ReportOutcome, Status
from smscore.errors import Indeterminate, PermanentFailure
from smscore.testing import NOON

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)

TWO_PARTS = "a text of two parts " * 10


@pytest.fixture(params=["memory", "postgresql"])
def store(request):
    return request.param


def submit(site, door, text=TWO_PARTS):
    [message] = door.ids(door.send(site, text=text))
    return message


def entries(site):
    """The signed entries of the account, oldest first; they add up to its balance."""
    account = site.account
    found = list(reversed(site.gateway.inquiry.statement(account.id)))
    assert sum(entry.credits for entry in found) == account.credits
    assert [entry.balance for entry in found][-1:] == [account.credits]
    return [(entry.kind.value, entry.credits) for entry in found]


def status(site, message):
    return site.gateway.inquiry.message(message).delivery.status


@pytest.fixture
def network(site):
    to_the_network(site)
    return site


@every_door
def test_each_part_is_charged_when_the_message_is_accepted(network, door):
    message = submit(network, door)

    assert entries(network) == [("topup", 1000), ("charge", -2)]
    [charge] = network.gateway.inquiry.explain(message).entries
    assert (charge.credits, charge.message) == (-2, message)


def test_the_provider_api_says_what_was_taken_and_what_is_left(network):
    reply = BY_NAME["provider"].send(network, text=TWO_PARTS).json()

    assert (reply["credits_used"], reply["credits_remaining"]) == (2, 998)


def test_a_request_for_several_is_charged_by_one_entry(network):
    network.send(to=["+491701234567", "+491701234568"])
    queue_batch(network, "k", *[{"phone": "0701234567", "message": "m"}] * 3)

    assert entries(network) == [("topup", 1000), ("charge", -2), ("charge", -3)]


@every_door
def test_what_was_sent_stays_paid(network, door):
    message = submit(network, door)
    network.gateway.run_pending()
    network.transport.report(message)

    assert status(network, message) is Status.DELIVERED
    assert entries(network) == [("topup", 1000), ("charge", -2)]


@every_door
def test_what_no_network_took_is_given_back(network, door):
    network.transport.fail_next(PermanentFailure("no"))
    message = submit(network, door)
    network.gateway.run_pending()

    assert status(network, message) is Status.FAILED
    assert entries(network) == [("topup", 1000), ("charge", -2), ("refund", 2)]


@every_door
def test_a_message_of_which_a_part_was_taken_is_not_given_back(network, door):
    network.transport.fail_next(PermanentFailure("no"), at_part=2)
    message = submit(network, door)
    network.gateway.run_pending()

    assert status(network, message) is Status.FAILED
    assert entries(network) == [("topup", 1000), ("charge", -2)]


@every_door
def test_a_message_that_failed_on_its_way_is_not_given_back(network, door):
    message = submit(network, door)
    network.gateway.run_pending()
    network.transport.report(message, ReportOutcome.FAILED)

    assert status(network, message) is Status.FAILED
    assert entries(network) == [("topup", 1000), ("charge", -2)]


@every_door
def test_a_message_of_which_nobody_knows_is_not_given_back(network, door):
    network.transport.fail_next(Indeterminate("gone"))
    message = submit(network, door)
    network.gateway.run_pending()

    assert status(network, message) is Status.INDETERMINATE
    assert entries(network) == [("topup", 1000), ("charge", -2)]


def test_a_message_whose_time_is_over_is_given_back(network):
    message = network.gateway.submissions.submit(
        account="acme", to="0170123", text=TWO_PARTS, expires_at=NOON + timedelta(minutes=1)
    ).message
    network.clock.move(minutes=2)
    network.gateway.run_pending()

    assert status(network, message) is Status.EXPIRED
    assert entries(network) == [("topup", 1000), ("charge", -2), ("refund", 2)]


@every_door
def test_a_cancelled_message_is_given_back_once(network, door):
    message = submit(network, door)

    replies = [
        network.client.delete(f"/v1/messages/msg_{message:016x}", headers=network.bearer)
        for _ in range(2)
    ]

    assert [reply.status_code for reply in replies] == [200, 409]
    assert entries(network) == [("topup", 1000), ("charge", -2), ("refund", 2)]


@every_door
def test_the_dearest_channel_is_charged_and_a_cheaper_one_paid_back(site, door):
    to_the_network(site, channels=("phones", "fake"))
    message = submit(site, door)
    assert entries(site) == [("topup", 1000), ("charge", -2)]
    site.fetch()

    site.tell({"messages": [{"hash": f"{message:016x}", "status": 2}]})

    assert status(site, message) is Status.DELIVERED
    assert entries(site) == [("topup", 1000), ("charge", -2), ("refund", 2)]


@every_door
def test_what_a_phone_could_not_send_is_given_back(site, door):
    to_the_network(site, channels=("fake", "phones"))
    site.transport.fail_next(PermanentFailure("no"))
    message = submit(site, door)
    site.gateway.run_pending()
    site.fetch()

    for _ in range(2):
        site.tell({"messages": [{"hash": f"{message:016x}", "status": 3}]})

    assert status(site, message) is Status.FAILED
    assert entries(site) == [("topup", 1000), ("charge", -2), ("refund", 2)]


def test_what_a_phone_sent_after_all_stays_given_back(site):
    to_the_network(site, channels=("fake", "phones"))
    site.transport.fail_next(PermanentFailure("no"))
    message = submit(site, BY_NAME["provider"])
    site.gateway.run_pending()
    site.fetch()

    for word in (3, 2, 2):
        site.tell({"messages": [{"hash": f"{message:016x}", "status": word}]})

    assert status(site, message) is Status.DELIVERED
    assert entries(site) == [("topup", 1000), ("charge", -2), ("refund", 2)]


@every_door
def test_a_phone_costs_nothing(everything_to_phones, door):
    submit(everything_to_phones, door)

    assert entries(everything_to_phones) == [("topup", 1000)]


@every_door
def test_what_cannot_be_paid_is_refused_as_a_whole(make_site, door):
    site = make_site(credits=1)
    to_the_network(site)

    reply = door.send(site, text=TWO_PARTS)

    assert (reply.status_code, reply.text) == door.no_credits
    assert entries(site) == [("topup", 1)]
    assert site.stored() == []


def test_an_account_that_is_not_metered_has_no_entries(make_site):
    site = make_site(credits=None)
    to_the_network(site)
    for door in DOORS:
        submit(site, door)
    site.transport.fail_next(PermanentFailure("no"))
    site.gateway.run_pending()

    assert site.gateway.inquiry.statement(site.account.id) == []
