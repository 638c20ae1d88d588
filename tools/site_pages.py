"""
What the site of the documentation shows of what lies outside docs/.

Pages link to files of the repository, and README.md is the first page of all: whatever is linked
from one of them becomes part of the site, under its path in the repository. The site is as if docs/
were laid over the rest of the tree, so links are written anew that lead in or out of it. Links are
looked for as they are written, in examples too; one that leads nowhere is left to the build, which
warns.
"""

import re
from collections.abc import Iterator
from os.path import normpath, relpath
from pathlib import Path
from typing import Any

from properdocs.config.defaults import ProperDocsConfig
from properdocs.structure.files import File, Files

__all__ = ["linked", "on_files", "on_page_markdown", "with_links_of_the_site"]

_ROOT = Path(__file__).parents[1]
_DOCS = "docs/"
_FIRST = "README.md"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|[#/])([^)#\s]+)")


def on_files(files: Files, config: ProperDocsConfig, **_: Any) -> Files:
    """Add README.md and what it and the other pages link to, and what those do."""
    waiting = [_FIRST, *(_DOCS + page.src_uri for page in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith(_DOCS):
            files.append(_outside(path, config))
        found = {one for one in linked(path) if (_ROOT / one).is_file()} - seen
        waiting.extend(found)
        seen |= found
    return files


def linked(path: str) -> Iterator[str]:
    """The paths in the repository of what a page links to; nothing for other files."""
    if path.endswith(".md"):
        text = (_ROOT / path).read_text("utf-8")
        for link in _LINK.findall(text):
            yield _target(path, link)


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The links of one page, as they lead within the site."""
    place = page.file.src_uri
    inside = (_ROOT / _DOCS / place).exists()
    return with_links_of_the_site(markdown, path=_DOCS + place if inside else place)


def with_links_of_the_site(markdown: str, *, path: str) -> str:
    """A page of the repository with its links written anew."""
    here = Path(path.removeprefix(_DOCS)).parent

    def anew(link: re.Match[str]) -> str:
        target = _target(path, link[1])
        return relpath(target.removeprefix(_DOCS), here) if (_ROOT / target).is_file() else link[1]

    return _LINK.sub(anew, markdown)


def _outside(path: str, config: ProperDocsConfig) -> File:
    return File(path, str(_ROOT), config.site_dir, config.use_directory_urls)


def _target(path: str, link: str) -> str:
    return normpath(Path(path).parent / link)
