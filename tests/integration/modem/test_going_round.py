"""
Two gateways whose modems reach each other: what each does by itself comes to an end.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import attrs
import pytest

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.inbound_rules import InboundRule
from smscore.registry import Registry
from smscore.testing import MemoryStore, PlainAuthenticator
from smscore_modem import CAPABILITIES, ModemOptions
from smscore_modem._channel import ModemChannel
from smscore_modem.simulator import SimulatedLines, VirtualTime

HOURS = 3 * 3600.0


@attrs.frozen
class _Modems:
    """The transport of one gateway, on lines that both share."""

    lines: SimulatedLines
    time: VirtualTime

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="modem", options=ModemOptions, make=self._channel, capabilities=CAPABILITIES
        )

    def _channel(self, name: str, options: ModemOptions) -> ModemChannel:
        return ModemChannel(
            name, options, connect=self.lines.connect, clock=self.time, time=self.time
        )


class Pair:
    """Two gateways, of which neither knows that there is another one."""

    def __init__(self, stack: ExitStack) -> None:
        self._time = VirtualTime()
        self._lines = SimulatedLines(time=self._time, modems=2)
        self.gateways = [stack.enter_context(self._gateway(number)) for number in (1, 2)]
        self.numbers = self._lines.numbers

    def _gateway(self, number: int) -> Gateway:
        store = MemoryStore(clock=self._time)
        channel = {
            "transport": "modem",
            "port": f"modem{number}",
            "gap": 0.0,
            "account": "acme",
        }
        gateway = build(
            GatewayConfig.from_mapping(
                {"plugins": {"enabled": ["policy"]}, "channels": {"m": channel}}
            ),
            store=store,
            authenticator=PlainAuthenticator(store),
            clock=self._time,
            plugins=[_Modems(self._lines, self._time)],
        )
        gateway.administration.create_account("acme")
        return gateway

    def rule(self, make: Callable[[str], AutoReply | Forward]) -> None:
        """Each has a rule, made with the other one's number."""
        for gateway, other in zip(self.gateways, reversed(self.numbers), strict=True):
            rule = InboundRule(name="by itself", destinations=(make(other),))
            gateway.rules.apply([], inbound=[rule])

    def run(self, *, seconds: float) -> None:
        end = self._time.monotonic() + seconds
        while self._time.monotonic() < end:
            busy = sum(gateway.run_pending() for gateway in self.gateways)
            self._time.sleep(0.5 if busy else 60.0)

    def taken(self) -> Counter[str]:
        """How many messages the network took for each."""
        return Counter(str(one.submit.recipient) for one in self._lines.taken)

    def refusals(self) -> list[set[str]]:
        found = []
        for gateway in self.gateways:
            events = gateway.store.read(lambda view: view.events.since(0, limit=10_000))
            refused = [event for _, event in events if event.kind == "rule.refused"]
            found.append({str(event.detail["code"]) for event in refused})
        return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("$MODEM$ of $NUMBER$ thanks", 5),  # as often as one sender is answered within an hour
        ("you wrote $TXT$", 5),
        ("thank you", 3),  # what comes back are words of one's own
    ],
)
def test_two_gateways_that_answer_each_other_stop(pair: Pair, text: str, answers: int) -> None:
    pair.rule(lambda _: AutoReply(text=text))
    first, second = pair.gateways

    first.submissions.submit(account="acme", to=pair.numbers[1], text="hello")
    pair.run(seconds=HOURS)

    # The second one answers; the first one began, and answers all of that.
    assert pair.taken() == {pair.numbers[0]: answers, pair.numbers[1]: 1 + answers}
    assert pair.refusals() == [set(), {"goes_round"}]
    assert len(second.inquiry.inbound(limit=500)) == 1 + answers


def test_two_gateways_that_pass_everything_on_to_each_other_stop(pair: Pair) -> None:
    pair.rule(
        lambda other: Forward(kind=Recipients.NUMBER, to=other, by=By.SMS, text="as ever: $MODEM$")
    )
    first, _ = pair.gateways

    first.submissions.submit(account="acme", to=pair.numbers[1], text="hello")
    pair.run(seconds=HOURS)

    # Whoever wrote it is who it would be passed on to.
    assert pair.taken() == {pair.numbers[1]: 1}
    assert pair.refusals() == [set(), {"goes_round"}]
