"""
Outbound routing: which channels may carry a message, decided by ordered rules.
"""

import hashlib
import math
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

import attrs

from smscore.domain.accounts import Account, phone_queue
from smscore.domain.messages import Medium, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidRequest, NoRoute

__all__ = ["PHONES", "ChannelOffer", "Route", "Topology", "choose_channels"]

PHONES = "phones"
"""In a rule: the phone queue of whichever account sends."""

_PHONES_OF = f"{PHONES}/"
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
    turns: int = attrs.field(init=False)

    @turns.default
    def _count_turns(self) -> int:
        """How many kinds of recipients are told apart: each has its own order in every group."""
        return _TURNS if any(len(members) > 1 for members in self.groups.values()) else 1

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
        )

    def with_resting(self, channels: frozenset[str]) -> "Topology":
        """The same, where these channels are chosen after all others of their group."""
        return Topology(channels=self.channels, groups=self.groups, resting=channels)

    def check(self, route: "Route") -> None:
        """
        Let a rule pass that names only what exists.

        Raises:
            InvalidRequest: it names a channel or group that is not configured, or none.
        """
        if not route.channels:
            raise InvalidRequest(f"rule {route.name!r} names no channel")
        for name in route.channels:
            if name != PHONES and name not in self.channels and name not in self.groups:
                known = ", ".join([PHONES, *self.channels, *self.groups])
                raise InvalidRequest(
                    f"rule {route.name!r} names the channel {name!r}; known are: {known}"
                )


@attrs.frozen(kw_only=True)
class Route:
    """
    One rule: recipients that begin with one of the prefixes go to these channels, in order.

    No prefixes: every recipient. ``channels`` may name channels, groups and :data:`PHONES`.
    """

    name: str
    channels: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def matches(self, recipient: PhoneNumber) -> bool:
        """Whether the rule is for this recipient."""
        return not self.prefixes or recipient.value.startswith(self.prefixes)


@lru_cache(maxsize=1024)  # few accounts, many messages
def _phones(channel: str) -> ChannelOffer:
    return ChannelOffer(name=channel, price=0)


def choose_channels(
    recipient: PhoneNumber,
    *,
    account: Account,
    surface: Surface,
    routes: Sequence[Route],
    topology: Topology,
) -> tuple[str, tuple[str, ...]]:
    """
    The first matching rule's name and its channels, groups resolved.

    Without a match, messages of the queue API go to the account's phones, all others to every
    configured channel in order.

    Raises:
        NoRoute: nothing is left that could carry the message.
    """
    for route in routes:
        if route.matches(recipient):
            names, rule = route.channels, route.name
            break
    else:
        rule = "default"
        names = (PHONES,) if surface is Surface.QUEUE else tuple(topology.channels)
    turn = 0  # the same each time for one recipient: replies come back
    if topology.turns > 1:
        turn = zlib.crc32(recipient.value.encode()) % topology.turns
    phones = phone_queue(account.name) if PHONES in names else None
    channels = _resolve(names, phones, topology, turn)
    if not channels:
        raise NoRoute(
            f"no channel may carry a message to {recipient.value[:6]}…; "
            "configure one under [channels.NAME], apply a rule, or resume one that is draining"
        )
    return rule, channels


@lru_cache(maxsize=4 * _TURNS)  # few different ones, many messages
def _resolve(
    names: tuple[str, ...], phones: str | None, topology: Topology, turn: int
) -> tuple[str, ...]:
    resolved: list[str] = []
    for name in names:
        if name == PHONES and phones:
            resolved.append(phones)
        elif members := topology.groups.get(name):
            resolved.extend(_spread(members, topology, turn))
        elif name in topology.channels:
            # A rule may outlive a channel that the configuration no longer has.
            resolved.append(name)
    return tuple(dict.fromkeys(resolved))


def _spread(members: tuple[str, ...], topology: Topology, turn: int) -> list[str]:
    """
    The channels of a group in the order of one kind of recipients.

    By rendezvous hashing: each channel draws how long it lets the recipient wait, the shorter the
    more it may carry, and whoever is first has them, for as long as it is there.
    """
    ceilings = {name: topology.offer(name).daily_parts for name in members}
    # One without a ceiling counts as much as the largest of the others.
    largest = max([most for most in ceilings.values() if most is not None], default=1.0)

    def place(name: str) -> tuple[bool, float]:
        drawn = hashlib.blake2b(f"{turn} {name}".encode(), digest_size=8).digest()
        uniform = (int.from_bytes(drawn, "big") + 1) / 2**64
        return name in topology.resting, -math.log(uniform) / (ceilings[name] or largest)

    return sorted(members, key=place)
