"""
Named faults: what can be wrong with a virtual modem, its SIM and its network, and how.
"""

import enum
import math
from collections.abc import Mapping
from typing import Self

import attrs

from smscore.structuring import nearest
from smscore_modem.simulator._settings import Refusal

__all__ = ["Cure", "Fault", "How", "Point"]

_MOST_DIGITS = 9


class Fault(enum.StrEnum):
    """
    What can happen; :class:`How` says when, how often and in which way.

    =========================== ==================================================================
    ``silent``                  it neither obeys nor answers any more
    ``garbage``                 it obeys, but what it says is noise
    ``half_a_line``             its next line stops in the middle, then it is silent
    ``slow``                    each answer takes ``delay`` seconds longer (1)
    ``late_reference``          a reference comes ``delay`` seconds late (130)
    ``no_reference``            a message is sent, and answered by ``OK`` without a reference
    ``no_answer``               a message is sent, and not answered at all
    ``report_before_reference`` the reference waits until the report has come
    ``refuses``                 refuses messages, or what ``command`` names, with an error of
                                ``cms`` or ``cme``, or without a number
    ``interrupts``              says ``text`` in between (``RING``)
    ``unplugged``               the port vanishes, and is back after ``delay`` seconds (0.2)
    ``renamed``                 the same, and it comes back under another name
    ``restarts``                it was off for a moment, with its port still there
    ``boot_chatter``            says what it says after switching on
    ``forgot_settings``         everything a client can set is as after switching on
    ``text_mode``               it shows and takes texts, as another program left it (``+CMGF: 1``)
    ``lost_routing``            nothing is announced any more: ``+CNMI`` is back at 0
    ``unannounced``             what arrives is kept, and nobody is told
    ``lost_centre``             the number of the service centre is gone
    ``pin``                     the SIM asks for its PIN, or for ``pin`` (1234)
    ``puk``                     the SIM is blocked and asks for its PUK, 12345678
    ``no_sim``                  there is no SIM
    ``sim_busy``                the SIM is busy
    ``sim_failed``              the SIM has failed, until the radio was off
    ``store_full``              all memories are full of messages that have been read
    ``no_registration``         no network takes it in; ``state`` as in ``+CREG`` (2)
    ``weak_signal``             it hardly hears the network; ``state`` as in ``+CSQ`` (99)
    ``reports_lost``            delivery reports get lost
    ``reports_twice``           delivery reports come twice
    =========================== ==================================================================
    """

    SILENT = "silent"
    GARBAGE = "garbage"
    HALF_A_LINE = "half_a_line"
    SLOW = "slow"
    LATE_REFERENCE = "late_reference"
    NO_REFERENCE = "no_reference"
    NO_ANSWER = "no_answer"
    REPORT_BEFORE_REFERENCE = "report_before_reference"
    REFUSES = "refuses"
    INTERRUPTS = "interrupts"
    UNPLUGGED = "unplugged"
    RENAMED = "renamed"
    RESTARTS = "restarts"
    BOOT_CHATTER = "boot_chatter"
    FORGOT_SETTINGS = "forgot_settings"
    TEXT_MODE = "text_mode"
    LOST_ROUTING = "lost_routing"
    UNANNOUNCED = "unannounced"
    LOST_CENTRE = "lost_centre"
    PIN = "pin"
    PUK = "puk"
    NO_SIM = "no_sim"
    SIM_BUSY = "sim_busy"
    SIM_FAILED = "sim_failed"
    STORE_FULL = "store_full"
    NO_REGISTRATION = "no_registration"
    WEAK_SIGNAL = "weak_signal"
    REPORTS_LOST = "reports_lost"
    REPORTS_TWICE = "reports_twice"

    @classmethod
    def parse(cls, text: str) -> "tuple[Fault, How]":
        """
        A fault as it is written on one line: ``refuses cms=21 times=2``.

        Raises:
            ValueError: there is no such fault, or no such word about it.
        """
        name, *words = text.replace("-", "_").split() or [""]
        if name not in list(cls):
            raise ValueError(f"no fault is called {name!r}{nearest(name, list(cls))}")
        pairs = (word.partition("=")[::2] for word in words)
        return cls(name), How.of({key: value.replace("_", " ") for key, value in pairs})


class Point(enum.StrEnum):
    """
    When a fault begins; also ``+CMGL`` and the like, when that command comes.

    ============= ===========================================================================
    ``now``       at once
    ``prompt``    a message has been announced, and the client has no prompt yet
    ``pdu``       the modem has the PDU, the network does not
    ``taken``     the network has the message, the client has no reference
    ``reference`` the client has the reference
    ``part``      the same, and more parts of the message are going to follow
    ``line``      between two lines of an answer
    ============= ===========================================================================
    """

    NOW = "now"
    PROMPT = "prompt"
    PDU = "pdu"
    TAKEN = "taken"
    REFERENCE = "reference"
    PART = "part"
    LINE = "line"


class Cure(enum.StrEnum):
    """
    What ends a fault early.

    ============ ==================================================
    ``settings`` ``ATZ`` and ``AT&F``
    ``operator`` ``AT+COPS``
    ``radio``    off and on by ``AT+CFUN``; does the former as well
    ``power``    does all of them
    ============ ==================================================
    """

    SETTINGS = "settings"
    OPERATOR = "operator"
    RADIO = "radio"
    POWER = "power"

    def includes(self, other: "Cure") -> bool:
        """Whether it also helps against what the other one does."""
        is_radio = self is Cure.RADIO and other is Cure.OPERATOR
        return self in (other, Cure.POWER) or is_radio


def _count(given: object) -> int | None:
    if given is None:
        return None
    if not str(given).isdecimal() or len(str(given)) > _MOST_DIGITS:
        raise ValueError(f"a whole number from 0 is wanted, not {str(given)[:80]!r}")
    return int(str(given))


def _seconds(given: object) -> float | None:
    if given is None:
        return None
    seconds = float(str(given))
    if not 0 <= seconds < math.inf:  # nor is it no number at all
        raise ValueError(f"a fault has no {given} seconds")
    return seconds


def _point(given: object) -> str:
    text = str(given)
    if not text.startswith(("+", "^")) and text not in list(Point):
        raise ValueError(f"nothing begins at {text!r}{nearest(text, list(Point))}")
    return text.upper() if text.startswith(("+", "^")) else text


def _skip(given: object) -> int:
    return _count(given) or 0


def _command(given: object) -> str:
    return str(given).upper()


def _cure(given: object) -> Cure | None:
    if given is None:
        return None
    if given not in list(Cure):
        raise ValueError(f"nothing is cured by {given!r}{nearest(str(given), list(Cure))}")
    return Cure(str(given))


@attrs.frozen(kw_only=True)
class How:
    """
    When a fault begins, how long it stays, and what it is like. Numbers may be given as text.

    It ends after ``commands`` command lines, that in which it began among them, after having shown
    ``times`` times, after ``seconds``, or by a ``cure``; without any of them, when it is ended.
    """

    at: str = attrs.field(default=Point.NOW, converter=_point)
    skip: int = attrs.field(default=0, converter=_skip)
    """So many times that point passes before."""
    commands: int | None = attrs.field(default=None, converter=_count)
    times: int | None = attrs.field(default=None, converter=_count)
    seconds: float | None = attrs.field(default=None, converter=_seconds)
    cure: Cure | None = attrs.field(default=None, converter=_cure)
    cms: int | None = attrs.field(default=None, converter=_count)
    cme: int | None = attrs.field(default=None, converter=_count)
    command: str = attrs.field(default="+CMGS", converter=_command)
    delay: float | None = attrs.field(default=None, converter=_seconds)
    state: int | None = attrs.field(default=None, converter=_count)
    text: str = attrs.field(default="RING", converter=str)
    pin: str = attrs.field(default="1234", converter=str)

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """
        The same by the names of the fields, with a complaint about those that do not exist.

        Raises:
            ValueError: there is no such field, or the value does not fit.
        """
        known = [field.name for field in attrs.fields(cls)]
        for name in given:
            if name not in known:
                raise ValueError(f"a fault has no {name!r}{nearest(name, known)}")
        return cls(**given)

    @property
    def refusal(self) -> Refusal:
        """The error that ``refuses`` answers with."""
        if self.cms is not None:
            return Refusal("CMS", self.cms)
        return Refusal("CME", self.cme) if self.cme is not None else Refusal()
