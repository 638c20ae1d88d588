from smscore.testing.fakes import RecordingJournal
from smscore_modem._traffic._shelf import Shelf


def test_what_is_set_aside_keeps_to_its_room_and_the_newest_stays() -> None:
    journal = RecordingJournal()
    for number in range(1200):
        key = Shelf(journal, "unreadable").put(b"%d" % number)

    kept = {name: value for name, value in journal.values.items() if name.startswith("unreadable/")}
    assert len(kept) == 500
    assert kept[key] == b"1199"
    assert b"700" in kept.values()
    assert b"699" not in kept.values()
