"""
Outbound routing: which channels may carry a message, in what order, after a rule has decided.
"""

import hashlib
import math
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

import attrs

from smscore.domain.accounts import Account, phone_queue
from smscore.domain.messages import Medium, OutboundMessage, Surface
from smscore.domain.routes import Choice, Route
from smscore.errors import InvalidRequest, NoRoute

__all__ = ["PHONES", "ChannelOffer", "Topology", "choose_channels"]

PHONES = "phones"
"""In a rule: the phone queue of whichever account sends."""

_PHONES_OF = f"{PHONES}/"
_PHONES_ALONE = (PHONES,)
_TURNS = 4096


@attrs.frozen(kw_only=True)
class ChannelOffer:
    """What planning must know of a configured channel."""

    name: str
    price: int = 1  # credits a part
    max_parts: int = 255
    sender_id: bool = False  # whether a recipient can be shown another sender
    flash: bool = False
    daily_parts: float | None = None  # None: as many as there are
    media: tuple[Medium, ...] = (Medium.SMS,)
    cut: Callable[[str], Sequence[str]] | None = None  # None: as an SMS is
    fall_back_after: float = 30.0  # seconds; see :class:`smscore.domain.deliveries.Leg`


@attrs.frozen(kw_only=True, eq=False)
class Topology:
    """
    The configured channels and groups, as data, in the order of the configuration.

    Those of a group that are ``resting`` are chosen after all others. Each topology is different
    from every other, so that what follows from it can be kept.
    """

    channels: Mapping[str, ChannelOffer] = attrs.field(factory=dict)
    groups: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    resting: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()  # which were left out
    turns: int = attrs.field(init=False)

    @turns.default
    def _count_turns(self) -> int:
        """How many kinds of recipients are told apart: each has its own order in every group."""
        return _TURNS if any(len(members) > 1 for members in self.groups.values()) else 1

    names: tuple[str, ...] = attrs.field(init=False)

    @names.default
    def _name_channels(self) -> tuple[str, ...]:
        return tuple(self.channels)

    def offer(self, channel: str) -> ChannelOffer:
        """What a channel offers; every phone queue offers the same."""
        return _phones(channel) if channel.startswith(_PHONES_OF) else self.channels[channel]

    def without(self, closed: Collection[str]) -> "Topology":
        """What is left when some channels take nothing new."""
        groups = {
            name: tuple([one for one in members if one not in closed])
            for name, members in self.groups.items()
        }
        return Topology(
            channels={name: one for name, one in self.channels.items() if name not in closed},
            groups={name: members for name, members in groups.items() if members},
            resting=self.resting,
            closed=self.closed.union(name for name in closed if name in self.channels),
        )

    def with_resting(self, channels: frozenset[str]) -> "Topology":
        """The same, where these channels are chosen after all others of their group."""
        return Topology(
            channels=self.channels, groups=self.groups, resting=channels, closed=self.closed
        )

    def check(self, route: Route) -> None:
        """
        Let a rule pass that names only what exists.

        Raises:
            InvalidRequest: it names a channel or group that is not configured.
        """
        known = [PHONES, *self.channels, *self.groups]
        for name in (*route.channels, *route.weights):
            if name not in (self.channels if name in route.weights else known):
                raise InvalidRequest(
                    f"rule {route.name!r} names the channel {name!r}; known are: {', '.join(known)}"
                )


@lru_cache(maxsize=1024)  # few accounts, many messages
def _phones(channel: str) -> ChannelOffer:
    return ChannelOffer(name=channel, price=0)


def choose_channels(
    message: OutboundMessage, route: Route | None, *, account: Account, topology: Topology
) -> tuple[str, ...]:
    """
    The channels of the rule that matched, groups resolved.

    Without a match, messages of the queue API go to the account's phones, all others to every
    configured channel in order.

    Raises:
        NoRoute: nothing is left that could carry the message.
    """
    if route is not None:
        names, weights = route.channels, tuple(route.weights.items()) if route.weights else ()
    else:
        names, weights = _PHONES_ALONE if message.surface is Surface.QUEUE else topology.names, ()
    turn = 0
    if topology.turns > 1:
        turn = zlib.crc32(_drawn_by(message, route)) % topology.turns
    phones = phone_queue(account.name) if PHONES in names else None
    channels = _resolve(names, phones, topology, turn, weights)
    if not channels:
        raise NoRoute(
            f"no channel may carry a message to {message.recipient.hint}; "
            "configure one under [channels.NAME], apply a rule, or resume one that is draining"
        )
    return channels


def _drawn_by(message: OutboundMessage, route: Route | None) -> bytes:
    """What is always the same for a recipient, so that replies come back, or for one message."""
    if route is None or route.choice is Choice.STICKY:
        return message.recipient.value.encode()
    return message.id.to_bytes(8, "big")


@lru_cache(maxsize=4 * _TURNS)  # few different ones, many messages
def _resolve(
    names: tuple[str, ...],
    phones: str | None,
    topology: Topology,
    turn: int,
    weights: tuple[tuple[str, int], ...],
) -> tuple[str, ...]:
    resolved: list[str] = []
    for name in names:
        if name == PHONES and phones:
            resolved.append(phones)
        elif members := topology.groups.get(name):
            resolved.extend(_spread(members, topology, turn, dict(weights)))
        elif name in topology.channels:
            # A rule may outlive a channel that the configuration no longer has.
            resolved.append(name)
    return tuple(dict.fromkeys(resolved))


def _spread(
    members: tuple[str, ...], topology: Topology, turn: int, weights: Mapping[str, int]
) -> list[str]:
    """
    The channels of a group in the order of one kind of recipients, or of messages.

    By rendezvous hashing: each channel draws how long it lets the recipient wait, the shorter the
    more it may carry, and whoever is first has them, for as long as it is there.
    """
    ceilings: dict[str, float | None]
    if weights.keys().isdisjoint(members):
        ceilings = {name: topology.offer(name).daily_parts for name in members}
    else:
        ceilings = {name: weights.get(name, 1) for name in members}
    # One without a ceiling counts as much as the largest of the others.
    largest = max([most for most in ceilings.values() if most is not None], default=1.0)

    def place(name: str) -> tuple[bool, float]:
        drawn = hashlib.blake2b(f"{turn} {name}".encode(), digest_size=8).digest()
        uniform = (int.from_bytes(drawn, "big") + 1) / 2**64
        return name in topology.resting, -math.log(uniform) / (ceilings[name] or largest)

    return sorted(members, key=place)
