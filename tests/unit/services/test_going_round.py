"""
Gateways that pass on and answer whatever arrives: however they are wired, it comes to an end.
"""

from collections import Counter
from contextlib import ExitStack

from hypothesis import given, settings
from hypothesis import strategies as st

from smscore import GatewayConfig, build
from smscore.domain.destinations import AutoReply, By, Forward, Recipients
from smscore.domain.inbound_rules import InboundRule
from smscore.testing import (
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_part,
)

NUMBERS = ["+491701111111", "+491702222222", "+491703333333"]
PERSON = "+491709999999"
TEXTS = ["$TXT$", "from $NUMBER$: $TXT$", "thank you", "$MODEM$"]
MOST = 3

texts, rates = st.sampled_from(TEXTS), st.integers(1, MOST)
destinations = st.builds(AutoReply, text=texts, per_hour=rates) | st.builds(
    Forward,
    kind=st.just(Recipients.NUMBER),
    to=st.sampled_from([*NUMBERS, PERSON]),
    by=st.just(By.SMS),
    text=texts,
    per_hour=rates,
)
rules = st.lists(st.lists(destinations, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2)


class Network:
    """A gateway at each number, with rules of its own; whatever is sent arrives at once."""

    def __init__(self, stack, rules_of_each):
        self.gateways = {}
        for number, several in zip(NUMBERS, rules_of_each, strict=False):
            gateway = stack.enter_context(_gateway())
            gateway.administration.create_account("acme")
            inbound = [
                InboundRule(name=f"{place}", destinations=one, account="acme")
                for place, one in enumerate(several)
            ]
            gateway.rules.apply([], inbound=inbound)
            self.gateways[number] = gateway

    def deliver(self, to, sender, text):
        """What the gateway at a number makes of it."""
        gateway = self.gateways[to]
        made = {one.message.id for one in gateway.inquiry.messages(limit=1000)}
        gateway.reception.received(a_part(sender=sender, user_data=text.encode("utf-16-be")))
        return [
            one.message
            for one in reversed(gateway.inquiry.messages(limit=1000))
            if one.message.id not in made
        ]


def _gateway():
    store = MemoryStore(clock=(clock := ManualClock()))
    return build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    )


@settings(max_examples=40)
@given(st.lists(rules, min_size=1, max_size=3))
def test_whatever_gateways_do_by_themselves_ends_within_its_bounds(rules_of_each):
    with ExitStack() as stack:
        network = Network(stack, rules_of_each)
        on_its_way, made = [(NUMBERS[0], PERSON, "hi")], Counter()
        while on_its_way:
            to, sender, text = on_its_way.pop(0)
            for message in network.deliver(to, sender, text):
                made[to, sender, message.recipient.value] += 1
                # More than that, and nothing would ever stop it.
                assert made.total() < 1000
                if message.recipient.value in network.gateways:
                    on_its_way.append((message.recipient.value, to, message.text))

    assert max(made.values(), default=0) <= MOST
