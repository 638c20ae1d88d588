"""
/api.php and its neighbours when the body, the store or a password check does not come in time.

What was answered with 408 leaves no message: it is withdrawn, or called back before it is sent.
"""

import asyncio
import threading
from base64 import b64encode
from contextlib import contextmanager

import pytest
from doors import everybody, to_the_network

from smscore.domain.deliveries import Status
from smscore.domain.messages import Surface
from smscore.domain.receipts import AcceptedItem, Receipt
from smscore.errors import DeadlinePassed, StoreUnavailable, TemporaryFailure
from smscore.ports.storage import Lane
from smscore.services.submission import Item, Submission
from smscore_http._context import Context
from smscore_http._proxies import Proxies
from smscore_http._requests import Request
from smscore_http.gateway_api._api_php import Sending
from smscore_http.gateway_api._messages import SendingToMany
from smscore_http.gateway_api._signin import SigningIn

PATIENCE = 20.0
HURRY = 0.05


LOGIN = b"username=apiuser&password=secret-word&"
ONE, GROUP, LINKED = (
    LOGIN + b"text=hi&" + rest
    for rest in (b"to=0170123", b"mode=group&to=on-call", b"mode=telnumber&to=0170123")
)
SEVERAL = b'{"recipients":[{"to":"0170123"},{"to":"0170124"},{"to":"0170125"}],"text":"hi"}'


async def send(site, key=b"", hard_limit=PATIENCE, content=ONE):
    """A request to api.php, or one in JSON to its neighbour."""
    headers = [(b"idempotency-key", key)] if key else []
    is_json = content.startswith(b"{")
    if is_json:
        headers.append((b"authorization", b"Basic " + b64encode(b"apiuser:secret-word")))
    scope = {
        "method": "POST" if is_json else "GET",
        "query_string": b"" if is_json else content,
        "headers": headers,
    }

    async def receive():
        assert is_json, "a GET has no body"
        return {"type": "http.request", "body": content}

    context = Context(site.gateway)
    handler = SendingToMany if is_json else Sending
    try:
        request = Request(scope, receive, path="/", proxies=Proxies(()))
        return await handler(context, hard_limit=hard_limit)(request)
    finally:
        context.close()


def give_up(site, key=b"", content=ONE):
    with pytest.raises(DeadlinePassed):
        asyncio.run(send(site, key, HURRY, content))


@pytest.fixture
def numbered(site):
    site.api_php()  # the first id makes the process ask the store for its number
    return site


@pytest.mark.parametrize("content", [ONE, GROUP, SEVERAL])
def test_what_has_not_begun_by_then_is_withdrawn(numbered, content):
    everybody(numbered)
    numbered.store.is_stuck = True

    give_up(numbered, content=content)

    assert numbered.store.stuck[-1].cancelled()


def test_what_has_not_begun_within_the_configured_time_is_not_waited_for(make_site):
    site = make_site(http={"submit_timeout": 0.05})
    site.api_php()
    site.store.is_stuck = True

    reply = site.api_php()

    assert reply.status_code == 408
    assert reply.elapsed.total_seconds() < 5  # and not the hard limit
    assert site.store.stuck[-1].cancelled()


def test_a_late_refusal_needs_nothing(numbered, caplog):
    numbered.store.is_stuck = numbered.store.is_busy = True
    give_up(numbered)

    numbered.store.stuck[-1].set_exception(DeadlinePassed("too late"))

    assert len(numbered.store.stuck) == 1
    assert caplog.text == ""


def late_receipt(site, message):
    """The store says after the 408 that the message was accepted."""
    item = AcceptedItem(index=0, message=message, to="0170123", status=Status.QUEUED, credits=1)
    site.store.stuck[-1].set_result(Receipt(accepted=(item,)))


@pytest.mark.parametrize("at_once", [True, False])
def test_what_cannot_be_called_back_is_told_to_the_operator(numbered, caplog, at_once):
    numbered.store.is_stuck = numbered.store.is_busy = True
    give_up(numbered)
    numbered.store.is_stuck = False
    numbered.store.fail(StoreUnavailable("the disk is full"), at_once=at_once)

    late_receipt(numbered, 255)

    assert "told 408, and not called back: 00000000000000ff" in caplog.text
    assert "the disk is full" in caplog.text


def test_what_was_sent_meanwhile_is_told_to_the_operator(numbered, caplog):
    numbered.gateway.run_pending()
    [sent] = numbered.stored()
    numbered.store.is_stuck = numbered.store.is_busy = True
    give_up(numbered)
    numbered.store.is_stuck = False

    late_receipt(numbered, sent.message.id)

    assert f"too late to call back: {sent.message.id:016x}" in caplog.text
    assert numbered.stored()[0].delivery.status is Status.SENT


def test_a_password_is_not_waited_for_any_longer(make_site):
    site = make_site(http={"submit_timeout": 60})
    site.authenticator.may_answer.clear()

    with pytest.raises(DeadlinePassed):
        asyncio.run(send(site, hard_limit=HURRY))


@pytest.mark.parametrize("handler", [Sending, SendingToMany, SigningIn])
def test_a_body_is_not_waited_for_any_longer(make_site, handler):
    site = make_site(http={"submit_timeout": HURRY})
    scope = {"method": "POST", "query_string": b"", "headers": [(b"content-length", b"100")]}
    pieces = [{"type": "http.request", "body": b"text=", "more_body": True}]

    async def receive():
        return pieces.pop() if pieces else await asyncio.Event().wait()

    async def answer():
        return await handler(context)(Request(scope, receive, path="/", proxies=Proxies(())))

    context = Context(site.gateway)
    with pytest.raises(DeadlinePassed, match="receiving the request took too long"):
        asyncio.run(asyncio.wait_for(answer(), PATIENCE))
    context.close()


# Links are looked up on a thread, before anything is submitted.


def give_up_planning(site):
    """A request that is answered with 408 while its recipient's links are still looked up."""
    before = threading.enumerate()
    site.store.may_read.clear()
    give_up(site, content=LINKED)
    assert len(site.stored()) == 1  # the one that has numbered them
    return [thread for thread in threading.enumerate() if thread not in before]


def finish_planning(site, threads):
    site.store.may_read.set()
    for thread in threads:
        thread.join(PATIENCE)


def test_what_is_planned_too_late_is_not_begun(numbered):
    threads = give_up_planning(numbered)
    numbered.clock.move(seconds=5)  # and so it is on the gateway's clock as well

    finish_planning(numbered, threads)

    assert len(numbered.stored()) == 1


def test_what_begins_in_spite_of_that_is_called_back(numbered, caplog):
    threads = give_up_planning(numbered)

    finish_planning(numbered, threads)

    late = numbered.stored()[-1]
    assert late.delivery.status is Status.CANCELLED
    assert f"and called back: {late.message.id:016x}" in caplog.text


def test_what_a_store_refuses_after_planning_needs_nothing(numbered, caplog):
    threads = give_up_planning(numbered)
    numbered.store.fail(StoreUnavailable("the disk is full"), at_once=True)

    finish_planning(numbered, threads)

    assert len(numbered.stored()) == 1
    assert caplog.text == ""


# With the server's own store, whose writer is held up after the commit: what it tells comes late.


def nothing(_):
    """A unit of work."""


@pytest.fixture
def on_disk(make_site, tmp_path):
    site = make_site(directory=tmp_path)
    to_the_network(site)
    site.api_php()
    site.gateway.run_pending()
    return site


@contextmanager
def held_up(site):
    """What is submitted inside is committed when the test says so, and told at the end."""
    waits, may_commit, has_committed, may_tell = (threading.Event() for _ in range(4))

    def wait(_):
        waits.set()
        may_commit.wait(PATIENCE)

    def wait_again(_):
        has_committed.set()
        may_tell.wait(PATIENCE)

    def let_commit():
        may_commit.set()
        assert has_committed.wait(PATIENCE)

    site.store.run(nothing).add_done_callback(wait)
    assert waits.wait(PATIENCE)
    # The first of the batch of what is submitted now, for custody goes first.
    site.store.run(nothing, lane=Lane.CUSTODY).add_done_callback(wait_again)
    try:
        yield let_commit
    finally:
        may_commit.set()
        may_tell.set()
        site.store.run(nothing).result(PATIENCE)


def submit_late(site, key=b"", meanwhile=lambda: None, content=ONE):
    """A request that is answered with 408 after it was committed, and before anybody knows it."""

    async def request(let_commit):
        sending = asyncio.ensure_future(send(site, key, HURRY, content))
        await asyncio.sleep(0)  # it waits for the store now
        let_commit()
        return await sending

    with held_up(site) as let_commit:
        with pytest.raises(DeadlinePassed):
            asyncio.run(request(let_commit))
        [late] = site.stored()[-1:]
        assert late.delivery.status is Status.QUEUED
        meanwhile()
    return site.gateway.inquiry.explain(late.message.id)


def test_what_ends_too_late_is_called_back_and_paid_back(on_disk, caplog):
    story = submit_late(on_disk)

    assert story.tracked.delivery.status is Status.CANCELLED
    assert [entry.credits for entry in story.entries] == [-1, 1]
    told = story.events[-1].detail
    assert (told["why"], told["refunded"]) == ("not acknowledged", 1)
    assert on_disk.account.credits == 999
    assert f"and called back: {story.tracked.message.id:016x}" in caplog.text


def test_of_several_messages_that_end_too_late_each_is_called_back(on_disk):
    submit_late(on_disk, content=SEVERAL)

    first, *several = [tracked.delivery.status for tracked in on_disk.stored()]
    assert (first, several) == (Status.SENT, [Status.CANCELLED] * 3)
    assert on_disk.account.credits == 999


def test_what_ends_too_late_is_called_back_before_a_claim_that_waits_for_it(on_disk):
    claims = []

    def claim():
        channels_thread = on_disk.store.run(
            lambda work: list(work.outbox.claimable("fake", limit=10)), lane=Lane.CUSTODY
        )
        claims.append(channels_thread)

    submit_late(on_disk, meanwhile=claim)

    assert claims[0].result(PATIENCE) == []
    on_disk.gateway.run_pending()
    assert len(on_disk.transport.jobs) == 1  # the one before


def test_what_ends_too_late_leaves_its_key_free(on_disk):
    submit_late(on_disk, key=b"k")

    reply = asyncio.run(send(on_disk, b"k"))

    _, first, second = on_disk.stored()
    assert reply.body == f"OK\nID: {second.message.id:016x}".encode()
    assert [first.delivery.status, second.delivery.status] == [Status.CANCELLED, Status.QUEUED]
    assert asyncio.run(send(on_disk, b"k")).body == reply.body


def test_what_ends_too_late_takes_no_place_in_the_month(make_site, tmp_path):
    site = make_site(directory=tmp_path, monthly_limit=2)
    site.api_php()

    submit_late(site, key=b"k")

    assert site.account.used == 1
    assert asyncio.run(send(site, b"k")).status == 200
    assert site.account.used == 2


def test_a_replay_that_ends_too_late_leaves_the_first_message_alone(on_disk):
    first = asyncio.run(send(on_disk, b"k"))

    story = submit_late(on_disk, key=b"k")

    assert story.tracked.delivery.status is Status.QUEUED
    assert asyncio.run(send(on_disk, b"k")).body == first.body
    assert len(on_disk.stored()) == 2


def test_a_key_stays_known_when_it_was_too_late_for_one_of_its_messages(on_disk):
    submission = Submission(
        account=on_disk.account.id,
        surface=Surface.QUEUE,
        items=(Item(to="0170125", text="high"), Item(to="0170126", text="low")),
        idempotency_key="k",
    )
    receipt = on_disk.gateway.submissions.begin(submission).result(PATIENCE)
    [sent, waiting] = [item.message for item in receipt.accepted]
    on_disk.transport.fail_for[on_disk.stored()[-1].message.recipient] = TemporaryFailure("no")
    on_disk.gateway.run_pending()

    late = on_disk.gateway.interventions.withdraw(
        receipt, account=on_disk.account.id, surface=Surface.QUEUE, idempotency_key="k"
    )

    assert late.result(PATIENCE) == [sent]
    statuses = [on_disk.gateway.inquiry.message(one).delivery.status for one in (sent, waiting)]
    assert statuses == [Status.SENT, Status.CANCELLED]
    again = on_disk.gateway.submissions.begin(submission).result(PATIENCE)
    assert (again, again.is_replay) == (receipt, True)
