"""
What a modem knows of its network: whether it is registered, and how well it hears it.
"""

from collections.abc import Mapping

import attrs

from smscore_modem._line._asking import insist
from smscore_modem._line._commands import signal_dbm, value_of
from smscore_modem._line._dialogue import Dialogue

__all__ = [
    "DOMAINS",
    "Networks",
    "Watch",
    "network_state",
    "read_networks",
    "read_signal",
    "smoothed",
]

DOMAINS = ("+CREG", "+CGREG", "+CEREG")
_TIMEOUT = 5.0
# 27.007, 7.2 and 10.1.20; with SMS only among them.
_HOME = frozenset({1, 6, 9})
_ROAMING = frozenset({5, 7, 10})
_OFF, _SEARCHING, _DENIED, _EMERGENCY = 0, 2, 3, 8
_PATIENCE_DENIED = 600.0
_PATIENCE_OFF = 120.0
_BETWEEN_KICKS = 3600.0


@attrs.frozen(kw_only=True)
class Networks:
    """The state of each domain that tells one; with LTE alone ``+CREG`` may stay at 0."""

    states: Mapping[str, int] = attrs.Factory(dict)

    def changed(self, domain: str, state: int) -> "Networks":
        """The same with one of them replaced."""
        return Networks(states={**self.states, domain: state})

    def obstacle(self, *, roaming: bool) -> str | None:
        """Why no network will take a message; None if one will, or nobody knows."""
        found = set(self.states.values())
        if not found or found & _HOME or (roaming and found & _ROAMING):
            return None
        if found & _ROAMING:
            return "the SIM is roaming; set `roaming = true` for this channel to allow it"
        if _SEARCHING in found:
            return "the SIM is searching for a network"
        if _DENIED in found:
            return "the network denies the SIM"
        if _EMERGENCY in found:
            return "the network allows emergency calls only"
        return "no network has registered the SIM"

    @property
    def is_denied(self) -> bool:
        """Whether the last word was no."""
        return _DENIED in self.states.values() and self.obstacle(roaming=True) is not None

    @property
    def is_off(self) -> bool:
        """Whether the modem does not even search."""
        return bool(self.states) and set(self.states.values()) == {_OFF}

    def __str__(self) -> str:
        return ", ".join(f"{name.strip('+')} {state}" for name, state in self.states.items())


@attrs.frozen(kw_only=True)
class Watch:
    """Since when the networks have been as they are, and what should be done about it."""

    networks: Networks = attrs.Factory(Networks)
    denied_since: float | None = None
    off_since: float | None = None
    kicked_at: float | None = None

    def seen(self, networks: Networks, *, now: float) -> "Watch":
        """After a look at them."""
        return attrs.evolve(
            self,
            networks=networks,
            denied_since=_since(self.denied_since, networks.is_denied, now),
            off_since=_since(self.off_since, networks.is_off, now),
        )

    def kicked(self, *, now: float) -> "Watch":
        """After the modem was told to search."""
        return attrs.evolve(self, kicked_at=now)

    def is_hopeless(self, *, now: float) -> bool:
        """Whether an operator should look at the subscription."""
        return self.denied_since is not None and now - self.denied_since >= _PATIENCE_DENIED

    def should_kick(self, *, now: float) -> bool:
        """Whether the modem should be told to search; that takes minutes, so it is rare."""
        if self.off_since is None or now - self.off_since < _PATIENCE_OFF:
            return False
        return self.kicked_at is None or now - self.kicked_at >= _BETWEEN_KICKS


def network_state(text: str, *, is_answer: bool) -> int | None:
    """
    The state in ``+CREG`` and its relatives.

    An answer begins with ``<n>``, a notification does not. None: it does not say.
    """
    numbers = [field.strip() for field in text.split(",")]
    field = numbers[1:2] if is_answer else numbers[:1]
    # int() would take much more than the one or two digits there can be.
    return int(field[0]) if field and field[0].isdecimal() and len(field[0]) < 3 else None


def read_networks(dialogue: Dialogue) -> Networks:
    """Ask for all domains."""
    states = {}
    for name in DOMAINS:
        answer = insist(dialogue, f"AT{name}?", timeout=_TIMEOUT)
        state = network_state(value_of(answer.lines, name) or "", is_answer=True)
        if state is not None:
            states[name] = state
    return Networks(states=states)


def read_signal(dialogue: Dialogue) -> int | None:
    """The strength of the signal in dBm, if the modem knows."""
    found = signal_dbm(insist(dialogue, "AT+CSQ", timeout=_TIMEOUT).lines)
    if found is not None:
        return found
    # On LTE alone the old question may have no answer (27.007, 8.69: <rsrp> is the last field).
    fields = (value_of(insist(dialogue, "AT+CESQ", timeout=_TIMEOUT).lines, "+CESQ") or "").split(
        ","
    )
    index = fields[5].strip() if len(fields) > 5 else ""
    return int(index) - 141 if index.isdecimal() and int(index) <= 97 else None


def smoothed(before: int | None, sample: int | None) -> int | None:
    """A signal as it is shown: single samples jump."""
    if before is None or sample is None:
        return sample
    return round((3 * before + sample) / 4)


def _since(before: float | None, holds: bool, now: float) -> float | None:  # noqa: FBT001  # private
    if not holds:
        return None
    return now if before is None else before
