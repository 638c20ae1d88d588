"""
What the surfaces share on the wire.
"""

from datetime import datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_http._access import public_path
from smscore_http._wire import (
    NotJson,
    WrongShape,
    clean,
    decode_json,
    hex_id,
    parse_hex_id,
    parse_limit,
    parse_message_id,
    utc_seconds,
)

ANY = msgspec.json.Decoder()


class Shape(msgspec.Struct):
    a: str | None = None


@given(st.integers(0, 2**63 - 1))
def test_an_id_is_read_as_it_is_written(number):
    assert parse_hex_id(hex_id(number)) == number
    assert parse_message_id(f"msg_{hex_id(number)}") == number


@pytest.mark.parametrize(
    "text", ["", "0" * 15, "0" * 17, "8" + "0" * 15, "A" * 16, "0" * 16 + "\n", " " + "0" * 15]
)
def test_any_other_spelling_is_no_id(text):
    assert parse_hex_id(text) is None
    assert parse_message_id(text) is None
    assert parse_message_id("msg_msg_" + text) is None


@given(st.text(alphabet=st.characters(codec=None), max_size=50))
def test_a_clean_text_can_be_stored_and_is_not_cleaned_again(text):
    cleaned = clean(text)

    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert clean(cleaned) == cleaned


@given(st.text())
def test_a_good_text_is_left_as_it_is(text):
    good = text.replace("\0", "")

    assert clean(good) == good


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\ud83db", "a\ufffdb"),
        ("c\ude00d", "c\ufffdd"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_half_a_surrogate_pair_is_replaced(text, cleaned):
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "limit"),
    [("", 20), ("5", 5), ("0", 1), ("-3", 1), ("201", 200), ("1e2", 20), ("9" * 10_000, 200)],
)
def test_a_limit_is_clamped(text, limit):
    assert parse_limit(text, default=20, most=200) == limit


@given(st.binary(max_size=100))
def test_any_bytes_are_json_or_not(body):
    try:
        decode_json(body, ANY)
    except NotJson:
        return


@pytest.mark.parametrize(
    "body",
    [b"", b"NaN", b"-Infinity", b"[1,]", b"[" * 200_000, b"1" * 5000, b"{'a':1}", b"\xff"],
    ids=lambda body: body[:10],
)
def test_what_is_not_json_is_said_so(body):
    with pytest.raises(NotJson):
        decode_json(body, ANY)


def test_a_wrong_type_names_its_field():
    with pytest.raises(WrongShape) as caught:
        decode_json(b'{"a":5}', msgspec.json.Decoder(Shape))

    assert caught.value.field == "a"


def test_a_broken_text_is_mended_inside_of_any_json():
    content = decode_json(b'\xef\xbb\xbf{"k\\ud800":["\xff",{"x":1.5}]}', ANY)

    assert content == {"k\ufffd": ["\ufffd", {"x": 1.5}]}


def test_a_time_is_shown_in_utc_without_fractions():
    at = datetime(2026, 3, 1, 1, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=2)))

    assert utc_seconds(at) == "2026-02-28T23:02:03Z"
    assert utc_seconds(None) is None


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/abc/queue", "/api/***/queue"),
        ("/api/abc", "/api/***"),
        ("/sms/api/abc/status", "/sms/api/***/status"),
        ("/api/app-version", "/api/app-version"),
        ("/api/app-versions", "/api/app-versions"),
        ("/api/app-version-x/queue", "/api/***/queue"),
        ("/api/download/5", "/api/download/5"),
        ("/api/messages", "/api/messages"),
        ("/v1/messages/msg_0123456789abcdef", "/v1/messages/msg_0123456789abcdef"),
        ("/" + "0a" * 32, "/***"),
        ("/v1/sk_Abc-123_x", "/v1/***"),
        ("/a\nb\u2028ü", "/a?b??"),
    ],
)
def test_a_path_is_shown_without_secrets(path, shown):
    assert public_path(path) == shown
