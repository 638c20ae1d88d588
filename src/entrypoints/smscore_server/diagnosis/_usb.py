"""
The serial ports of this machine, and the USB devices that could have one: what the kernel shows.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import attrs

__all__ = ["VENDORS", "SerialPort", "UsbDevice", "serial_ports", "usb_devices"]

VENDORS: Mapping[str, str] = {
    "0421": "Nokia",
    "05c6": "Qualcomm",
    "0681": "Siemens",
    "0af0": "Option",
    "0bdb": "Ericsson",
    "114f": "Wavecom",
    "1199": "Sierra Wireless",
    "12d1": "Huawei",
    "1410": "Novatel",
    "1546": "u-blox",
    "19d2": "ZTE",
    "1bbb": "Alcatel",
    "1bc7": "Telit",
    "1c9e": "Longcheer",
    "1e0e": "SIMCom",
    "1e2d": "Cinterion",
    "2c7c": "Quectel",
}
"""Makers of modems by the vendor id of USB; each makes other things as well."""


@attrs.frozen(kw_only=True)
class UsbDevice:
    """One device: which interface classes it shows, and which serial ports the kernel made."""

    name: str  # of the place where it is plugged in, such as 1-2
    vendor: str
    product: str
    label: str
    classes: frozenset[str]  # of its interfaces, in hexadecimal as the kernel writes them
    ports: tuple[str, ...]  # such as ttyUSB0

    @property
    def is_router(self) -> bool:
        """Whether it is a network card with a telephone behind it ("HiLink") and no modem."""
        return not self.ports and bool(self.classes & {"02", "e0"})

    @property
    def is_disk(self) -> bool:
        """Whether it shows the CD-ROM with its driver for another system, and nothing else."""
        return not self.ports and self.classes == {"08"}

    def __str__(self) -> str:
        return f"{self.label} ({self.vendor}:{self.product})"


@attrs.frozen(kw_only=True)
class SerialPort:
    """A port by the name that stays the same, the one of the moment, and whose it is."""

    path: str
    device: str
    label: str


def usb_devices(root: Path = Path("/")) -> tuple[UsbDevice, ...]:
    """The devices of makers of modems that are plugged in."""
    found = []
    for place in sorted(root.glob("sys/bus/usb/devices/*")):
        vendor = _read(place / "idVendor")
        if vendor in VENDORS:
            found.append(_device(place, vendor))
    return tuple(found)


def serial_ports(root: Path = Path("/")) -> tuple[SerialPort, ...]:
    """
    The ports that a modem can have, by the most lasting name that each has.

    Sticks without a serial number share one name by id; such a name tells nothing.
    """
    labels = {port: str(one) for one in usb_devices(root) for port in one.ports}
    names: dict[str, str] = {}
    for kind in ("by-id", "by-path"):
        for link in sorted(root.glob(f"dev/serial/{kind}/*")):
            names.setdefault(link.resolve().name, f"/dev/serial/{kind}/{link.name}")
    devices = [*root.glob("dev/ttyUSB*"), *root.glob("dev/ttyACM*"), *root.glob("dev/ttyAMA*")]
    return tuple(
        SerialPort(
            path=names.get(device.name, f"/dev/{device.name}"),
            device=f"/dev/{device.name}",
            label=labels.get(device.name, ""),
        )
        for device in sorted(devices, key=lambda one: (len(one.name), one.name))
    )


def _device(place: Path, vendor: str) -> UsbDevice:
    words = [_read(place / "manufacturer") or VENDORS[vendor], _read(place / "product")]
    return UsbDevice(
        name=place.name,
        vendor=vendor,
        product=_read(place / "idProduct"),
        label=" ".join(word for word in words if word),
        classes=frozenset(filter(None, map(_read, place.glob("*:*/bInterfaceClass")))),
        ports=tuple(sorted(_ports(place))),
    )


def _ports(place: Path) -> Iterator[str]:
    for pattern in ("*:*/ttyUSB*", "*:*/tty/ttyACM*"):
        for found in place.glob(pattern):
            yield found.name


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_text("utf-8", "replace").strip()
    return ""
