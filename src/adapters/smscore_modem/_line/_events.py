"""
What the AT engine makes of the bytes that a modem sends.
"""

import attrs

__all__ = ["Event", "Final", "Information", "Noise", "Notification", "Prompt"]


@attrs.frozen
class Information:
    """A line that belongs to the pending command's answer."""

    text: str


@attrs.frozen
class Prompt:
    """The modem waits for the payload."""


@attrs.frozen(kw_only=True)
class Final:
    """
    The pending command is over.

    ``family`` is ``OK``, ``ERROR``, ``CME`` or ``CMS``; ``code`` is what the modem wrote behind
    it, a number or words.
    """

    family: str
    code: str
    text: str

    @property
    def is_ok(self) -> bool:
        """Whether the command was obeyed."""
        return self.family == "OK"


@attrs.frozen(kw_only=True)
class Notification:
    """
    Something the modem says by itself.

    ``name`` is what stands before the colon, ``text`` what follows it, ``pdu`` the hexadecimal
    second line of those that have one: as it came, so a bad cable may have damaged it; None: what
    followed was something else.
    """

    name: str
    text: str = ""
    pdu: str | None = None


@attrs.frozen(kw_only=True)
class Noise:
    """
    A line that nobody asked for and that says nothing known.

    ``is_final`` when it would be a final result, if a command were in flight.
    """

    text: str
    why: str
    is_final: bool = False


Event = Information | Prompt | Final | Notification | Noise
