"""
What a mail says: its subject, the text of its body, and what a machine has to know of it.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

import attrs

from smscore.errors import InvalidRequest, MessageTooLong
from smscore_smtp._html import text_of_html

__all__ = ["Mail", "read_mail"]

_NEWLINE = re.compile("\r\n|\r")
_BLANKS = re.compile(r"[ \t\r\n]+")
_SIGNATURE = re.compile(r"^-- $", re.MULTILINE)
_AUTOMATIC = frozenset({"bulk", "junk", "list"})
_DEEPEST = 50  # parts within parts; nobody writes more than five
# More than that would only keep a processor busy: the parser takes its time for each line.
_MOST_LINES = 250_000  # ten megabytes of base64 have 130 000
_LONGEST_HEADER = 10_000  # characters that are read of one
_LARGEST_TEXT = 1_000_000  # octets; a page may hold pictures
# The library looks through all of such a header for each of its parameters.
_PARAMETERS = re.compile(
    rb"^content-(?:type|disposition):[^\n]*+(?:\n[ \t][^\n]*+)*+", re.IGNORECASE | re.MULTILINE
)
_LONGEST_PARAMETERS = 4000  # octets
_MOST_PARAMETERS = 100
_MOST_WITH_PARAMETERS = 2000  # headers: each part has two
# What Python can read besides, as slowly as it likes, is no charset of a mail.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


@attrs.frozen(kw_only=True)
class Mail:
    """
    A mail as somebody would read it.

    ``sender``, ``message_id`` and ``date`` may be empty. ``is_automatic`` is one that no person
    wrote, which nobody should answer (RFC 3834, 2).
    """

    subject: str
    body: str
    attachments: int = 0
    sender: str = ""  # of the header From
    message_id: str = ""
    date: str = ""
    is_automatic: bool = False


def read_mail(content: bytes) -> Mail:
    """
    The mail in the octets.

    Text is preferred to HTML where a mail has both; what is attached is counted and left alone. A
    signature (RFC 3676, 4.3) is cut off, a quotation stays.

    Raises:
        InvalidRequest: it has too many lines, its parts are in one another too deep, or its headers
            make no sense or have no end.
        MessageTooLong: it has a text that nobody would send.
    """
    if (lines := content.count(b"\n")) > _MOST_LINES:
        raise InvalidRequest(f"the mail has {lines} lines, at most {_MOST_LINES} allowed")
    _check_parameters(content)
    try:
        return _mail(message_from_bytes(content, policy=compat32))
    except RecursionError as cause:
        raise InvalidRequest("the parts of the mail are in one another too deep") from cause
    except ValueError as cause:  # the library's, of parameters with null characters and the like
        raise InvalidRequest(f"the mail cannot be read: {cause}") from cause


def _check_parameters(content: bytes) -> None:
    for place, found in enumerate(_PARAMETERS.finditer(content)):
        header = found[0]
        if len(header) > _LONGEST_PARAMETERS or header.count(b";") > _MOST_PARAMETERS:
            raise InvalidRequest("the mail cannot be read: a header has too many parameters")
        if place >= _MOST_WITH_PARAMETERS:
            raise InvalidRequest("the mail cannot be read: it has too many parts")


def _mail(parsed: Message) -> Mail:
    texts, attachments = _texts(parsed)
    return Mail(
        subject=_BLANKS.sub(" ", _header(parsed, "Subject")).strip(),
        body="\n".join(text for text in map(_tidy, texts) if text),
        attachments=attachments,
        sender=_sender(parsed),
        message_id=_header(parsed, "Message-ID").strip(),
        date=_header(parsed, "Date").strip(),
        is_automatic=_is_automatic(parsed),
    )


def _texts(parsed: Message) -> tuple[list[str], int]:
    """The texts to be read, and how many other parts there are."""
    texts, attachments = [], 0
    for part in _leaves(parsed, depth=0):
        if _is_text(part):
            texts.append(_text_of(part))
        else:
            attachments += 1
    return texts, attachments


def _leaves(part: Message, *, depth: int) -> Iterator[Message]:
    """The parts that hold something, of alternatives only the one that suits."""
    if depth > _DEEPEST:
        raise InvalidRequest(f"the parts of the mail are more than {_DEEPEST} deep in one another")
    # A mail within a mail is an attachment, whatever it holds.
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    children = [child for child in part.get_payload() if isinstance(child, Message)]
    if part.get_content_type() == "multipart/alternative":
        children = _chosen(children)
    for child in children:
        yield from _leaves(child, depth=depth + 1)


def _chosen(alternatives: list[Message]) -> list[Message]:
    """RFC 2046, 5.1.4: the last one is the best; none is better for us than plain text."""
    plain = [one for one in alternatives if one.get_content_type() == "text/plain"]
    if plain and _text_of(plain[0]).strip():
        return plain[:1]
    return [one for one in alternatives if _may_be_read(one)][-1:] or alternatives[-1:]


def _may_be_read(part: Message) -> bool:
    return part.get_content_type() == "text/html" or part.is_multipart()


def _is_text(part: Message) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return False
    return part.get_content_type() in {"text/plain", "text/html"}


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    octets = payload if isinstance(payload, bytes) else b""
    if len(octets) > _LARGEST_TEXT:
        raise MessageTooLong(f"a text has {len(octets)} octets, at most {_LARGEST_TEXT} allowed")
    text = _decoded(octets, part.get_content_charset())
    text = _NEWLINE.sub("\n", text)
    if part.get_content_type() == "text/html":
        return text_of_html(text)
    if str(part.get_param("format", "")).lower() == "flowed":
        return _reflowed(text, is_joined=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _decoded(octets: bytes, charset: str | None) -> str:
    """Mailers call windows-1252 by the name of ISO-8859-1, and UTF-8 by no name at all."""
    if charset in {"iso-8859-1", "latin-1", "latin1"}:
        charset = "windows-1252"
    for name in (charset or "utf-8", "utf-8"):
        try:
            if codecs.lookup(name).name not in _NO_CHARSETS:
                return octets.decode(name)
        except (LookupError, ValueError):  # ValueError: also a name with a null character
            continue
    return octets.decode("windows-1252", "replace")


def _reflowed(text: str, *, is_joined: bool) -> str:
    """Paragraphs of RFC 3676, 4.1 to 4.5, each on one line again."""
    pieces: list[str] = []
    for line in text.split("\n"):
        unstuffed = line.removeprefix(" ")
        if unstuffed.endswith(" ") and unstuffed != "-- " and not unstuffed.startswith(">"):
            pieces.append(unstuffed[:-1] if is_joined else unstuffed)
        else:
            pieces += (unstuffed, "\n")
    return "".join(pieces).removesuffix("\n")


def _tidy(text: str) -> str:
    signature = _SIGNATURE.search(text)
    text = text[: signature.start()] if signature else text
    # Not by an expression, for which each blank may be the first one of a line's last.
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")


def _header(parsed: Message, name: str) -> str:
    """A header with its encoded words (RFC 2047) read; what cannot be read stays as it is."""
    text = _unescaped(_raw_header(parsed, name))
    try:
        pieces = decode_header(text)
    except (HeaderParseError, binascii.Error, ValueError):
        return text
    return "".join(_piece(piece, charset) for piece, charset in pieces)


def _piece(piece: str | bytes, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if charset is None:  # what stood between encoded words, written by the library in its own way
        return piece.decode("raw-unicode-escape", "replace")
    return _decoded(piece, charset)


def _raw_header(parsed: Message, name: str) -> str:
    """As it came, octets beyond ASCII as surrogates; `get` would make an object of those."""
    found = (value for key, value in parsed.raw_items() if key.lower() == name.lower())
    return str(next(found, ""))[:_LONGEST_HEADER]


def _unescaped(text: str) -> str:
    """RFC 6532: headers may be UTF-8."""
    return _decoded(text.encode("utf-8", "surrogateescape"), None)


def _sender(parsed: Message) -> str:
    """Who wrote it, if that is one person."""
    try:
        found = getaddresses([_raw_header(parsed, "From")])
    except RecursionError:  # one parenthesis within the other
        return ""
    addresses = [address for _, address in found if address]
    return _unescaped(addresses[0]) if len(addresses) == 1 and "@" in addresses[0] else ""


def _is_automatic(parsed: Message) -> bool:
    submitted = _header(parsed, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _header(parsed, "Precedence").strip().lower()
    return submitted not in {"", "no"} or precedence in _AUTOMATIC
