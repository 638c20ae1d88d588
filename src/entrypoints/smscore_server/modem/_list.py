"""
What modems there are: those of the configuration, and the ports that are nobody's yet.
"""

from pathlib import Path
from typing import Any

import click

from smscore import GatewayConfig
from smscore_server._opening import opened
from smscore_server._output import instant, printable, show_json, show_table
from smscore_server.diagnosis import UsbDevice, diagnose_device, serial_ports, usb_devices
from smscore_server.modem._reaching import modem_channels

__all__ = ["show"]


def show(config_file: Path, *, as_json: bool) -> None:
    """
    Print them; without a configuration only what the machine has.

    Raises:
        GatewayError: the configuration or the store cannot be used.
    """
    modems = _configured(config_file) if config_file.exists() else []
    used = {one["port"]: one["name"] for one in modems if one["port"]}
    ports = _ports(used)
    devices = [_as_document(one) for one in usb_devices() if not one.ports]
    if as_json:
        show_json({"modems": modems, "ports": ports, "devices": devices})
        return
    _show(modems, ports, devices)


def _configured(config_file: Path) -> list[dict[str, Any]]:
    ports = modem_channels(GatewayConfig.from_toml(config_file))
    with opened(config_file) as gateway:
        sightings = {one.name: one.sighting for one in gateway.inquiry.channels()}
    found = []
    for name, port in ports.items():
        sighting = sightings.get(name)
        health = sighting.health if sighting else None
        found.append(
            {
                "name": name,
                "port": port,
                "ready": health.is_ready if health else None,
                "signal_dbm": health.signal_dbm if health else None,
                "identity": health.identity if health else None,
                "detail": health.detail if health else "no server has looked at it yet",
                "seen_at": instant(sighting.at) if sighting else None,
            }
        )
    return found


def _ports(used: dict[str, str]) -> list[dict[str, str | None]]:
    users = {str(Path(port).resolve()): name for port, name in used.items() if "://" not in port}
    return [
        {
            "path": one.path,
            "device": one.device,
            "label": one.label or None,
            "modem": users.get(str(Path(one.device).resolve())),
        }
        for one in serial_ports()
    ]


def _as_document(device: UsbDevice) -> dict[str, str]:
    trouble = diagnose_device(device)
    return {"device": str(device), "trouble": trouble.what, "remedy": trouble.remedy}


def _show(
    modems: list[dict[str, Any]],
    ports: list[dict[str, str | None]],
    devices: list[dict[str, str]],
) -> None:
    if modems:
        columns = ("name", "port", "ready", "signal_dbm", "identity", "detail", "seen_at")
        show_table(
            ["name", "port", "ready", "dbm", "modem", "detail", "seen_at"],
            [[one[key] for key in columns] for one in modems],
        )
    else:
        click.echo("no modem is configured")
    click.echo()
    if ports:
        show_table(
            ["serial port", "now at", "device", "used by"],
            [[one["path"], one["device"], one["label"], one["modem"]] for one in ports],
        )
    else:
        click.echo("this machine has no serial port that a modem could be at")
    for one in devices:
        click.echo(f"\n{printable(one['trouble'])}\n  -> {printable(one['remedy'])}")
