"""
Resetting a modem, and waiting until it is back.
"""

from smscore_server.modem._reaching import ReachedModem, settle

__all__ = ["reset"]

_ACQUAINTANCE = 20.0
"""Seconds that a sick modem has to say who it is: each family is reset in its own way."""


def reset(modem: ReachedModem, *, patience: float, is_soft: bool) -> str:
    """
    What was done to it, once it is ready again.

    Raises:
        NotReady: it is not, in time.
        GatewayError: it could not be told.
    """
    if not modem.is_served:
        settle(modem, patience=min(patience, _ACQUAINTANCE), needs_ready=False)
    done: str = modem.operate("reset", {"how": "resync" if is_soft else "restart"})["detail"]
    settle(modem, patience=patience)
    return done
