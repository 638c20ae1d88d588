"""
What the little programs in Python have in common: one argument, JSON; one answer, JSON.

The argument names texts to encode and PDUs to decode. With ``seconds`` above 0 the answer has how
often each was done in a second of the processor, otherwise what came of each: a value, or the
name of an error and whether it is one of the library's own.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

# More than caches of addresses hold, in turn: the numbers of real messages hardly repeat.
NUMBERS = tuple(f"+49170{number:07d}" for number in range(0, 10_000_000, 1009))
SENDER = "947110325476"  # in PDUs that are decoded, put in place of it
_AT_A_TIME = 100

Encode = Callable[..., list[str]]
Decode = Callable[[str], tuple[Any, ...]]


def run(*, version: str, encode: Encode, decode: Decode, own: str) -> None:
    """
    Do what the argument asks for.

    ``encode`` takes a recipient, a text and maybe ``wide=True`` for 16-bit references, and gives
    PDUs in hex. ``decode`` takes a PDU in hex and gives text, sender and time.
    """
    task = json.loads(sys.argv[1])
    calls = {name: _encoding(encode, order) for name, order in task["encode"].items()}
    calls |= {name: _decoding(decode, pdu) for name, pdu in task["decode"].items()}
    do = (lambda call: _rate(call, task["seconds"])) if task["seconds"] else _outcome_of(own)
    print(json.dumps({"version": version, "results": {n: do(call) for n, call in calls.items()}}))


def _encoding(encode: Encode, order: dict[str, Any]) -> Callable[[int], object]:
    return lambda number: encode(NUMBERS[number % len(NUMBERS)], **order)


def _decoding(decode: Decode, pdu: str) -> Callable[[int], object]:
    senders = ("".join(b + a for a, b in zip(n[1::2], n[2::2], strict=True)) for n in NUMBERS)
    pdus = [pdu.replace(SENDER, sender) for sender in senders]
    return lambda number: decode(pdus[number % len(pdus)])


def _rate(call: Callable[[int], object], seconds: float) -> float:
    _repeat(call, seconds)  # warms up
    return _repeat(call, seconds)


def _repeat(call: Callable[[int], object], seconds: float) -> float:
    # The processor's time, not the clock's: other programs on the machine take none of it.
    done = 0
    started = now = time.process_time()
    while now - started < seconds:
        for number in range(done, done + _AT_A_TIME):
            call(number)
        done += _AT_A_TIME
        now = time.process_time()
    return done / (now - started)


def _outcome_of(own: str) -> Callable[[Callable[[int], object]], dict[str, Any]]:
    def outcome(call: Callable[[int], Any]) -> dict[str, Any]:
        try:
            return {"value": _plain(call(0))}
        except NotImplementedError:
            return {"missing": True}
        except Exception as error:  # noqa: BLE001  # which one it is, is the question
            kind = type(error)
            return {"error": kind.__name__, "is_own": kind.__module__.startswith(own)}

    return outcome


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return value
    text, sender, moment = value
    if moment is None:
        return [text, sender, None, None]
    return [text, sender, int(moment.timestamp()), moment.utcoffset().total_seconds() // 60]
