"""
The page about consent: the words and the settings that it shows are those there are.
"""

import re
import shlex
import tomllib

import pytest
from pages import blocks, page, steps

from smscore import GatewayConfig, build
from smscore.domain.keywords import HELP_WORDS, START_WORDS, STOP_WORDS
from smscore.testing import MemoryStore, PlainAuthenticator

PAGE = page("consent.md")


def test_the_page_lists_the_words_that_are_understood():
    rows = re.findall(r"^\| (?:no more|messages again|help).*? \| (.*) \|$", PAGE, re.MULTILINE)

    listed = [tuple(re.findall("[A-Z]+", row)) for row in rows]
    assert listed == [STOP_WORDS, START_WORDS, HELP_WORDS]


def test_the_settings_of_the_page_are_settings():
    (example,) = blocks(PAGE, "toml")

    consent = GatewayConfig.from_mapping(tomllib.loads(example)).consent
    assert consent.stop == ("UNSUBSCRIBE", "STOPP", "no more ads")
    assert consent.account == "shop"


def timeless(text: str) -> str:
    """What is printed, whenever that is."""
    return re.sub(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ| \d\d:\d\d UTC)", "then", text)


def test_the_commands_of_the_page_print_what_it_says(command, answer, channel):
    answer("account", "create", "shop", "--country", "DE")

    for line, printed in steps(PAGE):
        program, *arguments = shlex.split(line)
        result = command(*arguments)
        assert program == "smscore"
        assert timeless(result.stderr + result.stdout) == timeless(printed), line


def test_the_example_in_python_works(capsys: pytest.CaptureFixture[str]):
    (example,) = blocks(PAGE, "python")
    config = GatewayConfig.from_mapping({"plugins": {"enabled": []}})

    store = MemoryStore()
    with build(config, store=store, authenticator=PlainAuthenticator(store)) as gateway:
        gateway.administration.create_account("shop", home_country="DE")
        exec(example, {"gateway": gateway})

    assert capsys.readouterr().out == "opted_out called us\n"
