"""
Measures what the documentation claims: ratios of medians over interleaved rounds.

Run with ``make bench``; writes ``benchmarks/RESULTS.md``, or the sections of it that were asked
for: ``make bench ARGS="--only codec"``. The numbers of the goals are those of the performance
page: 1 durable single submit, 2 CPU per message, 3 tail, 7 codec, 10 footprint.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import _results

_TITLES = {
    "submit": "Durable submits",
    "footprint": "Start and memory",
    "codec": "Encoding and decoding",
}


def main() -> int:
    """Measure, print, write."""
    options = _options()
    if "submit" in options.only and shutil.which("wrk") is None:
        print("wrk is missing (Debian: apt-get install wrk): submits are skipped", file=sys.stderr)
        options.only.remove("submit")
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
    options.only = options.only or list(_TITLES)
    return options


def _measure(part: str, options: argparse.Namespace) -> str:
    with tempfile.TemporaryDirectory() as name:
        match part:
            case "submit":
                import _submit

                return _submit.measure(Path(name), rounds=options.rounds, seconds=options.seconds)
            case "footprint":
                import _footprint

                return _footprint.measure(Path(name), rounds=options.rounds)
            case _:
                import _codec

                # A codec needs no more than a tenth of the time of a server.
                return _codec.measure(rounds=options.rounds, seconds=options.seconds / 10)


if __name__ == "__main__":
    sys.exit(main())
