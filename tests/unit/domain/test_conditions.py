"""
Conditions as values: what cannot be asked is refused when it is said.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from rule_strategies import conditions, moments, windows

from smscore.domain.conditions import DEEPEST, MOST_CONDITIONS, Condition, asked, sender_form
from smscore.domain.numbers import country_of
from smscore.domain.windows import Weekday, Window
from smscore.errors import InvalidRequest

BERLIN = ZoneInfo("Europe/Berlin")


def nested(levels):
    condition = Condition()
    for _ in range(levels - 1):
        condition = Condition(none_of=(condition,))
    return condition


def test_conditions_are_nested_to_a_bounded_depth():
    assert nested(DEEPEST).depth == DEEPEST
    with pytest.raises(InvalidRequest, match="nested"):
        nested(DEEPEST + 1)


def test_a_condition_holds_a_bounded_number_of_others():
    Condition(any_of=(Condition(),) * (MOST_CONDITIONS - 1))

    with pytest.raises(InvalidRequest, match=str(MOST_CONDITIONS)):
        Condition(any_of=(Condition(),) * MOST_CONDITIONS)


@pytest.mark.parametrize(
    "values",
    [
        {"prefixes": ("DE",)},
        {"prefixes": ("",)},
        {"prefixes": ("+",)},
        {"prefixes": ("+٤٩",)},
        {"countries": ("de",)},
        {"countries": ("XX",)},
        {"sender": ""},
        {"message_regex": ""},
        {"min_length": -1},
        {"max_length": -1},
        {"min_length": 3, "max_length": 2},
    ],
)
def test_what_could_never_hold_is_refused(values):
    with pytest.raises(InvalidRequest):
        Condition(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"zone": "Europe/Atlantis"},
        {"zone": ""},
        {"zone": "../../etc/passwd"},
        {"zone": "UTC", "begins": "8:00"},
        {"zone": "UTC", "begins": "24:00"},
        {"zone": "UTC", "ends": "24:01"},
        {"zone": "UTC", "begins": "08:00", "ends": "08:00"},
        {"zone": "UTC", "begins": "08:00\n"},
    ],
)
def test_a_window_that_no_clock_shows_is_refused(values):
    with pytest.raises(InvalidRequest):
        Window(**values)


def test_a_condition_tells_what_it_asks_for_at_any_depth():
    inner = Condition(none_of=(Condition(min_length=0),))

    assert asked(Condition(accounts=("a",), any_of=(inner,))) == {
        "accounts",
        "any_of",
        "none_of",
        "min_length",
    }


@given(conditions())
def test_equal_conditions_have_equal_hashes(condition):
    assert hash(condition) == hash(Condition(**{k: getattr(condition, k) for k in _keys()}))


def _keys():
    return Condition.__annotations__


def local(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-07-01T07:59:59", False),
        ("2026-07-01T08:00", True),
        ("2026-07-01T17:59:59", True),
        ("2026-07-01T18:00", False),
        ("2026-07-04T12:00", False),  # a Saturday
    ],
)
def test_a_window_is_open_by_the_clocks_of_its_zone(at, is_open):
    weekdays = tuple(Weekday)[:5]
    window = Window(zone="Europe/Berlin", begins="08:00", ends="18:00", weekdays=weekdays)

    assert window.holds(local(at).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-07-03T23:00", True),  # a Friday
        ("2026-07-04T05:59", True),
        ("2026-07-04T06:00", False),
        ("2026-07-04T23:00", False),
        ("2026-07-03T05:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(at, is_open):
    window = Window(zone="Europe/Berlin", begins="22:00", ends="06:00", weekdays=(Weekday.FRI,))

    assert window.holds(local(at).astimezone(UTC)) is is_open


def open_minutes(window, day):
    """How long a window is open on a day, counted minute by minute."""
    begin = local(f"{day}T00:00").astimezone(UTC)
    end = (local(f"{day}T00:00") + timedelta(days=1)).astimezone(UTC)
    minutes = int((end - begin).total_seconds()) // 60
    return sum(window.holds(begin + timedelta(minutes=minute)) for minute in range(minutes))


@pytest.mark.parametrize(
    ("day", "minutes"), [("2026-03-29", 0), ("2026-07-01", 60), ("2026-10-25", 120)]
)
def test_an_hour_that_clocks_skip_never_comes_and_one_they_repeat_comes_twice(day, minutes):
    assert open_minutes(Window(zone="Europe/Berlin", begins="02:00", ends="03:00"), day) == minutes


@pytest.mark.parametrize(
    ("day", "minutes"), [("2026-03-29", 23 * 60), ("2026-07-01", 24 * 60), ("2026-10-25", 25 * 60)]
)
def test_a_whole_day_is_as_long_as_the_day_is(day, minutes):
    assert open_minutes(Window(zone="Europe/Berlin"), day) == minutes


@given(windows, moments)
def test_of_a_window_and_the_hours_around_it_one_is_open(window, at):
    every_day = Window(zone=window.zone, begins=window.begins, ends=window.ends)
    rest = [
        Window(zone=window.zone, begins=begins, ends=ends)
        for begins, ends in [(window.ends, window.begins)]
        if begins != "24:00" and {begins, ends} != {"00:00", "24:00"}
    ]

    if rest:
        assert every_day.holds(at) is not rest[0].holds(at)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+4917012345678", "DE"),
        ("+12125550100", "US"),
        ("+14165550100", "CA"),
        ("+1234567890", "US"),  # no plan knows it: the main country of its code
        ("+441481960194", "GG"),
        ("+80012345678", None),  # belongs to no country
        ("+999123", None),
        ("+0", None),
        ("+1", "US"),
        ("017012345", None),
        ("", None),
    ],
)
def test_a_number_tells_its_country(number, country):
    assert country_of(number) == country


@pytest.mark.parametrize(
    ("text", "form"),
    [("+49 170", "49170"), ("0049170", "49170"), ("110", "110"), ("Shop", "Shop"), ("", "")],
)
def test_senders_have_a_form_to_be_compared_in(text, form):
    assert sender_form(text) == form
