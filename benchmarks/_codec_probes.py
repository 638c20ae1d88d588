"""
What codecs are known to get wrong, as questions with one right answer each.

A codec is only asked to encode a text or to decode a PDU; what it answers is judged here.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
from _by_hand import DEFAULT, EXTENSION, Part, deliver, read_submit, septets, stamp_of, text_of

RIGHT = "right"
MOMENT = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)

Outcome = Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Probe:
    """Questions by name, and what to make of the answers to them."""

    title: str
    encode: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    decode: dict[str, str] = attrs.field(factory=dict)
    judge: Callable[[Mapping[str, Outcome]], str]


def probes() -> list[Probe]:
    """All of them."""
    return [
        _written("an escape stays with its character", "{" * 100),
        _written("a surrogate pair is not cut", "😀" * 40),
        _written("text behind a 16-bit reference, written", "0123456789" * 20, wide=True),
        _read("text behind a 16-bit reference, read", "Hello", header=b"\x08\x04\x12\x34\x02\x01"),
        _read("`@` as the eighth septet", "1234567@"),
        _read("all characters of the default alphabet", DEFAULT.replace("\x1b", "")),
        _read("all characters of the extension table", "".join(EXTENSION.values())),
        _national(),
        *(_zone(offset) for offset in ("+05:30", "+05:45", "-03:00", "-04:30")),
        _read("the text behind a time stamp that is none", "Hello", stamp=bytes(7)),
        _name("Bank123"),
        _truncated(),
    ]


def judge_written(text: str, outcome: Outcome) -> str:
    """Whether PDUs say the text, each by itself sound."""
    if "value" not in outcome:
        return _failure(outcome)
    try:
        parts = [read_submit(pdu) for pdu in outcome["value"]]
    except (ValueError, IndexError):
        return "no PDU"
    for part in parts:
        if part.fault:
            return part.fault
    for part in parts[:-1]:
        if part.is_gsm7 and part.units[-1] == 0x1B:
            return "an escape is cut from its character"
        if not part.is_gsm7 and 0xD800 <= part.units[-1] < 0xDC00:
            return "a pair is cut"
    whole = Part(is_gsm7=parts[0].is_gsm7, units=[unit for part in parts for unit in part.units])
    return RIGHT if text_of(whole) == text else f"wrong text ({_differs(text_of(whole), text)})"


def judge_read(text: str, outcome: Outcome) -> str:
    """Whether a decoded text is the right one."""
    if "value" not in outcome:
        return _failure(outcome)
    read = outcome["value"][0]
    return RIGHT if read == text else f"wrong text ({_differs(read, text)})"


def _written(title: str, text: str, **options: Any) -> Probe:
    return Probe(
        title=title,
        encode={title: {"text": text, **options}},
        judge=lambda outcomes: judge_written(text, outcomes[title]),
    )


def _read(title: str, text: str, **fields: bytes) -> Probe:
    return Probe(
        title=title,
        decode={title: deliver(units=septets(text), **fields)},
        judge=lambda outcomes: judge_read(text, outcomes[title]),
    )


def _national() -> Probe:
    """23.038, A.2.1: behind the escape, Turkish has a dotless i at 0x69, and ş at 0x73."""
    title = "a national single shift table (Turkish), read"
    units = [*septets("k"), 0x1B, 0x69, *septets("rm"), 0x1B, 0x69, 0x1B, 0x73]
    pdu = deliver(units=units, header=b"\x24\x01\x01")
    text = "k\u0131rm\u0131\u015f"
    return Probe(
        title=title, decode={title: pdu}, judge=lambda outcomes: judge_read(text, outcomes[title])
    )


def _name(name: str) -> Probe:
    """23.040, 9.1.2.5: its length is in semi-octets, 13 of which hold 7 septets and 3 bits."""
    title = "the name of a sender, of seven characters"
    value = deliver(units=septets(name))[-14:]

    def judge(outcomes: Mapping[str, Outcome]) -> str:
        outcome = outcomes[title]
        if "value" not in outcome:
            return _failure(outcome)
        return RIGHT if outcome["value"][1] == name else f"`{outcome['value'][1]}`"

    pdu = deliver(units=septets("x"), sender="0DD0" + value)
    return Probe(title=title, decode={title: pdu}, judge=judge)


def _zone(offset: str) -> Probe:
    title = f"a time stamp in the zone {offset.replace('-', '−')}"  # noqa: RUF001  # a minus
    hours, minutes = map(int, offset[1:].split(":"))
    zone = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    pdu = deliver(units=septets("x"), stamp=stamp_of(MOMENT.astimezone(timezone(zone))))

    def judge(outcomes: Mapping[str, Outcome]) -> str:
        outcome = outcomes[title]
        if "value" not in outcome:
            return _failure(outcome)
        _, _, moment, minutes = outcome["value"]
        if moment is None:
            return "no time"
        if moment != MOMENT.timestamp():
            return f"wrong by {timedelta(seconds=abs(moment - MOMENT.timestamp()))}"
        return RIGHT if minutes == zone / timedelta(minutes=1) else f"the zone {minutes:+} minutes"

    return Probe(title=title, decode={title: pdu}, judge=judge)


def _truncated() -> Probe:
    """However little has come: a value or an error that a caller can know beforehand."""
    whole = deliver(units=septets("Hello, world"), header=b"\0\3\1\2\1")
    prefixes = {f"cut {end // 2}": whole[:end] for end in range(0, len(whole), 2)}

    def judge(outcomes: Mapping[str, Outcome]) -> str:
        found = Counter(
            outcomes[name]["error"]
            for name in prefixes
            if "error" in outcomes[name] and not outcomes[name]["is_own"]
        )
        if not found:
            return RIGHT
        return ", ".join(
            f"`{error}` at {count} of {len(prefixes)}" for error, count in found.items()
        )

    return Probe(title="a PDU that ends too early", decode=prefixes, judge=judge)


def _failure(outcome: Outcome) -> str:
    return "cannot" if outcome.get("missing") else f"`{outcome['error']}`"


def _differs(read: str, text: str) -> str:
    if len(read) != len(text):
        return f"{len(read)} characters, not {len(text)}"
    wrong = [(a, b) for a, b in zip(read, text, strict=True) if a != b]
    return f"{len(wrong)} of {len(text)} characters"
