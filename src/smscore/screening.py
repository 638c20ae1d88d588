"""
The screens of plugins, which refuse a message or let it pass: whatever else they do refuses it.
"""

from typing import Any

import attrs

from smscore.domain.messages import OutboundMessage
from smscore.errors import PluginError, Rejected, StoreError
from smscore.ports.policy import Screen

__all__ = ["Screening"]


@attrs.frozen
class Screening:
    """A plugin's screen; what goes wrong in it is told with the plugin's name."""

    screen: Screen
    plugin: str = attrs.field(kw_only=True)

    def __call__(self, message: OutboundMessage) -> None:
        """
        Ask the screen.

        Raises:
            Rejected: it refuses the message.
            StoreError: it needs to look something up, and cannot.
            PluginError: it failed or returned something, and nobody knows what it would say.
        """
        screen: Any = self.screen  # of which it is not said that it returns nothing
        try:
            answer = screen(message)
        except (Rejected, StoreError):
            raise
        except (Exception, SystemExit) as cause:  # a stranger's code
            # Not what it says, which may be the text or the number.
            raise PluginError(
                f"{self._name} failed with {type(cause).__name__}: until it is mended, what it "
                "fails on is not accepted"
            ) from cause
        if answer is not None:
            said = answer if isinstance(answer, bool) else type(answer).__name__
            raise PluginError(
                f"{self._name} returned {said}: raise smscore.errors.Rejected to refuse a "
                "message, or return None to let it pass"
            )

    @property
    def _name(self) -> str:
        own = getattr(self.screen, "__name__", type(self.screen).__name__)
        return f"the plugin {self.plugin!r} in smscore_screens: its screen {own!r}"
