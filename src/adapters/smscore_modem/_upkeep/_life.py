"""
The life of one modem, on a thread of its own: opened, initialised, served, recovered, opened again.

Longer than most modules: what follows on what is read best in one place.
"""

import logging
from collections.abc import Callable
from itertools import takewhile

import attrs

from smscore.ports.transport import Journal
from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._line._serial import LineLost
from smscore_modem._line._transcript import Transcript
from smscore_modem._line._wire import Wire
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import Profile
from smscore_modem._sparing import SparingLog
from smscore_modem._start._ports import Connect, find_port
from smscore_modem._start._setup import ModemState, bring_up, greet
from smscore_modem._start._speeds import Speeds
from smscore_modem._start._waking import Remedy, Silent, Unusable
from smscore_modem._time import Time
from smscore_modem._traffic._inbox import Inbox
from smscore_modem._upkeep._ladder import Ladder, Rung
from smscore_modem._upkeep._recovery import Recovery, rungs_for
from smscore_modem._upkeep._service import Forgotten, Service
from smscore_modem._upkeep._standing import Line, Standing
from smscore_modem._upkeep._waiting import LONGEST_DELAY, Waiting
from smscore_modem._upkeep._wishes import Wishes

__all__ = ["Life"]

log = logging.getLogger(__name__)

_PLUGGED_IN = 60.0  # so long after it appeared a modem is left to start
_HOOKS = (Rung.USB_RESET, Rung.POWER_CYCLE)


class Life:
    """
    What the thread of one modem does, from beginning to end.

    Others see the ``standing`` and may end the ``dialogue``.
    """

    def __init__(
        self,
        *,
        name: str,
        options: ModemOptions,
        profile: Profile | None,
        connect: Connect,
        ports: Callable[[], tuple[str, ...]],
        inbox: Inbox,
        journal: Journal,
        standing: Standing,
        wishes: Wishes,
        transcript: Transcript | None,
        time: Time,
        sparing: SparingLog,
    ) -> None:
        self._name = name
        self._options = options
        self._fixed = profile
        self._connect = connect
        self._ports = ports
        self._inbox = inbox
        self._journal = journal
        self._standing = standing
        self._wishes = wishes
        self._transcript = transcript
        self._time = time
        self._sparing = sparing
        self.dialogue: Dialogue | None = None  # the last that was begun
        self._wire: Wire | None = None
        self._rung: Rung | None = None  # to be done over the line when it is open
        self._waiting = Waiting(
            first_delay=options.reconnect_delay,
            standing=standing,
            inbox=inbox,
            wishes=wishes,
            time=time,
        )
        self._is_absent = True
        self._speeds = Speeds(configured=options.baudrate)
        self._plugged_at = 0.0

    def run(self) -> None:
        while not self._is_closing:
            try:
                self._try()
            except Exception:
                log.exception("channel %s: the modem's thread broke and begins again", self._name)
                self._hang_up()
                self._waiting.back_off()
        self._hang_up()
        for message in self._wishes.only_copies():
            self._inbox.accept(message)
        self._inbox.offer_again()
        self._wishes.end("the channel is being closed")

    def _try(self) -> None:
        """Have the modem up and serve it; then see to what ended that."""
        if (ordered := self._wishes.ordered.take()) is not None:
            self._obey(ordered)
        try:
            self._live()
        except Forgotten as forgotten:
            reason = str(forgotten)
            log.info("channel %s: %s; it is initialised again", self._name, reason)
            self._standing.change(
                lambda view: attrs.evolve(view, line=None, detail=reason, forgot=view.forgot + 1)
            )
        except Unusable as error:
            self._wishes.ordered.answer(str(error))
            if isinstance(error, Silent) and self._wire is not None:
                self._speeds = self._speeds.silent(self._wire.path)
            self._on_unusable(error)
        except (LineLost, NoAnswer) as error:
            self._wishes.ordered.answer(str(error))
            if self._is_closing or self._wishes.ordered.wish is not None:
                return
            if isinstance(error, NoAnswer) or (self._wire and not self._wire.is_gone):
                self._on_sick(str(error))
            else:
                self._on_absent(str(error))

    def _live(self) -> None:
        wire = self._wire or self._open()
        self.dialogue = dialogue = wire.begin()
        if self._is_closing:
            raise LineLost("closed")
        rung, self._rung = self._rung, None
        if rung is not None:
            has_left = self._recovery().on_line(rung, dialogue)
            self._wishes.ordered.answer(None)
            if has_left:
                self._hang_up()
                self._recovery().off_line(rung)
                return
        state = self._bring_up(dialogue)
        line = Line(dialogue=dialogue, state=state)
        self._standing.publish(line)
        self._wishes.by_hand.settle(None)
        self._waiting.was_up(now=self._time.monotonic())
        Service(
            line,
            name=self._name,
            standing=self._standing,
            inbox=self._inbox,
            wishes=self._wishes,
            poll_interval=self._options.poll_interval or state.profile.sweep_interval,
            roaming=self._options.roaming,
            time=self._time,
            sparing=self._sparing,
        ).run()

    def _open(self) -> Wire:
        path = self._options.port or find_port(
            self._options.imei or "",
            ports=takewhile(lambda _: not self._is_closing, self._ports()),
            connect=self._connect,
            baudrate=self._options.baudrate,
            time=self._time,
            name=self._name,
        )
        self._wire = Wire(
            self._connect,
            path,
            baudrate=self._speeds.now,
            name=f"smscore-modem-{self._name}",
            notify=self._wishes.hear,
            wake=self._wishes.wake,
            time=self._time,
            transcript=self._transcript,
        )
        self._standing.change(lambda view: attrs.evolve(view, port=path))
        if self._is_absent:
            self._is_absent, self._plugged_at = False, self._time.monotonic()
        return self._wire

    def _bring_up(self, dialogue: Dialogue) -> ModemState:
        by_hand = self._wishes.by_hand.take()
        try:
            greeting = greet(dialogue, options=self._options, profile=self._fixed)
            self._note_speed(self._speeds.answered())
            self._standing.change(
                lambda view: attrs.evolve(view, device=greeting.device, profile=greeting.profile)
            )
            state = bring_up(
                dialogue,
                greeting,
                options=self._options,
                journal=self._journal,
                pause=self._waiting.pause,
                by_hand=by_hand,
            )
        except (Unusable, NoAnswer, LineLost) as error:
            is_told = isinstance(error, Unusable)
            self._wishes.by_hand.answer(str(error) if is_told else "the modem did not answer")
            raise
        return state

    def _note_speed(self, speeds: Speeds) -> None:
        if speeds != self._speeds and speeds.now != self._options.baudrate:
            log.warning(
                "channel %s: the modem speaks at %d bits a second; set `baudrate`, and it is found "
                "at once",
                self._name,
                speeds.now,
            )
        self._speeds = speeds

    # What goes wrong.

    def _on_absent(self, reason: str) -> None:
        self._withdraw(reason)
        self._hang_up()
        self._is_absent = True
        self._wishes.by_hand.settle(reason)
        ladder = self._standing.now().ladder
        hooks = tuple(
            rung for rung in rungs_for(self._profile, self._options.hooks) if rung in _HOOKS
        )
        # A modem that was sick and left the bus may need more than patience.
        if hooks and ladder.is_recovering and self._waiting.is_long:
            self._climb(ladder.with_rungs(hooks))
        else:
            self._waiting.back_off()

    def _on_unusable(self, error: Unusable) -> None:
        if error.remedy is not Remedy.PERSON:
            is_sim = error.remedy is Remedy.RADIO
            self._on_sick(str(error), least=Rung.RADIO if is_sim else Rung.RESYNC)
            return
        self._withdraw(str(error), is_hopeless=True, is_without_sim=error.is_without_sim)
        self._hang_up()
        self._waiting.back_off()

    def _on_sick(self, reason: str, *, least: Rung = Rung.RESYNC) -> None:
        self._withdraw(reason)
        starting = self._plugged_at + _PLUGGED_IN - self._time.monotonic()
        if starting > 0:
            self._hang_up()
            self._waiting.back_off(longest=starting)
        else:
            rungs = rungs_for(self._profile, self._options.hooks)
            self._climb(self._standing.now().ladder.with_rungs(rungs), least=least)

    def _climb(self, ladder: Ladder, *, least: Rung = Rung.RESYNC) -> None:
        now = self._time.monotonic()
        ladder = ladder.sick(now=now, least=least)
        self._standing.change(lambda view: attrs.evolve(view, ladder=ladder))
        if ladder.is_aside:
            self._put_aside(seconds=ladder.next_climb() - now)
        elif ladder.rung is None:
            self._hang_up()
            self._waiting.rest(LONGEST_DELAY)
        else:
            log.info("channel %s: recovery by %s", self._name, ladder.rung.name)
            self._do(ladder.rung)

    def _put_aside(self, *, seconds: float) -> None:
        self._withdraw(
            "put aside: it stayed sick after five recoveries; plug it in anew, or restart",
            is_hopeless=True,
        )
        # The port stays open, to notice that somebody pulls the modem out.
        wire = self._wire
        self._waiting.rest(seconds, is_over=lambda: wire is not None and wire.is_gone)
        if wire is not None and wire.is_gone:
            self._standing.change(lambda view: attrs.evolve(view, ladder=Ladder()))

    def _obey(self, rung: Rung) -> None:
        self._withdraw("being reset by hand")
        self._standing.change(lambda view: attrs.evolve(view, ladder=Ladder()))
        self._do(rung)

    def _do(self, rung: Rung) -> None:
        if rung in (Rung.REOPEN, *_HOOKS):
            self._hang_up()
            self._recovery().off_line(rung)
        else:
            self._rung = rung

    def _recovery(self) -> Recovery:
        return Recovery(
            name=self._name,
            port=self._standing.now().port or "",
            profile=self._profile,
            hooks=self._options.hooks,
            pause=self._waiting.pause,
        )

    def _withdraw(self, reason: str, **why: bool) -> None:
        if self._is_closing:
            return
        before, _ = self._standing.change(lambda view: view.down(reason, **why))
        if reason != before.detail or before.line is not None:
            log.warning("channel %s is down: %s", self._name, reason)

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    @property
    def _profile(self) -> Profile:
        return self._standing.now().profile

    @property
    def _is_closing(self) -> bool:
        return self._standing.now().is_closing
