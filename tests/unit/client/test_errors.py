"""
What errors tell, and to whom.
"""

import pickle

import pytest

import smscore_client as sms
from smscore_client._errors import Circumstances

ERRORS = [
    one for one in vars(sms).values() if isinstance(one, type) and issubclass(one, sms.SmscoreError)
]
every_error = pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
KNOWN = Circumstances(
    request="POST /v1/messages",
    status=503,
    correlation_id="c0ffee",
    retry_after=5.0,
    idempotency_key="order 4711",
    tries=3,
    is_uncertain=True,
)


@every_error
def test_an_error_survives_being_sent_to_another_process(kind):
    error = kind("No", "some_code", KNOWN)

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is kind
    assert vars(again) == vars(error)
    assert str(again) == str(error)


@every_error
def test_every_error_is_for_somebody(kind):
    parties = (sms.Refused, sms.AccountProblem, sms.Unavailable, sms.ServerFault)

    assert kind in (sms.SmscoreError, sms.InvalidSignature) or issubclass(kind, parties)
    assert kind.is_retryable == issubclass(kind, sms.Unavailable)


def test_codes_belong_to_one_error_each():
    codes = [kind.default_code for kind in ERRORS]

    assert len(set(codes)) == len(codes)


def test_an_error_says_what_failed_how_often_and_whether_it_may_have_been_done():
    assert str(sms.ServiceUnavailable("Service unavailable", circumstances=KNOWN)) == (
        "Service unavailable (service_unavailable), POST /v1/messages: status 503, 3 tries; an "
        "answer was lost, so it may have been done; correlation id c0ffee"
    )


def test_an_error_without_an_answer_says_so():
    known = Circumstances(request="GET /v1/account", tries=1)

    assert str(sms.NoAnswer("nobody there", circumstances=known)) == (
        "nobody there (no_answer), GET /v1/account: no answer"
    )
