"""
A gateway with a modem's channel on simulated lines, all of it on virtual time.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Self

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore.registry import Registry
from smscore.testing import MemoryStore, PlainAuthenticator
from smscore_modem import CAPABILITIES, ModemOptions
from smscore_modem._channel import ModemChannel
from smscore_modem.simulator import PERFECT, SimulatedLines, VirtualTime, Wire

__all__ = ["World"]

_ROUND = 0.5
_IDLE_ROUND = 4.0
_OVER = (*(status for status in Status if status.is_final), Status.INDETERMINATE)


class _LastingStore(MemoryStore):
    """One that the next process can open: closing it does nothing."""

    def close(self) -> None:
        pass


class World:
    """
    Some modems, each with a channel, and a gateway that uses them in their order.

    Its thread does what a server's threads do, round after round; see :meth:`run`.
    """

    def __init__(
        self,
        *,
        modems: int = 1,
        wire: Wire = PERFECT,
        channel: Mapping[str, Any] | None = None,
        **lines: Any,
    ) -> None:
        self.time = VirtualTime()
        self.lines = SimulatedLines(time=self.time, modems=modems, wire=wire, **lines)
        self.store = _LastingStore(clock=self.time)
        self._config = GatewayConfig.from_mapping(
            {
                "plugins": {"enabled": []},
                "channels": {
                    f"m{number}": {
                        "transport": "modem",
                        "port": f"modem{number}",
                        "gap": 0.0,
                        **(channel or {}),
                    }
                    for number in range(1, modems + 1)
                },
            }
        )
        self.start()
        self.gateway.administration.create_account("acme", home_country="DE")

    def start(self) -> None:
        """A new process on what is stored."""
        self.gateway: Gateway = build(
            self._config,
            store=self.store,
            authenticator=PlainAuthenticator(self.store),
            clock=self.time,
            plugins=[self],
        )

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="modem", options=ModemOptions, make=self._channel, capabilities=CAPABILITIES
        )

    def _channel(self, name: str, options: ModemOptions) -> ModemChannel:
        return ModemChannel(
            name, options, connect=self.lines.connect, clock=self.time, time=self.time
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.gateway.close()

    # What happens.

    def run(self, until: Callable[[], bool], *, within: float = 7200.0) -> bool:
        """Let the gateway work; whether something came to hold within so many seconds."""
        end, pause = self.time.monotonic() + within, _ROUND
        while not until():
            if self.time.monotonic() >= end:
                return False
            # Hours in which nothing happens need fewer looks.
            pause = _ROUND if self.gateway.run_pending() else min(2 * pause, _IDLE_ROUND)
            self.time.sleep(pause)
        return True

    def submit(self, to: str, text: str = "hello") -> MessageId:
        return self.gateway.submissions.submit(account="acme", to=to, text=text).message

    # What there is to see.

    def is_ready(self, channel: str = "m1") -> bool:
        return self.gateway.health(channel).is_ready

    def status(self, message: MessageId) -> Status:
        return self.gateway.inquiry.message(message).delivery.status

    def are_over(self, *messages: MessageId) -> bool:
        """Whether nothing is going to happen to them by itself."""
        return all(self.status(message) in _OVER for message in messages)

    def taken(self) -> Counter[tuple[str, str]]:
        """How often the network took each part, by its recipient and its user data."""
        return Counter(
            (str(one.submit.recipient), one.submit.user_data.content.hex())
            for one in self.lines.taken
        )

    def received(self) -> list[str]:
        """The texts that arrived, oldest first."""
        found = self.gateway.inquiry.inbound(limit=500)
        return [message.text for message in reversed(found)]

    def told(self) -> list[str]:
        """What a person was told of the channels."""
        events = self.store.read(lambda view: view.events.since(0, limit=10_000))
        return [event.kind for _, event in events if event.kind.startswith("channel.")]
