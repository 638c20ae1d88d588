"""
The way of a message: which channels are tried, one after another, as what, and at what price.
"""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from msgspec import Struct

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Leg
from smscore.domain.description import Description
from smscore.domain.messages import Medium, OutboundMessage
from smscore.domain.routes import Route
from smscore.domain.routing import ChannelOffer, Topology, choose_channels
from smscore.errors import MessageTooLong, NoRoute, NotLinked, RefusedByRule, Rejected

__all__ = ["Way", "choose_way"]


class Way(Struct, frozen=True, kw_only=True):
    """The channels that will be tried, one after another."""

    route: tuple[Leg, ...]
    charge: int  # credits taken when accepting: the dearest leg; the rest comes back when sent
    channels: str  # their names, as the message's story tells them


def choose_way(
    message: OutboundMessage,
    description: Description,
    *,
    route: Route | None,
    account: Account,
    topology: Topology,
    linked: Collection[str],
) -> tuple[str, Way]:
    """
    The name of the rule that matched, empty if it goes by links alone, and the way of the message.

    Raises:
        RefusedByRule: the rule says so.
        MessageTooLong: it needs more parts than any of its channels can send.
        NotLinked: it can go by links only, and there is none.
        NoRoute: no channel may carry it.
    """
    if route is not None and route.refuse is not None:
        raise RefusedByRule(f"rule {route.name!r} refuses it: {route.refuse}")
    if message.is_email is not (message.medium is Medium.EMAIL):
        raise NoRoute(_unfit(message))

    def by_rule() -> tuple[str, Way]:
        return _by_rule(message, description, route, account=account, topology=topology)

    if not message.medium.goes_by_links:
        return by_rule()
    return _by_links(message, _tries(description, linked, topology), otherwise=by_rule)


def _unfit(message: OutboundMessage) -> str:
    hint = message.recipient.hint
    if message.is_email:
        return f"{hint} is an e-mail address: nothing but e-mail goes there"
    return f"{hint} is a telephone number: no e-mail goes there"


def _by_rule(
    message: OutboundMessage,
    description: Description,
    route: Route | None,
    *,
    account: Account,
    topology: Topology,
) -> tuple[str, Way]:
    """The name of the rule, and the way that it leaves."""
    channels = choose_channels(message, route, account=account, topology=topology)
    rule, price = ("default", None) if route is None else (route.name, route.price)
    if message.medium is Medium.VOICE:
        return rule, _calls(channels, topology, price)
    if message.medium is Medium.EMAIL:
        return rule, _emails(channels, topology, message.flash, price)
    return rule, _way(channels, len(description.segments.parts), topology, message.flash, price)


def _by_links(
    message: OutboundMessage, tries: tuple[Leg, ...], *, otherwise: Callable[[], tuple[str, Way]]
) -> tuple[str, Way]:
    """What is to be tried first; unless that is all that is wanted, others stand in for it."""
    if message.medium is Medium.TELEGRAM:
        if not tries:
            raise NotLinked(
                f"{message.recipient.hint} is linked to no Telegram channel; its owner opens "
                "the channel's bot and shares the number"
            )
        return "", _way_of(tries)
    try:
        rule, way = otherwise()
    except Rejected:
        if not tries:
            raise
        return "", _way_of(tries)
    tried = {leg.channel for leg in tries}
    return rule, _way_of((*tries, *(leg for leg in way.route if leg.channel not in tried)))


def _tries(
    description: Description, linked: Collection[str], topology: Topology
) -> tuple[Leg, ...]:
    """The Telegram channels on which the recipient can be reached."""
    return tuple(
        _telegram_leg(description, offer)
        for offer in topology.channels.values()
        if offer.name in linked and Medium.TELEGRAM in offer.media
    )


def _telegram_leg(description: Description, offer: ChannelOffer) -> Leg:
    parts = len(offer.cut(description.text)) if offer.cut else description.segments.count
    return Leg(
        channel=offer.name,
        price=offer.price * parts,
        medium=Medium.TELEGRAM,
        parts=parts,
        patience=offer.fall_back_after,
    )


@lru_cache(maxsize=1024)  # few different ones
def _calls(channels: tuple[str, ...], topology: Topology, price: int | None) -> Way:
    offers = _offers(channels, topology, Medium.VOICE)
    if not offers:
        raise NoRoute("none of the message's channels can make a call")
    return _whole(offers, Medium.VOICE, price)


@lru_cache(maxsize=1024)  # few different ones
def _emails(
    channels: tuple[str, ...],
    topology: Topology,
    is_flash: bool,  # noqa: FBT001  # as below
    price: int | None,
) -> Way:
    offers = _offers(channels, topology, Medium.EMAIL)
    if not offers:
        raise NoRoute(
            "none of the message's channels carries e-mail; configure one, and name it in the rule "
            "if there is one"
        )
    if is_flash:
        raise NoRoute("an e-mail cannot be a flash message")
    return _whole(offers, Medium.EMAIL, price)


@lru_cache(maxsize=16_384)  # few different ones, many messages
def _way(
    channels: tuple[str, ...],
    parts: int,
    topology: Topology,
    is_flash: bool,  # noqa: FBT001  # what is cached is found sooner without keywords
    price: int | None,
) -> Way:
    offers = _offers(channels, topology, Medium.SMS)
    if not offers:
        raise NoRoute("none of the message's channels can send an SMS")
    if is_flash:
        offers = [offer for offer in offers if offer.flash]
        if not offers:
            raise NoRoute("none of the message's channels can send a flash message")
    able = [offer for offer in offers if offer.max_parts >= parts]
    if not able:
        raise MessageTooLong(
            f"the text needs {parts} parts, its channels send at most "
            f"{max(offer.max_parts for offer in offers)}"
        )
    return _way_of(
        tuple(Leg(channel=offer.name, price=_price(offer, price) * parts) for offer in able)
    )


def _whole(offers: Sequence[ChannelOffer], medium: Medium, price: int | None) -> Way:
    """The way of what has one part, whatever its text."""
    return _way_of(
        tuple(
            Leg(channel=offer.name, price=_price(offer, price), medium=medium, parts=1)
            for offer in offers
        )
    )


def _price(offer: ChannelOffer, price: int | None) -> int:
    return offer.price if price is None else price


def _offers(channels: Sequence[str], topology: Topology, medium: Medium) -> Sequence[ChannelOffer]:
    offers = map(topology.offer, channels)
    return [offer for offer in offers if medium in offer.media]


def _way_of(route: tuple[Leg, ...]) -> Way:
    return Way(
        route=route,
        charge=max(leg.price for leg in route),
        channels=", ".join(leg.channel for leg in route),
    )
