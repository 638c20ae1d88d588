"""
The command that runs simulated modems.
"""

import gc
import os
import signal
import sys
import threading
from pathlib import Path

import click

from smscore_modem.simulator import ModemSimulator, run
from smscore_server._options import Number, WholeNumber, json_option, unneeded_config_option
from smscore_server._output import Failure, is_of_output, show_json

__all__ = ["simulate"]


@click.command()
@click.option("--modems", type=WholeNumber(1, 256), default=2, show_default=True, help="How many.")
@click.option(
    "--log",
    "log_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append every PDU that is accepted, on the disk before it is answered.",
)
@click.option(
    "--links",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Give the pseudo-terminals names in DIR that stay the same.",
)
@click.option(
    "--report-delay",
    type=Number(min=0),
    default=0.05,
    show_default=True,
    metavar="SECONDS",
    help="Time from a message to its delivery report.",
)
@click.option("--leashed", is_flag=True, hidden=True, help="End when standard input does.")
@json_option
@unneeded_config_option
def simulate(
    *,
    modems: int,
    log_file: Path | None,
    directory: Path | None,
    report_delay: float,
    leashed: bool,
    as_json: bool,
) -> None:
    """
    Run simulated modems on pseudo-terminals until stopped.

    Prints the pseudo-terminal of each, and its number. Any AT client can open them; to use one
    with smscore, name it as the port of a channel.

    \b
    Example: smscore simulate --modems 2 --links /tmp
    JSON: {"modems":[{"port":"/dev/pts/5","number":"+999…"}]}
    """
    stop = _stop_event(is_leashed=leashed)

    def announce(simulator: ModemSimulator) -> None:
        gc.enable()
        _show(simulator, as_json=as_json)

    try:
        run(
            modems=modems,
            log=log_file,
            link_dir=directory.absolute() if directory else None,
            report_delay=report_delay,
            stop=stop,
            on_ready=announce,
        )
    except BrokenPipeError:
        pass  # whoever started us was gone before we were ready
    except OSError as cause:
        if is_of_output(cause):
            raise
        raise Failure(f"the simulated modems cannot run: {cause}") from cause


def _stop_event(*, is_leashed: bool) -> threading.Event:
    """Set by SIGINT and SIGTERM, and, on a leash, by the end of standard input."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if is_leashed:
        threading.Thread(target=_await_end, args=(stop,), name="leash", daemon=True).start()
    return stop


def _show(simulator: ModemSimulator, *, as_json: bool) -> None:
    pairs = zip(simulator.ports, simulator.numbers, strict=True)
    if as_json:
        show_json({"modems": [{"port": port, "number": number} for port, number in pairs]})
    else:
        for port, number in pairs:
            click.echo(f"{port}  {number}")
    sys.stdout.flush()


def _await_end(stop: threading.Event) -> None:
    """Whoever started us holds the other end, and lets go of it even when killed."""
    # Not through sys.stdin, whose lock would be held at the end of the process.
    while os.read(0, 4096):
        pass
    stop.set()
