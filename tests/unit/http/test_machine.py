import re
from pathlib import Path

import pytest

from smscore_http.gateway_api._machine import disk_room, load_averages, uptime_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 min"),
        (9 * 60 + 59, "9 min"),
        (3600, "1:00"),
        (2 * 3600 + 4 * 60, "2:04"),
        (86_400, "1 day, 0 min"),
        (3 * 86_400 + 23 * 3600 + 59 * 60, "3 days, 23:59"),
    ],
)
def test_uptimes_are_written_as_the_program_of_that_name_does(seconds: int, words: str) -> None:
    assert uptime_words(seconds) == words


def test_this_machine_has_been_up_for_a_while() -> None:
    assert re.fullmatch(r"([0-9]+ days?, )?([0-9]+:[0-9]{2}|[0-9]+ min)", uptime_words())


def test_this_machine_has_a_load() -> None:
    assert re.fullmatch(r"([0-9]+(\.[0-9]{1,2})?;){2}[0-9]+(\.[0-9]{1,2})?", load_averages())


def test_a_path_that_is_not_there_has_no_room(tmp_path: Path) -> None:
    assert disk_room(tmp_path) > 0
    assert disk_room(tmp_path / "gone" / "gone") == 0
