"""
Taking out of a line what must not stay in a file: secrets, texts, the ends of numbers.

Secrets are known in two ways. Those of the configuration, and of the request that is being
answered, are looked for as they are, in whatever spelling; all others by how they look, or by the
name in front of them.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "Scrubber"]

MASK = "***"

_SHORTEST = 4  # characters; what is shorter is in every other word
_SHORT = 8  # up to here only whole words are taken for the secret: a PIN is in many an id

_NAMED = (
    r"(?:[a-z]+[_-])*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|idempotency_key|"
    r"pin|puk|authorization|cookie)"
)
_TEXTS = r"text|message|caption|content"
_QUOTED = r"b?\"(?:[^\"\\]|\\.)*\"|b?'(?:[^'\\]|\\.)*'"


_CUT_OFF = r"b?[\"'][^\r\n]*"  # a quotation without an end: all of the line is taken for it


def _after(names: str) -> re.Pattern[str]:
    """What is said behind one of the names: of a form or call, of a mapping."""
    return re.compile(
        rf"(?P<kept>\b(?:{names})=(?=[^\s&])|b?[\"'](?:{names})[\"']\s*[:,]\s*(?=b?[\"']))"
        rf"(?:{_QUOTED}|{_CUT_OFF}|[^&\s\"']+)",
        re.IGNORECASE,
    )


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_Looks = tuple[tuple[str, ...], re.Pattern[str]]
"""What a line must hold, in lower case, for a pattern to be worth a try: most hold none of it."""

_LOOKS: tuple[_Looks, ...] = (
    (
        ("bearer ", "basic ", "authorization:", "cookie:"),
        _like(
            r"(?P<kept>\bBearer )\S+"
            r"|(?P<basic>\bBasic )(?-i:(?=[a-z]*[A-Z0-9+/=])[A-Za-z0-9+/=]{4,})"
            r"|(?P<header>\b(?:proxy-)?authorization: ?|\b(?:set-)?cookie: ?)[^\r\n\"']+"
        ),
    ),
    # Provider keys, webhook secrets.
    (("sk_", "whsec_"), _like(r"\b(?:sk|whsec)_[A-Za-z0-9_+/=%-]{8,}")),
    (("://",), _like(r"(?P<kept>://)[^/\s:@]*:[^/\s@]+(?=@)")),
    # Sessions.
    (("eyj",), _like(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]{8,}")),
    # Hashes of passwords.
    (
        ("$argon2", "%24argon2", "$2", "%242"),
        _like(r"(?:\$|%24)(?:argon2|2[aby](?:\$|%24))[^\s\"'&]+"),
    ),
    (("pin", "puk"), _like(r"(?P<kept>CPIN=\W*|\bp[iu][nk]\W{1,4})[0-9]{4,8}\b")),
    # Queue tokens, tokens of bots.
    (
        ("",),
        re.compile(
            r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])"
            r"|(?<![0-9])[0-9]{6,10}(?::|%3[Aa])[A-Za-z0-9_-]{20,}"
        ),
    ),
)
_SECRET_NAMED, _ALL_NAMED = _after(_NAMED), _after(f"{_NAMED}|{_TEXTS}")
# Message ids are 16 hex digits and must survive, even those without a letter.
_NUMBERS = re.compile(r"(?<![\w.])(\+?[0-9]{5})[0-9]{3,10}(?![\w.])")

_KEPT = ("kept", "basic", "header")


class Scrubber:
    """
    Scrubs whatever is said. ``secrets`` are known from the beginning, ``passing`` are asked for
    each time; ``shows_texts`` lets texts of messages stay in lines below the level of INFO.
    """

    def __init__(
        self,
        *,
        secrets: Iterable[str] = (),
        passing: Callable[[], Iterable[str]] = tuple,
        shows_texts: bool = False,
    ) -> None:
        self._known = _spelled(secrets)
        self._passing = passing
        self._shows_texts = shows_texts

    def clean(self, text: str, *, is_detail: bool) -> str:
        """The text without what must not be told; a detail keeps its numbers."""
        if len(text) < _SHORTEST:
            return text
        for spelled in (self._known, _of_request(tuple(self._passing()))):
            text = _without(spelled, text)
        if "=" in text or '"' in text or "'" in text:
            names = _SECRET_NAMED if is_detail and self._shows_texts else _ALL_NAMED
            text = names.sub(_blacken, text)
        lowered = text.lower()
        for signs, pattern in _LOOKS:
            if any(sign in lowered for sign in signs):
                text = pattern.sub(_blacken, text)
        return text if is_detail else _NUMBERS.sub(r"\1…", text)


def _spelled(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets in every spelling, the longest first."""
    spelled = {one for secret in secrets for one in _spellings(secret) if len(one) >= _SHORTEST}
    return tuple(sorted(spelled, key=len, reverse=True))


# Clients log in with the same again and again.
_of_request = lru_cache(maxsize=256)(_spelled)


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        if secret not in text:
            continue
        if len(secret) > _SHORT:
            text = text.replace(secret, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text


def _spellings(secret: str) -> Iterator[str]:
    """As it is, and as it is written in URLs, in JSON, in Python."""
    yield secret
    if secret.isalnum() and secret.isascii():
        return
    safe = secret.encode(errors="replace").decode()
    yield from (quote(safe), quote(safe, safe=""), quote_plus(safe))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (repr(secret)[1:-1], repr(safe.encode())[2:-1], ascii(secret)[1:-1])


def _blacken(found: re.Match[str]) -> str:
    kept = found.groupdict()
    return f"{next((kept[one] for one in _KEPT if kept.get(one)), '')}{MASK}"
