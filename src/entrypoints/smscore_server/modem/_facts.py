"""
What a modem knows of itself and its network, also while it is not ready.
"""

from collections.abc import Mapping

from smscore.errors import NotReady
from smscore_server._output import show_fields, show_json
from smscore_server.modem._reaching import ReachedModem

__all__ = ["identity_of", "show_facts", "signal_of"]

# 27.007, 7.2 and 10.1.20.
_REGISTRATIONS = {
    0: "off",
    1: "home",
    2: "searching",
    3: "denied",
    4: "unknown",
    5: "roaming",
    6: "home (SMS only)",
    7: "roaming (SMS only)",
    8: "emergency calls only",
    9: "home (no CSFB)",
    10: "roaming (no CSFB)",
}


def identity_of(found: ReachedModem) -> Mapping[str, object]:
    """
    Which modem and SIM it is, and how it is; of a SIM that is locked, as much as can be known.

    Raises:
        NotReady: it never answered.
    """
    facts, detail = found.operate("identify"), found.operate("health")["detail"]
    if not facts:
        raise NotReady(detail)
    return {**facts, "detail": detail}


def signal_of(found: ReachedModem) -> Mapping[str, object]:
    """
    How it hears the network; as it was when it came up, if it takes no orders now.

    Raises:
        NotReady: it was never up.
    """
    health = found.operate("health")
    if health["is_ready"]:
        return {**found.operate("signal"), "detail": health["detail"]}
    if health["identity"] is None:
        raise NotReady(health["detail"])
    # A modem without a network takes no orders, and is the one whose signal is wanted.
    return {
        "signal_dbm": health["signal_dbm"],
        "registration": _states(health["facts"].get("registration", "")),
        "detail": health["detail"],
    }


def _states(told: str) -> dict[str, int]:
    """What is told as ``CREG 1, CEREG 5``, as the modem's own answer would have it."""
    pairs = (one.split() for one in told.split(", ") if one)
    return {f"+{domain}": int(state) for domain, state in pairs}


def show_facts(name: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print them, with the name of the modem first."""
    if as_json:
        show_json({"modem": name, **facts})
    else:
        shown = ((key.replace("_", " "), _worded(value)) for key, value in facts.items())
        show_fields([("modem", name), *shown])


def _worded(value: object) -> object:
    """The states of the domains in words; everything else as it is."""
    if not isinstance(value, Mapping):
        return value
    words = (f"{name} {_REGISTRATIONS.get(state, state)}" for name, state in value.items())
    return ", ".join(words) or None
