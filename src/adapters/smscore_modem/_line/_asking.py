"""
Asking again when an answer got lost, as on a bad cable.
"""

from smscore_modem._line._dialogue import Answer, Dialogue, NoAnswer

__all__ = ["insist"]

_QUIET = 0.2


def insist(
    dialogue: Dialogue, command: str, *, timeout: float, line_suffices_after: float | None = None
) -> Answer:
    """
    Ask, and once more if there is no answer; for commands that may be obeyed twice.

    Raises:
        NoAnswer: there was none again.
        LineLost: the port is gone.
    """
    try:
        return dialogue.ask(command, timeout=timeout, line_suffices_after=line_suffices_after)
    except NoAnswer:
        dialogue.cancel(quiet=_QUIET)
    return dialogue.ask(command, timeout=timeout, line_suffices_after=line_suffices_after)
