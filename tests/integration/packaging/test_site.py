"""
The site of the documentation: it is whole, stays by itself, and shows what the pages say.
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import attrs
import pytest

HERE = "http://site"


@attrs.define
class Page(HTMLParser):
    """What one page holds that has to be right."""

    ids: set[str] = attrs.Factory(set)
    links: list[str] = attrs.Factory(list)
    loaded: list[str] = attrs.Factory(list)
    paragraphs: list[str] = attrs.Factory(list)
    _open: bool = False

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.ids.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loaded.extend(given[key] for key in ("src", "href") if tag != "a" and key in given)
        if tag == "p":
            self.paragraphs.append("")
            self._open = True

    def handle_data(self, data: str) -> None:
        if self._open:
            self.paragraphs[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "p"


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as ``make docs`` builds it."""
    pytest.importorskip("properdocs", reason="a tool of developers, which the wheel's tests lack")
    directory = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "properdocs", "build", "--strict", "--site-dir", directory],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return directory


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Each page by its path."""
    pages = {}
    for file in sorted(site.rglob("*.html")):
        page = Page()
        page.feed(file.read_text("utf-8"))
        pages["/" + str(file.relative_to(site)).removesuffix("index.html")] = page
    return pages


def test_every_link_of_the_site_leads_somewhere(site: Path, pages: dict[str, Page]):
    dead = []
    for path, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(HERE + path, link))
            if target.netloc != "site":
                continue
            there = pages.get(target.path)
            known = there is not None or (site / unquote(target.path[1:])).is_file()
            if not known or (there and target.fragment and target.fragment not in there.ids):
                dead.append(f"{path}: {link}")

    assert len(pages) > 20
    assert not dead, "\n".join(dead)


def test_links_out_of_the_folder_of_pages_stay_on_the_site(pages: dict[str, Page]):
    assert "../clients/typescript/#webhooks" in pages["/webhooks/"].links
    assert "concepts/" in pages["/"].links


def test_a_page_loads_nothing_from_elsewhere(pages: dict[str, Page]):
    foreign = {
        (path, one)
        for path, page in pages.items()
        for one in page.loaded
        if urlsplit(urljoin(HERE + path, one)).netloc != "site"
    }

    assert not foreign


def test_what_is_written_as_a_list_or_a_table_is_shown_as_one(pages: dict[str, Page]):
    flat = [
        f"{path}: {line}"
        for path, page in pages.items()
        for text in page.paragraphs
        for line in text.splitlines()
        if re.match(r"\s*(?:[-*] |1\. |\|.*\|$|```)", line)
    ]

    assert not flat, "\n".join(["put an empty line before it:", *flat])
