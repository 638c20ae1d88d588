"""How long an endpoint wants to be left alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_webhook._waits import seconds_asked

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"120", 120),
        (b" 0 ", 0),
        (b"999999999", 999_999_999),
        (b"Sun, 01 Mar 2026 12:01:40 GMT", 100),
        (b"Sunday, 01-Mar-26 12:01:40 GMT", 100),  # RFC 9110, 5.6.7: old forms are understood
        (b"Sun Mar  1 12:01:40 2026", 100),
        (b"Sun, 01 Mar 2026 11:00:00 GMT", 0),
    ],
)
def test_seconds_and_dates_are_understood(header: bytes, seconds: float) -> None:
    assert seconds_asked(503, header, at=AT) == seconds


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"-1",
        b"1.5",
        b"soon",
        b"1234567890",
        b"9" * 5000,
        b"\xb2",
        b"Sun, 99 Foo 2026",
        b"Sun, 01 Mar 99999999999999999999 12:00:00 GMT",
        b"Sun, 01 Mar 2026 12:00:00 +99999999999999",
    ],
)
def test_what_is_neither_was_not_said(header: bytes) -> None:
    assert seconds_asked(503, header, at=AT) is None


@pytest.mark.parametrize(("status", "is_heeded"), [(429, True), (503, True), (500, False),
                                                   (200, False), (301, False)])  # fmt: skip
def test_only_who_is_busy_may_ask(status: int, is_heeded: bool) -> None:  # noqa: FBT001  # a column
    assert (seconds_asked(status, b"7", at=AT) is not None) is is_heeded


@given(st.binary(max_size=60) | st.text("0123456789 :,-GMTSunMar+", max_size=40).map(str.encode))
def test_nothing_that_is_said_does_harm(header: bytes) -> None:
    asked = seconds_asked(429, header, at=AT)

    assert asked is None or asked >= 0
