"""
The page about data protection: its commands run as they stand.
"""

import shlex

from pages import blocks, page

PAGE = page("data-protection.md")


def test_the_commands_of_the_page_run(answer, command, channel):
    answer("account", "create", "shop", "--credits", "5")
    answer("send", "--account", "shop", "--to", "+491701234567", "hello")

    for example in blocks(PAGE, "sh"):
        program, *arguments = shlex.split(example)
        assert program == "smscore"
        assert command(*arguments).exit_code == 0, example

    assert answer("messages") == []


def test_a_number_is_read_as_the_page_shows_it(answer, command, channel):
    answer("account", "create", "shop")
    answer("contact", "add", "anna", "--account", "shop", "--number", "+491701234567")
    for _ in range(2):
        answer("send", "--account", "shop", "--to", "+491701234567", "hello")

    (shown,) = blocks(PAGE, "console")
    asked, *told = shown.splitlines()
    program, *arguments = shlex.split(asked.removeprefix("$ ").partition(" <")[0])

    result = command(*arguments, stdin="+491701234567\n")
    assert (program, result.stdout.splitlines()[: len(told)]) == ("smscore", told)
