"""
Requests to the gateway API that nobody has thought of: seeded, so that each can be sent again.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

import attrs

__all__ = ["PATHS", "Odd", "odd_request"]

_METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "BREW")
_NUMBERS = (
    "0170 1111111",
    "+491702222222",
    " 491703333333",
    "00441111",
    "+1234567890",
    "017",
    "٣٣٣",
)
_NAMES = ("anna", "bob", "1", "2", "4", "99", "on-call", "night", "empty", "nobody", " anna ", "ä")
_MODES = ("number", "user", "group", "telnumber", "teluser", "telgroup", "none", "GROUP")
_SWITCHES = ("true", "false", "0", "1", "no", "off", "TRUE", "x", " ", "")
_PATTERNS = (
    *(".", "^49", "^0170", r"\+49", "(", "[", "a{1001}", "(?=x)", r"(x)\1", "(a|aa)+$", "x" * 513),
    *("(?i)x", r"\p{L}", r"\C", "\0", "(((((((((((((((((", "(.*)*(.*)*(.*)*y", "\\"),
)
_KEYS = ("k", "k", "other", "x" * 256, "ü", " ", "a\tb")
_TEXTS = ("Test", "ü" * 1600, "x" * 1601, "48616c6c6f", "fc", "4", "a\0b", "\r\n", "€" * 400, "{}")
_UIDS = ("0000000000000001", "x", "f" * 16, "0" * 5000, "-1", "７" * 16)
_OPTIONS = ("que", "signal", "state", "disk", "none", "que\0", "QUE")
_MALFORMED = (b"%", b"%zz", b"&&==&", b"a=b=c", b";", b"to", b"=", b"&to=%", b"%00=%00", b"?" * 50)
_TYPES = (
    *(b"application/x-www-form-urlencoded", b"application/json", b"text/plain", b"", b"\xff"),
    *(
        b"multipart/form-data",
        b"multipart/form-data; boundary=X",
        b'multipart/form-data; boundary="',
    ),
)

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "to": _NUMBERS + _NAMES,
    "text": _TEXTS,
    "mode": _MODES,
    "telauto": _SWITCHES,
    "hexmode": _SWITCHES,
    "flash": _SWITCHES,
    "ring": _SWITCHES,
    "list": ("white", "black", "purple", "WHITE", ""),
    "regex": _PATTERNS,
    "idempotency_key": _KEYS,
    "uid": _UIDS,
    "option": _OPTIONS,
}
_REQUIRED = {
    "/api.php": ("username", "password", "to", "text"),
    "/check.php": ("option",),
    "/state.php": ("username", "password", "uid"),
}


@attrs.frozen(kw_only=True)
class Odd:
    """One request, as a server hands it on."""

    method: str
    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


def odd_request(source: Random, path: str) -> Odd:
    """A request that may be quite in order, or wrong in one way or in many."""
    return PATHS[path](source, path)


def _form_request(source: Random, path: str) -> Odd:
    usual = ("GET", "POST") if path == "/api.php" else ("GET", "GET", "HEAD")
    method = source.choice(usual if source.random() < 0.9 else _METHODS)
    fields = _fields(source, _REQUIRED[path])
    in_query = [pair for pair in fields if method != "POST" or source.random() < 0.4]
    in_body = [pair for pair in fields if pair not in in_query]
    kind = source.choice(_TYPES) if source.random() < 0.3 else _TYPES[0]
    return Odd(
        method=method,
        path=path,
        query=_encoded(source, in_query),
        headers=((b"content-type", kind), *_more_headers(source)),
        body=_body(source, kind, in_body) if method == "POST" else b"",
    )


def _fields(source: Random, required: Sequence[str]) -> list[tuple[str, str]]:
    optional = source.sample(sorted(_PARAMETERS), source.choice((0, 0, 1, 2, 3, 5)))
    names = [name for name in required if source.random() > 0.03] + optional
    if source.random() < 0.2:
        names.append(source.choice(sorted(_PARAMETERS)))  # a second time, perhaps
    return [(name, _value(source, name)) for name in names]


def _value(source: Random, name: str) -> str:
    if source.random() < 0.03:
        return _noise(source)
    match name:
        case "username":
            return (
                "apiuser" if source.random() < 0.97 else source.choice(("nobody", "\0", "x" * 99))
            )
        case "password":
            return "secret-word" if source.random() < 0.97 else "wrong"
        case "to" if source.random() < 0.5:
            return _NUMBERS[0]
        case "text" if source.random() < 0.5:
            return _TEXTS[0]
        case _:
            return source.choice(_PARAMETERS[name])


def _noise(source: Random) -> str:
    length = source.choice((0, 1, 5, 40, 3000))
    return "".join(chr(source.randrange(0, source.choice((128, 0xD800)))) for _ in range(length))


def _encoded(source: Random, fields: list[tuple[str, str]]) -> bytes:
    safe = "+" if source.random() < 0.1 else ""  # a plus sign that gets lost
    pairs = [f"{name}={quote_from_bytes(_bytes(source, one), safe=safe)}" for name, one in fields]
    encoded = "&".join(pairs).encode()
    if source.random() < 0.1:
        place = source.randrange(len(encoded) + 1)
        encoded = encoded[:place] + source.choice(_MALFORMED) + encoded[place:]
    return encoded


def _bytes(source: Random, value: str) -> bytes:
    encoded = value.encode()
    if source.random() < 0.05:
        return encoded + bytes([source.randrange(128, 256)])  # no UTF-8 any more
    return encoded


def _body(source: Random, kind: bytes, fields: list[tuple[str, str]]) -> bytes:
    if kind.startswith(b"multipart") and source.random() < 0.7:
        parts = [
            b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
            % (name.encode(), _bytes(source, value))
            for name, value in fields
        ]
        return b"".join(parts) + (b"--X--\r\n" if source.random() < 0.8 else b"")
    if source.random() < 0.05:
        return source.randbytes(source.choice((0, 1, 100, 5000)))
    return _encoded(source, fields)


def _more_headers(source: Random) -> tuple[tuple[bytes, bytes], ...]:
    found = []
    if source.random() < 0.1:
        found.append((b"idempotency-key", source.choice((*_KEYS, "")).encode()))
    if source.random() < 0.03:
        found.append((b"content-length", source.choice((b"-1", b"x", b"9" * 30, b"2000000"))))
    return tuple(found)


def _json_request(source: Random, path: str) -> Odd:
    content = _login(source) if path == "/api/signin" else _message(source)
    body = json.dumps(content, ensure_ascii=source.random() < 0.5).encode("utf-8", "replace")
    if source.random() < 0.1:
        body = _damaged(source, body)
    return Odd(
        method="POST" if source.random() < 0.95 else source.choice(_METHODS),
        path=path,
        query=source.choice((b"", b"", b"idempotency_key=k", *_MALFORMED)),
        headers=(*_authorization(source), *_more_headers(source)),
        body=body,
    )


def _login(source: Random) -> Any:
    return _mutated(source, {"username": "apiuser", "password": "secret-word"})


def _message(source: Random) -> Any:
    recipients = [
        _mutated(source, _recipient(source)) for _ in range(source.choice((1, 1, 1, 2, 5)))
    ]
    content = {
        "recipients": recipients,
        "text": source.choice(_TEXTS),
        "provider": source.choice((*["sms"] * 5, "telegram", "automatic", "mail")),
        "type": source.choice((*["default"] * 5, "flash", "ring", "none")),
    }
    return _mutated(source, content)


def _recipient(source: Random) -> dict[str, Any]:
    if source.random() < 0.8:
        return {"to": _NUMBERS[0], "target": "number"}
    target = source.choice(("number", "contact", "contactgroup", "group"))
    return {"to": source.choice(_NUMBERS if target == "number" else _NAMES), "target": target}


def _mutated(source: Random, content: dict[str, Any]) -> Any:
    """Now and then a field is gone, or something else, or all of it is."""
    if source.random() < 0.03:
        return source.choice((None, [], 1, "x", True, {}))
    for name in list(content):
        if source.random() < 0.05:
            del content[name]
        elif source.random() < 0.04:
            strange = (None, "", 1, 10**30, -1, 1.5, True, [], {}, _noise(source), "\ud800")
            content[name] = source.choice(strange)
    return content


def _damaged(source: Random, body: bytes) -> bytes:
    place = source.randrange(len(body) + 1)
    return source.choice(
        (
            body[:place],
            body[:place] + source.randbytes(3) + body[place:],
            b"\xef\xbb\xbf" + body,
            b"[" * 2000,
            b'{"text":' + b"9" * 5000 + b"}",
            body.replace(b":", b":NaN,", 1),
        )
    )


def _authorization(source: Random) -> tuple[tuple[bytes, bytes], ...]:
    if source.random() < 0.9:
        return ((b"authorization", b"Basic " + b64encode(b"apiuser:secret-word")),)
    secrets = (
        b"",
        b"Basic",
        b"Basic \xff",
        b"Basic eA==",
        b"Bearer",
        b"Bearer a.b.c",
        b"\0",
        b"x y z",
    )
    return ((b"authorization", source.choice(secrets)),)


PATHS: Mapping[str, Callable[[Random, str], Odd]] = {
    "/api.php": _form_request,
    "/check.php": _form_request,
    "/state.php": _form_request,
    "/api/signin": _json_request,
    "/api/messages": _json_request,
}
