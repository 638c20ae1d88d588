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
    decode_json,
    hex_id,
    inbound_id,
    parse_hex_id,
    parse_inbound_id,
    parse_limit,
    parse_message_id,
    utc_seconds,
)

ANY = msgspec.json.Decoder()


class Shape(msgspec.Struct):
    a: str | None = None


SHAPE = msgspec.json.Decoder(Shape)


@given(st.integers(0, 2**63 - 1))
def test_an_id_is_read_as_it_is_written(number):
    assert parse_hex_id(hex_id(number)) == number
    assert parse_message_id(f"msg_{hex_id(number)}") == number
    assert parse_inbound_id(inbound_id(number)) == number


@pytest.mark.parametrize(
    "text", ["", "0" * 15, "0" * 17, "8" + "0" * 15, "A" * 16, "0" * 16 + "\n", " " + "0" * 15]
)
def test_any_other_spelling_is_no_id(text):
    assert parse_hex_id(text) is None
    assert parse_message_id(text) is None
    assert parse_message_id("msg_msg_" + text) is None
    assert parse_inbound_id("in_" + text) is None


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


@pytest.mark.parametrize("start", range(64))
def test_an_over_long_integer_is_found_wherever_it_stands(start):
    body = b" " * start + b'{"unknown":[-' + b"1" * 4301 + b"]}"

    for shape in (ANY, SHAPE):
        with pytest.raises(NotJson):
            decode_json(body, shape)


@pytest.mark.parametrize(
    "value",
    [b"1" * 4300, b'"' + b"1" * 5000 + b'"', b"0." + b"1" * 5000, b"[" + b"123," * 5000 + b"0]"],
    ids=["integer", "string", "fraction", "array"],
)
def test_many_digits_are_no_over_long_integer(value):
    body = b'{"unknown":' + value + b',"a":"x"}'

    assert decode_json(body, SHAPE) == Shape(a="x")
    assert decode_json(body, ANY)["a"] == "x"


def test_a_wrong_type_names_its_field():
    with pytest.raises(WrongShape) as caught:
        decode_json(b'{"a":5}', SHAPE)

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
        ("/api/abc/get_messages", "/api/***/get_messages"),
        ("/api/a\nb/status", "/api/***/status"),
        ("/api/app-version-x/queue", "/api/***/queue"),
        ("/api/app-version", "/api/app-version"),
        ("/api/app-versions", "/api/app-versions"),
        ("/api/messages", "/api/messages"),
        ("/api/download/5", "/api/download/***"),
        ("/download/app.apk", "/download/app.apk"),
        ("/api.php", "/api.php"),
        ("/v1/messages", "/v1/messages"),
        ("/v1/messages/estimate", "/v1/messages/estimate"),
        ("/v1/messages/msg_0123456789abcdef", "/v1/messages/msg_0123456789abcdef"),
        ("/v1/messages/msg_0123456789ABCDEF", "/v1/messages/***"),
        ("/v1/messages/msg_0123456789abcdef\n", "/v1/messages/***"),
        ("/v1/account/callback-secret", "/v1/account/callback-secret"),
        ("/v1/inbound", "/v1/inbound"),
        ("/v1/webhooks", "/v1/webhooks"),
        ("/v1/webhooks/wh_0123456789abcdef", "/v1/webhooks/wh_0123456789abcdef"),
        ("/v1/webhooks/geheim123", "/v1/webhooks/***"),
        ("/v1/webhooks/wh_0123456789abcdef/replay", "/v1/webhooks/wh_0123456789abcdef/replay"),
        (
            "/v1/webhooks/wh_0123456789abcdef/deliveries/whd_0123456789abcdef/replay",
            "/v1/webhooks/wh_0123456789abcdef/deliveries/whd_0123456789abcdef/replay",
        ),
    ],
)
def test_a_known_path_is_shown_without_secrets(path, shown):
    assert public_path(path) == shown


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api.php&username=demo&password=geheim123",
        "/api.php/",
        "/state.php/username/demo/password/geheim123",
        "/api/geheim123",
        "/api/geheim123/",
        "/api/geheim123/queue/",
        "/api/geheim123/queue&limit=1",
        "/api/download/geheim123/queue",
        "/v1/geheim123",
        "/v1/messages/geheim123/x",
        "/v1/webhooks/geheim123/deliveries",
        "/v1/webhooks/wh_0123456789abcdef/geheim123",
        "/v1/webhooks/wh_0123456789abcdef/deliveries/geheim123/replay",
        "/download/geheim123",
        "/x/geheim123",
        "geheim123",
        "//api/geheim123/queue",
    ],
)
def test_nothing_of_an_unknown_path_is_shown(path):
    assert public_path(path) == "(unknown)"
