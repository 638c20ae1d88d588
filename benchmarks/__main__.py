"""
Measures what the documentation claims: medians over rounds in which the programs take turns.

Run with ``make bench``; writes ``benchmarks/RESULTS.md``, or the sections of it that were asked
for: ``make bench ARGS="--only codec"``. The numbers of the goals are those of the performance
page: 1 durable single submit, 2 CPU per message, 3 tail, 4 batches, 5 claims, 6 stores,
7 codec, 8 modems, 9 submit, report and webhook, 10 footprint. ``make bench-large`` is the part
``large``, which is measured only when asked for.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import _results

# Not in /tmp, which may be memory: writes have to reach a disk.
_SCRATCH = Path(__file__).parent.parent / "build"

_TITLES = {
    "submit": "Durable submits",
    "batch": "Batches",
    "stores": "SQLite and PostgreSQL",
    "sizes": "Up to a million messages",
    "large": "Up to ten million messages",
    "modems": "Modems",
    "events": "Submit, report, webhook",
    "footprint": "Start and memory",
    "codec": "Encoding and decoding",
    "rules": "Rules",
}
_NEED_WRK = ("submit", "batch", "stores")


def main() -> int:
    """Measure, print, write."""
    options = _options()
    if shutil.which("wrk") is None and not set(options.only).isdisjoint(_NEED_WRK):
        print("wrk is missing (Debian: apt-get install wrk): submits are skipped", file=sys.stderr)
        options.only = [part for part in options.only if part not in _NEED_WRK]
    measured = {_TITLES[part]: _measure(part, options) for part in options.only}
    page = _results.with_sections(measured, titles=list(_TITLES.values()))
    print(page)
    if options.write:
        _results.write(page)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds a load (default 5)")
    parser.add_argument("--no-write", dest="write", action="store_false", help="only print")
    parser.add_argument(
        *("--only", "-o"),
        action="append",
        choices=_TITLES,
        help="measure this part and keep the results of the others; may be given more than once",
    )
    options = parser.parse_args()
    options.only = options.only or [part for part in _TITLES if part != "large"]
    return options


def _measure(part: str, options: argparse.Namespace) -> str:
    started = time.monotonic()
    _SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_SCRATCH, prefix="bench-") as name:
        section = _parts(options)[part](Path(name))
    os.sync()  # deleting keeps the disk busy for a while
    print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return section


def _parts(options: argparse.Namespace) -> Mapping[str, Callable[[Path], str]]:
    """What measures each part, given a directory of its own."""
    import _batch
    import _codec
    import _events
    import _footprint
    import _modems
    import _rules
    import _sizes
    import _stores
    import _submit

    rounds, seconds = options.rounds, options.seconds
    return {
        "submit": lambda at: _submit.measure(at, rounds=rounds, seconds=seconds),
        "batch": lambda at: _batch.measure(at, rounds=rounds, seconds=seconds),
        "stores": lambda at: _stores.measure(at, rounds=rounds, seconds=seconds),
        "sizes": lambda at: _sizes.measure(
            at,
            rounds=rounds,
            counts=tuple(map(int, os.environ.get("C", "10000,100000,1000000").split(","))),
        ),
        "large": lambda at: _sizes.measure(at, rounds=rounds, counts=(10**4, 10**6, 10**7)),
        "modems": lambda at: _modems.measure(at, rounds=rounds),
        "events": lambda at: _events.measure(at, rounds=rounds, seconds=seconds),
        "footprint": lambda at: _footprint.measure(at, rounds=rounds),
        # A codec needs no more than a tenth of the time of a server.
        "codec": lambda _: _codec.measure(rounds=rounds, seconds=seconds / 10),
        "rules": lambda _: _rules.measure(rounds=rounds),
    }


if __name__ == "__main__":
    sys.exit(main())
