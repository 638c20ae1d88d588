"""
What a virtual modem answers about its network: registration, operators, services and calls.
"""

from collections.abc import Iterable

from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._settings import Final, Refusal
from smscore_modem.simulator._voice import CallState

__all__ = [
    "activity",
    "answer",
    "attachment",
    "choose_operator",
    "dial",
    "hang_up",
    "list_calls",
    "send_tones",
    "set_registration",
    "show_operator",
    "show_operators",
    "show_registration",
    "show_services",
    "signal",
    "use_services",
]

_NO_NETWORK = Refusal("CME", 30)  # 27.007, 9.2.1
_SHORT, _CODE = "SIM", "99901"


def signal(modem: VirtualModem, call: Call) -> Iterable[str]:
    strength = modem.radio.signal if modem.settings.functionality == 1 else 99
    yield f"{call.name}: {strength},99"


def show_registration(modem: VirtualModem, call: Call) -> Iterable[str]:
    form = modem.settings.registration_forms[call.name]
    state = modem.radio.told_by(call.name, modem.registration)
    place = f',"{modem.radio.area}","{modem.radio.cell}"' if form == 2 and state else ""
    yield f"{call.name}: {form},{state}{place}"


def set_registration(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.registration_forms[call.name] = call.number(0, 0)
    return ()


def show_operator(modem: VirtualModem, _: Call) -> Iterable[str]:
    if not modem.is_registered:
        return ("+COPS: 0",)
    form = modem.settings.operator_form
    return (f'+COPS: 0,{form},"{_names(modem)[form]}",7',)


def show_operators(modem: VirtualModem, _: Call) -> Iterable[str]:
    names = ",".join(f'"{name}"' for name in _names(modem))
    yield f"+COPS: (2,{names},7),,(0-4),(0-2)"


def choose_operator(modem: VirtualModem, call: Call) -> Iterable[str]:
    modem.settings.operator_form = call.number(1, modem.settings.operator_form)
    return ()


def attachment(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CGATT: {int(modem.is_registered)}"


def _names(modem: VirtualModem) -> tuple[str, str, str]:
    return modem.radio.operator, _SHORT, _CODE


# Services behind codes.


def show_services(modem: VirtualModem, _: Call) -> Iterable[str]:
    yield f"+CUSD: {modem.settings.hears_services}"


def use_services(modem: VirtualModem, call: Call) -> Iterable[str]:
    """27.007, 7.15: 0 and 1 also say whether answers are shown; 2 ends the session."""
    wanted = call.number(0, 0)
    if wanted == 2:
        modem.ussd.cancel()
        return ()
    if len(call.arguments) > 1 and not modem.is_registered:
        raise _NO_NETWORK
    modem.settings.hears_services = wanted
    if len(call.arguments) > 1:
        modem.ussd.ask(call.arguments[1])
    return ()


# Calls.


def dial(modem: VirtualModem, call: Call) -> Iterable[str]:
    """V.250, 6.3.1: with a semicolon at the end it is a voice call, else one for data."""
    typed = call.text.strip().upper()
    if not typed.endswith(";"):
        raise Final("NO CARRIER")
    modem.voice.dial(typed.removesuffix(";").lstrip("TP").replace(" ", ""))
    return ()


def answer(modem: VirtualModem, _: Call) -> Iterable[str]:
    modem.voice.answer()
    return ()


def hang_up(modem: VirtualModem, _: Call) -> Iterable[str]:
    modem.voice.hang_up()
    return ()


def list_calls(modem: VirtualModem, _: Call) -> Iterable[str]:
    if modem.voice.call is not None:
        yield f"+CLCC: {modem.voice.call.listed}"


def activity(modem: VirtualModem, _: Call) -> Iterable[str]:
    """27.007, 8.1: ready, ringing, or calling."""
    call = modem.voice.call
    state = 0 if call is None else 3 if call.state is CallState.INCOMING else 4
    yield f"+CPAS: {state}"


def send_tones(modem: VirtualModem, _: Call) -> Iterable[str]:
    if modem.voice.call is None or modem.voice.call.state is not CallState.ACTIVE:
        raise Refusal("CME", 3)
    return ()
