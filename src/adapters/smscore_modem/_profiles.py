"""
How to speak to a modem, as data: the steps of its initialisation, deadlines, what to try.
"""

import attrs

__all__ = ["GENERIC", "Profile", "Step"]


@attrs.frozen(kw_only=True)
class Step:
    """One command of the initialisation; ``is_needed`` when the channel cannot work without."""

    command: str
    timeout: float = 3.0
    is_needed: bool = False


@attrs.frozen(kw_only=True)
class Profile:
    """What is particular to a family of modems; deadlines in seconds."""

    name: str
    wake_attempts: int = 5
    wake_timeout: float = 2.0
    quiet: float = 0.1  # so much silence before and after the line is woken
    shape: tuple[Step, ...] = (
        Step(command="ATE0V1Q0"),
        # Once more alone: some refuse the line above as a whole, and echo is survivable.
        Step(command="ATE0"),
        Step(command="AT+CMEE=1"),
    )
    identity: tuple[str, ...] = ("AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN")
    radio_timeout: float = 15.0
    sim_patience: float = 60.0  # until the SIM has been decided, and until it is ready for SMS
    mode: tuple[Step, ...] = (
        Step(command="AT+CMGF=0", is_needed=True),
        # Without phase 2+ acknowledgement (27.005, 3.2.1): a late AT+CNMA would end all routing.
        Step(command="AT+CSMS=0"),
        # Keeps the link open between the parts of a message (27.005, 3.5.6).
        Step(command="AT+CMMS=2"),
    )
    stores: tuple[str, ...] = ("ME", "SM", "MT")
    # Stored and announced, reports directly: a crash then loses nothing. What a modem advertises
    # and what it accepts differ, so these are tried in turn.
    routing: tuple[str, ...] = (
        "2,1,0,1,0",
        "2,1,0,2,0",
        "1,1,0,1,0",
        "1,1,0,2,0",
        "2,1,0,0,0",
        "3,1,0,1,0",
        "2,1",
        "1,1",
    )
    network: tuple[Step, ...] = (
        Step(command="AT+CREG=1"),
        Step(command="AT+CGREG=1"),
        Step(command="AT+CEREG=1"),
    )
    list_timeout: float = 20.0
    store_timeout: float = 5.0
    prompt_timeout: float = 5.0


GENERIC = Profile(name="generic")
