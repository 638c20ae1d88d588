import pytest

from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore_modem._line._events import Final
from smscore_modem._profiles import PROFILES, load
from smscore_modem._traffic._errors import (
    CME,
    CMS,
    ErrorClass,
    Meaning,
    classify,
    failure_of,
    meaning_of,
    number_of,
)


def a_refusal(text: str) -> Final:
    family, _, code = text.removeprefix("+").partition(" ERROR: ")
    return Final(family=family, code=code, text=text)


def class_of(text: str, *, was_written: bool = True, earlier: int = 0) -> ErrorClass:
    meaning = meaning_of(a_refusal(text), cms={}, cme={})
    return classify(meaning, was_written=was_written, earlier=earlier)


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("+CMS ERROR: 1", PermanentFailure),  # unassigned number
        ("+CMS ERROR: 8", PermanentFailure),  # barred: another channel may
        ("+CMS ERROR: 38", TemporaryFailure),  # network out of order
        ("+CMS ERROR: 42", TemporaryFailure),  # congestion
        ("+CMS ERROR: 95", PermanentFailure),  # our own mistake
        ("+CMS ERROR: 310", NotReady),  # no SIM: nothing is wrong with the message
        ("+CMS ERROR: 322", TemporaryFailure),  # the store is full
        ("+CMS ERROR: 331", NotReady),  # no network
        ("+CMS ERROR: 332", Indeterminate),  # network time-out
        ("+CMS ERROR: network timeout", Indeterminate),  # a modem that keeps to words
        ("+CMS ERROR: SIM not inserted", NotReady),
        ("+CMS ERROR: no network service", NotReady),
        ("+CMS ERROR: 500", TemporaryFailure),
        ("+CMS ERROR: 777", TemporaryFailure),  # a vendor's own
        ("+CME ERROR: 14", TemporaryFailure),  # SIM busy
        ("+CME ERROR: 16", NotReady),  # wrong PIN: the SIM is looked at again
        ("+CME ERROR: 31", Indeterminate),
        ("+CME ERROR: SIM busy", TemporaryFailure),
        ("+CME ERROR: no network service", NotReady),
        ("ERROR", TemporaryFailure),
    ],
)
def test_a_refusal_after_the_message_says_who_must_act(
    text: str, failure: type[TransportError]
) -> None:
    found = failure_of(class_of(text), a_refusal(text))

    assert type(found) is failure
    assert found.cause == text


def test_nothing_is_uncertain_before_the_message_was_written() -> None:
    assert class_of("+CMS ERROR: 332", was_written=False) is ErrorClass.RETRY


@pytest.mark.parametrize(
    ("number", "cms", "cme"),
    [
        (30, ErrorClass.PERMANENT, ErrorClass.WAIT),
        (50, ErrorClass.ACCOUNT, ErrorClass.OURS),
        (10, ErrorClass.ACCOUNT, ErrorClass.SIM),
    ],
)
def test_the_same_number_means_different_things_in_cms_and_cme(
    number: int, cms: ErrorClass, cme: ErrorClass
) -> None:
    assert class_of(f"+CMS ERROR: {number}") is cms
    assert class_of(f"+CME ERROR: {number}") is cme


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("+CMS ERROR: 21", "RRP"),  # rejected: no credit, or blocked
        ("+CMS ERROR: 302", "RMM"),
        ("+CMS ERROR: 304", "RRB"),  # a damaged line looks the same
        ("+CMS ERROR: 500", "RRM"),
        ("+CMS ERROR: 600", "RRM"),
        ("+CMS ERROR: 38", "RRR"),
    ],
)
def test_what_is_refused_again_and_again_is_taken_more_seriously(text: str, classes: str) -> None:
    assert "".join(class_of(text, earlier=count).value for count in range(3)) == classes


def test_a_profile_has_the_last_word_on_its_own_numbers() -> None:
    refusal = a_refusal("+CMS ERROR: 521")

    assert meaning_of(refusal, cms={"521": "?"}, cme={}).first is ErrorClass.UNCERTAIN
    assert meaning_of(refusal, cms={}, cme={"521": "?"}).first is ErrorClass.RETRY


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_says_it_in_letters_that_exist(name: str) -> None:
    profile = load(name)

    for text in (*profile.cms_errors.values(), *profile.cme_errors.values()):
        Meaning.parse(text)
    assert all(number.isdecimal() for number in (*profile.cms_errors, *profile.cme_errors))


@pytest.mark.parametrize("text", ["", "X", "R2", "2M", "RM", "R22M"])
def test_a_meaning_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no meaning"):
        Meaning.parse(text)


@pytest.mark.parametrize("code", ["", "³", "9" * 5000, "-1", "38 ", "SIM Busy"])
def test_no_code_makes_it_raise(code: str) -> None:
    for family in ("CMS", "CME", "ERROR"):
        final = Final(family=family, code=code, text=f"+{family} ERROR: {code}")
        meaning_of(final, cms={}, cme={})
        number_of(final)


def test_every_number_of_the_standards_has_a_class() -> None:
    network = {1, 8, 10, 21, 22, 27, 28, 29, 30, 38, 41, 42, 47, 50, 69, 81, *range(95, 100)}
    transfer = {128, 129, 130, 143, 144, 145, 159, 160, 161, 175, 176, *range(192, 200)}
    store = {208, 209, 210, 211, 212, 213, *range(224, 256)}
    modem = {*range(300, 306), *range(310, 319), 320, 321, 322, 330, 331, 332, 340, 500}

    assert set(CMS) == network | transfer | store | modem | {111, 127}
    assert set(CME) >= {0, 3, 4, *range(10, 17), 20, 21, 23, 30, 31, 32, *range(40, 48), 50, 100}
