"""
The page about consent: the words and the settings that it shows are those there are.
"""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from smscore import GatewayConfig, build
from smscore.domain.keywords import HELP_WORDS, START_WORDS, STOP_WORDS
from smscore.testing import MemoryStore, PlainAuthenticator

PAGE = (Path(__file__).parents[3] / "docs/consent.md").read_text("utf-8")


def test_the_page_lists_the_words_that_are_understood():
    rows = re.findall(r"^\| (?:no more|messages again|help).*? \| (.*) \|$", PAGE, re.MULTILINE)

    listed = [tuple(re.findall("[A-Z]+", row)) for row in rows]
    assert listed == [STOP_WORDS, START_WORDS, HELP_WORDS]


def test_the_settings_of_the_page_are_settings():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    consent = GatewayConfig.from_mapping(tomllib.loads(example)).consent
    assert consent.stop == ("UNSUBSCRIBE", "STOPP", "no more ads")
    assert consent.account == "shop"


def steps() -> list[tuple[str, str]]:
    """Each command and what it prints."""
    sessions = "".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL))
    return re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", sessions, re.MULTILINE)


def timeless(text: str) -> str:
    """What is printed, whenever that is."""
    return re.sub(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ| \d\d:\d\d UTC)", "then", text)


def test_the_commands_of_the_page_print_what_it_says(command, answer, channel):
    answer("account", "create", "shop", "--country", "DE")

    for line, printed in steps():
        program, *arguments = shlex.split(line)
        result = command(*arguments)
        assert program == "smscore"
        assert timeless(result.stderr + result.stdout) == timeless(printed), line


def test_the_example_in_python_works(capsys: pytest.CaptureFixture[str]):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    config = GatewayConfig.from_mapping({"plugins": {"enabled": []}})

    store = MemoryStore()
    with build(config, store=store, authenticator=PlainAuthenticator(store)) as gateway:
        gateway.administration.create_account("shop", home_country="DE")
        exec(example, {"gateway": gateway})

    assert capsys.readouterr().out == "opted_out called us\n"
