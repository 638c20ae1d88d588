"""
Who a modem and its SIM are: not the port makes them what they are, but their serial numbers.
"""

import re
from collections.abc import Callable

import attrs

from smscore_modem._line._asking import insist
from smscore_modem._line._dialogue import Answer, Dialogue
from smscore_modem._profiles import Profile, profile_for

__all__ = ["Device", "SimCard", "read_card", "read_device", "read_imei"]

_TIMEOUT = 3.0
_SIM_TIMEOUT = 5.0
_MOST_READINGS = 4
_IMEI = re.compile(r"(?<!\d)\d{15,16}(?!\d)")
_IMSI = re.compile(r"(?<!\d)\d{14,15}(?!\d)")
_ICCID = re.compile(r"(?<![0-9A-F])[0-9A-F]{18,22}(?![0-9A-F])")


@attrs.frozen(kw_only=True)
class Device:
    """What a modem says of itself; empty where it does not."""

    manufacturer: str = ""
    model: str = ""
    revision: str = ""
    imei: str = ""

    @property
    def description(self) -> str:
        """All of it in one line."""
        known = (self.manufacturer, self.model, self.revision, self.imei)
        return ", ".join(text for text in known if text) or "unknown modem"

    @property
    def is_complete(self) -> bool:
        """Whether it said everything that matters."""
        return bool(self.manufacturer and self.revision and self.imei)

    @property
    def profile(self) -> Profile:
        """The profile that fits."""
        return profile_for(manufacturer=self.manufacturer, model=self.model, revision=self.revision)


@attrs.frozen(kw_only=True)
class SimCard:
    """The serial number of a SIM and that of its subscriber; None where it does not say."""

    iccid: str | None = None
    imsi: str | None = None

    def key(self, device: Device) -> str:
        """What owns quotas, counters and the tries of a PIN."""
        return self.iccid or self.imsi or f"unknown-in-{device.imei or 'unknown'}"


def read_device(dialogue: Dialogue) -> Device:
    """Ask for maker, model, firmware and serial number; ``ATI`` serves those that refuse."""
    manufacturer = _word(_ask(dialogue, "AT+CGMI"))
    model = _word(_ask(dialogue, "AT+CGMM"))
    revision = _word(_ask(dialogue, "AT+CGMR"))
    imei = read_imei(dialogue) or ""
    if not manufacturer:
        # V.250, 6.1.3: free text, which names the maker first if at all.
        lines = (*_ask(dialogue, "ATI").lines, "", "")
        manufacturer, model = lines[0], model or lines[1]
    return Device(manufacturer=manufacturer, model=model, revision=revision, imei=imei)


def read_imei(dialogue: Dialogue) -> str | None:
    """The modem's serial number (27.007, 5.4)."""
    return _twice(lambda: _found(_IMEI, _ask(dialogue, "AT+CGSN").lines))


def read_card(dialogue: Dialogue, *, profile: Profile, is_open: bool) -> SimCard:
    """What the SIM says; ``is_open`` when it is unlocked, for the subscriber is a secret before."""
    iccid = imsi = None
    for command in profile.card:
        iccid = _twice(lambda: _found(_ICCID, _sim_lines(dialogue, command)))  # noqa: B023  # now
        if iccid is not None:
            break
    if is_open:
        imsi = _twice(lambda: _found(_IMSI, _sim_lines(dialogue, "AT+CIMI")))
    return SimCard(iccid=iccid.rstrip("F") if iccid else None, imsi=imsi)


def _twice(read: Callable[[], str | None]) -> str | None:
    """What was read twice in a row: a bad cable must not make another modem or SIM of it."""
    before = read()
    for _ in range(_MOST_READINGS if before is not None else 0):
        again = read()
        if again == before:
            return again
        before = again
    return before


def _found(pattern: re.Pattern[str], lines: tuple[str, ...]) -> str | None:
    found = pattern.search(" ".join(lines).upper())
    return found[0] if found else None


def _ask(dialogue: Dialogue, command: str) -> Answer:
    return insist(dialogue, command, timeout=_TIMEOUT)


def _sim_lines(dialogue: Dialogue, command: str) -> tuple[str, ...]:
    answer = insist(dialogue, command, timeout=_SIM_TIMEOUT)
    return answer.lines if answer.is_ok else ()


def _word(answer: Answer) -> str:
    # Some name themselves as `+CGMI: "…"`, most with a bare line.
    if not answer.is_ok or not answer.lines:
        return ""
    return answer.lines[0].rpartition(": ")[2].strip('" ')
