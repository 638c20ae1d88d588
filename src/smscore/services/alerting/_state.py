"""
What is remembered of alerts over a restart: one entry of the journal.
"""

from collections.abc import Mapping
from datetime import datetime

import attrs
from cattrs.preconf.json import make_converter

from smscore.domain.alerts import Board, Listener
from smscore.ports.storage import UnitOfWork, View

__all__ = ["State", "keep", "kept"]

_CHANNEL, _KEY = "", "alerts"  # no channel's name is empty
_converter = make_converter()


@attrs.frozen(kw_only=True)
class State:
    """All conditions, and what the receivers have heard, by their names."""

    board: Board = attrs.field(factory=Board)
    listeners: Mapping[str, Listener] = attrs.field(factory=dict)
    at: datetime | None = None

    def listener(self, name: str) -> Listener:
        """What one of them has heard."""
        return self.listeners.get(name, Listener())


def kept(view: View) -> State:
    """What was kept last."""
    value = view.journal.get(channel=_CHANNEL, key=_KEY)
    return State() if value is None else _converter.loads(value, State)


def keep(work: UnitOfWork, state: State) -> None:
    """Write it down."""
    value = _converter.dumps(state, ensure_ascii=False).encode()
    work.journal.put(channel=_CHANNEL, key=_KEY, value=value)
