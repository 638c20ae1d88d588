import attrs
import pytest

from smscore.errors import ConfigurationError
from smscore.structuring import structure
from smscore_telegram import TelegramOptions


def options(**table) -> TelegramOptions:
    return structure(table, TelegramOptions, where="channels.bot")


def test_a_token_is_enough():
    assert options(token="123456:AAH-x_y").base_url == "https://api.telegram.org"


@pytest.mark.parametrize("token", ["", "123456", "AAH", "1:a b", "1:a/../getMe", "1:ä", "1:a\n"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(ConfigurationError, match="@BotFather"):
        options(token=token)


@pytest.mark.parametrize("table", [{}, {"token": "1:a", "token_file": "/run/token"}])
def test_a_bot_has_one_token(table):
    with pytest.raises(ConfigurationError, match="either its token or a token_file"):
        options(**table)


def test_a_relative_token_file_is_refused_since_nobody_knows_where_it_begins():
    with pytest.raises(ConfigurationError, match="begin with a slash"):
        options(token_file="token")


@pytest.mark.parametrize(
    "address",
    [
        "api.telegram.org",
        "ftp://api.telegram.org",
        "https://",
        "https://user:secret@host",
        "https://host/?a=b",
        "https://host/#x",
        "https://host:0",
        "https://host:port",
        "https://ho st",
        "https://hoßt",
    ],
)
def test_what_is_no_plain_address_is_refused(address):
    with pytest.raises(ConfigurationError, match="it is an address such as"):
        options(token="1:a", base_url=address)


@pytest.mark.parametrize("key", ["timeout", "reconnect_delay"])
def test_times_are_more_than_nothing(key):
    with pytest.raises(ConfigurationError, match="more than 0"):
        options(token="1:a", **{key: 0})


def test_texts_have_a_table_of_their_own():
    texts = options(token="1:a", texts={"greeting": "Guten Tag"}).texts

    assert texts == attrs.evolve(texts, greeting="Guten Tag")
    assert texts.button == "Share my number"


@pytest.mark.parametrize("text", ["", " ", "x" * 4097])
def test_a_text_that_telegram_would_refuse_is_refused(text):
    with pytest.raises(ConfigurationError, match="1 to 4096"):
        options(token="1:a", texts={"greeting": text})


def test_a_misspelt_text_is_named():
    with pytest.raises(ConfigurationError, match="greeting"):
        options(token="1:a", texts={"greting": "x"})


def test_a_token_is_read_from_its_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("1:a\n")

    assert options(token_file=str(file)).read_token() == "1:a"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two\nlines", b"x" * 5000])
def test_a_file_without_a_token_is_refused(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match="token_file"):
        options(token_file=str(file)).read_token()
