"""
Whether a soak went well, by what was measured in it.
"""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import attrs

__all__ = ["Finding", "Minute", "Sample", "Traffic", "judge"]

_FLAT = 0.05  # of what was there before
_LATER = 1.5  # times the latency of the beginning,
_LATER_MS = 25.0  # or so much more: a busy machine is no leak
_FIFTH = 5
_SPARE = 2  # descriptors that may be open by chance: one request for health, one connection


@attrs.frozen(kw_only=True)
class Sample:
    """What a process holds at one moment."""

    at: float  # seconds since the load began
    rss: int  # KiB
    descriptors: int
    of_database: int  # descriptors: each thread opens a connection when it reads for the first time
    threads: int
    tasks: int
    database: int  # bytes, with its log


@attrs.frozen(kw_only=True)
class Minute:
    """What clients saw in a minute."""

    answered: int
    p50: float  # milliseconds since the request was due
    p99: float


@attrs.frozen(kw_only=True)
class Traffic:
    """What came of all that was sent."""

    accepted: int
    refused: int
    told: int  # messages whose delivery an endpoint was told of, or a phone has told
    wrong_signatures: int
    complaints: int  # lines of the server's log that should not be there


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was asked of a soak."""

    what: str
    before: float
    after: float
    allowed: float
    is_well: bool


def judge(
    samples: Sequence[Sample],
    minutes: Sequence[Minute],
    traffic: Traffic,
    *,
    rested: tuple[Sample, Sample],
) -> Sequence[Finding]:
    """
    All that was asked, and what came of it.

    ``samples`` and ``minutes`` are those after the warm-up: their first fifth is compared with
    their last. ``rested`` are samples without any load, before and after all of it.
    """
    before, after = rested
    p99 = _ends(minutes, lambda one: one.p99)
    return [
        _flat("RSS, KiB", _ends(samples, lambda one: one.rss)),
        _flat("file descriptors", _ends(samples, lambda one: one.descriptors)),
        _no_more("threads", _ends(samples, lambda one: one.threads)),
        _no_more("threads at rest", (before.threads, after.threads)),
        _no_more("tasks at rest", (before.tasks, after.tasks)),
        _no_more(
            "other files at rest",
            (before.descriptors - before.of_database, after.descriptors - after.of_database),
            spare=_SPARE,
        ),
        _at_most(
            "the database's at rest", (before.of_database, after.of_database), _files(after.threads)
        ),
        _at_most("p99 of a minute, ms", p99, max(p99[0] * _LATER, p99[0] + _LATER_MS)),
        _at_most("not told of", (traffic.accepted, traffic.accepted - traffic.told), 0),
        _at_most("refused", (traffic.accepted, traffic.refused), 0),
        _at_most("wrong signatures", (traffic.accepted, traffic.wrong_signatures), 0),
        _at_most("complaints in the log", (traffic.accepted, traffic.complaints), 0),
    ]


def _ends(seen: Sequence[Any], value: Callable[[Any], float]) -> tuple[float, float]:
    """The medians of the first fifth and of the last one."""
    values = [value(one) for one in seen]
    fifth = max(1, len(values) // _FIFTH)
    return statistics.median(values[:fifth]), statistics.median(values[-fifth:])


def _files(threads: int) -> int:
    """How many a database may have open: two for each that reads, and what the writer has."""
    return 2 * threads + 4


def _flat(what: str, ends: tuple[float, float]) -> Finding:
    return _at_most(what, ends, ends[0] * (1 + _FLAT))


def _no_more(what: str, ends: tuple[float, float], *, spare: int = 0) -> Finding:
    return _at_most(what, ends, ends[0] + spare)


def _at_most(what: str, ends: tuple[float, float], allowed: float) -> Finding:
    before, after = ends
    return Finding(what=what, before=before, after=after, allowed=allowed, is_well=after <= allowed)
