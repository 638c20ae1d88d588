"""
The way of a delivery in two columns: its legs, and the parts begun on the one in use, as JSON.
"""

from functools import lru_cache
from typing import TypeAlias

import msgspec

from smscore.domain.deliveries import Leg, Part, PartState
from smscore.domain.messages import Medium
from smscore_sqlmodel._mapping import from_micros, micros, to_json

__all__ = ["parts_of", "parts_text", "route_of", "route_text"]

_SMS = Medium.SMS


class _LegCells(msgspec.Struct, array_like=True, frozen=True):
    """A leg as a list; of one that takes an SMS it ends with the price."""

    channel: str
    price: int
    medium: Medium = Medium.SMS
    parts: int | None = None
    patience: float | None = None


_MOST_TEXTS = 4096
_texts: dict[int, tuple[tuple[Leg, ...], str]] = {}


def route_text(route: tuple[Leg, ...]) -> str:
    # By identity: a message keeps its route through all moves, and comparing costs as much as this.
    known = _texts.get(id(route))
    if known is not None and known[0] is route:
        return known[1]
    text = to_json([_leg_cells(leg) for leg in route]).decode()
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    _texts[id(route)] = route, text
    return text


def _leg_cells(leg: Leg) -> tuple[object, ...]:
    if leg.medium is _SMS:
        return leg.channel, leg.price
    return leg.channel, leg.price, leg.medium, leg.parts, leg.patience


@lru_cache(maxsize=4096)  # few different routes, many messages
def route_of(text: str) -> tuple[Leg, ...]:
    legs = msgspec.json.decode(text, type=list[_LegCells])
    return tuple(
        Leg(
            channel=leg.channel,
            price=leg.price,
            medium=leg.medium,
            parts=leg.parts,
            patience=leg.patience,
        )
        for leg in legs
    )


_PartCells: TypeAlias = tuple[int, str, str, int, str | None]
_part_decoder = msgspec.json.Decoder(list[_PartCells])


def parts_text(parts: tuple[Part, ...]) -> str:
    cells: list[_PartCells] = [
        (part.number, part.channel, part.state, micros(part.at), part.reference) for part in parts
    ]
    return to_json(cells).decode()


def parts_of(text: str) -> tuple[Part, ...]:
    return tuple(
        Part(
            number=number,
            channel=channel,
            state=PartState(state),
            at=from_micros(at),
            reference=reference,
        )
        for number, channel, state, at, reference in _part_decoder.decode(text)
    )
