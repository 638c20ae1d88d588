"""
Reaching the modem that a command is about: through the running server, or by opening its port.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, TypedDict, TypeVar

import attrs
import click

from smscore import GatewayConfig
from smscore.errors import NotReady
from smscore.structuring import nearest
from smscore_server._options import Number, check_text, config_option, json_option
from smscore_server._output import Failure
from smscore_server.control import control_path
from smscore_server.diagnosis import diagnose
from smscore_server.modem._asking import RunningServer
from smscore_server.modem._borrowing import BorrowedModem, borrowed_channel, borrowed_port

__all__ = [
    "Borrowed",
    "Choice",
    "ReachedModem",
    "chosen_channel",
    "modem_channels",
    "modem_options",
    "modem_options_with",
    "reached",
    "settle",
]

Command = TypeVar("Command", bound=Callable[..., Any])

_KIND = "modem"
"""The kind of transport that these commands are about."""
_PAUSE = 0.05


class Choice(TypedDict):
    """What was given of the options."""

    modem: str | None
    port: str | None
    patience: float
    config_file: Path


class ReachedModem(Protocol):
    """A modem that can be asked, wherever it is."""

    @property
    def name(self) -> str: ...

    @property
    def is_served(self) -> bool:
        """Whether a running server has it."""
        ...

    def operate(
        self, operation: str, arguments: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]: ...


def modem_options_with(*, patience: float) -> Callable[[Command], Command]:
    """
    What gives a command the options; it takes them as ``**choice: Unpack[Choice]``, and --json.

    ``patience`` are the seconds that are waited unless it is said otherwise.
    """
    options = (
        click.option(
            "--modem",
            callback=check_text,
            metavar="NAME",
            help="The channel; may be left out if only one modem is configured.",
        ),
        click.option(
            "--port",
            callback=check_text,
            metavar="PATH",
            help="Instead, a port that is in no configuration; needs no installation.",
        ),
        click.option(
            "--wait",
            "patience",
            type=Number(min=0),
            default=patience,
            show_default=True,
            metavar="SECONDS",
            help="How long the modem may take to become ready.",
        ),
        json_option,
        config_option,
    )

    def give(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return give


modem_options = modem_options_with(patience=20.0)


@contextmanager
def reached(
    choice: Choice, *, settles: bool = True, needs_ready: bool = True
) -> Iterator[ReachedModem]:
    """
    The modem, until the block ends; unless told otherwise once it is ready.

    Without ``needs_ready`` it is given time to become so, and may be used as it is then; without
    ``settles`` it gets no time.

    Raises:
        Failure: it cannot be reached or used; says why, and what helps.
        GatewayError: an operation is refused.
    """
    with _way_to(choice) as way, _explained(way):
        if settles:
            settle(way.modem, patience=choice["patience"], needs_ready=needs_ready)
        yield way.modem


@attrs.frozen(kw_only=True)
class _Way:
    modem: ReachedModem
    port: str | None
    channel: str | None
    server: int | None = None  # its process


@contextmanager
def _way_to(choice: Choice) -> Iterator[_Way]:
    port = choice["port"]
    if port is not None:
        if choice["modem"] is not None:
            raise click.UsageError("give either --modem or --port")
        _check_there(port)
        with borrowed_port(port) as modem:
            yield _Way(modem=Borrowed(modem), port=port, channel=None)
        return
    config = GatewayConfig.from_toml(choice["config_file"])
    name = chosen_channel(config, choice["modem"])
    port = _port(config, name)
    server = RunningServer.at(control_path(config))
    if server is not None:
        with server:
            yield _Way(modem=_Served(name, server), port=port, channel=name, server=server.process)
        return
    with borrowed_channel(config, name) as modem:
        yield _Way(modem=Borrowed(modem), port=port, channel=name)


def settle(modem: ReachedModem, *, patience: float, needs_ready: bool = True) -> None:
    """
    Wait until the modem is ready, until only a person can help, or until time is up.

    Raises:
        NotReady: it is not ready then, and must be; or there is no line to it.
    """
    deadline, pause = monotonic() + patience, threading.Event()
    while True:
        health = modem.operate("health")
        if health["is_ready"]:
            return
        if health["is_alarming"] or monotonic() >= deadline:
            break
        pause.wait(_PAUSE)
    # Whatever is wanted of it: there is no line to it.
    if needs_ready or "cannot open" in health["detail"]:
        raise NotReady(health["detail"])


def modem_channels(config: GatewayConfig) -> dict[str, str | None]:
    """The configured modems by name, each with its port if it has one."""
    return {
        name: _port(config, name)
        for name, channel in config.channels.items()
        if channel.transport == _KIND
    }


def chosen_channel(config: GatewayConfig, name: str | None) -> str:
    """
    The configured modem that is meant.

    Raises:
        Failure: there is none of that name, or several without a name.
    """
    modems = modem_channels(config)
    if not modems:
        raise Failure(
            'no modem is configured; add a [channels.NAME] with transport = "modem", or try a '
            "port by --port PATH; 'smscore modem list' shows what ports there are"
        )
    if name is None:
        if len(modems) > 1:
            raise Failure(f"say which modem by --modem NAME; there are: {', '.join(modems)}")
        return next(iter(modems))
    if name not in modems:
        raise Failure(f"no modem is called {name!r}{nearest(name, modems)}")
    return name


class _Served:
    is_served = True

    def __init__(self, name: str, server: RunningServer) -> None:
        self.name = name
        self._server = server

    def operate(
        self, operation: str, arguments: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        return self._server.operate(self.name, operation, arguments or {})


class Borrowed:
    """A modem that this command has opened itself."""

    is_served = False

    def __init__(self, modem: BorrowedModem) -> None:
        self.name = modem.name
        self.transport = modem.transport
        self._modem = modem

    def operate(
        self, operation: str, arguments: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        return self._modem.operate(operation, arguments or {})


def _check_there(port: str) -> None:
    """Say at once what waiting would not mend."""
    if "://" not in port and not Path(port).exists():
        trouble = diagnose(port, "", channel=None)
        raise Failure(f"{trouble.what}; {trouble.remedy}")


def _port(config: GatewayConfig, name: str) -> str | None:
    port = config.channels[name].options.get("port")
    return port if isinstance(port, str) else None


@contextmanager
def _explained(way: _Way) -> Iterator[None]:
    try:
        yield
    except NotReady as fault:
        trouble = diagnose(way.port, str(fault), channel=way.channel, server=way.server)
        raise Failure(f"{trouble.what}; {trouble.remedy}") from fault
