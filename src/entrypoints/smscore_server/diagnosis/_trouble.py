"""
What is wrong with a modem, and the way out: from its own words and from what the machine shows.
"""

import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import attrs

from smscore_server.diagnosis._remedies import OTHERWISE, REMEDIES
from smscore_server.diagnosis._usb import SerialPort, UsbDevice, serial_ports, usb_devices

__all__ = ["Trouble", "diagnose", "diagnose_device", "is_managed"]

_PAGE = "docs/connect-a-modem.md"
_BUSY = re.compile(
    r"cannot open.*(exclusiv|busy|temporarily unavailable|in use|lock)", re.IGNORECASE
)


@attrs.frozen(kw_only=True)
class Trouble:
    """What is wrong, and what to do about it; each on one line."""

    what: str
    remedy: str


def diagnose(
    port: str | None,
    detail: str,
    *,
    channel: str | None,
    server: int | None = None,
    root: Path = Path("/"),
) -> Trouble:
    """
    Why a modem is not ready. ``detail`` is what its channel says; ``root`` is where to look.

    A port that is an address elsewhere, or is searched for, is judged by the words alone. Without a
    ``channel`` it is one that nobody has configured. ``server`` is the process of the server whose
    channel it is, if one runs.
    """
    found = None
    if port is not None and "://" not in port:
        found = _of_device(port, detail, server=server, root=root)
    return found or _of_modem(detail, which=_Which(channel=channel, port=port))


@attrs.frozen(kw_only=True)
class _Which:
    """What the way out calls the modem."""

    channel: str | None
    port: str | None

    def fill(self, remedy: str) -> str:
        option = f"--modem {self.channel}" if self.channel else f"--port {self.port}"
        # Not format(): a name may hold braces.
        for word, meant in (
            ("{which}", option),
            ("{channel}", self.channel or "NAME"),
            ("{page}", _PAGE),
        ):
            remedy = remedy.replace(word, meant)
        return remedy


def _of_device(port: str, detail: str, *, server: int | None, root: Path) -> Trouble | None:
    path = root / port.lstrip("/") if port.startswith("/") else Path(port)
    try:
        mode = path.stat().st_mode
    except PermissionError:
        return Trouble(what=f"{port} is in a directory that is closed to us", remedy=_as_whom())
    except OSError:
        return _absent(port, root=root)
    if not stat.S_ISCHR(mode):
        return Trouble(
            what=f"{port} is no serial port",
            remedy="name the device itself in `port`; 'smscore modem list' shows what there is",
        )
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        return _forbidden(port, path)
    if _BUSY.search(detail):
        return _taken(port, path, server=server, root=root)
    return None


def _absent(port: str, *, root: Path) -> Trouble:
    ports = serial_ports(root)
    for device in usb_devices(root):
        if not device.ports:
            found = diagnose_device(device)
            return attrs.evolve(found, what=f"there is no {port}, but {found.what}")
    if ports:
        return Trouble(
            what=f"there is no {port}; there are {_listed(ports)}",
            remedy="is the modem plugged in? Name its port by an entry of /dev/serial/by-id or "
            "by-path, which stays the same when others are plugged in",
        )
    return Trouble(
        what=f"there is no {port}, nor any other serial port",
        remedy="is the modem plugged in? In a container or virtual machine the device has to be "
        "passed on to it",
    )


def diagnose_device(device: UsbDevice) -> Trouble:
    """Why a USB device that may be a modem has no serial port."""
    if device.is_disk:
        return Trouble(
            what=f"{device} shows itself as a CD-ROM",
            remedy="install usb-modeswitch and plug the modem in again; it turns into a modem then",
        )
    if device.is_router:
        return Trouble(
            what=f"{device} is a network card and no modem (HiLink)",
            remedy=f"such a stick takes no AT commands as it is; {_PAGE} says what can be done",
        )
    return Trouble(
        what=f"{device} is plugged in, and no driver gave it a port",
        remedy=f"modprobe option && echo {device.vendor} {device.product} "
        "> /sys/bus/usb-serial/drivers/option1/new_id",
    )


def _forbidden(port: str, path: Path) -> Trouble:
    group = "dialout"
    with suppress(KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    return Trouble(
        what=f"{port} is not allowed to {_user()}; it belongs to the group {group}",
        remedy=f"sudo usermod -aG {group} {_user()}, then log in again; for a service of systemd "
        f"SupplementaryGroups={group}",
    )


def _taken(port: str, path: Path, *, server: int | None, root: Path) -> Trouble:
    found = sorted(set(_holders(path, root=root)))
    holders = [(name, number) for name, number in found if number != server]
    if found and not holders:
        return Trouble(
            what=f"{port} is being opened anew by the running server",
            remedy="it tries again by itself; --wait waits for longer",
        )
    is_manager = "ModemManager" in {name for name, _ in holders} or (
        not holders and is_managed(root)
    )
    if is_manager:
        return Trouble(
            what=f"{port} is in use by ModemManager, which takes every modem that it sees",
            remedy=f"a udev rule with ID_MM_DEVICE_IGNORE, see {_PAGE}; or, if nothing else needs "
            "it: sudo systemctl disable --now ModemManager",
        )
    if holders:
        names = ", ".join(f"{name} (process {number})" for name, number in holders)
        return Trouble(what=f"{port} is in use by {names}", remedy="stop that, and check again")
    return Trouble(
        what=f"{port} is in use by another program",
        remedy=f"'sudo fuser -v {port}' says which; stop it, and check again",
    )


def is_managed(root: Path = Path("/")) -> bool:
    """Whether ModemManager runs here, and may take any modem that is plugged in."""
    return any(name == "ModemManager" for name, _ in _processes(root))


def _processes(root: Path) -> Iterator[tuple[str, Path]]:
    for place in root.glob("proc/[0-9]*"):
        with suppress(OSError):
            yield (place / "comm").read_text("utf-8", "replace").strip(), place


def _holders(path: Path, *, root: Path) -> Iterator[tuple[str, int]]:
    device = path.resolve()
    for name, place in _processes(root):
        if place.name == str(os.getpid()):
            continue
        with suppress(OSError):  # another user's, or gone
            if any(link.resolve() == device for link in (place / "fd").iterdir()):
                yield name, int(place.name)


def _of_modem(detail: str, *, which: _Which) -> Trouble:
    for pattern, remedy in REMEDIES:
        if re.search(pattern, detail, re.IGNORECASE):
            return Trouble(what=detail, remedy=which.fill(remedy))
    return Trouble(what=detail, remedy=which.fill(OTHERWISE))


def _listed(ports: tuple[SerialPort, ...]) -> str:
    shown = [f"{one.path} ({one.label})" if one.label else one.path for one in ports[:4]]
    return ", ".join(shown) + (" and more" if len(ports) > 4 else "")


def _as_whom() -> str:
    return f"run it as another user than {_user()}, or open the directory"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
