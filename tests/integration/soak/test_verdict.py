"""
A soak is able to find what it looks for: each question, asked of a server that is not well.
"""

from typing import Any

import attrs
import pytest
from soak_verdict import Minute, Sample, Traffic, judge

SAMPLE = Sample(
    at=0.0, rss=100_000, descriptors=60, of_database=30, threads=20, tasks=1, database=1
)
MINUTE = Minute(answered=1000, p50=5.0, p99=40.0)
TRAFFIC = Traffic(accepted=1000, refused=0, told=1000, wrong_signatures=0, complaints=0)


def found(
    *,
    grow: Any = lambda _, sample: sample,
    slow: Any = lambda _, minute: minute,
    rested: Any = lambda sample: sample,
    **traffic: int,
) -> list[str]:
    """What is not well; each function changes what is seen as time goes on."""
    findings = judge(
        [grow(number, attrs.evolve(SAMPLE, at=5.0 * number)) for number in range(100)],
        [slow(number, MINUTE) for number in range(20)],
        attrs.evolve(TRAFFIC, **traffic),
        rested=(SAMPLE, rested(SAMPLE)),
    )
    return [one.what for one in findings if not one.is_well]


def test_a_server_that_goes_on_as_it_began_is_well() -> None:
    assert found() == []


def test_waves_are_no_growth() -> None:
    assert found(grow=lambda at, one: attrs.evolve(one, rss=one.rss + 20_000 * (at % 2))) == []


@pytest.mark.parametrize(
    ("what", "grow"),
    [
        ("RSS, KiB", lambda at, one: attrs.evolve(one, rss=one.rss + 100 * at)),
        ("file descriptors", lambda at, one: attrs.evolve(one, descriptors=60 + at // 20)),
        ("threads", lambda at, one: attrs.evolve(one, threads=20 + at // 90)),
    ],
)
def test_what_grows_is_found(what: str, grow: Any) -> None:
    assert found(grow=grow) == [what]


@pytest.mark.parametrize(
    ("what", "rested"),
    [
        ("threads at rest", lambda one: attrs.evolve(one, threads=21)),
        ("tasks at rest", lambda one: attrs.evolve(one, tasks=2)),
        ("other files at rest", lambda one: attrs.evolve(one, descriptors=70)),
        ("the database's at rest", lambda one: attrs.evolve(one, descriptors=80, of_database=50)),
    ],
)
def test_what_is_left_behind_is_found(what: str, rested: Any) -> None:
    assert found(rested=rested) == [what]


def test_who_becomes_slower_is_found() -> None:
    slower = found(slow=lambda at, one: attrs.evolve(one, p99=one.p99 + 5 * at))

    assert slower == ["p99 of a minute, ms"]


@pytest.mark.parametrize(
    ("what", "traffic"),
    [
        ("not told of", {"told": 999}),
        ("refused", {"refused": 1}),
        ("wrong signatures", {"wrong_signatures": 1}),
        ("complaints in the log", {"complaints": 1}),
    ],
)
def test_what_went_wrong_is_found(what: str, traffic: dict[str, int]) -> None:
    assert found(**traffic) == [what]
