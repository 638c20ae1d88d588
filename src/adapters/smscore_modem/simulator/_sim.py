"""
A virtual SIM: its numbers, its PIN and PUK, and how many tries are left.
"""

import attrs

__all__ = ["Sim"]

_TRIES = 3
_PUK_TRIES = 10


@attrs.define(kw_only=True)
class Sim:
    """A SIM card; without a PIN it is never locked."""

    pin: str | None = attrs.field(default=None, repr=False)
    puk: str = attrs.field(default="12345678", repr=False)
    iccid: str = "8999100000000000001"
    imsi: str = "999010000000001"
    tries_left: int = _TRIES
    puk_tries_left: int = _PUK_TRIES
    is_pin_borrowed: bool = False  # it has one only as long as something is wrong
    is_locked: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.is_locked = self.pin is not None

    @property
    def state(self) -> str:
        """The answer to ``AT+CPIN?``."""
        if not self.is_locked:
            return "READY"
        return "SIM PIN" if self.tries_left else "SIM PUK"

    def lock(self) -> None:
        """Power was lost."""
        self.is_locked = self.pin is not None

    def enter(self, pin: str) -> bool:
        """Try a PIN; each wrong one costs a try."""
        if not self.is_locked or not self.tries_left:
            return False
        self.tries_left -= 1
        if pin == self.pin:
            self.tries_left = _TRIES
            self.is_locked = False
        return not self.is_locked

    def unblock(self, puk: str, pin: str) -> bool:
        """Try a PUK, which gives the SIM a new PIN; each wrong one costs a try."""
        if not self.is_locked or not self.puk_tries_left:
            return False
        self.puk_tries_left -= 1
        if puk == self.puk:
            self.puk_tries_left = _PUK_TRIES
            self.tries_left = _TRIES
            self.pin = pin
            self.is_locked = False
        return not self.is_locked

    def verification_status(self) -> str:
        """What the card says to an empty verification of the PIN (51.011, 9.4.5): tries left."""
        if self.tries_left:
            return f"63C{self.tries_left}"
        return "6983"  # blocked
