"""
The commands about modems: what there is, how it is, what it says, and trying it by hand.
"""

import click

from smscore_server.modem._acting import pin, reset, ring, send, ussd
from smscore_server.modem._looking import (
    identify,
    inbox,
    list_modems,
    signal,
    transcript,
    watch,
)
from smscore_server.modem._shelf import shelf

__all__ = ["modem"]


@click.group(
    commands=(
        *(identify, inbox, list_modems, shelf, signal, transcript, watch),
        *(pin, reset, ring, send, ussd),
    ),
)
def modem() -> None:
    """
    Look at modems and try them: signal, SIM, inbox, balance, one text.

    Beside a running server they are asked through it; without one the port is opened, and what
    arrives meanwhile stays in the modem.

    \b
    Example: smscore modem list
             smscore modem identify --port /dev/ttyUSB2
    """
