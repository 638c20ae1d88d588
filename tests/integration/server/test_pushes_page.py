"""
The page about pushes: its rules can be applied, and its receiver understands what is posted.
"""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from pages import blocks, page

from smscore.domain.destinations import HttpCall, IsmsPush
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId
from smscore.domain.pushes import isms_form
from smscore.rulebook import read_rulebook

PAGE = page("pushes.md")
MESSAGE = InboundMessage(
    id=MessageId(1),
    account=None,
    channel="modem-1",
    sender="+919845346160",
    text="3 < 4 €",
    received_at=datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC),
)


def block(language):
    (found,) = blocks(PAGE, language)
    return found


def test_the_rules_of_the_page_can_be_applied(command, installation):
    (installation / "rules.toml").write_text(block("toml"))

    assert command("rules", "apply", "rules.toml").stdout == "2 rules in force, revision 1\n"
    kinds = [type(one.destinations[0]) for one in read_rulebook(Path("rules.toml")).inbound]
    assert kinds == [HttpCall, IsmsPush]
    assert "push-word" not in command("rules", "history").output


def test_a_plan_shows_no_password_and_an_export_does(command, installation):
    file = installation / "rules.toml"
    file.write_text(block("toml"))

    assert "push-word" not in command("rules", "plan", "rules.toml").output
    command("rules", "apply", "rules.toml")
    exported = command("rules", "export").stdout
    assert 'password = "push-word"' in exported
    file.write_text(exported)
    assert "nothing would change" in command("rules", "plan", "rules.toml").output


def test_check_says_that_nobody_makes_the_calls(command, installation):
    (installation / "rules.toml").write_text(block("toml"))
    assert command("rules", "apply", "rules.toml").exit_code == 0
    config = installation / "smscore.toml"
    few = "[plugins]\nenabled = ['sqlmodel', 'identity', 'policy']\n"
    config.write_text(config.read_text().replace("[plugins]\n", few))

    said = json.loads(command("check", "--json", "--wait", "0.3").stdout)["findings"]

    assert [(one["verdict"], one["detail"]) for one in said if one["subject"] == "pushes"] == [
        ("wrong", "rules call 2 receivers, and no plugin does it: pushes wait")
    ]


@pytest.mark.parametrize(("text", "word"), [("3 < 4 €", "ACCEPTED"), (" ", "NOT ACCEPTED")])
def test_the_receiver_of_the_page_answers(text, word):
    push = IsmsPush(url="http://10.0.0.9/", username="monitor", password="push-word")
    form = isms_form(push, MESSAGE, text=text, zone="Europe/Berlin")

    answer = subprocess.run(
        [sys.executable, "-c", block("python")],
        input=form,
        env={**os.environ, "CONTENT_LENGTH": str(len(form))},
        stdout=subprocess.PIPE,
        check=True,
    )

    assert answer.stdout == f"Content-Type: text/plain\n\n{word}\n".encode()


def test_the_document_of_the_page_is_what_is_posted():
    push = IsmsPush(url="http://10.0.0.9/")

    form = isms_form(push, attrs.evolve(MESSAGE), text="3 < 4 €", zone="Europe/Berlin")

    escaped = re.sub(rb"%(..)", lambda found: bytes.fromhex(found[1].decode()), form)
    lines = escaped.removeprefix(b"XMLDATA=").decode("ascii")
    assert lines == block("xml").replace("\n", "\r\n")
