"""
Which answers end a call, which are tried again, and after which pause. No clock, no connection.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smscore_client as sms
from smscore_client._account_calls import get_account, renew_callback_secret
from smscore_client._call import Reply, Silence
from smscore_client._course import LONGEST_TRY, Answer, Course, Patience, Pause, pause_before
from smscore_client._message_calls import cancel_message, send
from smscore_client._webhook_calls import (
    change_webhook,
    create_webhook,
    delete_webhook,
    replay_deliveries,
    replay_delivery,
    rotate_secret,
)

LOST = Silence(reason="reset", was_sent=True)
HALF = Reply(status=200, headers={}, body=b'{"success":true,"mess')
UNREACHED = Silence(reason="refused", was_sent=False)


def a_send():
    return send(
        to="+491701234567",
        message="hi",
        from_=None,
        scheduled_at=None,
        callback_url=None,
        priority=None,
        idempotency_key="order 4711",
    )


def a_course(call=None, *, timeout=30.0, attempts=4):
    return Course(call or a_send(), patience=Patience(timeout=timeout, attempts=attempts), now=0.0)


def a_refusal(status, code="", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"success": False, "error": {"code": code, "message": "No"}} if code else {}
    return Reply(status=status, headers=named, body=json.dumps(body).encode())


def an_answer(**fields):
    content = {
        "success": True,
        "message_id": "msg_1",
        "credits_used": 1,
        "credits_remaining": None,
        "status": "queued",
        **fields,
    }
    return Reply(status=200, headers={}, body=json.dumps(content).encode())


OWN_503 = a_refusal(503, "service_unavailable", retry_after="5")
RATE = a_refusal(429, "rate_limit_exceeded", retry_after="1")
ONCE_ONLY = {
    "create": create_webhook(url="https://shop.example", events=["message.sent"]),
    "rotate": rotate_secret("wh_1"),
    "renew": renew_callback_secret(),
    "replay all": replay_deliveries("wh_1", state=None, since=None, until=None),
}
AGAIN = {
    "send": a_send(),
    "question": get_account(),
    "cancel": cancel_message("msg_1"),
    "change": change_webhook("wh_1", url=None, events=None, active=False),
    "delete": delete_webhook("wh_1"),
    "replay": replay_delivery("wh_1", "whd_1"),
}
once_only = pytest.mark.parametrize("call", ONCE_ONLY.values(), ids=ONCE_ONLY)
again = pytest.mark.parametrize("call", AGAIN.values(), ids=AGAIN)
unclear = pytest.mark.parametrize(
    "outcome",
    [LOST, a_refusal(502), a_refusal(503), a_refusal(504), HALF],
    ids=["lost", "502", "503", "504", "half"],
)
harmless = pytest.mark.parametrize(
    "outcome", [UNREACHED, OWN_503, RATE], ids=["early", "503", "429"]
)


def pause(course, outcome, *, now=0.0, chance=0.0):
    verdict = course.judge(outcome, now=now, chance=chance)
    assert isinstance(verdict, Pause)
    return verdict.seconds


def failure(course, outcome, *, now=0.0):
    with pytest.raises(sms.SmscoreError) as caught:
        course.judge(outcome, now=now, chance=0.0)
    return caught.value


def verdict_or_error(course, outcome, *, now, chance):
    try:
        return course.judge(outcome, now=now, chance=chance)
    except sms.SmscoreError as error:
        return error


def test_an_answer_ends_the_call():
    verdict = a_course().judge(an_answer(), now=0.0, chance=0.0)

    assert isinstance(verdict, Answer)
    assert verdict.value.idempotency_key == "order 4711"


@unclear
@again
def test_what_can_be_repeated_is_repeated_when_nobody_knows(call, outcome):
    assert pause(a_course(call), outcome) > 0


@unclear
@once_only
def test_what_cannot_be_repeated_is_not_repeated_when_nobody_knows(call, outcome):
    error = failure(a_course(call), outcome)

    kind = sms.UnexpectedAnswer if outcome is HALF else sms.Unavailable
    assert isinstance(error, kind)
    assert error.is_uncertain


@harmless
@once_only
def test_what_cannot_be_repeated_is_repeated_when_it_was_not_done(call, outcome):
    assert pause(a_course(call), outcome) > 0


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_request", sms.InvalidRequest),
        (401, "authentication_failed", sms.AuthenticationFailed),
        (402, "insufficient_credits", sms.InsufficientCredits),
        (403, "subscription_required", sms.SubscriptionRequired),
        (404, "not_found", sms.NotFound),
        (405, "method_not_allowed", sms.Refused),
        (409, "idempotency_conflict", sms.IdempotencyConflict),
        (409, "not_cancellable", sms.NotCancellable),
        (413, "payload_too_large", sms.InvalidRequest),
        (422, "invalid_phone_number", sms.InvalidNumber),
        (422, "message_too_long", sms.MessageTooLong),
        (422, "no_route", sms.NoRoute),
        (422, "recipient_opted_out", sms.RecipientOptedOut),
        (429, "limit_exceeded", sms.LimitExceeded),
        (500, "internal_error", sms.InternalError),
        (402, "code_of_tomorrow", sms.AccountProblem),
        (404, "code_of_tomorrow", sms.NotFound),
        (422, "code_of_tomorrow", sms.Refused),
        (500, "", sms.InternalError),
        (401, "", sms.AuthenticationFailed),
        (301, "", sms.UnexpectedAnswer),
        (404, "", sms.UnexpectedAnswer),
    ],
)
def test_a_refusal_is_not_repeated_and_says_who_must_act(status, code, kind):
    error = failure(a_course(), a_refusal(status, code, x_correlation_id="c0ffee"))

    assert type(error) is kind
    assert error.code == (code or kind.default_code)
    assert (error.status, error.correlation_id) == (status, "c0ffee")
    assert (error.request, error.tries, error.is_retryable) == ("POST /v1/messages", 1, False)
    assert error.idempotency_key == "order 4711"


def test_a_call_is_tried_as_often_as_it_may_be_and_not_once_more():
    course = a_course(attempts=3)
    assert pause(course, LOST) == 0.25
    assert pause(course, UNREACHED) == 0.5

    error = failure(course, UNREACHED)

    assert isinstance(error, sms.NoAnswer)
    assert error.is_retryable
    assert error.tries == 3
    assert error.is_uncertain  # the first one was sent
    assert error.idempotency_key == "order 4711"


def test_being_asked_to_come_later_is_no_failure():
    course = a_course(attempts=1, timeout=100)

    for _ in range(20):
        assert 1.0 < pause(course, RATE) <= 1.5


def test_a_call_gives_up_at_once_when_its_time_would_be_over_before_the_next_try():
    course = a_course(timeout=30)

    error = failure(course, a_refusal(429, "rate_limit_exceeded", retry_after="31"))

    assert isinstance(error, sms.RateLimited)
    assert error.retry_after == 31
    assert not error.is_uncertain


def test_each_try_has_what_is_left_but_never_all_of_it():
    course = a_course(timeout=25)

    assert course.time_for_try(now=0) == LONGEST_TRY
    assert course.time_for_try(now=20) == 5
    assert course.time_for_try(now=25) == pytest.approx(0.1)


def test_a_date_to_come_back_at_is_read_by_the_clock_of_who_says_it():
    date, later = "Sun, 01 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:07 GMT"

    assert pause(a_course(), a_refusal(503, retry_after=later, date=date)) == 7.25
    assert pause(a_course(), a_refusal(503, retry_after=later)) == 0.25
    assert pause(a_course(), a_refusal(503, retry_after="soon", date=date)) == 0.25


@given(
    failures=st.integers(0, 10_000),
    asked=st.none() | st.floats(0, 1e6),
    chance=st.floats(0, 1),
)
def test_a_pause_is_never_shorter_than_asked_and_hardly_longer(failures, asked, chance):
    seconds = pause_before(failures, asked=asked, chance=chance)

    assert (asked or 0) < seconds <= (asked or 0) + 8


@given(
    outcomes=st.lists(st.sampled_from([LOST, UNREACHED, OWN_503, RATE, a_refusal(502)])),
    took=st.floats(0, 10),
    timeout=st.floats(0.1, 100),
    attempts=st.integers(1, 10),
    chance=st.floats(0, 1),
)
def test_no_try_begins_after_the_deadline_and_failures_are_bounded(
    outcomes, took, timeout, attempts, chance
):
    course, now, failures = a_course(timeout=timeout, attempts=attempts), 0.0, 0
    for outcome in outcomes:
        assert now < timeout
        failures += outcome is not RATE
        now += took
        verdict = verdict_or_error(course, outcome, now=now, chance=chance)
        if isinstance(verdict, sms.Unavailable):
            assert failures <= attempts
            assert failures == attempts or now + (verdict.retry_after or 0) + 8 >= timeout
            break
        assert isinstance(verdict, Pause)
        assert failures < attempts
        now += verdict.seconds


def test_a_deletion_that_finds_nothing_after_an_answer_was_lost_is_done():
    course = a_course(delete_webhook("wh_1"))
    pause(course, LOST)

    verdict = course.judge(a_refusal(404, "not_found"), now=1.0, chance=0.0)

    assert verdict == Answer(value=None)


@pytest.mark.parametrize("before", [UNREACHED, OWN_503])
def test_a_deletion_that_finds_nothing_is_refused_if_it_was_not_done_before(before):
    course = a_course(delete_webhook("wh_1"))
    pause(course, before)

    error = failure(course, a_refusal(404, "not_found"))

    assert isinstance(error, sms.NotFound)


def test_a_deletion_at_a_wrong_address_is_not_taken_for_done():
    course = a_course(delete_webhook("wh_1"))
    pause(course, LOST)

    assert isinstance(failure(course, a_refusal(404)), sms.UnexpectedAnswer)


def test_a_cancellation_that_is_refused_after_an_answer_was_lost_says_that_it_is_uncertain():
    course = a_course(cancel_message("msg_1"))
    pause(course, LOST)

    error = failure(course, a_refusal(409, "not_cancellable"))

    assert isinstance(error, sms.NotCancellable)
    assert error.is_uncertain


def test_a_question_is_never_uncertain():
    course = a_course(get_account(), attempts=1)

    assert not failure(course, LOST).is_uncertain


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b"[" * 100_000, b'{"message_id":1}', b"\xff", b"NaN"],
    ids=lambda body: body[:10],
)
def test_an_answer_that_is_none_is_a_fault_of_the_server(body):
    error = failure(a_course(attempts=1), Reply(status=200, headers={}, body=body))

    assert isinstance(error, sms.UnexpectedAnswer)
    assert error.is_uncertain
    assert not error.is_retryable


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1}, {"attempts": 0}])
def test_a_client_that_could_try_nothing_is_not_made(options):
    with pytest.raises(ValueError, match="must be"):
        sms.Client("key", base_url="http://sms.example", **options)
