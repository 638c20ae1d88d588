"""
What is set aside for study, and what can be done about it.
"""

import pytest

from smscore.errors import InvalidRequest, NotFound
from smscore.testing.fakes import ManualClock, RecordingJournal
from smscore_modem._traffic._shelf import Shelf, Shelved
from smscore_modem._traffic._study import Study


class Desk:
    def __init__(self) -> None:
        self.journal = RecordingJournal()
        self.unreadable = Shelf(self.journal, "unreadable", clock=ManualClock())
        self.poison = Shelf(self.journal, "poison", clock=ManualClock())
        self.readable: set[str] = set()
        self.study = Study(unreadable=self.unreadable, poison=self.poison, take=self.take)

    def take(self, shelved: Shelved) -> bool:
        return shelved.pdu in self.readable

    @property
    def names(self) -> list[str]:
        return [one.entry for shelf in (self.unreadable, self.poison) for one in shelf]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.unreadable.put(b"\x01", why="cut", length=20)
    desk.unreadable.put(b"\x02", why="odd")
    desk.poison.put(b"\x03", why="message 1, part 1: +CMS ERROR: 95")
    return desk


def test_what_is_set_aside_keeps_to_its_room_and_the_newest_stays() -> None:
    journal = RecordingJournal()
    shelf = Shelf(journal, "unreadable", clock=ManualClock())
    for number in range(1200):
        shelf.put(b"%d" % number, why="")

    assert len([key for key in journal.values if key.startswith("unreadable/")]) == 500
    names = [one.entry for one in shelf]
    assert (len(names), names[0], names[-1]) == (500, "unreadable/700", "unreadable/1199")


def test_it_is_listed_with_its_time_its_reason_and_its_octets(desk: Desk) -> None:
    first, *_, last = desk.study.run({})["entries"]  # type: ignore[misc]  # a list

    assert first == {
        "entry": "unreadable/0",
        "at": "2026-03-01T12:00:00+00:00",
        "why": "cut",
        "pdu": "01",
        "length": 20,
    }
    assert last["entry"] == "poison/0"


def test_what_can_be_read_by_now_is_set_aside_no_longer(desk: Desk) -> None:
    desk.readable = {"02", "03"}

    answer = desk.study.run({"do": "retry"})

    assert answer == {"read": ["unreadable/1"], "unreadable": ["unreadable/0"]}
    assert desk.names == ["unreadable/0", "poison/0"]


def test_what_is_named_is_thrown_away(desk: Desk) -> None:
    answer = desk.study.run({"do": "discard", "entries": "poison/0 unreadable/0 poison/0"})

    assert answer == {"discarded": ["poison/0", "unreadable/0"]}
    assert desk.names == ["unreadable/1"]
    assert desk.unreadable.put(b"", why="") == "unreadable/2"


def test_what_took_the_place_of_another_is_not_thrown_away_for_it(desk: Desk) -> None:
    first = next(iter(desk.unreadable))
    for _ in range(500):
        desk.unreadable.put(b"", why="")

    desk.unreadable.drop(first)

    assert len(list(desk.unreadable)) == 500


@pytest.mark.parametrize("name", ["unreadable/7", "shelf/poison", "all all", "x"])
def test_what_is_not_there_is_said_to_be_so(desk: Desk, name: str) -> None:
    with pytest.raises(NotFound):
        desk.study.run({"do": "discard", "entries": name})

    assert len(desk.names) == 3


def test_nothing_is_thrown_away_that_was_not_named(desk: Desk) -> None:
    with pytest.raises(InvalidRequest, match="say which"):
        desk.study.run({"do": "discard"})
    desk.study.run({"do": "discard", "entries": "all"})

    assert desk.names == []


def test_what_can_be_done_is_told(desk: Desk) -> None:
    with pytest.raises(InvalidRequest, match="list, retry, discard"):
        desk.study.run({"do": "burn"})
