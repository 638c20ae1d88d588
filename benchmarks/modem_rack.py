"""
Simulated modems that answer at once, for as long as standard input is open: ``DIRECTORY COUNT``.

They write down what they take and when, without waiting for the disk, which is not theirs to wait
for.
"""

import sys
from pathlib import Path

from smscore_modem.simulator import ModemSimulator


def main() -> None:
    """Tell the ports, then wait for the end."""
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    with ModemSimulator(
        modems=count,
        link_dir=directory,
        log=directory / "taken.jsonl",
        sync=False,
        report_delay=0.0,
    ) as simulator:
        print(*simulator.ports, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
