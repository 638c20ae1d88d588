"""
Who looks on between two lives: where the one ended, and what the next makes of it.
"""

import json
from collections.abc import Mapping, Set
from typing import Any

import attrs
from installation import POLICIES
from world import World

from smscore.domain.deliveries import Delivery, Status
from smscore.domain.messages import MessageId
from smscore.errors import StoreUnavailable

__all__ = ["AT_A_PART", "Note", "Verdict", "Witness"]

_ALL = 10_000_000

Note = Mapping[str, Any]
"""What a process wrote down before it died at a kill point."""

AT_A_PART = {
    # By kill point: whether the part is in doubt then, and whether the modem has it.
    "after-claim": (False, False),
    "before-submitting": (False, False),
    "between-parts": (False, False),
    "after-submitting": (True, False),
    "after-modem-accepted": (True, True),
    "after-accepted": (False, True),
    "before-receipt": (False, True),
    "before-refused": (True, False),
    "after-refused": (False, False),
}


@attrs.frozen(kw_only=True)
class Verdict:
    """What the next life made of the message at whose part the one before it ended."""

    note: Note
    message: int
    status: Status
    error_code: str | None
    is_news: bool  # whether anything was done about it at all
    attempts: int  # on its channel when the life before ended


class Witness:
    """Reads the notes of the kill points, and looks what the next life makes of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.notes: list[Note] = []
        self.verdicts: list[Verdict] = []
        self.faults: list[str] = []
        self._open: Note | None = None  # of the life that has just ended
        self._left: Delivery | None = None  # its message, as that life left it
        self._in_doubt: Set[MessageId] = frozenset()  # before the life was asked to stop

    def see_death(self) -> None:
        """A life has ended: maybe at a point; if in order, it holds nothing any more."""
        if not self._world.was_killed:
            self._look_for_leftovers()
        self.notes = [json.loads(line) for line in self._world.lines_of_notes()]
        # Of several lives the last: the one before it may have been recovered from already, as a
        # life has that went on when its database was back.
        of_last = self.notes[self._world.notes_before :]
        self._open = next((note for note in of_last[-1:] if _is_left_open(note)), None)
        self._left = self._delivery(self._open) if self._open is not None else None

    def see_stop(self) -> None:
        """A life is about to be asked to stop."""
        self._in_doubt = self._doubts()

    def _look_for_leftovers(self) -> None:
        life = f"life {self._world.life} ended in order"
        # Not how many more: a report that comes meanwhile settles one of those before.
        self.faults += [
            f"{life} and left {message:016x} in doubt"
            for message in sorted(self._doubts() - self._in_doubt)
        ]
        with self._world.open() as gateway:
            held = gateway.inquiry.messages(statuses=[Status.SENDING], limit=_ALL)
        self.faults += [
            f"{life} and holds {one.message.id:016x}"
            for one in held
            if one.delivery.channel in POLICIES
        ]

    def _doubts(self) -> Set[MessageId]:
        with self._world.open() as gateway:
            found = gateway.inquiry.messages(
                statuses=[Status.INDETERMINATE, Status.FAILED], limit=_ALL
            )
        return {one.message.id for one in found if _is_in_doubt(one.delivery)}

    def see_life(self) -> None:
        """A life is up, and has recovered: look, unless it is gone by then."""
        note, left = self._open, self._left
        self._open = self._left = None
        if note is None or left is None:
            return
        try:
            delivery = self._delivery(note)
        except StoreUnavailable:
            return  # the database of this life is gone already
        if self._world.is_alive:
            self.verdicts.append(
                Verdict(
                    note=note,
                    message=delivery.message,
                    status=delivery.status,
                    error_code=delivery.error_code,
                    is_news=delivery.sequence > left.sequence,
                    attempts=left.attempts,
                )
            )

    def _delivery(self, note: Note) -> Delivery:
        with self._world.open() as gateway:
            return gateway.inquiry.message(MessageId(note["message"])).delivery


def _is_left_open(note: Note) -> bool:
    return note["point"] in AT_A_PART and note["whom"] == "server"


def _is_in_doubt(delivery: Delivery) -> bool:
    return delivery.status is Status.INDETERMINATE or delivery.error_code == "in_doubt"
