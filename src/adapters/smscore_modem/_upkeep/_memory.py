"""
Whether a modem still has the settings that its initialisation left.
"""

from smscore_modem._line._commands import quoted, value_of
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._start._reception import shown_routing
from smscore_modem._start._setup import ModemState

__all__ = ["has_forgotten"]

_TIMEOUT = 5.0


def has_forgotten(dialogue: Dialogue, state: ModemState) -> bool:
    """Ask for what a modem loses that started anew, and for the centre that a SIM may lose."""
    # Some keep their routing, and begin in the mode that a former owner left. In text mode the
    # length of a message would be taken for a number, and the message sent there.
    if value_of(dialogue.ask("AT+CMGF?", timeout=_TIMEOUT).lines, "+CMGF") == "1":
        return True
    shown = state.routing.shown if state.routing is not None else None
    if shown is not None and shown_routing(dialogue) != shown:
        return True
    answer = dialogue.ask("AT+CSCA?", timeout=_TIMEOUT)
    value = value_of(answer.lines, "+CSCA")
    if not answer.is_ok or value is None or state.centre == "unknown":
        return False
    has_centre = any(quoted(value))
    return has_centre != (state.centre is not None)
