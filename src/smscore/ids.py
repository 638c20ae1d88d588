"""
Message ids: 64 bits, time-ordered, unique among all processes on one store.

Top bit 0, 41 bits of milliseconds since 2020, 10 bits of process number leased from the store,
12 bits of counter.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import MessageId
from smscore.ports.clock import Clock

__all__ = ["EPOCH", "IdSequence", "Lease", "born_at", "first_of"]

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MS = int(EPOCH.timestamp() * 1000)
_MILLISECOND = timedelta(milliseconds=1)
_COUNTERS = 1 << 12


@attrs.frozen(kw_only=True)
class Lease:
    """What a process gets from the store: a number of its own, and behind which id to begin."""

    process: ProcessId
    newest: MessageId


class IdSequence:
    """
    Makes ids that only grow, whatever the clock does. Any thread may ask.

    More than 4096 in one millisecond, or a clock that goes back, borrow from the next millisecond.
    ``lease`` is asked for once, before the first id.
    """

    def __init__(self, clock: Clock, *, lease: Callable[[], Lease]) -> None:
        self._clock = clock
        self._lease = lease
        self._lock = threading.Lock()
        self._leasing = threading.Lock()
        self._process: ProcessId | None = None  # not leased yet
        self._ticks = 0  # milliseconds and counter as one number

    @property
    def process(self) -> ProcessId:
        """The number of this process: part of its ids, owner of its claims."""
        if self._process is None:
            with self._leasing:
                if self._process is None:
                    lease = self._lease()
                    # The next millisecond: another process may have used up its own.
                    self._ticks = ((lease.newest >> 22) + 1) * _COUNTERS
                    self._process = lease.process  # last, for others look without the lock
        return self._process

    @property
    def has_lease(self) -> bool:
        """Whether a number was leased, for whoever gives it back."""
        return self._process is not None

    def __call__(self) -> MessageId:
        """The next id."""
        return self.several(1, now=self._clock.now())[0]

    def several(self, count: int, *, now: datetime) -> Sequence[MessageId]:
        """The next ids, for a caller who has looked at the clock: all of a request at once."""
        ticks = (now - EPOCH) // _MILLISECOND * _COUNTERS
        process = self.process << 12
        with self._lock:
            if ticks <= self._ticks:
                ticks = self._ticks + 1
            self._ticks = ticks + count - 1
        made = range(ticks, ticks + count)
        return [MessageId(tick >> 12 << 22 | process | tick & 0xFFF) for tick in made]


def born_at(message: MessageId) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp(((message >> 22) + _EPOCH_MS) / 1000, tz=UTC)


def first_of(at: datetime) -> MessageId:
    """The smallest id that can be made in the millisecond of a moment."""
    return MessageId((at - EPOCH) // _MILLISECOND << 22)
