"""
The use case *alert*: look, remember, tell.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property, partial

import attrs

from smscore.config import AlertReceiver, AlertsConfig
from smscore.domain.alerts import AlertKind, Board, Listener, Patience, Reading, Watched
from smscore.errors import GatewayError, NotFound, StoreError
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, View
from smscore.ports.transport import ChannelHealth
from smscore.ports.webhooks import WebhookSender
from smscore.services.alerting._looking import Looking, store_reading
from smscore.services.alerting._notices import Notice, remedy, trial
from smscore.services.alerting._state import State, keep, kept
from smscore.services.alerting._telling import Teller, make_teller

__all__ = ["ActiveAlert", "Alerting"]

_log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds for the store to make a few octets durable
_WITHOUT_STORE = frozenset({AlertKind.STORE_FAILING, AlertKind.CHANNEL_DOWN})


@attrs.frozen(kw_only=True)
class ActiveAlert:
    """
    One that is raised, as it was ``seen_at``; ``heard_by`` are the receivers that know of it.

    ``remedy`` is what an operator does first.
    """

    kind: AlertKind
    subject: str
    detail: str
    remedy: str
    raised_at: datetime
    seen_at: datetime
    heard_by: tuple[str, ...]


class Alerting:
    """
    Call :meth:`run_once` every few seconds, on one thread; whatever else may be called by any.

    What it remembers is written down at each look, which also shows whether the store works. While
    it does not, alerts go out all the same, from memory. ``own`` are the channels that run here.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        config: AlertsConfig,
        transports: Mapping[str, object],
        own: Callable[[], Collection[str]],
        health: Callable[[str], ChannelHealth],
        silent_after: timedelta,
        sender: Callable[[], WebhookSender] | None,
        secret: Callable[[str], str],
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._transports = transports
        self._sender = sender
        self._secret = secret
        self._is_stopping = is_stopping
        self._looking = Looking(
            config=config,
            channels=tuple(transports),
            own=own,
            health=health,
            silent_after=silent_after,
        )
        self._state: State | None = None  # None: nobody has looked yet, in this process

    @property
    def has_receivers(self) -> bool:
        """Whether anybody wants to hear of alerts."""
        return bool(self._config.receivers)

    def check(self) -> None:
        """
        Let pass that each receiver can be told, as far as that can be known without telling it.

        Raises:
            ConfigurationError: one cannot.
        """
        for name, one in self._config.receivers.items():
            self._teller(name, one)

    def open(self) -> None:
        """
        Remember what was told before; called once the store is ours to serve.

        Raises:
            ConfigurationError: a receiver cannot be told.
            StoreUnavailable: it cannot be read.
        """
        self.check()
        state = self._store.read(kept)
        listeners = {
            name: one for name, one in state.listeners.items() if name in self._config.receivers
        }
        self._state = attrs.evolve(state, board=state.board.resumed(), listeners=listeners)

    def close(self) -> None:
        """Forget it again: another server looks from now on, and what is kept is what counts."""
        self._state = None

    def run_once(self) -> int:
        """Look at everything, tell whoever has to hear of it, and say how many were told."""
        if self._state is None or not self.has_receivers:
            return 0
        state = self._after_a_look(self._state)
        told = 0
        for name, teller in self._tellers.items():
            if self._is_stopping():
                break  # each that cannot be reached takes seconds, and the next server tells them
            listener = self._tell(name, teller, state)
            if listener is not None:
                told += 1
                state = attrs.evolve(state, listeners={**state.listeners, name: listener})
        self._state = state
        if told:
            with suppress(StoreError, TimeoutError):  # the next look says so
                self._keep(state)
        return told

    def active(self) -> Sequence[ActiveAlert]:
        """
        Those that are raised, of this process if it looks itself, else as the server left them.

        Raises:
            StoreUnavailable: they cannot be read.
        """
        state = self._state or self._store.read(kept)
        return [
            _active(one, one.raised_at, state)
            for one in state.board.raised
            if one.raised_at is not None
        ]

    def secret(self, name: str) -> str:
        """
        What signs the calls to a receiver; the same from the same key file.

        Raises:
            NotFound: there is no such receiver.
        """
        self._check_known(name)
        return self._secret(name)

    def try_out(self, name: str) -> str | None:
        """
        Send a trial to a receiver; what went wrong, or None. Blocks.

        Raises:
            NotFound: there is no such receiver.
            ConfigurationError: it cannot be reached as it is configured.
        """
        self._check_known(name)
        return self._tellers[name](trial(at=self._clock.now()))

    def _after_a_look(self, state: State) -> State:
        """The board after another look; a state that cannot be kept is a reading of its own."""
        at = self._clock.now()
        try:
            self._keep(attrs.evolve(state, at=at))
            readings = self._store.read(lambda view: self._everything(view, at=at))
            looked_at = frozenset(AlertKind)
        except (StoreError, TimeoutError) as fault:
            why = str(fault) or f"no commit within {_PATIENCE:g} s"
            readings = [store_reading(why), *self._looking.without_store()]
            looked_at = frozenset({*_WITHOUT_STORE, *self._config.ignore})
        wanted = [one for one in readings if one.condition.kind not in self._config.ignore]
        board = state.board.seen(wanted, looked_at=looked_at, at=at, patience=self._patience)
        _log_turns(state.board, board)
        return attrs.evolve(state, board=board, at=at)

    def _everything(self, view: View, *, at: datetime) -> list[Reading]:
        return [store_reading(None), *self._looking.everything(view, at=at)]

    def _tell(self, name: str, teller: Teller, state: State) -> Listener | None:
        """What the receiver has heard afterwards; None: there is nothing to be told now."""
        config, at, listener = self._config, self._clock.now(), state.listener(name)
        news = listener.news(
            state.board,
            at=at,
            pause=timedelta(seconds=config.pause),
            remind_after=timedelta(seconds=config.remind_after),
        )
        if not news:
            return None
        try:
            fault = teller(Notice(news=news, sequence=listener.told + 1, at=at))
        except (GatewayError, TimeoutError) as error:
            fault = str(error) or type(error).__name__
        if fault is None:
            return listener.was_told(news, at=at)
        if not listener.failures:
            _log.warning("alerts cannot be told to %s, and are tried again: %s", name, fault)
        return listener.was_not_told(news, at=at)

    def _keep(self, state: State) -> None:
        durable = self._store.run(lambda work: keep(work, state), lane=Lane.CUSTODY)
        try:
            durable.result(_PATIENCE)
        except TimeoutError:
            durable.cancel()  # by the time there is a newer one
            raise

    def _check_known(self, name: str) -> None:
        if name not in self._config.receivers:
            known = ", ".join(self._config.receivers) or "none"
            raise NotFound(f"there is no receiver {name!r} in [alerts.receivers]; known: {known}")

    def _teller(self, name: str, receiver: AlertReceiver) -> Teller:
        return make_teller(
            name,
            receiver,
            sender=self._sender,
            secret=partial(self._secret, name),
            transports=self._transports,
        )

    @cached_property
    def _tellers(self) -> Mapping[str, Teller]:
        return {name: self._teller(name, one) for name, one in self._config.receivers.items()}

    @cached_property
    def _patience(self) -> Patience:
        config = self._config
        own = {
            AlertKind.CHANNEL_DOWN: config.channel_down,
            AlertKind.STORE_FAILING: config.store_failing,
        }
        return Patience(
            until_raised={
                kind: timedelta(seconds=own.get(kind, config.hold)) for kind in AlertKind
            },
            until_cleared=timedelta(seconds=config.settle),
        )


def _active(one: Watched, raised_at: datetime, state: State) -> ActiveAlert:
    return ActiveAlert(
        kind=one.condition.kind,
        subject=one.condition.subject,
        detail=one.detail,
        remedy=remedy(one.condition),
        raised_at=raised_at,
        seen_at=state.at or raised_at,
        heard_by=tuple(
            name
            for name, listener in state.listeners.items()
            if any(
                heard.condition == one.condition and heard.raised_at == raised_at and heard.is_sure
                for heard in listener.heard
            )
        ),
    )


def _log_turns(before: Board, after: Board) -> None:
    was, now = ({one.condition: one for one in board.raised} for board in (before, after))
    for condition in now.keys() - was.keys():
        _log.error("alert %s: %s", condition.kind, now[condition].detail)
    for condition in was.keys() - now.keys():
        _log.warning("alert %s %s is over", condition.kind, condition.subject)
