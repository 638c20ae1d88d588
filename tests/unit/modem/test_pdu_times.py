from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._pdu import EnhancedForm, EnhancedValidity, RelativeValidity, TimeStamp

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)

zones = st.integers(-56, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.builds(
    lambda local, zone: local.replace(microsecond=0, tzinfo=zone),
    st.datetimes(datetime(1990, 1, 1), datetime(2089, 12, 31, 23, 59, 59)),  # noqa: DTZ001  # their zone is drawn beside them
    zones,
)


def stamp(octets: str) -> TimeStamp:
    return TimeStamp(octets=bytes.fromhex(octets))


# Time stamps.


@given(moments)
def test_a_moment_reads_as_it_was_written(moment: datetime) -> None:
    read = TimeStamp.of(moment).moment

    assert read == moment
    assert read.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("00", timedelta()),
        ("08", timedelta()),  # minus zero
        ("80", 2 * HOUR),
        ("4A", -6 * HOUR),  # 24 quarters, the sign in the first digit
        ("22", timedelta(hours=5, minutes=30)),
        ("32", timedelta(hours=5, minutes=45)),
        ("41", timedelta(hours=3, minutes=30)),
        ("49", -timedelta(hours=3, minutes=30)),
        ("83", timedelta(hours=9, minutes=30)),
        ("8B", -timedelta(hours=9, minutes=30)),
        ("65", 14 * HOUR),
        ("6D", -14 * HOUR),
    ],
)
def test_a_zone_is_counted_in_quarters_of_an_hour_either_way(zone: str, offset: timedelta) -> None:
    # 23.040, 9.2.3.11: quarters in semi-octets; bit 3 of the octet is the sign.
    moment = stamp("623010210000" + zone).moment

    assert moment == datetime(2026, 3, 1, 12, tzinfo=timezone(offset))


@pytest.mark.parametrize(
    "octets",
    [
        "FFFFFFFFFFFFFF",
        "00000000000000",  # month 0
        "62311021000000",  # month 13
        "62302300000000",  # day 32
        "62200321000000",  # 30 February
        "62301042000000",  # 24 hours
        "62301021060000",  # 60 minutes
        "62301021000600",  # 60 seconds
        "A2301021000000",  # no digit
        "62301021000A00",
        "623010210000A0",  # no digit in the zone
        "62301021000075",  # 57 quarters
        "62301021000097",
    ],
)
def test_a_time_stamp_that_is_no_time_is_kept_and_has_no_moment(octets: str) -> None:
    broken = stamp(octets)

    assert broken.moment is None
    assert broken.octets.hex().upper() == octets


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_octets_are_a_time_stamp(octets: bytes) -> None:
    moment = TimeStamp(octets=octets).moment

    if moment is not None:
        assert TimeStamp.of(moment).moment == moment


@pytest.mark.parametrize(
    ("octet", "year"), [("09", 1990), ("99", 1999), ("00", 2000), ("98", 2089)]
)
def test_two_digits_of_a_year_are_of_1990_to_2089(octet: str, year: int) -> None:
    moment = stamp(octet + "10" * 6).moment

    assert moment is not None
    assert moment.year == year


def test_a_zone_is_rounded_to_the_quarter_and_the_moment_stays() -> None:
    odd = NOON.astimezone(timezone(timedelta(minutes=53, seconds=28)))

    read = TimeStamp.of(odd).moment

    assert read == NOON
    assert read.utcoffset() == HOUR


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (NOON.replace(tzinfo=None), "needs a time zone"),
        (NOON.astimezone(timezone(timedelta(hours=15))), "at most 14 hours from UTC"),
        (NOON.replace(year=2090), "1990 to 2089, not 2090"),
        (datetime.min.replace(tzinfo=timezone(timedelta(minutes=7))), "1990 to 2089, not 1$"),
        (datetime.max.replace(tzinfo=timezone(-timedelta(minutes=7))), "1990 to 2089, not 9999"),
    ],
)
def test_a_moment_that_no_time_stamp_has_is_refused(moment: datetime, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TimeStamp.of(moment)


def test_a_time_stamp_has_seven_octets() -> None:
    with pytest.raises(ValueError, match="7 octets, not 6"):
        TimeStamp(octets=bytes(6))


# Relative validity.


@pytest.mark.parametrize(
    ("octet", "duration"),
    [
        # The borders of the table in 23.040, 9.2.3.12.1.
        (0, timedelta(minutes=5)),
        (143, 12 * HOUR),
        (144, timedelta(hours=12, minutes=30)),
        (167, 24 * HOUR),
        (168, 2 * DAY),
        (196, 30 * DAY),
        (197, 5 * WEEK),
        (255, 63 * WEEK),
    ],
)
def test_a_relative_validity_is_read_by_the_table(octet: int, duration: timedelta) -> None:
    assert RelativeValidity(octet=octet).duration == duration
    assert RelativeValidity.of(duration) == RelativeValidity(octet=octet)


@given(st.integers(0, 255))
def test_each_relative_validity_is_written_as_it_was_read(octet: int) -> None:
    assert RelativeValidity.of(RelativeValidity(octet=octet).duration).octet == octet


@given(st.timedeltas(-DAY, 63 * WEEK))
def test_a_relative_validity_is_the_next_one_that_is_no_shorter(duration: timedelta) -> None:
    granted = RelativeValidity.of(duration)

    assert granted.duration >= duration
    if granted.octet:
        assert RelativeValidity(octet=granted.octet - 1).duration < duration


def test_a_relative_validity_beyond_the_longest_is_the_longest() -> None:
    assert RelativeValidity.of(timedelta.max).octet == 255


@pytest.mark.parametrize("octet", [-1, 256])
def test_a_relative_validity_is_an_octet(octet: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 255, not {octet}"):
        RelativeValidity(octet=octet)


# Enhanced validity.


@pytest.mark.parametrize(
    ("octets", "form", "duration"),
    [
        ("00000000000000", EnhancedForm.NONE, None),
        ("01A70000000000", EnhancedForm.RELATIVE, DAY),
        ("02FF0000000000", EnhancedForm.SECONDS, timedelta(seconds=255)),
        ("02000000000000", EnhancedForm.SECONDS, None),  # reserved
        ("03102030000000", EnhancedForm.CLOCK, timedelta(hours=1, minutes=2, seconds=3)),
        ("03329595000000", EnhancedForm.CLOCK, timedelta(hours=23, minutes=59, seconds=59)),
        ("03320600000000", EnhancedForm.CLOCK, None),
        ("0310A030000000", EnhancedForm.CLOCK, None),
        ("04FFFFFFFFFFFF", None, None),
        ("81400500000000", EnhancedForm.RELATIVE, timedelta(minutes=30)),
        ("FFFFFFFFFFFFFF", None, None),
    ],
)
def test_an_enhanced_validity_is_read_by_its_form(
    octets: str, form: EnhancedForm | None, duration: timedelta | None
) -> None:
    validity = EnhancedValidity(octets=bytes.fromhex(octets))

    assert validity.form is form
    assert validity.duration == duration


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_octets_are_an_enhanced_validity(octets: bytes) -> None:
    validity = EnhancedValidity(octets=octets)

    assert validity.duration is None or validity.duration > timedelta()


@given(duration=st.timedeltas(timedelta(seconds=1), 63 * WEEK), once=st.booleans())
def test_an_enhanced_validity_is_no_shorter_than_asked(*, duration: timedelta, once: bool) -> None:
    validity = EnhancedValidity.of(duration, is_single_shot=once)

    granted = validity.duration
    assert granted is not None
    assert granted >= duration
    assert validity.is_single_shot == once
    if validity.form is not EnhancedForm.RELATIVE:
        assert granted - duration < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("duration", "form", "granted"),
    [
        (timedelta(), EnhancedForm.SECONDS, timedelta(seconds=1)),  # 0 seconds are reserved
        (-DAY, EnhancedForm.SECONDS, timedelta(seconds=1)),
        (timedelta(seconds=255), EnhancedForm.SECONDS, timedelta(seconds=255)),
        (timedelta(seconds=255.5), EnhancedForm.CLOCK, timedelta(seconds=256)),
        (DAY - timedelta(seconds=1), EnhancedForm.CLOCK, DAY - timedelta(seconds=1)),
        (DAY - timedelta(seconds=0.5), EnhancedForm.RELATIVE, DAY),  # no clock shows 24:00:00
        (DAY, EnhancedForm.RELATIVE, DAY),
    ],
)
def test_the_finest_form_that_holds_a_duration_is_chosen(
    duration: timedelta, form: EnhancedForm, granted: timedelta
) -> None:
    validity = EnhancedValidity.of(duration)

    assert (validity.form, validity.duration) == (form, granted)


@pytest.mark.parametrize(
    ("form", "duration", "octets"),
    [
        (EnhancedForm.NONE, None, "00000000000000"),
        (EnhancedForm.RELATIVE, timedelta(minutes=30), "01050000000000"),
        (EnhancedForm.SECONDS, timedelta(seconds=3), "02030000000000"),
        (EnhancedForm.CLOCK, timedelta(hours=10, seconds=7), "03010070000000"),
    ],
)
def test_the_form_may_be_chosen(
    form: EnhancedForm, duration: timedelta | None, octets: str
) -> None:
    assert EnhancedValidity.of(duration, form=form).octets.hex() == octets


@pytest.mark.parametrize(
    ("form", "duration", "reason"),
    [
        (EnhancedForm.SECONDS, timedelta(minutes=5), "longer than the 255 seconds"),
        (EnhancedForm.CLOCK, DAY, "longer than the 86399 seconds"),
        (EnhancedForm.NONE, DAY, "does not go with a duration"),
        (EnhancedForm.CLOCK, None, "does not go with a duration"),
    ],
)
def test_a_form_that_does_not_hold_the_duration_is_refused(
    form: EnhancedForm, duration: timedelta | None, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        EnhancedValidity.of(duration, form=form)


def test_an_enhanced_validity_has_seven_octets() -> None:
    with pytest.raises(ValueError, match="7 octets, not 8"):
        EnhancedValidity(octets=bytes(8))
