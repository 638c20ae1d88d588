"""
The command that runs simulated modems.
"""

import gc
import os
import sys
import threading
from pathlib import Path

import click
from click.core import ParameterSource

from smscore.errors import ConfigurationError
from smscore_modem.simulator import (
    ModemSimulator,
    Scenario,
    SimulatorBroke,
    Wire,
    run,
    wire_of,
)
from smscore_server._options import Number, WholeNumber, json_option, unneeded_config_option
from smscore_server._output import Failure, is_of_output, show_json
from smscore_server._signals import work_until_told

__all__ = ["simulate"]


def _parse_wire(_ctx: click.Context, _param: click.Parameter, text: str) -> Wire:
    try:
        return wire_of(text)
    except ValueError as cause:
        raise click.BadParameter(str(cause)) from cause


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--modems", type=WholeNumber(1, 256), default=2, show_default=True, help="How many.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    help="Whom a modem resembles: generic, huawei, quectel, …; repeat it for the next modems, "
    "the last one is for the rest.",
)
@click.option(
    "--wire",
    default="perfect",
    show_default=True,
    callback=_parse_wire,
    help="What lies between modem and port: perfect, one-byte, slow, lossy, slow:BITS_PER_SECOND "
    "or lossy:ONE_IN (one byte in so many is lost or garbled).",
)
@click.option(
    "--tcp",
    type=WholeNumber(0, 65535),
    metavar="PORT",
    help="Listen on this TCP port of 127.0.0.1, and the next modems on the next ones, instead of "
    "on pseudo-terminals; 0 takes free ones.",
)
@click.option(
    "--scenario",
    "scenario_file",
    type=_FILE,
    metavar="FILE",
    help="Let a TOML file say which modems there are, and what happens to them when.",
)
@click.option(
    "--replay",
    "replays",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Answer as a modem did in this transcript, instead of --modems; may be repeated.",
)
@click.option(
    "--control",
    type=_FILE,
    metavar="PATH",
    help="Make a socket at PATH, for your user alone, that takes JSON lines: texts that arrive, "
    "faults, plugging, questions.",
)
@click.option(
    "--log",
    "log_file",
    type=_FILE,
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
@click.pass_context
def simulate(
    ctx: click.Context,
    *,
    modems: int,
    profiles: tuple[str, ...],
    wire: Wire,
    tcp: int | None,
    scenario_file: Path | None,
    replays: tuple[Path, ...],
    control: Path | None,
    log_file: Path | None,
    directory: Path | None,
    report_delay: float,
    leashed: bool,
    as_json: bool,
) -> None:
    """
    Run simulated modems on pseudo-terminals until stopped.

    Prints the port of each, and its number. Any AT client can open them; to use one with smscore,
    name it as the port of a channel. docs/simulator.md has the numbers that fail, the faults and
    the scenarios.

    \b
    Example: smscore simulate --modems 2 --links /tmp
    JSON: {"modems":[{"port":"/dev/pts/5","number":"+999…"}]}
    """
    _refuse_together(ctx, "scenario_file", ("modems", "profiles", "wire", "replays"))
    _refuse_together(ctx, "replays", ("modems", "profiles"))
    _refuse_together(ctx, "tcp", ("directory",))
    stop = threading.Event()
    if leashed:
        threading.Thread(target=_await_end, args=(stop,), name="leash", daemon=True).start()

    def announce(simulator: ModemSimulator) -> None:
        gc.enable()
        _show(simulator, as_json=as_json)

    try:
        simulator = ModemSimulator(
            modems=0 if replays else modems,
            profiles=profiles,
            wire=wire,
            replays=replays,
            scenario=Scenario.load(scenario_file) if scenario_file else None,
            tcp=tcp,
            control=control,
            log=log_file,
            link_dir=directory.absolute() if directory else None,
            report_delay=report_delay,
        )
        work_until_told(lambda: run(simulator, stop=stop, on_ready=announce), stop=stop.set)
    except BrokenPipeError:
        pass  # whoever started us was gone before we were ready
    except SimulatorBroke as cause:
        raise Failure(f"the simulated modems broke: {cause}") from cause
    except (ConfigurationError, ValueError) as cause:
        raise Failure(str(cause)) from cause
    except OSError as cause:
        if is_of_output(cause):
            raise
        raise Failure(f"the simulated modems cannot run: {_said(cause)}") from cause


def _refuse_together(ctx: click.Context, one: str, others: tuple[str, ...]) -> None:
    """Refuse options that would be ignored beside another."""

    def is_given(name: str) -> bool:
        return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE

    spelling = {option.name: option.opts[0] for option in ctx.command.params}
    for other in filter(is_given, others):
        if is_given(one):
            raise click.UsageError(
                f"{spelling[other]} says nothing beside {spelling[one]}; leave one of them out"
            )


def _said(fault: OSError) -> str:
    reason = fault.strerror or str(fault)
    return f"{fault.filename}: {reason}" if fault.filename else reason


def _show(simulator: ModemSimulator, *, as_json: bool) -> None:
    modems = [{"port": modem["port"], "number": modem.get("number")} for modem in simulator.state()]
    if as_json:
        show_json({"modems": modems})
    else:
        for modem in modems:
            click.echo(f"{modem['port']}  {modem['number'] or 'replayed'}")
    sys.stdout.flush()


def _await_end(stop: threading.Event) -> None:
    """Whoever started us holds the other end, and lets go of it even when killed."""
    # Not through sys.stdin, whose lock would be held at the end of the process.
    while os.read(0, 4096):
        pass
    stop.set()
