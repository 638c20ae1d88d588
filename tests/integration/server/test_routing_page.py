"""
The page about routing: its rules are rules, and its commands print what it says.
"""

import shlex

import pytest
import time_machine
from pages import blocks, page, steps

from smscore import GatewayConfig, build
from smscore.testing import FakeTransport, MemoryStore, an_account

PAGE = page("routing.md")
RULES, ARRIVING, PHONES = blocks(PAGE, "toml")


@time_machine.travel("2026-03-02T12:00:00Z")  # a Monday: by night another rule nearly holds
def test_the_commands_of_the_page_print_what_it_says(command, answer, channel, installation):
    answer("account", "create", "shop", "--country", "DE")
    (installation / "rules.toml").write_text(RULES)
    (installation / "phones.toml").write_text(PHONES)
    (installation / "arriving.toml").write_text(ARRIVING)
    answer("group", "add", "--account", "shop", "oncall")
    answer("contact", "add", "--account", "shop", "anna", "--number", "+491701234567")
    answer("group", "join", "--account", "shop", "oncall", "anna")

    for line, printed in steps(PAGE):
        if line == "smscore rules backtest --since 7d":
            for number in ("+33612345678", "+33612345679"):
                answer("send", "--account", "shop", "--to", number, "hi")
        called, _, piped = line.partition(" | ")
        program, *arguments = shlex.split(called)
        result = command(*arguments)
        lines = (result.stderr + result.stdout).splitlines(keepends=True)
        assert program == "smscore"
        # The page shows only how a long answer begins.
        shown = 1 if piped else len(printed.splitlines()) if "plan" in arguments else None
        assert "".join(lines[:shown]) == printed, line
        if "export" in arguments:
            (installation / "old.toml").write_text(result.stdout)


def test_the_rules_for_what_arrives_can_be_applied(command, answer, channel, installation):
    answer("account", "create", "shop", "--country", "DE")
    answer("group", "add", "--account", "shop", "oncall")
    (installation / "arriving.toml").write_text(ARRIVING)

    assert command("rules", "apply", "arriving.toml").stdout == "3 rules in force, revision 1\n"


def test_the_example_in_python_works(capsys: pytest.CaptureFixture[str]):
    (example,) = blocks(PAGE, "python")
    config = GatewayConfig.from_mapping({"plugins": {"enabled": ["policy"]}})

    with build(config, store=MemoryStore(), transports={"a": FakeTransport(name="a")}) as gateway:
        gateway.store.run(lambda work: work.accounts.add(an_account(name="shop"))).result()
        exec(example, {"gateway": gateway})

    assert capsys.readouterr().out == "1 ['quiet']\nquiet phones/shop\n"
