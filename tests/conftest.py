"""
What holds for all tests: with ``--no-skips`` a test that skips itself has failed, no property fails
because the machine was busy, and whoever logs a secret has failed.
"""

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from postgres import PostgresCluster

# Whichever test imports a part of it first: the contracts in it are tests themselves.
pytest.register_assert_rewrite("smscore.testing")

# The tests are no package.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "rules"))

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("patient"), max_examples=1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="a test that skips itself fails, because what it needs should be here",
    )
    parser.addoption(
        "--nightly",
        action="store_true",
        help="properties try ten times as much, comparisons with programs of others fifty times",
    )


def pytest_configure(config: pytest.Config) -> None:
    from log_search import LogSearch

    # Before any test is imported: long machines take their share of what the profile says.
    settings.load_profile("nightly" if config.getoption("nightly") else "patient")
    config.pluginmanager.register(LogSearch(), "log-search")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("no_skips"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here, but: {report.longreprtext}"
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresCluster"]:
    """A PostgreSQL that nobody kills; each of its stores is that of one test."""
    from postgres import QUICK, a_cluster

    with a_cluster(**QUICK) as cluster:
        yield cluster
