"""
The page about e-mail: its examples run, its tables are complete.
"""

import json
import re
import tomllib

import attrs
from pages import blocks, page

from smscore_smtp import Client, SmtpOptions, options_of

PAGE = page("email.md")
LISTENS = ("127.0.0.1", 2525)


def table(heading: str) -> dict[str, str]:
    """The keys of a table, with what its last column says."""
    section = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `(.*?)` \|.*\| *(.*?) *\|$", section, re.MULTILINE))


def test_every_key_is_explained():
    assert table("key of `[smtp]`").keys() == {one.name for one in attrs.fields(SmtpOptions)}
    assert table("key of `[[smtp.clients]]`").keys() == {one.name for one in attrs.fields(Client)}


def test_the_defaults_are_those_of_the_page():
    said = table("key of `[smtp]`")
    for field in attrs.fields(SmtpOptions):
        if isinstance(field.default, (bool, int, float, str)) and field.name != "separator":
            word = str(field.default).removesuffix(".0").lower()
            assert said[field.name] == f"`{word}`", field.name


def test_the_tables_of_the_page_are_a_configuration():
    content = tomllib.loads("".join(blocks(PAGE, "toml")[:2]))

    assert options_of(content["smtp"]).inboxes == {"inbox@sms.example.org": "shop"}


def test_the_mail_of_the_page_becomes_a_message(installation, channel, answer, start):
    config = installation / "smscore.toml"
    config.write_text(
        config.read_text()
        + "".join(blocks(PAGE, "toml")[:2]).replace(
            'domains = ["sms.example.org"]', 'domains = ["sms.example.org"]\nport = 0'
        )
    )
    answer("account", "create", "shop", "--country", "DE")
    server = start("serve", "--port", "0", "--json")
    host, _, port = json.loads(server.line())["smtp"].rpartition(":")
    mailer = next(one for one in blocks(PAGE, "python") if "smtplib" in one)
    place = f'"{LISTENS[0]}", {LISTENS[1]}'
    assert place in mailer

    exec(mailer.replace(place, f'"{host}", {port}'), {})  # what the page says

    (found,) = answer("messages", "list")
    assert (found["to"], found["via"]) == ("+491701234567", "email")


def test_the_embedded_door_opens(capsys):
    exec(next(one for one in blocks(PAGE, "python") if "SmtpDoor" in one), {})  # what the page says

    assert "127.0.0.1" in capsys.readouterr().out
