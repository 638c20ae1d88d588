"""
A virtual modem's radio: whether a network has taken it in, and how well it hears it.
"""

import attrs

__all__ = ["USABLE", "Radio"]

# 27.007, 7.2 <stat>: at home, roaming, either for short messages alone, either without preference
# for packet data.
USABLE = frozenset({1, 5, 6, 7, 9, 10})


@attrs.define(kw_only=True)
class Radio:
    """
    ``granted`` and ``received`` are what the network gives, ``state`` and ``signal`` what is left
    of it while something is wrong; ``domains`` are the commands that tell of the former.
    """

    granted: int = 1
    received: int = 20  # <rssi> of +CSQ
    denied: int | None = None  # None: nothing is wrong
    weakened: int | None = None
    operator: str = "Simulated"
    area: str = "0001"
    cell: str = "00000001"
    # Where there is LTE alone, only +CEREG tells of it.
    domains: tuple[str, ...] = ("+CREG", "+CGREG", "+CEREG")

    @property
    def state(self) -> int:
        """How far the network has taken it in (27.007, 7.2 <stat>)."""
        return self.granted if self.denied is None else self.denied

    @property
    def signal(self) -> int:
        """How well it hears the network (27.007, 8.5 <rssi>)."""
        return self.received if self.weakened is None else self.weakened

    def told_by(self, domain: str, state: int) -> int:
        """What a domain's command says while the modem as a whole is in some state."""
        return state if domain in self.domains else 0
