"""
How well the modems hear their networks, in the one number and the one word of ``check.php``.
"""

from collections.abc import Sequence

import attrs

from smscore.ports.transport import ChannelHealth

__all__ = ["Signal", "best_signal"]

_NOTHING_HEARD = -113  # 27.007, 8.5: the lowest that a modem can tell
_WARNING = -89
_TOO_WEAK = -99


@attrs.frozen(kw_only=True)
class Signal:
    """In dBm, and as the word that monitoring looks for."""

    dbm: int
    state: str


def best_signal(channels: Sequence[ChannelHealth]) -> Signal:
    """
    The best signal of all modems that can send; how the gateway as a whole is.

    A modem that can send and tells no signal is no reason to worry, nor is a gateway without any.
    """
    modems = [one for one in channels if one.has_radio or one.signal_dbm is not None]
    ready = [one for one in modems if one.is_ready]
    if modems and not ready:
        is_without_sim = any(one.is_without_sim for one in modems)
        state = "SIM_NOT_INSERTED" if is_without_sim else "NO_SIGNAL"
        return Signal(dbm=_NOTHING_HEARD, state=state)
    known = [one.signal_dbm for one in ready if one.signal_dbm is not None]
    return _judged(max(known, default=0))


def _judged(dbm: int) -> Signal:
    if dbm < _TOO_WEAK:
        return Signal(dbm=dbm, state="SIGNAL_TOO_WEAK")
    return Signal(dbm=dbm, state="SIGNAL_WARNING" if dbm < _WARNING else "SIGNAL_OK")
