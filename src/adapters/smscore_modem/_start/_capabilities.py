"""
What the initialisation found out about a modem, kept per serial number and firmware.
"""

import hashlib
import json

import attrs

from smscore.ports.transport import Journal

__all__ = ["CapabilityRecord"]


@attrs.frozen(kw_only=True)
class CapabilityRecord:
    """What one modem with one firmware can do and refuses."""

    manufacturer: str
    model: str
    revision: str
    imei: str
    profile: str
    store: str | None = None  # where messages arrive; None: it keeps none
    store_size: int | None = None
    routing: str | None = None  # None: arrivals are not announced
    has_centre: bool | None = None  # None: it does not tell
    domains: tuple[str, ...] = ()  # that tell whether they are registered
    refused: tuple[str, ...] = ()  # of the initialisation

    @property
    def key(self) -> str:
        """Where the journal keeps it."""
        firmware = hashlib.sha256(self.revision.encode()).hexdigest()[:16]
        return f"capabilities/{self.imei or 'unknown'}/{firmware}"

    def keep(self, journal: Journal) -> None:
        """Write it down, if it is not there yet."""
        text = json.dumps(attrs.asdict(self), sort_keys=True).encode()
        if journal.get(self.key) != text:
            journal.put(self.key, text)

    def facts(self) -> dict[str, str]:
        """The same for people."""
        return {
            "profile": self.profile,
            "firmware": self.revision or "unknown",
            "imei": self.imei or "unknown",
            "store": f"{self.store} ({self.store_size or '?'})" if self.store else "none",
            "routing": self.routing or "none, only looking",
            **({"refuses": " ".join(self.refused)} if self.refused else {}),
        }
