"""
What rules ask of a message, in both directions, as data that a person can read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from msgspec import Struct

from smscore.domain.inbound import InboundKind
from smscore.domain.messages import Priority, Surface
from smscore.domain.numbers import PhoneNumber, is_country
from smscore.domain.windows import Window
from smscore.errors import InvalidNumber, InvalidRequest

__all__ = ["DEEPEST", "MOST_CONDITIONS", "Condition", "Facts", "asked", "sender_form"]

DEEPEST = 16
"""How deep conditions may be nested."""

MOST_CONDITIONS = 1000
"""How many conditions one rule may hold, those inside of others counted."""


class Facts(Struct, frozen=True, kw_only=True):
    """
    What conditions can see of a message; what a direction does not know is empty.

    ``recipient`` is a number in its normal form, and empty if it is an e-mail address; ``sender``
    is as :func:`sender_form` makes it.
    """

    at: datetime
    text: str
    sender: str = ""
    recipient: str = ""
    account: str = ""
    surface: Surface | None = None
    priority: Priority | None = None
    kind: InboundKind | None = None


@attrs.frozen(kw_only=True)
class Condition:
    """
    Holds if everything does that is given; one that gives nothing always holds.

    Of a list, one has to fit: ``prefixes`` and ``countries`` (ISO 3166) of the recipient, names of
    ``accounts``, ``surfaces``, ``priorities``, ``kinds`` of what arrived, ``time_windows``.
    ``sender`` is compared as a number if it is one, otherwise whatever its case; ``sender_regex``
    is looked for in digits with country code, or in what else the sender is. The text has to
    contain ``message``, to have something that fits ``message_regex``, and ``min_length`` to
    ``max_length`` code points.

    Of the nested conditions all, at least one, and none have to hold.
    """

    prefixes: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    priorities: tuple[Priority, ...] = ()
    kinds: tuple[InboundKind, ...] = ()
    sender: str | None = None
    sender_regex: str | None = None
    message: str | None = None
    message_regex: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    time_windows: tuple[Window, ...] = ()
    all_of: tuple["Condition", ...] = ()
    any_of: tuple["Condition", ...] = ()
    none_of: tuple["Condition", ...] = ()

    def __attrs_post_init__(self) -> None:
        _check_prefixes(self.prefixes)
        _check_countries(self.countries)
        for key in ("sender", "sender_regex", "message", "message_regex"):
            if getattr(self, key) == "":
                raise InvalidRequest(f"{key} is empty; leave it out, or say what to look for")
        _check_lengths(self.min_length, self.max_length)
        if self.depth > DEEPEST:
            raise InvalidRequest(f"conditions are nested more than {DEEPEST} deep; say it flatter")
        if sum(1 for _ in self.every()) > MOST_CONDITIONS:
            raise InvalidRequest(
                f"more than {MOST_CONDITIONS} conditions in one; make several rules"
            )

    @property
    def nested(self) -> tuple["Condition", ...]:
        """The conditions directly inside of this one."""
        return (*self.all_of, *self.any_of, *self.none_of)

    @property
    def depth(self) -> int:
        """How deep conditions are nested; 1 if none are."""
        return 1 + max((one.depth for one in self.nested), default=0)

    def every(self) -> Iterator["Condition"]:
        """This one and all inside of it."""
        yield self
        for one in self.nested:
            yield from one.every()


attrs.resolve_types(Condition)  # it holds itself, and is read from files by its types
_KEYS = tuple(field.name for field in attrs.fields(Condition))


def asked(condition: Condition) -> frozenset[str]:
    """
    The keys with which a condition, or one inside of it, asks for something.

    A direction refuses rules that ask for what it does not know, such as an inbound message's
    priority.
    """
    return frozenset(
        key for one in condition.every() for key in _KEYS if getattr(one, key) not in ((), None)
    )


def sender_form(text: str, *, home: str | None = None) -> str:
    """What conditions compare with: the digits of a number with its country code, or the text."""
    try:
        return PhoneNumber.parse(text, home=home).digits
    except InvalidNumber:
        return text


def _check_prefixes(prefixes: Sequence[str]) -> None:
    for prefix in prefixes:
        # Prefixes are compared with the normal form of a number.
        if not (prefix.isascii() and prefix.removeprefix("+").isdecimal()):
            raise InvalidRequest(f"{prefix!r} is no prefix; write it like '+49'")


def _check_countries(countries: Sequence[str]) -> None:
    for code in countries:
        if not is_country(code):
            raise InvalidRequest(f"{code!r} is no country; write it like 'DE', after ISO 3166")


def _check_lengths(least: int | None, most: int | None) -> None:
    if (least is not None and least < 0) or (most is not None and most < (least or 0)):
        raise InvalidRequest("no text is that long; min_length is 0 or more, max_length not below")
