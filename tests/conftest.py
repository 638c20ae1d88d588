"""
What holds for all tests: with ``--no-skips`` a test that skips itself has failed, and no property
fails because the machine was busy.
"""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

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
    # Before any test is imported: long machines take their share of what the profile says.
    settings.load_profile("nightly" if config.getoption("nightly") else "patient")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("no_skips"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here, but: {report.longreprtext}"
    return report
