"""
Planning, whatever the channels can, wherever the recipient is linked, whatever is wished.
"""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import Medium, OutboundMessage
from smscore.domain.numbers import PhoneNumber
from smscore.domain.planning import Plan, plan
from smscore.domain.recipients import EmailAddress
from smscore.domain.routes import Route, Routes
from smscore.domain.routing import ChannelOffer, Topology
from smscore.domain.segments import EncodingOptions
from smscore.errors import MessageTooLong, NoRoute, NotLinked
from smscore.testing import NOON, a_message, an_account

NAMES = ("a", "b", "c", "d")
SMS, TELEGRAM, AUTOMATIC, VOICE = Medium.SMS, Medium.TELEGRAM, Medium.AUTOMATIC, Medium.VOICE
EMAIL = Medium.EMAIL
NUMBER, ADDRESS = PhoneNumber("+491701234567"), EmailAddress("491701234567@reader.example")

offers = st.builds(
    ChannelOffer,
    name=st.just(""),
    price=st.integers(0, 5),
    max_parts=st.sampled_from((1, 255)),
    flash=st.booleans(),
    media=st.lists(st.sampled_from((SMS, TELEGRAM, VOICE, EMAIL)), unique=True).map(tuple),
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
    lambda recipient, medium, text, flash: a_message(
        recipient=recipient, medium=medium, text=text, flash=flash
    ),
    recipient=st.sampled_from((NUMBER, NUMBER, ADDRESS)),
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
    goes_by_links = message.medium.goes_by_links and not message.is_email
    assert tries == (wanted if goes_by_links else [])


@given(messages, topologies, rules, links)
def test_nothing_goes_as_what_was_not_wished(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    allowed = {AUTOMATIC: {TELEGRAM, SMS}}.get(message.medium, {message.medium})
    if message.is_email:
        assert message.medium in (SMS, AUTOMATIC, EMAIL)
        allowed = {EMAIL}
    assert {leg.medium for leg in decision.route} <= allowed
    assert decision.message.medium is (EMAIL if message.is_email else message.medium)


@given(messages, topologies, rules, links)
def test_e_mail_goes_to_addresses_by_the_channels_of_its_rule_and_nothing_else_does(
    message: OutboundMessage, topology: Topology, routes: list[Route], linked: set[str]
) -> None:
    decision = planned(message, topology, routes, linked)
    if decision is None:
        return

    mailers = [leg.channel for leg in decision.route if leg.medium is EMAIL]
    names = routes[0].channels if routes else tuple(topology.channels)
    able = [name for name in dict.fromkeys(names) if name in topology.channels]
    wanted = [name for name in able if EMAIL in topology.channels[name].media]
    assert mailers == (wanted if message.is_email else [])
    assert not (message.is_email and message.flash)


def test_a_text_that_goes_by_e_mail_is_one_part_however_long_it_is() -> None:
    topology = Topology(channels={"mail": ChannelOffer(name="mail", price=2, media=(EMAIL,))})
    text = "„Grüße“ \U0001f600 " * 2000
    account = an_account(encoding=EncodingOptions(replace_typography=True, max_parts=1))

    decision = plan(
        a_message(recipient=ADDRESS, text=text),
        account=account,
        routes=Routes(),
        topology=topology,
        now=NOON,
    )

    assert decision.segments.parts == (text,)
    assert decision.charge == 2
    with pytest.raises(MessageTooLong, match="100000"):
        plan(
            a_message(recipient=ADDRESS, text="x" * 100_001),
            account=account,
            routes=Routes(),
            topology=topology,
            now=NOON,
        )


@pytest.mark.parametrize(
    ("recipient", "medium", "reason"),
    [
        (ADDRESS, TELEGRAM, r"…@reader.example is an e-mail address"),
        (ADDRESS, VOICE, r"…@reader.example is an e-mail address"),
        (NUMBER, EMAIL, r"\+49170… is a telephone number"),
        (ADDRESS, SMS, "carries e-mail"),
    ],
)
def test_what_cannot_reach_a_recipient_is_refused_with_the_reason(
    recipient: PhoneNumber | EmailAddress, medium: Medium, reason: str
) -> None:
    topology = Topology(channels={"a": ChannelOffer(name="a", media=(SMS, TELEGRAM, VOICE))})

    with pytest.raises(NoRoute, match=reason):
        plan(
            a_message(recipient=recipient, medium=medium),
            account=an_account(),
            routes=Routes(),
            topology=topology,
            now=NOON,
        )


@pytest.mark.parametrize("condition", [{"prefixes": ("49",)}, {"countries": ("DE",)}])
@pytest.mark.parametrize("others", [0, 20])
def test_no_prefix_and_no_country_is_for_an_address(
    condition: dict[str, tuple[str, ...]], others: int
) -> None:
    routes = [Route(name=f"r{place}", refuse="no", **condition) for place in range(others + 1)]
    topology = Topology(channels={"mail": ChannelOffer(name="mail", media=(EMAIL,))})

    decision = plan(
        a_message(recipient=ADDRESS),
        account=an_account(),
        routes=Routes(routes),
        topology=topology,
        now=NOON,
    )

    assert decision.rule == "default"


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
