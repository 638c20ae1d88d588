import os
import stat
import tempfile
from pathlib import Path

import pytest

from smscore_server.diagnosis import diagnose, diagnose_device, serial_ports, usb_devices


class Machine:
    """A tree of files that looks like /dev, /sys and /proc of some machine."""

    def __init__(self, root):
        self.root = root

    def write(self, path, content=""):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        return place

    def plug_in(self, name, *, vendor="12d1", product="1001", classes=(), ports=()):
        place = f"sys/bus/usb/devices/{name}"
        self.write(f"{place}/idVendor", f"{vendor}\n")
        self.write(f"{place}/idProduct", f"{product}\n")
        self.write(f"{place}/product", "Mobile\n")
        for number, kind in enumerate(classes):
            self.write(f"{place}/{name}:1.{number}/bInterfaceClass", f"{kind}\n")
        for number, port in enumerate(ports):
            (self.root / place / f"{name}:1.{number}" / port).mkdir(parents=True)
            self.write(f"dev/{port}")

    def link(self, path, to):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(to)

    def run(self, number, name, *, files=()):
        self.write(f"proc/{number}/comm", f"{name}\n")
        directory = self.root / f"proc/{number}/fd"
        directory.mkdir()
        for place, file in enumerate(files):
            (directory / str(place)).symlink_to(file)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def pty():
    """A device that is there, open for us."""
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def words(trouble):
    return f"{trouble.what} -> {trouble.remedy}"


def test_where_nothing_is_plugged_in_this_is_said(machine):
    trouble = diagnose("/dev/ttyUSB0", "", channel="modem-1", root=machine.root)

    assert trouble.what == "there is no /dev/ttyUSB0, nor any other serial port"
    assert "plugged in" in trouble.remedy


def test_other_ports_are_named_by_what_stays_the_same(machine):
    machine.plug_in("1-2", vendor="2c7c", product="0125", ports=["ttyUSB1"], classes=["ff"])
    machine.link("dev/serial/by-id/usb-Quectel_EC25-if02", "../../ttyUSB1")

    trouble = diagnose("/dev/ttyUSB0", "", channel="modem-1", root=machine.root)

    assert "/dev/serial/by-id/usb-Quectel_EC25-if02 (Quectel Mobile (2c7c:0125))" in trouble.what


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["08"], "usb-modeswitch"),
        (["08", "08"], "usb-modeswitch"),
        (["02", "0a", "08"], "HiLink"),
        (["e0", "0a"], "HiLink"),
        (["ff", "ff"], "new_id"),
    ],
)
def test_a_stick_without_a_port_is_told_by_what_it_shows_itself_as(machine, classes, said):
    machine.plug_in("1-2", classes=classes)

    trouble = diagnose("/dev/ttyUSB0", "", channel="modem-1", root=machine.root)

    assert "Huawei Mobile (12d1:1001)" in trouble.what
    assert said in words(trouble)


def test_a_device_of_another_maker_is_nothing_to_talk_about(machine):
    machine.plug_in("1-2", vendor="046d", classes=["03"])

    assert usb_devices(machine.root) == ()


def test_each_such_device_can_be_told_by_itself(machine):
    machine.plug_in("1-1", classes=["08"])
    machine.plug_in("1-2", classes=["02"])

    disk, router = usb_devices(machine.root)

    assert "CD-ROM" in diagnose_device(disk).what
    assert "network card" in diagnose_device(router).what


def test_a_file_is_no_port(machine):
    machine.write("dev/ttyUSB0")

    trouble = diagnose("/dev/ttyUSB0", "", channel="modem-1", root=machine.root)

    assert "no serial port" in trouble.what


@pytest.fixture
def forbidden():
    """A device that is there and only for root; the test goes on as somebody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a device and pretend to be another user")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        device = Path(directory) / "ttyUSB0"
        try:
            os.mknod(device, stat.S_IFCHR | 0o660, os.makedev(4, 64))
        except PermissionError:
            pytest.skip("no devices can be made here")
        os.seteuid(65534)
        yield str(device)
        os.seteuid(0)


def test_a_port_that_is_not_allowed_is_told_with_the_group_to_join(forbidden):
    trouble = diagnose(forbidden, "", channel="modem-1")

    assert f"{forbidden} is not allowed to" in trouble.what
    assert "usermod -aG root" in trouble.remedy


def test_a_port_in_the_hands_of_modem_manager_needs_a_udev_rule(machine, pty):
    machine.link("dev/ttyUSB0", pty)
    machine.run(812, "ModemManager", files=[pty])

    trouble = diagnose(
        "/dev/ttyUSB0",
        "cannot open /dev/ttyUSB0: Could not exclusively lock port",
        channel="modem-1",
        root=machine.root,
    )

    assert "in use by ModemManager" in trouble.what
    assert "ID_MM_DEVICE_IGNORE" in trouble.remedy


def test_a_server_is_not_told_to_stop_for_its_own_hold_on_the_port(machine, pty):
    machine.link("dev/ttyUSB0", pty)
    machine.run(812, "smscore", files=[pty])

    trouble = diagnose(
        "/dev/ttyUSB0",
        "cannot open /dev/ttyUSB0: Resource temporarily unavailable",
        channel="modem-1",
        server=812,
        root=machine.root,
    )

    assert "stop" not in words(trouble)
    assert trouble.what == "/dev/ttyUSB0 is being opened anew by the running server"


def test_beside_a_server_the_other_program_at_the_port_is_named(machine, pty):
    machine.link("dev/ttyUSB0", pty)
    machine.run(812, "smscore", files=[pty])
    machine.run(813, "minicom", files=[pty])

    trouble = diagnose(
        "/dev/ttyUSB0",
        "cannot open /dev/ttyUSB0: Resource temporarily unavailable",
        channel="modem-1",
        server=812,
        root=machine.root,
    )

    assert trouble.what.endswith("is in use by minicom (process 813)")


def test_another_program_at_the_port_is_named(machine, pty):
    machine.link("dev/ttyUSB0", pty)
    machine.run(812, "minicom", files=[pty])

    trouble = diagnose(
        "/dev/ttyUSB0",
        "cannot open /dev/ttyUSB0: Device or resource busy",
        channel="modem-1",
        root=machine.root,
    )

    assert "in use by minicom (process 812)" in trouble.what


def test_a_busy_sim_is_no_busy_port(machine, pty):
    trouble = diagnose(pty, "the SIM cannot be used: SIM busy", channel="modem-1")

    assert trouble.what == "the SIM cannot be used: SIM busy"


@pytest.mark.parametrize(
    ("detail", "remedy"),
    [
        ("the SIM asks for its PIN; set `pin` for this channel", "smscore modem pin --modem a"),
        ("the SIM asks for SIM PUK; only a person should enter that", "PUK from the card"),
        ("the SIM asks for PH-SIM PIN; only a person", "lock off in a telephone"),
        ("the SIM cannot be used: +CME ERROR: 10", "is a SIM inserted"),
        ("no network has registered the SIM", "antenna"),
        ("the SIM is searching for a network", "antenna"),
        ("the network denies the SIM", "active and paid for"),
        ("the SIM is roaming; set `roaming = true`", "roaming = true in [channels.a]"),
        ("the network refuses what this SIM sends, to several recipients", "credit left"),
        ("no port has the modem with the IMEI 990000000000001", "imei or port"),
        ("the SIM knows no message centre", "centre = "),
        ("the port opens, but no modem answers on it", "several ports"),
        ("something never heard of", "smscore modem transcript --modem a"),
    ],
)
def test_what_a_modem_says_of_itself_leads_to_a_way_out(detail, remedy):
    trouble = diagnose("socket://127.0.0.1:1", detail, channel="a")

    assert trouble.what == detail
    assert remedy in trouble.remedy


def test_the_way_out_fits_a_port_that_is_in_no_configuration():
    trouble = diagnose("socket://h:1", "something else", channel=None)

    assert "--port socket://h:1" in trouble.remedy


def test_a_port_has_the_most_lasting_of_its_names(machine):
    machine.plug_in("1-2", ports=["ttyUSB0", "ttyUSB1"])
    machine.write("dev/ttyACM0")
    machine.link("dev/serial/by-id/usb-HUAWEI-if00", "../../ttyUSB0")
    machine.link("dev/serial/by-path/pci-0-port1", "../../ttyUSB0")
    machine.link("dev/serial/by-path/pci-0-port2", "../../ttyUSB1")

    assert [(one.path, one.device) for one in serial_ports(machine.root)] == [
        ("/dev/ttyACM0", "/dev/ttyACM0"),
        ("/dev/serial/by-id/usb-HUAWEI-if00", "/dev/ttyUSB0"),
        ("/dev/serial/by-path/pci-0-port2", "/dev/ttyUSB1"),
    ]
