"""
What a reader would see of a page of HTML, as plain text.

The standard library's parser takes minutes for some pages of a hundred kilobytes, and whoever may
send a mail can send those. This one looks at each character a bounded number of times.
"""

import re
from html import unescape

__all__ = ["text_of_html"]

_UNSEEN = frozenset({"script", "style", "title"})
_PARAGRAPHS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p"})
_BLOCKS = _PARAGRAPHS.union(
    {"address", "article", "blockquote", "body", "br", "dd", "div", "dl", "dt", "footer", "form"},
    {"header", "hr", "li", "main", "ol", "pre", "section", "table", "tr", "ul"},
)
_CELLS = frozenset({"td", "th"})

# A tag with its attributes, whose values may hold a `>` between quotes. Nothing is taken back once
# it is matched, so that a tag without an end is given up at once.
_TAG = re.compile(r"</?[a-z][a-z0-9]*+(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>", re.IGNORECASE)
_BEGIN_OF_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)", re.IGNORECASE)
_LONGEST_TAG = 1000  # characters in which its end is looked for with an eye to quotes
_ENDS = {tag: re.compile(rf"</{tag}(?![a-z0-9])", re.IGNORECASE) for tag in _UNSEEN}
# Those of HTML: a no-break space is none of them, and stays.
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_FAR_BEYOND_UNICODE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")


def text_of_html(page: str) -> str:
    """
    Each block on lines of its own, paragraphs apart, nothing of scripts, styles and addresses.

    Never fails: where HTML is broken, what can be read of it is the text.
    """
    text = _Text()
    place = 0
    while (begin := page.find("<", place)) >= 0:
        text.add(page[place:begin])
        place = _after_markup(page, begin, text)
    text.add(page[place:])
    return str(text)


def _after_markup(page: str, begin: int, text: "_Text") -> int:
    """Note what the tag at a place means for the text, and return where reading goes on."""
    if page.startswith("<!--", begin):
        return _behind(page, "-->", begin + 4)
    if page.startswith(("<!", "<?"), begin):
        return _behind(page, ">", begin)
    tag = _BEGIN_OF_TAG.match(page, begin)
    if tag is None:
        text.add("<")
        return begin + 1
    whole = _TAG.match(page, begin, begin + _LONGEST_TAG)
    end = whole.end() if whole else _behind(page, ">", begin)  # a quote in it may never end
    name = tag[2].lower()
    if name in _UNSEEN and not tag[1]:
        unseen = _ENDS[name].search(page, end)
        return len(page) if unseen is None else _behind(page, ">", unseen.end())
    text.mark(name, is_end=bool(tag[1]))
    return end


def _behind(page: str, end: str, place: int) -> int:
    found = page.find(end, place)
    return len(page) if found < 0 else found + len(end)


class _Text:
    """Gathers text; line ends stand for blocks alone, for those of the source mean nothing."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._ends = 2  # line ends behind which the text goes on
        self._is_apart = True  # whether a blank would be too many

    def add(self, source: str) -> None:
        text = unescape(_FAR_BEYOND_UNICODE.sub("\ufffd", _BLANKS.sub(" ", source)))
        self._append(text.lstrip(" ") if self._is_apart else text)

    def mark(self, tag: str, *, is_end: bool) -> None:
        if tag in _CELLS and not is_end and not self._is_apart:
            self._append(" ")
        elif tag == "br":
            self._end_lines(self._ends + 1)
        elif tag in _BLOCKS:
            self._end_lines(2 if tag in _PARAGRAPHS else 1)
            if tag == "li" and not is_end:
                self._append("- ")

    def _append(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._ends = 0
            self._is_apart = text.endswith(" ")

    def _end_lines(self, wanted: int) -> None:
        if wanted > self._ends:
            self._pieces.append("\n" * (wanted - self._ends))
            self._ends, self._is_apart = wanted, True

    def __str__(self) -> str:
        lines = [line.strip(" ") for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
