"""
What is wrong with a modem, and the way out; also without any installation.
"""

from smscore_server.diagnosis._trouble import Trouble, diagnose, diagnose_device, is_managed
from smscore_server.diagnosis._usb import SerialPort, UsbDevice, serial_ports, usb_devices

__all__ = [
    "SerialPort",
    "Trouble",
    "UsbDevice",
    "diagnose",
    "diagnose_device",
    "is_managed",
    "serial_ports",
    "usb_devices",
]
