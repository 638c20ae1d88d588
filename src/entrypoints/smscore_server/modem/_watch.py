"""
Following a modem: looks every second, and prints what is new.
"""

import re
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from smscore.ports.clock import SystemClock
from smscore_server._output import instant, printable, show_json
from smscore_server.modem._reaching import ReachedModem

__all__ = ["announcements", "changes", "follow"]

_PAUSE = 1.0
_FINAL = re.compile(r"(\\r|\\n)*(OK|ERROR|\+CM[SE] ERROR: .*?|NO CARRIER|BUSY|NO ANSWER)(\\r|\\n)*")


def follow(modem: ReachedModem, *, as_json: bool) -> None:
    """
    Print what changes until Ctrl-C.

    Raises:
        Failure: the server ended meanwhile.
        GatewayError: the modem cannot be asked.
    """
    # Whatever ends us, the modem is given back in order.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    pause = threading.Event()
    facts: dict[str, str] = {}
    heard: Sequence[str] = ()
    try:
        while True:
            now, said = _facts(modem.operate("health")), modem.operate("transcript")["lines"]
            news = [*changes(facts, now), *(("said", one) for one in announcements(heard, said))]
            for what, text in news:
                _show(what, text, as_json=as_json)
            facts, heard = now, said
            pause.wait(_PAUSE)
    except KeyboardInterrupt:
        return


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is another than before, or new, or gone."""
    for what in dict.fromkeys((*now, *before)):
        if before.get(what) != now.get(what):
            yield what, now.get(what, "unknown")


def announcements(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """
    What the modem said by itself, of the lines of two transcripts that were taken in turn.

    Between a command and its final result everything counts as its answer.
    """
    is_asked = False
    known = _known(before, now)
    for place, line in enumerate(now):
        _, sign, text = (*line.split(" ", 2), "", "")[:3]
        if sign == ">":
            is_asked = True
        elif sign == "<" and _FINAL.fullmatch(text):
            is_asked = False
        elif sign == "<" and not is_asked and place >= known:
            yield re.sub(r"\\[rn]", "", text)


def _known(before: Sequence[str], now: Sequence[str]) -> int:
    """How many lines of the later one the earlier one had: its last one is looked for."""
    if not before:
        return len(now)  # what was said before we looked is no news
    last = before[-1]
    found = [place for place, line in enumerate(now, start=1) if line == last]
    return found[-1] if found else 0


def _facts(health: Mapping[str, Any]) -> dict[str, str]:
    dbm = health["signal_dbm"]
    shown = {
        "state": health["detail"],
        "modem": health["identity"],
        "signal": None if dbm is None else f"{dbm} dBm",
        **health["facts"],
    }
    return {what: text for what, text in shown.items() if text is not None}


def _show(what: str, text: str, *, as_json: bool) -> None:
    at = instant(SystemClock().now())
    if as_json:
        show_json({"at": at, "what": what, "text": text})
    else:
        click.echo(f"{at}  {what.replace('_', ' ')}: {printable(text)}")
    sys.stdout.flush()
