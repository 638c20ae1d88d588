"""
The words by which people say that they want no messages, want them again, or need help.
"""

import enum
import unicodedata
from collections.abc import Iterable, Mapping

from smscore.errors import InvalidRequest

__all__ = ["HEEDED", "HELP_WORDS", "START_WORDS", "STOP_WORDS", "Keyword", "Keywords"]

_LONGEST = 40  # characters of a word
_LONGEST_TEXT = 1000  # with what does not count, such as fifty exclamation marks


class Keyword(enum.StrEnum):
    """What somebody wants."""

    STOP = "stop"
    START = "start"
    HELP = "help"


HEEDED: Mapping[Keyword, str] = {
    Keyword.STOP: "message.opted_out",
    Keyword.START: "message.opted_in",
    Keyword.HELP: "message.helped",
}
"""What the story of a message tells that was a word to us, and met no rule."""

# Those that carriers prescribe, and what people write in other languages. A word that answers
# ordinary questions, such as YES, is none of them: nobody could ask any more.
STOP_WORDS = (
    *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE", "REMOVE"),
    *("STOPP", "ABMELDEN", "ABBESTELLEN"),
    *("ARRET", "ARRETE", "ARRETER", "DESABONNER"),
    *("BAJA", "PARAR"),
    *("DISISCRIVI", "CANCELLAMI"),
    *("AFMELDEN", "SAIR", "WYPISZ"),
)
START_WORDS = (
    *("START", "UNSTOP", "OPTIN", "SUBSCRIBE"),
    *("ANMELDEN", "ALTA", "ISCRIVIMI", "AANMELDEN"),
)
HELP_WORDS = ("HELP", "INFO", "HILFE", "AIDE", "AYUDA", "AIUTO", "AJUDA")


class Keywords:
    """
    All words, compared by their letters and digits alone.

    Case, width, accents, blanks and punctuation do not matter; a word among others is none. STOP,
    START and HELP are always understood.

    Raises:
        InvalidRequest: a word has no letters, is too long, or means two things.
    """

    def __init__(
        self,
        *,
        stop: Iterable[str] = STOP_WORDS,
        start: Iterable[str] = START_WORDS,
        help: Iterable[str] = HELP_WORDS,  # noqa: A002  # that is its name
    ) -> None:
        self._known = {one.value: one for one in Keyword}
        for keyword, words in (
            (Keyword.STOP, stop),
            (Keyword.START, start),
            (Keyword.HELP, help),
        ):
            for word in words:
                self._add(word, keyword)

    def recognise(self, text: str) -> Keyword | None:
        """What a whole text says; None: it is no keyword."""
        return self._known.get(_letters(text)) if len(text) <= _LONGEST_TEXT else None

    def _add(self, word: str, keyword: Keyword) -> None:
        letters = _letters(word)
        if not letters or len(word) > _LONGEST:
            raise InvalidRequest(
                f"{word[:50]!r} is no keyword; it is 1 to {_LONGEST} characters with letters"
            )
        if self._known.setdefault(letters, keyword) is not keyword:
            raise InvalidRequest(f"{word!r} cannot mean {keyword} and {self._known[letters]}")


def _letters(text: str) -> str:
    """What remains of a text when nothing counts but which letters and digits it has."""
    # Case is folded twice: what it makes of a letter may have to be taken apart again (UAX 15).
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join([one for one in plain if one.isalnum()])
