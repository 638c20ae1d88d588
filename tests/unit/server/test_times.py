from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from smscore_server._times import When, parse_ago, parse_ahead, parse_span

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
CONTEXT = click.Context(click.Command("test"))
OPTION = click.Option(["--when"])


def span(text: str) -> timedelta | None:
    return parse_span(CONTEXT, OPTION, text)


def ahead(text: str) -> When:
    when = parse_ahead(CONTEXT, OPTION, text)
    assert when is not None
    return when


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90d", timedelta(days=90)),
        ("2w", timedelta(days=14)),
        ("12h", timedelta(hours=12)),
        ("1h30m", timedelta(minutes=90)),
        ("1d12h5m10s", timedelta(days=1, hours=12, minutes=5, seconds=10)),
    ],
)
def test_a_duration_is_days_hours_minutes_and_the_like(text: str, meant: timedelta):
    assert span(text) == meant


@pytest.mark.parametrize(
    "text", ["", "90", "d", "0d", "-5d", "30m1h", "1.5h", "999999999w", "1 d", "٣d"]
)
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(click.BadParameter, match="90d"):
        span(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-24T18:00", datetime(2026, 12, 24, 18, tzinfo=UTC)),
        ("2026-12-24 18:00+01:00", datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ("2026-12-24T18:00Z", datetime(2026, 12, 24, 18, tzinfo=UTC)),
        ("2h", NOW + timedelta(hours=2)),
    ],
)
def test_a_time_is_the_same_at_its_begin_and_end(text: str, moment: datetime):
    assert ahead(text).begin(NOW) == ahead(text).end(NOW) == moment


def test_a_day_lasts_until_it_is_over():
    day = ahead("2026-12-31")

    assert day.begin(NOW) == datetime(2026, 12, 31, tzinfo=UTC)
    assert day.end(NOW) == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_day_begins_where_its_account_is():
    day = ahead("2026-11-01")

    assert day.begin(NOW, zone=ZoneInfo("Europe/Berlin")) == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_a_duration_can_lie_behind():
    when = parse_ago(CONTEXT, OPTION, "2h")

    assert when is not None
    assert when.begin(NOW) == NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-22T25:00", "12:00"]
)
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(click.BadParameter, match="neither a time"):
        ahead(text)
