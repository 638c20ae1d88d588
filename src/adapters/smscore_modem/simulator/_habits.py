"""
A virtual modem's habits: what it answers otherwise than the tables of commands, and when.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._faults import Cure, Fault
from smscore_modem.simulator._life import State
from smscore_modem.simulator._personality import GENERIC, Answer, Personality
from smscore_modem.simulator._settings import Final, Refusal

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = [
    "OF_MESSAGES",
    "delay_of",
    "filled",
    "in_own_numbers",
    "is_one_of",
    "obey",
    "sim_refusal",
]

# Refused with the words of +CMS, and until the modem is ready for messages.
OF_MESSAGES = frozenset(
    {"+CMGS", "+CMGW", "+CMSS", "+CMGL", "+CMGR", "+CMGD", "+CMGF", "+CPMS", "+CNMI", "+CSCA"}
    | {"+CSMS", "+CSMP", "+CMMS", "+CNMA"}
)
# Answered even while the modem asks to wait after the radio was switched on.
_WITHOUT_RADIO = frozenset({"+CMEE", "+CGMI", "+CGMM", "+CGMR", "+CGSN", "+CFUN"})
# Answered while the SIM is locked, but not without any.
_OF_THE_CARD = frozenset({"+CPIN", "+CPINR", "+CCID", "+CSIM"})
_SLOWNESS = 1.0
_MINUTE = 60.0


def delay_of(modem: "VirtualModem", calls: Iterable[Call]) -> float:
    """Seconds until a command line is obeyed."""
    answers = [answer for call in calls if (answer := _own_answer(modem.personality, call))]
    own = max((answer.delay for answer in answers), default=0.0)
    slow = modem.faults.shows(Fault.SLOW)
    if slow is None:
        return own
    return own + (_SLOWNESS if slow.delay is None else slow.delay)


def obey(modem: "VirtualModem", call: Call) -> Iterable[str]:
    """
    Obey one command in the modem's own way; the lines of its answer.

    Raises:
        Refusal: it is not known, or not possible now.
        Final: it ends in a way of its own.
    """
    personality = modem.personality
    _note_typed(modem, call)
    if call.name != "+CMGS" and (how := modem.faults.shows(Fault.REFUSES, command=call.name)):
        raise how.refusal
    if (answer := _own_answer(personality, call)) is not None:
        yield from _lines(modem, answer)
        if answer.result != "OK":
            raise Final(answer.result)
    elif is_one_of(call, personality.resets):
        modem.power_cycle()
    else:
        _refuse(modem, call)
        end = "\r" if is_one_of(call, personality.extra_returns) else ""
        for line in _identity(modem, call) or _obey_table(modem, call):
            yield f"{line}{end}"
    if is_one_of(call, personality.unfinished):
        raise Final("")


def is_one_of(call: Call, patterns: Iterable[str]) -> bool:
    """Whether a command is meant by one of the expressions."""
    typed = f"{call.name}{call.operation}{call.text}".upper()
    return any(re.fullmatch(pattern, typed) for pattern in patterns)


def sim_refusal(modem: "VirtualModem", *, is_message: bool) -> Refusal | None:
    """Why the SIM cannot be used now (27.005, 3.2.5; 27.007, 9.2)."""
    if modem.has_card and modem.sim.is_locked:
        cms, cme = (311, 11) if modem.sim.tries_left else (316, 12)
    elif (codes := _card_refusal(modem)) is not None:
        cms, cme = codes
    else:
        return None
    return Refusal("CMS", cms) if is_message else Refusal("CME", cme)


def _card_refusal(modem: "VirtualModem") -> tuple[int, int] | None:
    """The codes of +CMS and +CME for a card that does not answer."""
    if Fault.NO_SIM in modem.faults:
        return 310, 10
    if Fault.SIM_FAILED in modem.faults:
        return 313, 13
    if State.SIM_BUSY in modem.life or modem.faults.shows(Fault.SIM_BUSY):
        return 314, 14
    return None


def filled(modem: "VirtualModem", line: str) -> str:
    """A line of a personality, with what it names filled in."""
    return line.format(
        pin_tries=modem.sim.tries_left,
        puk_tries=modem.sim.puk_tries_left,
        pin_state=modem.sim.state,
        iccid=modem.sim.iccid,
        imei=modem.imei,
    )


def _note_typed(modem: "VirtualModem", call: Call) -> None:
    """What a command means for the rest of the modem, even if it is refused."""
    if is_one_of(call, (modem.personality.chatter_ends,)):
        modem.is_chatty = False
    if is_one_of(call, (modem.personality.unannounced_until,)):
        modem.reception.is_mute = False


def in_own_numbers(modem: "VirtualModem", refusal: Refusal) -> Refusal:
    """The same refusal, as modems of this kind number it."""
    own = dict(modem.personality.error_numbers).get(refusal.code)
    if refusal.family != "CMS" or own is None:
        return refusal
    return Refusal("CMS", own)


def _own_answer(personality: Personality, call: Call) -> Answer | None:
    return next((one for one in personality.answers if is_one_of(call, (one.command,))), None)


def _lines(modem: "VirtualModem", answer: Answer) -> Iterable[str]:
    return (filled(modem, line) for line in answer.lines)


def _refuse(modem: "VirtualModem", call: Call) -> None:
    personality = modem.personality
    is_without_sim = len(call.name) == 1 or call.name in ("+CPIN", "+CMEE")
    if personality.only_pin_while_locked and modem.sim.is_locked and not is_without_sim:
        raise Refusal("CME", 11)
    if (
        State.RADIO_BUSY in modem.life
        and call.name.startswith("+")
        and call.name not in _WITHOUT_RADIO
    ):
        raise Refusal("CME", 515)
    if call.name in _OF_THE_CARD and (codes := _card_refusal(modem)) is not None:
        raise Refusal("CME", codes[1])
    if State.STARTING in modem.life and call.name in OF_MESSAGES:
        raise Final(personality.not_ready)
    if call.name == "+CNMI" and call.operation == "=" and not _is_possible(personality, call):
        raise Refusal("CMS", 302)


def _is_possible(personality: Personality, call: Call) -> bool:
    """Whether a modem of this kind routes like that."""
    pairs = zip(call.arguments, personality.routing, strict=False)
    return all(not given or given in map(str, possible) for given, possible in pairs)


def _identity(modem: "VirtualModem", call: Call) -> tuple[str, ...]:
    """What it says of itself, where the tables of commands know only the usual."""
    personality = modem.personality
    if call.name == "I" and personality is not GENERIC:
        return (
            f"Manufacturer: {personality.manufacturer}",
            f"Model: {personality.model}",
            f"Revision: {personality.revision}",
            f"IMEI: {modem.imei}",
        )
    if not call.operation:
        own = {
            "+CGMI": personality.manufacturer,
            "+CGMM": personality.model,
            "+CGMR": personality.revision,
            "+GCAP": f"+GCAP: {personality.capabilities}",
        }
        return (own[call.name],) if call.name in own else ()
    return _ranges(personality, call) if call.operation == "=?" else ()


def _ranges(personality: Personality, call: Call) -> tuple[str, ...]:
    if call.name == "+CNMI" and personality.advertised_routing:
        return (f"+CNMI: {personality.advertised_routing}",)
    if call.name == "+CNMI" and personality.routing != GENERIC.routing:
        lists = (f"({','.join(map(str, possible))})" for possible in personality.routing)
        return (f"+CNMI: {','.join(lists)}",)
    if call.name == "+CPMS" and personality.stores != GENERIC.stores:
        readable = ",".join(f'"{name}"' for name in personality.stores)
        others = ",".join(f'"{name}"' for name in personality.stores if name != "SR")
        return (f"+CPMS: ({readable}),({others}),({others})",)
    return ()


def _obey_table(modem: "VirtualModem", call: Call) -> Iterable[str]:
    # Imported late: the table of commands is written in terms of the modem.
    from smscore_modem.simulator._commands import execute

    functionality, was_locked = modem.settings.functionality, modem.sim.is_locked
    try:
        lines = tuple(execute(modem, call))
    except Refusal as refusal:
        lines = _in_own_words(modem, call, refusal)
    _note(modem, call, functionality=functionality, was_locked=was_locked)
    return lines


def _in_own_words(modem: "VirtualModem", call: Call, refusal: Refusal) -> tuple[str, ...]:
    personality = modem.personality
    what = (refusal.family, refusal.code)
    if what == ("CME", 4) and personality.unknown:
        raise Final(personality.unknown) from None
    if what == ("CMS", 321) and call.name == "+CMGR" and personality.reads_nothing_as_ok:
        return ()
    raise in_own_numbers(modem, refusal)


def _note(modem: "VirtualModem", call: Call, *, functionality: int, was_locked: bool) -> None:
    """What an obeyed command means for the rest of the modem."""
    match call.name, call.operation:
        case ("Z" | "&F", _):
            modem.faults.cure(Cure.SETTINGS)
        case ("+COPS", "="):
            modem.faults.cure(Cure.OPERATOR)
        case ("+CFUN", "=") if modem.settings.functionality != functionality:
            _note_radio(modem)
        case ("+CPIN", "=") if was_locked and not modem.sim.is_locked:
            _note_unlocked(modem)
        case ("+CMGL", _):
            _note_listing(modem)
        case ("+CSMP", "=") if modem.personality.text_mode_settings_wipe_centre:
            modem.centre = ""


def _note_radio(modem: "VirtualModem") -> None:
    if modem.settings.functionality == 1:
        modem.faults.cure(Cure.RADIO)
        modem.life.be(State.RADIO_BUSY, modem.personality.busy_after_radio)
    modem.tell_registration()


def _note_unlocked(modem: "VirtualModem") -> None:
    modem.life.be(State.SIM_BUSY, modem.personality.busy_after_pin)
    modem.faults.end(Fault.PIN)
    modem.faults.end(Fault.PUK)
    modem.tell_registration()


def _note_listing(modem: "VirtualModem") -> None:
    def forget() -> None:
        modem.listings -= 1

    modem.listings += 1
    modem.after(_MINUTE, forget)
    if modem.listings == modem.personality.bears_listings:
        modem.faults.begin(Fault.SILENT)
