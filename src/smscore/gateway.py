"""
The gateway: what a host holds in its hands. The use cases as attributes, and when they run.

Longer than most modules: it is the one list of all parts, and of what each is given.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache, cached_property
from importlib.metadata import version
from typing import Self

from smscore.config import GatewayConfig
from smscore.domain.deliveries import ProcessId
from smscore.domain.events import KINDS
from smscore.domain.liveness import right_to
from smscore.domain.policies import CustodyPolicy
from smscore.domain.routing import Topology
from smscore.errors import InvalidRequest, NotFound, NotReady, StoreError
from smscore.grace import Grace
from smscore.heartbeats import holding
from smscore.hooks import is_async
from smscore.ids import IdSequence, Lease
from smscore.machine import has_ended, this_process
from smscore.ports.clock import Clock
from smscore.ports.identity import Authenticator
from smscore.ports.measurement import Measurable, Meter
from smscore.ports.patterns import PatternEngine
from smscore.ports.policy import Observer, RateLimiter, Screen
from smscore.ports.storage import Lane, ServerFacts, Store, UnitOfWork, commit
from smscore.ports.transport import ChannelHealth, Journal, Reachable, Transport
from smscore.ports.webhooks import WebhookSender
from smscore.runner import DUTIES, Runner
from smscore.services._auditing import Auditor
from smscore.services._consent import Objections
from smscore.services._heeding import Heeding
from smscore.services._meters import Meters
from smscore.services._newest import newest_of
from smscore.services._openings import Openings
from smscore.services._pseudonyms import Pseudonyms
from smscore.services._rules import RulesInForce
from smscore.services._settings import Settings
from smscore.services.administration import Administration
from smscore.services.alerting import Alerting
from smscore.services.apps import Apps
from smscore.services.audit import Audit
from smscore.services.consent import Consents
from smscore.services.directory import Directory
from smscore.services.dispatch import Dispatch
from smscore.services.erasure import Erasure
from smscore.services.housekeeping import Housekeeping
from smscore.services.inbound_trials import InboundTrials
from smscore.services.inquiry import Inquiry
from smscore.services.interventions import Interventions
from smscore.services.journal import ChannelJournal
from smscore.services.logins import Logins
from smscore.services.monitoring import Monitoring
from smscore.services.notification import Notification
from smscore.services.phones import Phones
from smscore.services.pickup import Pickup
from smscore.services.reception import Reception
from smscore.services.recovery import Recovery
from smscore.services.rules import Rules
from smscore.services.servers import Servers
from smscore.services.submission import Submissions
from smscore.services.trials import Trials
from smscore.services.webhooks import Announcing, Pushes, Secrets, Webhooks

__all__ = ["Gateway"]

_PATIENCE = 5.0
"""Seconds that a store in trouble is given when a gateway is closed."""


class Gateway:
    """
    Everything that one configuration amounts to; made by :func:`smscore.build`.

    Submitting and asking work from the start. Channels work inside :meth:`running`, or whenever
    the host calls :meth:`run_pending`. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        *,
        config: GatewayConfig,
        store: Store,
        clock: Clock,
        transports: Mapping[str, Transport],
        topology: Topology,
        devices: Collection[str] = (),
        origins: Mapping[str, str],
        authenticator: Callable[[], Authenticator],
        rate_limiter: Callable[[], RateLimiter],
        pattern_engine: Callable[[], PatternEngine],
        webhook_sender: Callable[[], WebhookSender] | None = None,
        screens: Sequence[Screen] = (),
        observers: Sequence[Observer] = (),
        grace: Grace,
    ) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self.transports = transports
        # As what messages can leave.
        self.media = frozenset(
            medium for offer in topology.channels.values() for medium in offer.media
        )
        self._make_authenticator = authenticator
        self._make_rate_limiter = rate_limiter
        self._make_pattern_engine = pattern_engine
        sender = None if webhook_sender is None else cache(webhook_sender)
        self.settings = Settings(store)
        self.auditor = Auditor(clock)
        meters = self._meters = Meters(clock)
        if isinstance(store, Measurable):
            store.measure(meters)
        in_force = RulesInForce(store=store, engine=lambda: self.patterns)
        self.pseudonyms = Pseudonyms(lambda: self.authenticator)
        objections = Objections(store=store, pseudonyms=self.pseudonyms)
        openings = Openings(store=store, settings=self.settings, topology=topology)
        self._stopping = threading.Event()
        self._seen_elsewhere: dict[str, ChannelHealth] = {}
        ids = self._ids = IdSequence(clock, lease=self._lease)
        self.submissions = Submissions(
            store=store,
            clock=clock,
            ids=ids,
            openings=openings,
            settings=self.settings,
            rules=in_force,
            objections=objections,
            meters=meters,
            screens=screens,
        )
        self.rules = Rules(
            store=store,
            clock=clock,
            auditor=self.auditor,
            in_force=in_force,
            topology=topology,
            owners=config.owners,
        )
        self.trials = Trials(
            store=store,
            clock=clock,
            openings=openings,
            settings=self.settings,
            in_force=in_force,
            objections=objections,
        )
        self.consent = Consents(
            store=store,
            clock=clock,
            auditor=self.auditor,
            settings=self.settings,
            pseudonyms=self.pseudonyms,
        )
        self.inbound_trials = InboundTrials(
            store=store,
            clock=clock,
            openings=openings,
            in_force=in_force,
            objections=objections,
            screens=screens,
        )
        self.directory = Directory(
            store=store, auditor=self.auditor, settings=self.settings, owners=config.owners
        )
        self.pickup = Pickup(
            store=store,
            clock=clock,
            settings=self.settings,
            topology=topology,
            objections=objections,
        )
        self.phones = Phones(
            store=store,
            clock=clock,
            auditor=self.auditor,
            silent_after=timedelta(seconds=config.phones.silent_after),
        )
        self.apps = Apps(store=store, clock=clock, auditor=self.auditor)
        self.inquiry = Inquiry(
            store=store,
            clock=clock,
            channels=tuple(transports),
            linked=[
                name
                for name, offer in topology.channels.items()
                if any(medium.goes_by_links for medium in offer.media)
            ],
        )
        self.interventions = Interventions(
            store=store,
            clock=clock,
            auditor=self.auditor,
            openings=openings,
            settings=self.settings,
            rules=in_force,
            objections=objections,
        )
        self.logins = Logins(authenticator=lambda: self.authenticator, monotonic=clock.monotonic)
        secrets = Secrets(lambda: self.authenticator)
        self.webhooks = Webhooks(
            store=store, clock=clock, auditor=self.auditor, ids=ids, secrets=secrets, sender=sender
        )
        self.pushes = Pushes(store=store, auditor=self.auditor)
        self.administration = Administration(
            store=store,
            clock=clock,
            auditor=self.auditor,
            authenticator=lambda: self.authenticator,
            tariffs=config.tariffs,
            channels=tuple(transports),
        )
        self.reception = Reception(
            store=store,
            clock=clock,
            ids=ids,
            heeding=Heeding(config=config.consent, pseudonyms=self.pseudonyms, topology=topology),
            openings=openings,
            settings=self.settings,
            rules=in_force,
            objections=objections,
            screens=screens,
            owners={
                name: channel.account
                for name, channel in config.channels.items()
                if channel.account
            },
            wait_for_parts=config.inbound.wait_for_parts,
        )
        self.audit = Audit(store=store)
        self.erasure = Erasure(
            store=store, clock=clock, auditor=self.auditor, pseudonyms=self.pseudonyms
        )
        self.alerts = Alerting(
            store=store,
            clock=clock,
            config=config.alerts,
            transports=transports,
            own=lambda: self._runner.open_channels(),
            health=self.health,
            silent_after=timedelta(seconds=config.phones.silent_after),
            sender=sender,
            secret=secrets.of_receiver,
            is_stopping=self._stopping.is_set,
        )
        policies = {
            name: CustodyPolicy(retry=channel.retry, in_doubt=channel.in_doubt)
            for name, channel in config.channels.items()
        }
        self.housekeeping = Housekeeping(store=store, clock=clock, auditor=self.auditor)
        self._devices = devices
        self.servers = self._servers_of(
            config,
            devices,
            duties=DUTIES if config.server.role.has_channels else (),
            key=lambda: self.key_mark,
        )
        self._notification = Notification(store=store, observers=observers)
        self._runner = Runner(
            store=store,
            transports=transports,
            journals={name: self.journal(name) for name in transports},
            servers=self.servers,
            dispatch=Dispatch(
                store=store,
                clock=clock,
                ids=ids,
                settings=self.settings,
                is_stopping=self._is_stopping,
                topology=topology,
                channels=tuple(transports),
                health=self.health,
                objections=objections,
                policies=policies,
            ),
            recovery=Recovery(
                store=store,
                clock=clock,
                ids=ids,
                dead=lambda: self.servers.dead,
                policies=policies,
            ),
            reception=self.reception,
            housekeeping=self.housekeeping,
            notification=self._notification,
            announcing=None
            if sender is None
            else Announcing(
                store=store,
                clock=clock,
                ids=ids,
                sender=sender,
                secrets=secrets,
                meters=meters,
                disable_after=timedelta(seconds=config.webhooks.disable_after),
            ),
            monitoring=Monitoring(
                store=store,
                clock=clock,
                channels=lambda: self._runner.open_channels(),
                health=self.health,
                absent=self._absent,
            ),
            alerting=self.alerts,
            role=config.server.role,
            stopping=self._stopping,
            origins=origins,
            grace=grace,
        )

    @cached_property
    def authenticator(self) -> Authenticator:
        """What checks credentials; made when it is first asked for, for it reads the key file."""
        return self._make_authenticator()

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        """What counts calls; made when it is first asked for."""
        return self._make_rate_limiter()

    @cached_property
    def patterns(self) -> PatternEngine:
        """What understands patterns of callers; made when it is first asked for."""
        return self._make_pattern_engine()

    @property
    def key_mark(self) -> str:
        """What tells the key file from others, and nothing of its content."""
        said = self.authenticator.derive_secret("key file", 0, generation=1)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def health(self, channel: str) -> ChannelHealth:
        """
        How a channel is right now, whatever its transport does when it is asked.

        Of one that another server runs it is what that one saw last, as far as it can be read.
        Blocks.
        """
        if self.is_elsewhere(channel):
            return self._health_elsewhere(channel)
        try:
            return _health_of(self.transports[channel])
        except Exception as fault:  # noqa: BLE001  # a stranger's code
            return ChannelHealth(
                is_ready=False, detail=f"its transport cannot say: {type(fault).__name__}: {fault}"
            )

    def is_elsewhere(self, channel: str) -> bool:
        """Whether another server runs a channel of the configuration, or should."""
        if channel not in self.transports:
            return False
        return not self.config.server.role.has_channels or self._runner.is_elsewhere(channel)

    def _health_elsewhere(self, channel: str) -> ChannelHealth:
        try:
            found = self._seen_elsewhere[channel] = self.inquiry.health(channel)
        except StoreError:
            unknown = ChannelHealth(
                is_ready=False, detail="another server's; the store cannot be read"
            )
            found = self._seen_elsewhere.get(channel, unknown)
        return found

    def operate(
        self, channel: str, operation: str, arguments: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        """
        Ask a channel for something beside sending, such as a modem for its SIM's balance. Blocks.

        Raises:
            NotFound: there is no such channel, or its transport does not offer that.
            InvalidRequest: an argument is missing or wrong.
            TransportError: it could not be done.
        """
        transport = self.transports.get(channel)
        if transport is None:
            raise NotFound(
                f"there is no channel {channel!r}; there are {', '.join(self.transports)}"
            )
        if self.is_elsewhere(channel):
            raise NotReady(f"the channel {channel!r} is run by another server; ask on its host")
        operate = getattr(transport, "operate", None)
        if operate is None:
            raise NotFound(f"the channel {channel!r} offers no operations")
        answer: Mapping[str, object] = operate(operation, arguments or {})
        return answer

    def reachable(self, channel: str, segment: str) -> Reachable:
        """
        The channel's transport, for a call by HTTP whose address ended with the segment.

        Raises:
            NotFound: there is no such channel, it is not called, or the segment is not its own.
        """
        # As an object: the type checker takes no None for something that may be reachable.
        transport: object = self.transports.get(channel)
        if isinstance(transport, Reachable):
            own, given = transport.segment, segment.encode(errors="replace")
            if own is not None and hmac.compare_digest(own.encode(), given):
                return transport
        raise NotFound("no channel is called at this address")

    def observe(self, observer: Observer, *, kinds: Collection[str] = ()) -> None:
        """
        Tell this one, too, of events; to be called before the gateway runs.

        ``kinds`` are those of which it wants to hear, none means all. As long as nobody wants to
        hear of a kind its events are not even read, and most are of a few.

        Raises:
            InvalidRequest: there are no events of such a kind, one kind is given as a string, which
                would be a collection of letters, or the observer is async.
        """
        if isinstance(kinds, str):
            raise InvalidRequest(f"kinds are several; write [{kinds!r}]")
        if unknown := set(kinds) - KINDS:
            raise InvalidRequest(
                f"there are no events of the kind {min(unknown)!r}; the kinds are "
                f"{', '.join(sorted(KINDS))}"
            )
        if is_async(observer):
            raise InvalidRequest(
                f"the observer {observer!r} is async, and nobody would await it; take a plain "
                "function, and hand over to your loop by call_soon_threadsafe"
            )
        self._notification.add(observer, kinds=kinds)

    def measure(self, meter: Meter) -> None:
        """Tell this one, too, how the gateway fares."""
        self._meters.add(meter)

    def journal(self, channel: str) -> Journal:
        """What a channel's transport is opened with."""
        return ChannelJournal(
            store=self.store,
            clock=self.clock,
            ids=self._ids,
            channel=channel,
            is_stopping=lambda: self._is_stopping(channel),
            exchanged=self._meters.exchanged,
        )

    @contextmanager
    def running(self) -> Iterator[Self]:
        """
        Run the channels on threads of our own, until the block ends.

        Raises:
            StoreUnavailable: another server runs on this store, and it bears only one.
            ConfigurationError: another server on this store has another key file, or nothing here
                understands the patterns of the rules in force.
        """
        self.rules.prepare()
        self._runner.start()
        try:
            yield self
        finally:
            self._runner.stop()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """
        Let nobody run the channels until the block ends, for whoever opens their devices.

        Raises:
            StoreUnavailable: a server runs one of them, or the store cannot be reached.
        """
        with holding(self._servers_of(self.config, self._devices, duties=())):
            yield

    def run_pending(self) -> int:
        """
        Do what is due on the caller's thread, once round, and say how much that was.

        For hosts that have workers of their own, instead of :meth:`running`.
        """
        return self._runner.run_pending()

    def close(self) -> None:
        """Stop what runs and give the store back. May be called twice."""
        self._runner.stop()
        if self._ids.has_lease:
            # Else the number is free once all others are taken.
            with suppress(StoreError, TimeoutError):
                self._release(self._ids.process)
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _servers_of(
        self,
        config: GatewayConfig,
        devices: Collection[str],
        *,
        duties: Collection[str],
        key: Callable[[], str | None] = lambda: None,
    ) -> Servers:
        """This server among the others."""
        hosts = {name: channel.runs_on for name, channel in config.channels.items()}
        channels = tuple(name for name in self.transports if config.may_run(name))
        bound = tuple(name for name in channels if name in devices and hosts.get(name) is None)
        return Servers(
            store=self.store,
            clock=self.clock,
            ids=self._ids,
            about=ServerFacts(
                name=config.server_name,
                role=config.server.role.value,
                version=version("smscore"),
                started_at=self.clock.now(),
                channels=channels,
                bound=bound,
                machine=this_process(),
            ),
            wanted=[*duties, *map(right_to, channels)],
            bound=[*map(right_to, bound)],
            has_ended=has_ended,
            key=key,
        )

    def _is_stopping(self, channel: str) -> bool:
        return self._runner.is_stopping(channel)

    def _absent(self) -> Mapping[str, str]:
        """The channels that no living server runs, and what is known of them."""
        absent = {}
        for name in self.transports:
            if not self.servers.is_vacant(right_to(name)):
                continue
            configured = self.config.channels.get(name)
            had = self.servers.rights.get(right_to(name))
            if had is not None:
                absent[name] = f"the server {had.server}, which runs it, is not heard of"
            elif configured is not None and configured.runs_on is not None:
                absent[name] = f"the server {configured.runs_on}, to which it belongs, does not run"
            else:
                absent[name] = "no server runs it"
        return absent

    def _release(self, process: ProcessId) -> None:
        self.store.run(lambda work: work.processes.release(process), lane=Lane.CUSTODY).result(
            timeout=_PATIENCE
        )

    def _lease(self) -> Lease:
        """A number of our own, and the newest id so far: ids grow though the clock was set back."""
        now = self.clock.now()

        def work(work: UnitOfWork) -> Lease:
            process = work.processes.lease(now=now)
            return Lease(process=process, newest=newest_of(work))

        return commit(self.store, work)


def _health_of(transport: Transport) -> ChannelHealth:
    found: object = transport.health()
    if not isinstance(found, ChannelHealth):
        raise TypeError(f"health() gave {type(found).__name__} and no ChannelHealth")
    return found
