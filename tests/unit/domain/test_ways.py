"""
Planning, whatever the channels can, wherever the recipient is linked, whatever is wished.
"""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import Medium, OutboundMessage
from smscore.domain.planning import Plan, plan
from smscore.domain.routes import Route, Routes
from smscore.domain.routing import ChannelOffer, Topology
from smscore.errors import MessageTooLong, NoRoute, NotLinked
from smscore.testing import NOON, a_message, an_account

NAMES = ("a", "b", "c", "d")
SMS, TELEGRAM, AUTOMATIC, VOICE = Medium.SMS, Medium.TELEGRAM, Medium.AUTOMATIC, Medium.VOICE

offers = st.builds(
    ChannelOffer,
    name=st.just(""),
    price=st.integers(0, 5),
    max_parts=st.sampled_from((1, 255)),
    flash=st.booleans(),
    media=st.lists(st.sampled_from((SMS, TELEGRAM, VOICE)), unique=True).map(tuple),
    cut=st.sampled_from((None, lambda text: (text,), lambda text: (text[:100], text[100:]))),
    fall_back_after=st.sampled_from((1.0, 30.0)),
)
topologies = st.lists(offers, max_size=4).map(
    lambda found: Topology(
        channels={
            name: attrs.evolve(one, name=name) for name, one in zip(NAMES, found, strict=False)
        }
    )
)
rules = st.lists(st.sampled_from((*NAMES, "phones")), max_size=4).map(
    lambda names: [Route(name="rule", channels=tuple(names))] if names else []
)
messages = st.builds(
    lambda medium, text, flash: a_message(medium=medium, text=text, flash=flash),
    medium=st.sampled_from(list(Medium)),
    text=st.sampled_from(("short", "x" * 200)),
    flash=st.booleans(),
)
links = st.sets(st.sampled_from(NAMES))


def planned(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> Plan | None:
    """The plan, or none where it is refused for want of a way."""
    try:
        return plan(
            message,
            account=an_account(),
            routes=Routes(routes),
            topology=topology,
            now=NOON,
            linked=linked,
        )
    except (NoRoute, MessageTooLong):
        return None


@given(messages, topologies, rules, links)
def test_each_leg_is_one_that_its_channel_can_and_none_comes_twice(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    channels = [leg.channel for leg in decision.route]
    assert len(channels) == len(set(channels)) > 0
    for leg in decision.route:
        offer = topology.offer(leg.channel)
        assert leg.medium in offer.media
        parts = leg.parts or decision.segments.count
        assert leg.price == offer.price * parts
        assert leg.medium is not SMS or offer.max_parts >= parts
    assert decision.charge == max(leg.price for leg in decision.route)


@given(messages, topologies, rules, links)
def test_telegram_is_tried_where_the_number_is_linked_and_only_first(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    media = [leg.medium for leg in decision.route]
    tries = [leg.channel for leg in decision.route if leg.medium is TELEGRAM]
    assert media == sorted(media, key=lambda one: one is not TELEGRAM)
    reachable = [name for name in topology.channels if name in linked]
    wanted = [name for name in reachable if TELEGRAM in topology.channels[name].media]
    assert tries == (wanted if message.medium.goes_by_links else [])


@given(messages, topologies, rules, links)
def test_nothing_goes_as_what_was_not_wished(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    allowed = {AUTOMATIC: {TELEGRAM, SMS}}.get(message.medium, {message.medium})
    assert {leg.medium for leg in decision.route} <= allowed


@given(messages, topologies, rules, links)
def test_automatic_is_refused_only_where_both_ways_are(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    def is_possible(medium: Medium) -> bool:
        wished = a_message(medium=medium, text=message.text, flash=message.flash)
        return planned(wished, topology, routes, linked) is not None

    assert is_possible(AUTOMATIC) == (is_possible(TELEGRAM) or is_possible(SMS))


@given(messages, topologies, rules, links)
def test_a_message_falls_back_only_while_it_has_somewhere_to_go(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    delivery, _ = decision.begin(charged=decision.charge)
    route = decision.route
    while delivery.can_fall_back:
        assert delivery.fall_back_at is not None
        delivery = delivery.fallen_back(at=NOON, error="too late")
        route = route[1:]
        assert delivery.route == route
    assert delivery.fall_back_at is None
    assert delivery.route


@pytest.mark.parametrize("linked", [set(), {"b"}])
def test_whoever_is_not_linked_is_refused_by_that_name(linked: set[str]) -> None:
    topology = Topology(channels={"a": ChannelOffer(name="a", media=(TELEGRAM,))})

    with pytest.raises(NotLinked, match="linked to no Telegram channel"):
        plan(
            a_message(medium=TELEGRAM),
            account=an_account(),
            routes=Routes(),
            topology=topology,
            now=NOON,
            linked=linked,
        )
