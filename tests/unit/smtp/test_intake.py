import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_smtp._conversation import piece_of
from smscore_smtp._intake import Fault, Intake, Room

LINES = st.lists(st.one_of(st.sampled_from([b"", b".", b"..", b".a", b"a" * 30]), st.binary())).map(
    lambda lines: [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
)
CUTS = st.lists(st.integers(1, 40), min_size=1)


def sent(lines: list[bytes]) -> bytes:
    """As RFC 5321, 4.5.2 wants it."""
    dotted = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"".join(line + b"\r\n" for line in [*dotted, b"."])


def taken(
    octets: bytes, cuts: list[int], *, limit: int = 10_000, room: Room | None = None
) -> tuple[Intake, bytes]:
    """What is made of octets that come in pieces, and what is left for the next command."""

    async def run() -> tuple[Intake, bytes]:
        reader, intake, rest = (
            asyncio.StreamReader(limit=20),
            Intake(limit=limit, room=room or Room()),
            octets,
        )
        for place in range(len(octets)):
            size = cuts[place % len(cuts)]
            reader.feed_data(rest[:size])
            rest = rest[size:]
        reader.feed_data(rest)
        while not intake.is_over:
            intake.add(await piece_of(reader))
        reader.feed_eof()
        return intake, await reader.read()

    return asyncio.run(run())


@given(LINES, CUTS)
def test_a_mail_is_what_it_was_however_it_comes(lines, cuts):
    intake, rest = taken(sent(lines) + b"QUIT\r\n", cuts)

    assert intake.fault is None
    assert intake.content() == b"".join(line + b"\r\n" for line in lines)
    assert rest == b"QUIT\r\n"


@given(LINES, CUTS, st.sampled_from([b"a\nb", b"a\rb", b"\n", b"\n.\n", b"\r.\r", b"\r\r\n"]))
def test_a_bare_line_end_is_found_wherever_it_is(lines, cuts, bare):
    intake, _ = taken(sent([*lines, b"x" + bare + b"x"]), cuts)

    assert intake.fault is Fault.BARE


@given(LINES, CUTS)
def test_what_is_too_large_is_not_held_but_its_end_is_found(lines, cuts):
    intake, rest = taken(sent([*lines, b"a" * 50]) + b"QUIT\r\n", cuts, limit=40)

    assert intake.fault is Fault.TOO_LARGE
    assert intake.content() == b""
    assert rest == b"QUIT\r\n"


@pytest.mark.parametrize(("size", "fault"), [(38, None), (39, Fault.TOO_LARGE)])
def test_the_limit_is_exact(size, fault):
    assert taken(sent([b"a" * size]), [7], limit=40)[0].fault is fault


def test_mails_that_come_at_a_time_share_their_room():
    room = Room(40)
    first, _ = taken(sent([b"a" * 30]), [7], room=room)
    second, rest = taken(sent([b"b" * 30]) + b"QUIT\r\n", [7], room=room)

    assert (first.fault, second.fault, rest) == (None, Fault.NO_ROOM, b"QUIT\r\n")


def test_room_is_given_back_once():
    room = Room(40)
    for _ in range(3):
        intake, _ = taken(sent([b"a" * 30]), [7], room=room)
        intake.close()
        intake.close()

    assert room.take(40)
    assert not room.take(1)
