"""
The page about the app for phones: its commands and calls say what the page says.
"""

import json
import re
import shlex
from pathlib import Path

import httpx2
import pytest
from apks import an_apk
from pages import page, steps

PAGE = page("apps.md")
GATEWAY = "http://gateway:8080"
# Archives hold times, and their lengths depend on who deflates.
_VARIES = re.compile(
    r"(?<=[^0-9a-f])[0-9a-f]{64}(?=[^0-9a-f])|\b\d{4}-\d\d-\d\dT[\d:]+|(?<=[sS]ize\":)\d+"
)


@pytest.fixture
def masked(installation: Path):
    def masked(printed: str) -> str:
        printed = re.sub(r"(?<= )(\d{4})(?= )|(?<=size {10})\d+", "…", printed)
        return _VARIES.sub("…", printed.replace(str(installation), "/srv/sms")).strip()

    return masked


def test_the_commands_of_the_page_print_what_it_says(command, start, installation: Path, masked):
    for code, version in ((4, "1.1"), (5, "1.2")):
        (installation / f"phone-{version}.apk").write_bytes(an_apk(code=code, version=version))
    url = json.loads(start("serve", "--port", "0", "--json").line())["url"]

    for line, printed in steps(PAGE):
        program, *arguments = shlex.split(line)
        if program == "curl":
            said = httpx2.get(arguments[-1].replace(GATEWAY, url)).text.replace(url, GATEWAY)
        else:
            result = command(*arguments)
            said = result.stderr + result.stdout
        assert masked(said) == masked(printed), line
