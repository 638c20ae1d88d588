"""
Whatever is secret stays out of the log, whichever way it comes.
"""

import base64
import io
import json
import logging
import re
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore import GatewayConfig
from smscore_server._logging import JsonLines, TextLines, _Lines
from smscore_server._scrubbing import Scrubber
from smscore_server._secrets import secrets_of

HEX = "0123456789abcdef"
URL_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


@attrs.frozen
class Options:
    """What a library shows of its options."""

    username: str
    password: str


class Custom:
    """An object that shows what it knows."""

    def __init__(self, word: str) -> None:
        self._word = word

    def __repr__(self) -> str:
        return f"<Custom {self._word}>"


def deep(word):
    try:
        try:
            raise ValueError(f"cannot log in with {word}")
        except ValueError as cause:
            raise RuntimeError("it failed") from cause
    except RuntimeError as fault:
        return fault


# Each says what to log about a word: message, arguments, and what goes with them.
ANYWHERE = {
    "argument": lambda word: ("got %s", (word,), {}),
    "message": lambda word: (f"got {word} !", (), {}),
    "repr": lambda word: ("got %r", (word,), {}),
    "octets": lambda word: ("got %r", (word.encode(errors="replace"),), {}),
    "in a list": lambda word: ("got %s", ([word, 1],), {}),
    "in a mapping": lambda word: ("got %s", ({"k": word},), {}),
    "object": lambda word: ("got %s", (Custom(word),), {}),
    "JSON": lambda word: ("%s", (json.dumps({"k": word}),), {}),
    "JSON of any script": lambda word: ("%s", (json.dumps([word], ensure_ascii=False),), {}),
    "address": lambda word: ("GET /x?k=%s&y=1", (quote(word, safe=""),), {}),
    "path": lambda word: ("GET /x/%s/y", (quote(word),), {}),
    "form": lambda word: ("k=%s", (quote_plus(word),), {}),
    "exception": lambda word: ("it failed", (), {"exc_info": deep(word)}),
    "extra": lambda word: ("got it", (), {"extra": {"word": word}}),
    "object as extra": lambda word: ("got it", (), {"extra": {"word": Custom(word)}}),
    "mapping as extra": lambda word: ("got it", (), {"extra": {"word": {"k": [word]}}}),
    "id": lambda word: ("channel %s is down", (word,), {}),
    "wrong template": lambda word: ("got %d", (word,), {}),
    "too many arguments": lambda word: ("got", (word,), {}),
}


def written(scrubber, formatter, log):
    """What a stream gets, read back by whoever reads JSON, too."""
    stream = io.StringIO()
    handler = _Lines(stream)
    handler.setFormatter(formatter(scrubber))
    logger = logging.Logger("some.library")  # noqa: LOG001  # one that no other handler hears
    logger.addHandler(handler)
    message, arguments, more = log
    logger.warning(message, *arguments, **more)
    text = stream.getvalue()
    assert text.endswith("\n")
    if formatter is JsonLines:
        read = json.loads(text)
        text += "".join(f"{key} {value}\n" for key, value in read.items())
    return text


# A beginning of its own, or "time" might be a secret.
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=30).map(
    "Zq{}".format
)
formatters = st.sampled_from([TextLines, JsonLines])


@given(word=words, way=st.sampled_from(sorted(ANYWHERE)), formatter=formatters)
def test_a_secret_that_is_known_never_appears(word, way, formatter):
    text = written(Scrubber(secrets=[word]), formatter, ANYWHERE[way](word))

    assert word not in text
    for spelled in {repr(word)[1:-1], json.dumps(word)[1:-1], quote(word, safe="")}:
        assert spelled not in text


@given(word=words, way=st.sampled_from(sorted(ANYWHERE)), formatter=formatters)
def test_a_secret_of_the_request_never_appears_while_it_is_answered(word, way, formatter):
    scrubber = Scrubber(passing=lambda: (word,))

    assert word not in written(scrubber, formatter, ANYWHERE[way](word))


@pytest.mark.parametrize("way", ANYWHERE)
def test_what_is_no_secret_appears(way):
    if way in ("wrong template", "too many arguments"):
        return
    assert "Zqabc" in written(Scrubber(), TextLines, ANYWHERE[way]("Zqabc")) or "extra" in way
    assert "Zqabc" in written(Scrubber(), JsonLines, ANYWHERE[way]("Zqabc"))


NAMED = {
    "query": lambda name, word: urlencode({"a": "1", name: word, "b": "2"}),
    "attrs": lambda _, word: repr(Options(username="anna", password=word)),
    "mapping": lambda name, word: repr({"a": 1, name: word}),
    "JSON": lambda name, word: json.dumps({"a": 1, name: word}),
    "cut off": lambda name, word: json.dumps({"a": 1, name: word})[:-2],
    "cut off in Python": lambda name, word: f"Options({name}='{word}",
    "headers": lambda _, word: repr([(b"authorization", f"Bearer {word}".encode())]),
    "header": lambda _, word: f"Authorization: Basic {word}",
    "cookie": lambda _, word: f"Cookie: session={word}; theme=dark",
    "login of an address": lambda _, word: f"https://anna:{quote(word, safe='')}@example.org/x",
}
names = st.sampled_from(["password", "token", "secret", "api_key", "client_secret", "Password"])


@given(
    word=st.text(URL_SAFE + " !$%,;", min_size=1, max_size=40).map("Zq{}9x".format),
    name=names,
    shape=st.sampled_from(sorted(NAMED)),
    way=st.sampled_from(["argument", "message", "exception", "extra", "object"]),
    formatter=formatters,
)
def test_what_is_called_a_secret_never_appears(word, name, shape, way, formatter):
    said = NAMED[shape](name, word)
    text = written(Scrubber(), formatter, ANYWHERE[way](said))

    assert word not in text
    assert quote_plus(word) not in text


LOOKS = {
    "queue token": st.text(HEX, min_size=64, max_size=64),
    "key": st.text(URL_SAFE, min_size=20, max_size=43).map("sk_{}".format),
    "webhook secret": st.binary(min_size=32, max_size=32).map(
        lambda octets: f"whsec_{base64.b64encode(octets).decode()}"
    ),
    "bot": st.text(URL_SAFE, min_size=35, max_size=35).map("123456789:{}".format),
    "session": st.text(URL_SAFE, min_size=10, max_size=40).map("eyJhbGciOiJI.{}".format),
    "hash": st.text(URL_SAFE, min_size=10, max_size=40).map("$argon2id$v=19$m=1,t=1${}".format),
}


@given(
    word=st.one_of(*LOOKS.values()),
    way=st.sampled_from(["argument", "message", "in a list", "exception", "extra", "address"]),
    formatter=formatters,
)
def test_what_looks_like_a_secret_never_appears(word, way, formatter):
    text = written(Scrubber(), formatter, ANYWHERE[way](word))

    assert word not in text
    assert word[-8:] not in text


@pytest.mark.parametrize("formatter", [TextLines, JsonLines])
@pytest.mark.parametrize("number", ["+491701234567", "00491701234567", 491701234567])
def test_numbers_are_shortened_also_where_they_are_fields(formatter, number):
    text = written(Scrubber(), formatter, ("to %s", (number,), {"extra": {"to": number}}))

    assert "1234567" not in text


def record(level, message):
    return logging.LogRecord("x", level, __file__, 1, message, (), None)


@pytest.mark.parametrize(
    ("level", "shows_texts", "is_told"),
    [
        (logging.DEBUG, True, True),
        (logging.DEBUG, False, False),
        (logging.INFO, True, False),
        (logging.INFO, False, False),
    ],
)
def test_texts_of_messages_are_details_for_whoever_wants_them(level, *, shows_texts, is_told):
    formatter = TextLines(Scrubber(shows_texts=shows_texts))
    for said in ("POST /x?text=Meet+me&to=1", '{"chat": 1, "text": "Meet me"}'):
        assert ("Meet" in formatter.format(record(level, said))) is is_told


@pytest.mark.parametrize(
    "line",
    [
        "channel modem-1: the SIM wants its PIN: 3 tries are left",
        "message 0123456789012345 is delivered at the server",
        "GET /api/***/queue 200 1.5 ms",
        "Basic settings are read; the token is 12 characters too short",
        "0.0.0.0:8080 answers at 12:30:45 for https://sms.example.org/api",
    ],
)
def test_what_is_no_secret_stays_readable(line):
    assert Scrubber(secrets=["1234"]).clean(line, is_detail=False) == line


def test_the_configuration_knows_its_secrets(tmp_path: Path):
    (tmp_path / "token").write_text("agents-word\n")
    (tmp_path / "smscore.key").write_bytes(bytes(range(32)))
    (tmp_path / "pass").write_text("db.example:5432:sms:sms:database-word\n")
    config = GatewayConfig.from_mapping(
        {
            "store": {"url": f"postgresql://db.example/sms?passfile={tmp_path}/pass"},
            "channels": {
                "m": {"transport": "modem", "pin": "1234", "port": "/dev/x"},
                "b": {"transport": "telegram", "token": "123456:bots-word"},
            },
            "agent": {"token_file": "token"},
            "alerts": {
                "receivers": {
                    "ops": {"url": "https://h.example/hook/0123456789abcdef0?k=receivers-word"}
                }
            },
        },
        directory=tmp_path,
    )
    scrubber = Scrubber(secrets=secrets_of(config))

    secrets = ["1234", "123456:bots-word", "agents-word", "database-word", "receivers-word"]
    secrets += ["0123456789abcdef0", bytes(range(32)).hex()]
    text = scrubber.clean(f"<{'> <'.join(secrets)}> modem h.example", is_detail=True)

    assert not any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text) for one in secrets)
    assert text.endswith("modem h.example")
