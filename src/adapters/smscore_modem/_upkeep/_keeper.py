"""
One modem for all other threads: how it is, its line to borrow, and what can be wanted of it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

import attrs

from smscore.errors import InvalidRequest, NotReady, PermanentFailure, TemporaryFailure
from smscore.ports.transport import ChannelHealth, Journal
from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._line._serial import LineLost
from smscore_modem._line._transcript import Transcript
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import GENERIC, Profile, load
from smscore_modem._sparing import SparingLog
from smscore_modem._start._pin import ByHand
from smscore_modem._start._ports import Connect, candidates
from smscore_modem._time import Running, Silence, Time
from smscore_modem._traffic._inbox import Inbox
from smscore_modem._upkeep._ladder import Rung
from smscore_modem._upkeep._life import Life
from smscore_modem._upkeep._memory import has_forgotten
from smscore_modem._upkeep._standing import Standing, View
from smscore_modem._upkeep._wishes import Occupied, Slot, Wish, Wishes

__all__ = ["Connect", "Keeper"]

T = TypeVar("T")

_PATIENCE = 120.0
_BY_HAND = "the modem is being reset by hand"
_TRUSTED = 3.0  # seconds that a look at the settings holds
_LOST = "the modem lost its settings"


class Keeper:
    """
    Owns the line to one modem, from :meth:`start` to :meth:`close`.

    Its thread alone calls the sink, so neither the port's reader nor a sender ever waits for a
    commit. Senders borrow the dialogue. All methods may be called by any thread.
    """

    def __init__(
        self,
        *,
        name: str,
        options: ModemOptions,
        profile: Profile | None,
        connect: Connect,
        time: Time,
        transcript: Transcript | None = None,
        ports: Callable[[], tuple[str, ...]] = candidates,
    ) -> None:
        self._name = name
        self._options = options
        self._fixed = profile or (load(options.profile) if options.profile else None)
        self._connect = connect
        self._ports = ports
        self._transcript = transcript
        self._time = time
        view = View(roaming=options.roaming, profile=self._fixed or GENERIC)
        self._standing = Standing(name=name, view=view, time=time)
        self._wishes = Wishes(time)
        self._verified_at = 0.0
        self._life: Life | None = None
        self._thread: Running | None = None

    def start(self, *, inbox: Inbox, journal: Journal, sparing: SparingLog) -> None:
        """Begin; returns at once."""
        self._life = Life(
            name=self._name,
            options=self._options,
            profile=self._fixed,
            connect=self._connect,
            ports=self._ports,
            inbox=inbox,
            journal=journal,
            standing=self._standing,
            wishes=self._wishes,
            transcript=self._transcript,
            time=self._time,
            sparing=sparing,
        )
        self._thread = self._time.start(self._life.run, name=f"smscore-modem-{self._name}")

    def borrow(self) -> Dialogue:
        """
        The dialogue with the modem, once it can send; waits for that, but not for ever.

        Raises:
            NotReady: it could not in time, or the channel is being closed.
        """
        return self._standing.borrow(timeout=self._options.ready_timeout)

    def reach(self) -> Dialogue:
        """
        The dialogue with the modem, once it is initialised; maybe it cannot send.

        Raises:
            NotReady: it was not in time, or the channel is being closed.
        """
        return self._standing.reach(timeout=self._options.ready_timeout)

    def verify(self) -> None:
        """
        Make sure that the modem can send, and did not start anew since it was last seen to.

        One that did would send, but lose what comes back. The calling thread asks, a few seconds
        after the last time at the earliest: no network is faster than that.

        Raises:
            NotReady: it cannot send in time.
        """
        dialogue = self.borrow()
        now, state = self._time.monotonic(), self._standing.now().last
        if state is None or now - self._verified_at < _TRUSTED:
            return
        try:
            if has_forgotten(dialogue, state):
                self._standing.change(lambda view: attrs.evolve(view, line=None, detail=_LOST))
                self._wishes.letters.put(Wish.RENEW, is_vital=True)
        except NoAnswer as error:
            self.drop(dialogue, str(error))
        except LineLost:
            pass  # its own thread knows
        self.borrow()
        self._verified_at = now

    def undisturbed(self) -> AbstractContextManager[None]:
        """Within it nothing is asked of the modem that could wait."""
        return self._wishes.undisturbed()

    def drop(self, dialogue: Dialogue, reason: str) -> None:
        """The dialogue cannot be trusted any more: the modem is sick."""
        dialogue.lose(reason)
        self._wishes.letters.put(Wish.WAKE)

    def look(self) -> None:
        """Have the stores looked into soon."""
        self._wishes.letters.put(Wish.LOOK)

    def health(self) -> ChannelHealth:
        """How the modem was when it was last heard."""
        return self._standing.health()

    def facts(self) -> Mapping[str, str]:
        """What is known of it, for people."""
        return self._standing.now().facts()

    def identify(self) -> Mapping[str, object]:
        """Who the modem and its SIM are; empty until it answered once."""
        return self._standing.now().identity()

    @property
    def profile(self) -> Profile:
        """How to speak to the modem that is there, or was last."""
        return self._standing.now().profile

    @property
    def sim(self) -> str | None:
        """What owns the quotas and counters: the SIM that is there, or was last."""
        last = self._standing.now().last
        return last.card.key(last.device) if last else None

    @property
    def response_timeout(self) -> float:
        """How long a message may take until its result must be there."""
        return self._options.response_timeout or self.profile.response_timeout

    def unlock(self, *, pin: str, puk: str | None = None) -> str:
        """
        Enter what a person gave; blocks until the SIM has said whether it is right.

        Raises:
            InvalidRequest: the SIM is not locked.
            PermanentFailure: it is wrong, or the modem cannot be used for another reason.
            NotReady: there was no answer in time.
        """
        if self._standing.now().line is not None:
            raise InvalidRequest("the SIM is not locked")
        entry = ByHand(pin=pin, puk=puk)
        reason = _asked(self._wishes.by_hand, entry, urge=self._wishes.wake)
        if reason is not None:
            raise PermanentFailure(reason)
        return "the SIM is unlocked"

    def reset(self, rung: Rung) -> None:
        """
        Have a remedy tried, and forget how often others were in vain; blocks until it was.

        Raises:
            TemporaryFailure: another one is being tried.
            NotReady: it could not be tried.
        """
        # Only what goes on now is cut short, and not what we order.
        dialogue = self._life.dialogue if self._life else None
        reason = _asked(self._wishes.ordered, rung, urge=lambda: self._lose(dialogue, _BY_HAND))
        if reason is not None:
            raise NotReady(reason)

    def close(self) -> None:
        """Stop and join the thread; whoever waits for an answer is told. May be called twice."""
        self._standing.change(lambda view: attrs.evolve(view, is_closing=True, detail="closed"))
        dialogue = self._life.dialogue if self._life else None
        self._lose(dialogue, "the channel is being closed")
        if self._thread is not None:
            self._thread.join()

    def _lose(self, dialogue: Dialogue | None, reason: str) -> None:
        if dialogue is not None:
            dialogue.lose(reason)
        self._wishes.wake()


def _asked(slot: Slot[T], wish: T, *, urge: Callable[[], None]) -> str | None:
    try:
        return slot.ask(wish, urge=urge, timeout=_PATIENCE)
    except Occupied:
        raise TemporaryFailure("somebody else does that at this moment; try again then") from None
    except Silence:
        raise NotReady("the modem has not answered yet") from None
