"""
The page about security: what it says is open is, and nothing else; files have the modes it names.
"""

import json
import re
import stat

import httpx2
from pages import page

PAGE = page("security.md")
OPEN = PAGE.partition("**Open to everybody")[2].partition("\n\nIf that is more")[0]
FILES = PAGE.partition("## Files\n")[2].partition("\n## ")[0]


def rows(table: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_without_a_login_nothing_is_answered_but_what_the_page_names(running_server):
    named = {path for first, _ in rows(OPEN) for path in re.findall(r"`(.*?)`", first)}
    with httpx2.Client(base_url=running_server.url) as client:
        paths = client.get("/openapi.json").json()["paths"]
        answered = {
            path
            for path, methods in [*paths.items(), ("/openapi.json", ["get"]), ("/docs", ["get"])]
            for method in methods
            if method in ("get", "post", "put", "patch", "delete")
            # Of the app nothing was published.
            and client.request(method, re.sub(r"\{.*?\}", "1", path), json={}).status_code
            in (200, 404)
            and "{token}" not in path
        }

    assert answered == named


def test_files_have_the_modes_that_the_page_names(installation, start, answer, channel):
    server = start("serve", "--port", "0", "--json")
    json.loads(server.line())
    answer("account", "create", "shop")
    answer("backup", "copy")
    found = {path.name: f"{stat.S_IMODE(path.stat().st_mode):o}" for path in installation.iterdir()}

    told = {name: mode for names, mode, _ in rows(FILES) for name in re.findall(r"`(.*?)`", names)}
    for name, mode in told.items():
        if mode == "600":
            assert found[name] == mode, name
    assert found["copy"] == "700"
    modes = {f"{stat.S_IMODE(one.stat().st_mode):o}" for one in (installation / "copy").iterdir()}
    assert modes == {"600"}
    private = {name for name, mode in found.items() if mode == "600"}
    assert private <= told.keys()
