import pytest

from smscore.errors import Indeterminate, PermanentFailure, TemporaryFailure, TransportError
from smscore_modem._errors import failure_of
from smscore_modem._events import Final


def a_refusal(text: str) -> Final:
    family, _, code = text.removeprefix("+").partition(" ERROR: ")
    return Final(family=family, code=code, text=text)


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("+CMS ERROR: 1", PermanentFailure),  # unassigned number
        ("+CMS ERROR: 8", PermanentFailure),  # barred: another channel may
        ("+CMS ERROR: 38", TemporaryFailure),  # network out of order
        ("+CMS ERROR: 42", TemporaryFailure),  # congestion
        ("+CMS ERROR: 304", PermanentFailure),  # our own mistake
        ("+CMS ERROR: 332", Indeterminate),  # network time-out
        ("+CMS ERROR: 500", TemporaryFailure),
        ("+CMS ERROR: 777", TemporaryFailure),  # a vendor's own
        ("+CME ERROR: 14", TemporaryFailure),  # SIM busy
        ("+CME ERROR: 16", PermanentFailure),  # wrong PIN
        ("+CME ERROR: 31", Indeterminate),
        ("+CME ERROR: SIM busy", TemporaryFailure),
        ("ERROR", TemporaryFailure),
    ],
)
def test_a_refusal_after_the_message_says_who_must_act(
    text: str, failure: type[TransportError]
) -> None:
    found = failure_of(a_refusal(text), was_written=True)

    assert type(found) is failure
    assert found.cause == text


def test_nothing_is_uncertain_before_the_message_was_written() -> None:
    assert isinstance(failure_of(a_refusal("+CMS ERROR: 332"), was_written=False), TemporaryFailure)


def test_the_same_number_means_different_things_in_cms_and_cme() -> None:
    cms = failure_of(a_refusal("+CMS ERROR: 30"), was_written=True)
    cme = failure_of(a_refusal("+CME ERROR: 30"), was_written=True)

    assert isinstance(cms, PermanentFailure)
    assert isinstance(cme, TemporaryFailure)
