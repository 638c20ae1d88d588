"""
From an open line to a modem that sends and receives: the initialisation, step by step.

Each step has a deadline and a stated outcome. Only what the channel cannot do without makes it
fail; a modem that refuses the rest loses a capability and keeps working.
"""

from collections.abc import Callable

import attrs

from smscore.ports.transport import Journal
from smscore_modem._line._asking import insist
from smscore_modem._line._commands import quoted, value_of
from smscore_modem._line._dialogue import Answer, Dialogue
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import GENERIC, Profile, Step
from smscore_modem._start._access import Access
from smscore_modem._start._capabilities import CapabilityRecord
from smscore_modem._start._identity import Device, SimCard, read_card, read_device
from smscore_modem._start._network import Networks, read_networks, read_signal
from smscore_modem._start._pin import ByHand
from smscore_modem._start._reception import Routing, Store, choose_routing, choose_store
from smscore_modem._start._waking import Remedy, Unusable, run_step, wake

__all__ = ["Greeting", "ModemState", "bring_up", "greet"]

_TIMEOUT = 5.0


@attrs.frozen(kw_only=True)
class Greeting:
    """Who answers; ``fixed`` is the profile if it does not depend on that."""

    device: Device
    fixed: Profile | None = None
    refused: tuple[str, ...] = ()  # commands

    @property
    def profile(self) -> Profile:
        """How to speak to it."""
        return self.fixed or self.device.profile


@attrs.frozen(kw_only=True)
class ModemState:
    """What the initialisation found out."""

    device: Device
    card: SimCard
    profile: Profile
    capabilities: CapabilityRecord
    store: str | None  # where messages arrive; None: the modem keeps none
    centre: str | None
    routing: Routing | None
    networks: Networks
    signal_dbm: int | None
    acknowledges: bool = False  # what it hands over directly it wants to be thanked for

    @property
    def identity(self) -> str:
        """The modem in one line."""
        return self.device.description


@attrs.frozen(kw_only=True)
class _Setup:
    dialogue: Dialogue
    device: Device
    profile: Profile
    options: ModemOptions
    access: Access
    refused: list[str]

    def run(self) -> ModemState:
        self.access.await_sms()
        card = read_card(self.dialogue, profile=self.profile, is_open=True)
        self._modes()
        acknowledges = self._wants_acknowledgement()
        store = choose_store(self.dialogue, profile=self.profile)
        routing = choose_routing(self.dialogue, profile=self.profile)
        centre = self._centre()
        self._steps(self.profile.network)
        self._steps(_steps_of(self.profile.chatter))
        networks = read_networks(self.dialogue)
        return ModemState(
            device=self.device,
            card=card,
            profile=self.profile,
            capabilities=self._record(store, routing, centre, networks),
            store=store.name if store else None,
            centre=centre,
            routing=routing,
            networks=networks,
            signal_dbm=read_signal(self.dialogue),
            acknowledges=acknowledges,
        )

    def _record(
        self,
        store: Store | None,
        routing: Routing | None,
        centre: str | None,
        networks: Networks,
    ) -> CapabilityRecord:
        return CapabilityRecord(
            **attrs.asdict(self.device),
            profile=self.profile.name,
            store=store.name if store else None,
            store_size=store.size if store else None,
            routing=routing.wanted if routing else None,
            has_centre=None if centre == "unknown" else centre is not None,
            domains=tuple(networks.states),
            refused=tuple(self.refused),
        )

    def _modes(self) -> None:
        try:
            self._steps(self.profile.mode)
        except Unusable as error:
            # Those for CDMA have nothing else (27.005, 3.2.3).
            offered = value_of(self._ask("AT+CMGF=?").lines, "+CMGF")
            if offered is None or "0" in offered:
                raise
            raise Unusable(
                "the modem knows messages in text mode only, and PDU mode is needed; use another",
                remedy=Remedy.PERSON,
            ) from error

    def _wants_acknowledgement(self) -> bool:
        """Whether it insists on phase 2+ (27.005, 3.2.1), where silence ends all routing."""
        if "AT+CSMS=0" not in self.refused:
            return False
        return (value_of(self._ask("AT+CSMS?").lines, "+CSMS") or "").startswith("1")

    def _steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.refused.extend(run_step(self.dialogue, step))

    def _centre(self) -> str | None:
        answer = self.access.patiently("AT+CSCA?")
        if not answer.is_ok:
            return "unknown"
        if value_of(answer.lines, "+CSCA") is None:
            answer = self._ask("AT+CSCA?")  # a line that got lost is no missing centre
        present = next(iter(quoted(value_of(answer.lines, "+CSCA") or "")), "")
        wanted = self.options.centre
        if present or wanted is None:
            return present or None
        kind = 145 if wanted.startswith("+") else 129
        return wanted if self._ask(f'AT+CSCA="{wanted}",{kind}').is_ok else None

    def _ask(self, command: str, *, timeout: float = _TIMEOUT) -> Answer:
        return insist(self.dialogue, command, timeout=timeout)


def greet(dialogue: Dialogue, *, options: ModemOptions, profile: Profile | None) -> Greeting:
    """
    Wake the modem and ask who it is; without a ``profile`` the one that fits it is taken.

    Raises:
        Unusable: nothing answers, or it is another modem than it should be.
        NoAnswer: it fell silent.
        LineLost: the port is gone.
    """
    start = profile or GENERIC
    wake(dialogue, profile=start)
    refused = [command for step in start.shape for command in run_step(dialogue, step)]
    device = read_device(dialogue)
    if device.imei:
        _check(device, options)
    return Greeting(device=device, fixed=profile, refused=tuple(refused))


def bring_up(
    dialogue: Dialogue,
    greeting: Greeting,
    *,
    options: ModemOptions,
    journal: Journal,
    pause: Callable[[float], None],
    by_hand: ByHand | None = None,
) -> ModemState:
    """
    Initialise the modem; ``pause`` waits so many seconds, or raises when the channel closes.

    ``by_hand`` is what a person enters instead of the configured PIN.

    Raises:
        Unusable: it cannot be used as it is.
        NoAnswer: it fell silent.
        LineLost: the port is gone.
    """
    refused = list(greeting.refused)
    for step in _steps_of(greeting.profile.early):
        refused.extend(run_step(dialogue, step))
    access = Access(
        dialogue=dialogue,
        device=greeting.device,
        profile=greeting.profile,
        options=options,
        by_hand=by_hand,
        journal=journal,
        pause=pause,
    )
    access.open()
    if not greeting.device.is_complete:
        # Some answer nothing but the PIN while the SIM is locked.
        greeting = attrs.evolve(greeting, device=read_device(dialogue))
    _check(greeting.device, options)
    state = _Setup(
        dialogue=dialogue,
        device=greeting.device,
        profile=greeting.profile,
        options=options,
        access=access,
        refused=refused,
    ).run()
    state.capabilities.keep(journal)
    return state


def _check(device: Device, options: ModemOptions) -> None:
    if options.imei is not None and device.imei != options.imei:
        raise Unusable(
            f"another modem answers on this port, its IMEI is {device.imei or 'unknown'}",
            remedy=Remedy.PERSON,
        )


def _steps_of(commands: tuple[str, ...]) -> tuple[Step, ...]:
    return tuple(Step(command=command) for command in commands)
