"""
What is right and wrong with the devices of an installation: its ports, its channels, its modems.

A running server is asked what it sees. Without one the channels are opened, by the one place that
may: what a modem has received meanwhile is stored as the server would store it.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from time import monotonic

from smscore import Gateway, GatewayConfig
from smscore.errors import GatewayError, StoreError, StoreUnavailable
from smscore.machine import has_ended
from smscore.ports.transport import ChannelHealth, Transport
from smscore.runner import DUTIES
from smscore_server._listening import listen
from smscore_server._output import Failure
from smscore_server.check._findings import Finding, note, ok, wrong
from smscore_server.control import check_length, control_path
from smscore_server.diagnosis import diagnose, is_managed
from smscore_server.modem._reaching import modem_channels

__all__ = ["devices"]

_PAUSE = 0.05


def devices(gateway: Gateway, *, patience: float) -> Iterator[Finding]:
    """Look at them; ``patience`` is the time in which the channels must have become ready."""
    yield from _surroundings(gateway)
    with ExitStack() as held:
        yield from _devices(gateway, held, patience=patience)


def _devices(gateway: Gateway, held: ExitStack, *, patience: float) -> Iterator[Finding]:
    is_served = _is_served(gateway)
    try:
        # Until the end: no server can begin to use the channels meanwhile.
        held.enter_context(gateway.holding())
    except StoreUnavailable as fault:
        if isinstance(fault.__cause__, BlockingIOError | None):
            if has_socket := control_path(gateway.config).is_socket():
                yield note("server", "it is running, and says how its channels are")
            else:
                yield note(
                    "control socket",
                    f"{fault}; it has none, so commands about modems cannot reach it",
                    remedy="if it is a server its log says why; a command ends by itself",
                )
            own = [name for name in gateway.transports if gateway.config.may_run(name)]
            awaited = own if has_socket or _has_server(gateway) else ()
            yield from _judged(gateway, lambda: _seen(gateway), names=awaited, patience=patience)
            yield from _elsewhere(gateway)
        else:
            yield wrong("server", str(fault), remedy="no server could start: is it allowed to you?")
        return
    if is_served:
        yield note("server", "it is running, and has no channels")
    else:
        yield note("server", "it is not running")
        if not gateway.config.agent:  # an agent listens nowhere
            yield from _ports(gateway)
    yield from _opened(gateway, patience=patience)
    yield from _elsewhere(gateway)


def _is_served(gateway: Gateway) -> bool:
    """Whether a server of this name lives: one without channels holds nothing that could be had."""
    with suppress(StoreError):
        return any(
            one.is_alive
            and one.about.name == gateway.config.server_name
            and not has_ended(one.about.machine)
            for one in gateway.inquiry.servers()
        )
    return False  # another finding says so


def _surroundings(gateway: Gateway) -> Iterator[Finding]:
    path = control_path(gateway.config)
    try:
        check_length(path)
    except OSError as fault:
        yield wrong(
            "control socket",
            f"{path} cannot be made, and commands about modems need it: {fault.strerror}",
            remedy="see [store] url",
        )
    ports = modem_channels(gateway.config).values()
    if is_managed() and any(port is None or port.startswith("/dev/") for port in ports):
        yield note(
            "ModemManager",
            "it runs, and takes every modem that it is not told to leave alone",
            remedy="a udev rule with ID_MM_DEVICE_IGNORE, see docs/connect-a-modem.md",
        )


def _ports(gateway: Gateway) -> Iterator[Finding]:
    """Whether each can be had, and all of them together."""
    with ExitStack() as held:
        for subject, host, port, key in _doors(gateway.config):
            try:
                held.enter_context(listen(host, port))
            except Failure as fault:
                yield wrong(subject, fault.message, remedy=f"correct {key}")
            else:
                yield ok(subject, f"port {port} of {host} is free")


def _doors(config: GatewayConfig) -> Iterator[tuple[str, str, int, str]]:
    """What listens where, and by which keys of the configuration."""
    http = config.http
    yield "http", http.host, http.port, "[http] host and port"
    if http.plain_port is not None:
        yield "http without TLS", http.host, http.plain_port, "[http] host and plain_port"
    if config.smtp and config.server.role.has_doors:
        # Loaded here: not everybody has mails.
        from smscore_smtp import options_of

        with suppress(GatewayError):  # another finding says so
            smtp = options_of(config.smtp)
            yield "mails", smtp.host, smtp.port, "[smtp] host and port"


def _opened(gateway: Gateway, *, patience: float) -> Iterator[Finding]:
    opened: dict[str, Transport] = {}
    try:
        for name, transport in gateway.transports.items():
            # What is at the same port here may be the modem of another channel, with another PIN.
            if not gateway.config.may_run(name):
                continue
            # The real sink: what a modem has for us meanwhile is stored, and not lost.
            try:
                transport.open(gateway.reception, gateway.journal(name))
            except GatewayError as fault:
                yield wrong(f"channel {name}", str(fault), remedy=f"see [channels.{name}]")
            else:
                opened[name] = transport
        yield from _judged(
            gateway,
            lambda: {name: gateway.health(name) for name in opened},
            names=opened,
            patience=patience,
        )
    finally:
        for transport in gateway.transports.values():
            transport.close()


def _elsewhere(gateway: Gateway) -> Iterator[Finding]:
    """The channels that other servers have, as those saw them last."""
    living = {one.about.name for one in gateway.inquiry.servers() if one.is_alive}
    for one in gateway.inquiry.channels():
        if one.name not in gateway.transports or gateway.config.may_run(one.name):
            continue
        subject = f"channel {one.name}"
        if one.sighting is None or one.server not in living:
            owner = gateway.config.channels[one.name].runs_on
            whose = f"the server {owner}" if owner else "servers of another role"
            yield note(subject, f"it belongs to {whose}, and is not looked at from here")
        elif one.sighting.health.is_ready and not one.sighting.health.is_alarming:
            yield ok(subject, f"{one.sighting.health.detail}, says the server {one.server}")
        else:
            detail, remedy = one.sighting.health.detail, f"smscore check, where {one.server} is"
            yield wrong(subject, detail, remedy=remedy)


def _seen(gateway: Gateway) -> dict[str, ChannelHealth]:
    """What the running server saw last."""
    return {
        one.name: one.sighting.health
        for one in gateway.inquiry.channels()
        if one.sighting is not None and gateway.config.may_run(one.name)
    }


def _has_server(gateway: Gateway) -> bool:
    """Whether a server lives; a command that holds the channels has none of its duties."""
    return any(one.is_alive and {*one.runs} & {*DUTIES} for one in gateway.inquiry.servers())


def _judged(
    gateway: Gateway,
    look: Callable[[], Mapping[str, ChannelHealth]],
    *,
    names: Collection[str],
    patience: float,
) -> Iterator[Finding]:
    """Each channel once it is ready, once only a person can help, or when time is up."""
    modems = modem_channels(gateway.config)
    deadline, pause = monotonic() + patience, threading.Event()
    while not _is_settled(look(), names) and monotonic() < deadline:
        pause.wait(_PAUSE)
    for name, health in look().items():
        if health.is_ready and not health.is_alarming:
            yield ok(f"channel {name}", health.detail)
        elif name in modems and not health.is_ready:
            trouble = diagnose(modems[name], _words_of(health), channel=name)
            yield wrong(f"channel {name}", trouble.what, remedy=trouble.remedy)
        else:
            remedy = f"is what it needs there, and allowed to you? See [channels.{name}]"
            yield wrong(f"channel {name}", health.detail, remedy=health.facts.get("remedy", remedy))


def _is_settled(found: Mapping[str, ChannelHealth], names: Collection[str]) -> bool:
    """Whether waiting would tell no more."""
    return all(name in found and _has_last_word(found[name]) for name in names)


def _has_last_word(health: ChannelHealth) -> bool:
    return health.is_alarming or (health.is_ready and not health.is_tentative)


def _words_of(health: ChannelHealth) -> str:
    is_aside = health.facts.get("recovery") == "put aside"
    return f"{health.detail}; the modem was put aside" if is_aside else health.detail
