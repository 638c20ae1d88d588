"""
Long messages through a modem of which a part comes late, or never.
"""

from modem_world import World

from smscore.domain.headers import Concatenation, concatenation_element, write_elements
from smscore.domain.user_data import Coding
from smscore_modem._pdu import Deliver, UserData

HOUR = 3600.0


def comes(world: World, number: int, text: bytes) -> None:
    """A part of three, of a message that was sent at the beginning."""
    place = Concatenation(reference=7, total=3, number=number)
    header = write_elements(concatenation_element(place))
    data = UserData(coding=Coding.GSM7, content=text, header=header)
    sent_at = world.time.now().replace(microsecond=0)
    assert world.lines.modems[0].deliver(Deliver(sender="Newsbox", user_data=data, sent_at=sent_at))


def test_a_part_that_comes_after_hours_fills_the_gap_though_the_process_is_another() -> None:
    with World() as world:
        assert world.run(world.is_ready)
        comes(world, 1, b"one ")
        comes(world, 3, b"three")
        assert world.run(lambda: bool(world.gateway.inquiry.open_groups()))
        assert not world.run(lambda: bool(world.received()), within=HOUR - 60)

        assert world.run(lambda: world.received() == ["one […]three"], within=120)
        (before,) = world.gateway.inquiry.inbound()

        world.gateway.close()
        world.start()
        assert not world.run(lambda: len(world.received()) > 1, within=5 * HOUR)
        comes(world, 2, b"two ")
        assert world.run(lambda: world.received() == ["one two three"])

        (after,) = world.gateway.inquiry.inbound()
        assert (after.id, after.missing) == (before.id, ())
