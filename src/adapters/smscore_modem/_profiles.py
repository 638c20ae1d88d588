"""
How to speak to a modem, as data: one file per family, chosen by what a modem says of itself.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources

import attrs

from smscore.errors import ConfigurationError
from smscore.structuring import nearest, structure

__all__ = ["GENERIC", "PROFILES", "Counter", "Match", "Profile", "Step", "load", "profile_for"]

# In this order they are asked whether they fit. Qualcomm's name is on other makers' modems too.
PROFILES = (
    "huawei",
    "zte",
    "quectel",
    "simcom",
    "sierra",
    "cinterion",
    "wavecom",
    "telit",
    "qualcomm",
    "generic",
)
_FOR_OTHERS = ("match", "personality")  # of a file: how it is found, and what the simulator plays


@attrs.frozen(kw_only=True)
class Step:
    """
    One command of the initialisation, and others to try in turn when it is refused.

    ``is_needed`` when the channel cannot work without.
    """

    command: str
    otherwise: tuple[str, ...] = ()
    timeout: float = 3.0
    is_needed: bool = False


@attrs.frozen(kw_only=True)
class Counter:
    """A question whose answer holds the tries that are left for a PIN or PUK."""

    command: str
    pattern: str  # its first group is the number


@attrs.frozen(kw_only=True)
class Match:
    """Regular expressions of what a modem says of itself; those that are given must all fit."""

    manufacturer: str | None = None
    model: str | None = None
    revision: str | None = None

    def fits(self, *, manufacturer: str, model: str, revision: str) -> bool:
        """Whether a modem of this identity is meant; without any expression none is."""
        pairs = (
            (self.manufacturer, manufacturer),
            (self.model, model),
            (self.revision, revision),
        )
        given = [(pattern, text) for pattern, text in pairs if pattern is not None]
        return bool(given) and all(re.search(*pair, re.IGNORECASE) for pair in given)


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
    early: tuple[str, ...] = ()  # what must not wait until the SIM is ready; may fail
    radio_timeout: float = 15.0
    sim_patience: float = 60.0  # until the SIM has been decided, and until it is ready for SMS
    # The serial number of the SIM; most read it while the SIM is locked.
    card: tuple[str, ...] = ("AT+CCID", "AT+ICCID", "AT^ICCID?")
    # 27.007, 8.65; and 102.221, 11.1.9: to verify without a PIN counts, and costs nothing.
    pin_counters: tuple[Counter, ...] = (
        Counter(command='AT+CPINR="SIM PIN"', pattern=r"\+CPINR:\s*\"?SIM PIN\"?\s*,\s*(\d+)"),
        Counter(command='AT+CSIM=10,"0020000100"', pattern=r'"63C([0-9A-Fa-f])"'),
    )
    is_slow_to_start: bool = False  # refuses or ignores everything about SMS for a while
    mode: tuple[Step, ...] = (
        Step(command="AT+CMGF=0", is_needed=True),
        # Without phase 2+ acknowledgement (27.005, 3.2.1): a late AT+CNMA would end all routing.
        Step(command="AT+CSMS=0"),
        # Keeps the link open between the parts of a message (27.005, 3.5.6).
        Step(command="AT+CMMS=2"),
    )
    stores: tuple[str, ...] = ("ME", "SM", "MT")  # the largest of them that there is; ties by order
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
        Step(command="AT+CREG=2", otherwise=("AT+CREG=1",)),
        Step(command="AT+CGREG=2", otherwise=("AT+CGREG=1",)),
        Step(command="AT+CEREG=2", otherwise=("AT+CEREG=1",)),
    )
    chatter: tuple[str, ...] = ()  # makes it talk less, or in the right place; may fail
    sweep_interval: float = 60.0  # between two looks into the stores when nothing happens
    list_timeout: float = 20.0
    prompt_timeout: float = 5.0
    # From the PDU to its result. The network's own timers alone can take 40 s; too early an end
    # leaves a message in doubt.
    response_timeout: float = 120.0
    payload_delay: float = 0.0  # between the prompt and the PDU
    ctrl_z_delay: float = 0.0  # between the PDU and its Ctrl-Z
    # What its own numbers mean: the letter of an error class by the number.
    cms_errors: Mapping[str, str] = attrs.Factory(dict)
    cme_errors: Mapping[str, str] = attrs.Factory(dict)
    ussd: str = "guess"  # how texts of USSD are written: text, packed, ucs2, guess
    ussd_prepare: tuple[str, ...] = ()  # before a USSD session; may fail
    radio_off: tuple[str, ...] = ("AT+CFUN=4", "AT+CFUN=0")  # empty: it would go deaf for good
    reset: tuple[str, ...] = ("AT+CFUN=1,1",)  # the first that is obeyed starts it anew


def load(name: str) -> Profile:
    """
    The profile of that name.

    Raises:
        ConfigurationError: there is none.
    """
    return _load(name)[1]


def profile_for(*, manufacturer: str, model: str, revision: str) -> Profile:
    """The profile for a modem that says this of itself; the generic one for all the others."""
    for name in PROFILES:
        match, profile = _load(name)
        if match.fits(manufacturer=manufacturer, model=model, revision=revision):
            return profile
    return load("generic")


@functools.cache
def _load(name: str) -> tuple[Match, Profile]:
    if name not in PROFILES:
        raise ConfigurationError(f"no profile is called {name!r}{nearest(name, PROFILES)}")
    text = resources.files(__package__).joinpath("profiles", f"{name}.toml").read_text("utf-8")
    content = tomllib.loads(text)
    overrides = {key: value for key, value in content.items() if key not in _FOR_OTHERS}
    where = f"profile {name}"
    return (
        structure(content.get("match", {}), Match, where=f"{where}: match"),
        structure({"name": name, **overrides}, Profile, where=where),
    )


GENERIC = Profile(name="generic")
