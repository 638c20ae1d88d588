"""
Goal 7: our codec beside those of others, how fast and how right.
"""

import itertools
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from _by_hand import deliver, septets
from _codec_probes import RIGHT, judge_read, judge_written, probes
from _codec_programs import Codec, codecs
from _results import Goal, circumstances, goals, table

OURS, THREE_PARTS = "smscore", "encode, three parts"
_LATIN = "Your parcel arrives today between 14:00 and 16:00. Code 4711."
_CYRILLIC = "Ваша посылка прибудет сегодня около 14:00 или 16:00. Код 4711."
_BRACES = '{"a":[1,2],"b":[3,4],"c":[5,6],"d":{"e":"x|y","f":"~^"}}'

Rates = Mapping[tuple[str, str], float]  # by cell and codec


@attrs.frozen(kw_only=True)
class Cell:
    """One thing that is timed, and the text that is in it."""

    title: str
    text: str
    pdu: str = ""  # empty: the text is encoded

    def order(self) -> dict[str, Any]:
        """As the programs want it."""
        if self.pdu:
            return {"encode": {}, "decode": {self.title: self.pdu}}
        return {"encode": {self.title: {"text": self.text}}, "decode": {}}

    def judge(self, outcome: Mapping[str, Any]) -> str:
        """Whether what came of it is right."""
        return (judge_read if self.pdu else judge_written)(self.text, outcome)


def _utf16(text: str) -> list[int]:
    octets = text.encode("utf-16-be")
    return [high << 8 | low for high, low in zip(octets[::2], octets[1::2], strict=True)]


CELLS = [
    Cell(title="encode, GSM 7-bit, one part", text=_LATIN),
    Cell(title="encode, UCS-2, one part", text=_CYRILLIC),
    # So long that each codec makes three parts of it, whatever room it gives to a part.
    Cell(title=f"{THREE_PARTS}, GSM 7-bit", text=(_LATIN * 7)[:390]),
    Cell(title=f"{THREE_PARTS}, UCS-2", text=(_CYRILLIC * 4)[:180]),
    Cell(title="encode, many extension characters", text=_BRACES),
    Cell(
        title="decode, GSM 7-bit, one part",
        text=_LATIN,
        pdu=deliver(units=septets(_LATIN)),
    ),
    Cell(
        title="decode, UCS-2, one part",
        text=_CYRILLIC,
        pdu=deliver(units=_utf16(_CYRILLIC), is_gsm7=False),
    ),
]


def measure(*, rounds: int, seconds: float) -> str:
    """The section of the results."""
    programs, lacking = codecs()
    for line in lacking:
        print(line, file=sys.stderr)
    examined = _examine(programs)
    rates: dict[tuple[str, str], list[float]] = {}
    for number in range(1, rounds + 1):
        for cell, codec in itertools.product(CELLS, programs):
            if "value" in examined[codec.name]["results"][cell.title]:
                told = codec.run(**cell.order(), seconds=seconds)["results"]
                rates.setdefault((cell.title, codec.name), []).append(told[cell.title])
        print(f"codec: round {number} of {rounds}", file=sys.stderr)
    medians = {place: statistics.median(measured) for place, measured in rates.items()}
    versions = ", ".join(f"{name} {told['version']}" for name, told in examined.items())
    return "\n".join(
        [
            circumstances(),
            f"{versions}.",
            f"{rounds} rounds of {seconds:g} s a cell, each after as long a warm-up;",
            "in each round the programs take turns at each cell, a process each; seconds of CPU.",
            "The ratios are medians of those of each round, the rates medians of their own.",
            "Ours goes the way of the modem channel: `split`, then `encode_parts` and `hex()`,",
            "and back `decode_incoming`, the text and the time.",
            *(f"\n{line}" for line in lacking),
            "",
            *goals(list(_goals(rates))),
            "",
            *table(("operations a second of CPU", *examined), _shown(examined, medians)),
            "",
            "`*`: what comes out is wrong, see below. `—`: it cannot do that.",
            "",
            *table(("asked for", *examined), _proven(examined)),
        ]
    )


def _examine(programs: Sequence[Codec]) -> dict[str, Any]:
    """What each program makes of each probe and of each cell."""
    encode, decode = {}, {}
    for probe in probes():
        encode |= probe.encode
        decode |= probe.decode
    for cell in CELLS:
        encode |= cell.order()["encode"]
        decode |= cell.order()["decode"]
    return {codec.name: codec.run(encode=encode, decode=decode) for codec in programs}


def _goals(rates: Mapping[tuple[str, str], Sequence[float]]) -> Iterator[Goal]:
    """Medians of the ratios of each round: the machine's speed changes between rounds."""
    for cell in CELLS:
        for name, wanted in (("python-gsmmodem-new", "≥ 2"), ("python-gammu", "≥ 1.2")):
            is_wanted = name == "python-gsmmodem-new" or cell.title.startswith(THREE_PARTS)
            if is_wanted and (cell.title, name) in rates:
                rounds = zip(rates[cell.title, OURS], rates[cell.title, name], strict=True)
                ratio = statistics.median(ours / theirs for ours, theirs in rounds)
                yield Goal(number="7", what=f"{cell.title} / {name}", measured=ratio, wanted=wanted)


def _shown(examined: Mapping[str, Any], rates: Rates) -> Iterator[Sequence[str]]:
    for cell in CELLS:
        row = [cell.title]
        for name, told in examined.items():
            rate = rates.get((cell.title, name))
            mark = "" if cell.judge(told["results"][cell.title]) == RIGHT else " *"
            row.append("—" if rate is None else f"{rate:.0f}{mark}")
        yield row


def _proven(examined: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for probe in probes():
        yield probe.title, *(probe.judge(told["results"]) for told in examined.values())
