"""
Which modems a simulator has: each a seat with a name, a wire, and what sits there.
"""

from collections.abc import Sequence
from pathlib import Path

import attrs

from smscore_modem._line._transcript import Spoken, read_transcript
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._network import VirtualNetwork
from smscore_modem.simulator._personality import Personality
from smscore_modem.simulator._sim import Sim
from smscore_modem.simulator._wires import PERFECT, Wire

__all__ = ["Seat", "read_transcript_file", "seats", "virtual_modem"]


@attrs.frozen(kw_only=True)
class Seat:
    """
    One modem of a simulator: a virtual one of some ``profile``, or a replayed one.

    ``name`` is the name of its port, where ports have names.
    """

    name: str
    profile: str = "generic"
    pin: str | None = attrs.field(default=None, repr=False)
    wire: Wire = PERFECT
    replay: tuple[Spoken, ...] | None = None


def seats(
    *,
    modems: int,
    profiles: str | Sequence[str] = (),
    pins: Sequence[str | None] = (),
    wire: Wire = PERFECT,
    replays: Sequence[Path] = (),
) -> tuple[Seat, ...]:
    """
    So many virtual modems, then the replayed ones.

    ``profiles`` go to the modems in turn, the last one to all the others; ``pins`` lock the SIMs
    of the first ones.

    Raises:
        ValueError: a file is no transcript; it names it.
        OSError: it cannot be read.
    """
    named = (profiles,) if isinstance(profiles, str) else tuple(profiles)
    virtual = (
        Seat(
            name=f"modem{place + 1}",
            profile=named[min(place, len(named) - 1)] if named else "generic",
            pin=pins[place] if place < len(pins) else None,
            wire=wire,
        )
        for place in range(modems)
    )
    replayed = (
        Seat(name=f"modem{place}", wire=wire, replay=read_transcript_file(path))
        for place, path in enumerate(replays, start=modems + 1)
    )
    return (*virtual, *replayed)


def virtual_modem(seat: Seat, *, place: int, network: VirtualNetwork) -> VirtualModem:
    """What sits there, with numbers of its own, known to the network."""
    modem = VirtualModem(
        number=f"+9991{place + 1:04}",
        submit=network.submit,
        imei=f"99000000{place + 1:07}",
        sim=Sim(
            pin=seat.pin,
            iccid=f"899910000000{place + 1:07}",
            imsi=f"99901{place + 1:010}",
        ),
        personality=Personality.load(seat.profile),
    )
    network.add(modem)
    return modem


def read_transcript_file(path: Path) -> tuple[Spoken, ...]:
    """
    What is said in a transcript that a channel exported.

    Raises:
        ValueError: it is none; the file is named.
        OSError: it cannot be read.
    """
    try:
        spoken = read_transcript(path.read_text("utf-8").splitlines())
    except ValueError as cause:
        raise ValueError(f"{path} is no transcript: {cause}") from cause
    if not any(one.is_ours for one in spoken):
        raise ValueError(f"{path} is no transcript: nobody asks a modem anything in it")
    return spoken
