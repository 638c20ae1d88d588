"""
The transport: one modem, from the options of its channel to what it sends, receives and can do.
"""

from collections.abc import Callable, Mapping

import attrs

from smscore.domain.messages import Medium, Priority
from smscore.errors import NotReady
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.transport import (
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)
from smscore_modem._line._serial import open_serial
from smscore_modem._line._transcript import Transcript
from smscore_modem._operations import Operations
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import Profile
from smscore_modem._sparing import SparingLog
from smscore_modem._start._ports import candidates
from smscore_modem._time import SYSTEM, Time
from smscore_modem._traffic._allowance import Allowance
from smscore_modem._traffic._caller import Caller
from smscore_modem._traffic._inbox import Inbox
from smscore_modem._traffic._intake import Intake
from smscore_modem._traffic._sender import Sender
from smscore_modem._traffic._shelf import Shelf
from smscore_modem._traffic._study import Study
from smscore_modem._upkeep._keeper import Connect, Keeper

__all__ = ["ModemChannel"]


class ModemChannel:
    """
    One modem as a :class:`~smscore.ports.transport.Transport`, which a person may operate too.

    Without a ``profile`` the modem's own words choose one.
    """

    def __init__(
        self,
        name: str,
        options: ModemOptions,
        *,
        profile: Profile | None = None,
        connect: Connect = open_serial,
        clock: Clock | None = None,
        time: Time = SYSTEM,
        ports: Callable[[], tuple[str, ...]] = candidates,
    ) -> None:
        self._name = name
        self._options = options
        self._clock = clock or SystemClock()
        self._time = time
        self._transcript = Transcript(time)
        self._keeper = Keeper(
            name=name,
            options=options,
            profile=profile,
            connect=connect,
            time=time,
            transcript=self._transcript,
            ports=ports,
        )
        self._operations = Operations(
            keeper=self._keeper,
            transcript=self._transcript,
            health=self.health,
            clock=self._clock,
            time=time,
        )
        self._allowance: Allowance | None = None  # until it is opened
        self._sender: Sender | None = None
        self._caller: Caller | None = None

    @property
    def daily_parts(self) -> float | None:
        """How many parts a day the SIM's ceilings allow; None: there are none."""
        return self._options.daily_parts

    def open(self, sink: TransportSink, journal: Journal) -> None:
        """Start the modem's thread; returns before the modem is up."""
        allowance = Allowance(
            name=self._name,
            options=self._options,
            journal=journal,
            clock=self._clock,
            time=self._time,
        )
        poison = Shelf(journal, "poison", clock=self._clock)
        self._sender = Sender(
            name=self._name,
            keeper=self._keeper,
            allowance=allowance,
            journal=journal,
            poison=poison,
            clock=self._clock,
            time=self._time,
        )
        self._caller = Caller(
            name=self._name, keeper=self._keeper, journal=journal, time=self._time
        )
        self._allowance = allowance
        sparing = SparingLog(self._name, self._time)
        unreadable = Shelf(journal, "unreadable", clock=self._clock)
        intake = Intake(
            channel=self._name,
            sink=sink,
            unreadable=unreadable,
            clock=self._clock,
            suspect=allowance.suspect,
            sparing=sparing,
        )
        self._operations.study = Study(unreadable=unreadable, poison=poison, take=intake.take_again)
        inbox = Inbox(
            channel=self._name,
            intake=intake,
            list_timeout=lambda: self._keeper.profile.list_timeout,
            time=self._time,
            sparing=sparing,
        )
        self._keeper.start(inbox=inbox, journal=journal, sparing=sparing)

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that the network does not have yet, in order; or call."""
        if self._sender is None or self._caller is None:
            raise NotReady(f"channel {self._name} is not open")
        carrier = self._caller if job.medium is Medium.VOICE else self._sender
        return carrier.send(job)

    def health(self) -> ChannelHealth:
        """How the modem was when it was last heard, and whether its SIM may send."""
        health = self._keeper.health()
        if self._allowance is None:
            return health
        if self._keeper.sim is not None:
            self._allowance.meet(self._keeper.sim)
        facts = {**health.facts, **self._allowance.facts()}
        obstacle = self._allowance.obstacle(Priority.NORMAL)
        if obstacle is None:
            return attrs.evolve(health, facts=facts)
        closed = self._allowance.obstacle(Priority.HIGH)
        obstacle = closed or obstacle
        return attrs.evolve(
            health,
            is_ready=health.is_ready and closed is None,
            least_priority=Priority.HIGH,
            detail=obstacle if health.is_ready else health.detail,
            is_alarming=health.is_alarming or self._allowance.is_suspended,
            facts={**facts, "allowance": obstacle},
        )

    def operate(self, operation: str, arguments: Mapping[str, str]) -> Mapping[str, object]:
        """Do what a person asks; see :mod:`smscore_modem._operations`."""
        return self._operations.run(operation, arguments)

    def close(self) -> None:
        """Give the port back; a part whose answer is outstanding ends in doubt."""
        if self._allowance is not None:
            self._allowance.close()
        self._keeper.close()
