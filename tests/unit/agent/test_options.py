import pytest

from smscore.errors import ConfigurationError
from smscore.structuring import structure
from smscore_agent import AgentOptions, token_reader

SERVER = "https://gateway.example/api"


def options(**table) -> AgentOptions:
    return structure({"server": SERVER, **table}, AgentOptions, where="agent")


def test_a_server_is_enough():
    assert options().device is None


@pytest.mark.parametrize(
    "server",
    [
        "gateway.example/api",
        "ftp://gateway.example",
        "https://user:secret@gateway.example/api",
        "https://gateway.example/api?x=1",
        "https://gateway.example/api?",
        "https://gateway.example/api#",
        "https://gateway.example/a pi",
        "https://[::1/api",
    ],
)
def test_what_is_no_address_is_refused(server: str):
    with pytest.raises(ConfigurationError, match="it is an address such as"):
        options(server=server)


@pytest.mark.parametrize("device", ["", "sixteen letters.", "a\nb"])
def test_a_device_has_at_most_fifteen_characters(device: str):
    with pytest.raises(ConfigurationError, match="1 to 15 characters"):
        options(device=device)


@pytest.mark.parametrize(
    "table",
    [
        {"batch": 0},
        {"batch": 201},
        {"poll_every": 0},
        {"delivery_patience": -1},
        {"timeout": float("nan")},
        {"reconnect_delay": 0},
    ],
)
def test_a_number_out_of_its_range_is_refused(table):
    with pytest.raises(ConfigurationError, match=r"^\[agent\] \w+ must be between"):
        options(**table)


def test_an_account_has_a_name():
    with pytest.raises(ConfigurationError, match="account cannot be"):
        options(account="a/b")


def test_a_misspelt_key_is_named():
    with pytest.raises(ConfigurationError, match="did you mean 'poll_every'"):
        options(pol_every=3)


def test_the_token_is_read_anew_each_time(tmp_path):
    file = tmp_path / "token"
    file.write_text("one\n")
    read = token_reader(file=file, given=None)
    assert read() == "one"

    file.write_text("two\n")

    assert read() == "two"


def test_a_token_may_be_given(tmp_path):
    assert token_reader(file=None, given=" one ")() == "one"


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff", b"x" * 2000])
def test_what_is_no_token_stays_out_of_the_complaint(tmp_path, content: bytes):
    file = tmp_path / "token"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match="holds no token") as refused:
        token_reader(file=file, given=None)()

    assert "two" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        token_reader(file=tmp_path / "token", given=None)()


def test_there_is_one_token():
    with pytest.raises(ConfigurationError, match="SMSCORE_AGENT_TOKEN"):
        token_reader(file=None, given=None)
