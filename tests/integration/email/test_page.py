"""
The page about e-mail explains every option of a relay.
"""

import re

import attrs
from pages import page

from smscore_email import EmailOptions

PAGE = page("email.md")


def test_every_option_is_explained() -> None:
    section = PAGE.split("### Options", 1)[1].split("###", 1)[0]
    keys = {
        key
        for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", cell)
    }

    assert keys == {field.name for field in attrs.fields(EmailOptions)} | {"price"}


def test_the_defaults_are_those_of_the_page() -> None:
    section = PAGE.split("### Options", 1)[1].split("###", 1)[0]
    said = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*?) \|$", section, re.MULTILINE))

    for field in attrs.fields(EmailOptions):
        if isinstance(field.default, float):
            assert said[field.name] == f"{field.default:g}", field.name
