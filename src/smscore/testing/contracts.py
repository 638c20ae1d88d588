"""
What every store and every transport must keep, as tests: subclass, override one thing, done.

.. code-block:: python

    class TestMyStore(StoreContract):
        @pytest.fixture
        def make_store(self, tmp_path: Path) -> StoreMaker:
            return lambda clock: MyStore(tmp_path / "store", clock=clock)
"""

import pytest

# Before they are imported: only so do their assertions say what they compared.
pytest.register_assert_rewrite(
    *(
        f"smscore.testing._store_{part}"
        for part in (
            "accounts",
            "apps",
            "caused",
            "audit",
            "collections",
            "consent",
            "devices",
            "directory",
            "everything",
            "gaps",
            "keeping",
            "lanes",
            "links",
            "outbox",
            "races",
            "reports",
            "rules",
            "seeing",
            "traces",
            "units",
            "wakeups",
            "webhooks",
        )
    ),
)

from smscore.testing._store_accounts import AccountsContract  # noqa: E402  # rewritten first
from smscore.testing._store_apps import AppsContract  # noqa: E402  # rewritten first
from smscore.testing._store_audit import AuditContract  # noqa: E402  # rewritten first
from smscore.testing._store_caused import CausedContract  # noqa: E402  # rewritten first
from smscore.testing._store_collections import CollectionsContract  # noqa: E402  # rewritten first
from smscore.testing._store_consent import ConsentContract  # noqa: E402  # rewritten first
from smscore.testing._store_devices import DevicesContract  # noqa: E402  # rewritten first
from smscore.testing._store_directory import DirectoryContract  # noqa: E402  # rewritten first
from smscore.testing._store_gaps import GapsContract  # noqa: E402  # rewritten first
from smscore.testing._store_keeping import KeepingContract  # noqa: E402  # rewritten first
from smscore.testing._store_kit import StoreKit, StoreMaker  # noqa: E402  # rewritten first
from smscore.testing._store_lanes import LanesContract  # noqa: E402  # rewritten first
from smscore.testing._store_links import LinksContract  # noqa: E402  # rewritten first
from smscore.testing._store_outbox import OutboxContract  # noqa: E402  # rewritten first
from smscore.testing._store_races import RacesContract  # noqa: E402  # rewritten first
from smscore.testing._store_reports import ReportsContract  # noqa: E402  # rewritten first
from smscore.testing._store_rules import RulesContract  # noqa: E402  # rewritten first
from smscore.testing._store_seeing import SeeingContract  # noqa: E402  # rewritten first
from smscore.testing._store_traces import TracesContract  # noqa: E402  # rewritten first
from smscore.testing._store_units import UnitsContract  # noqa: E402  # rewritten first
from smscore.testing._store_wakeups import WakeupsContract  # noqa: E402  # rewritten first
from smscore.testing._store_webhooks import WebhooksContract  # noqa: E402  # rewritten first
from smscore.testing.transport_contract import (  # noqa: E402  # as above
    TransportContract,
    TransportHarness,
)

__all__ = ["StoreContract", "StoreMaker", "TransportContract", "TransportHarness"]


class StoreContract(
    AccountsContract,
    OutboxContract,
    CausedContract,
    ReportsContract,
    RulesContract,
    CollectionsContract,
    ConsentContract,
    DevicesContract,
    AppsContract,
    AuditContract,
    DirectoryContract,
    KeepingContract,
    GapsContract,
    UnitsContract,
    SeeingContract,
    TracesContract,
    WakeupsContract,
    LanesContract,
    LinksContract,
    RacesContract,
    WebhooksContract,
    StoreKit,
):
    """
    The contract of :class:`smscore.ports.storage.Store`, line by line.

    ``make_store`` gives a function that opens the store under test with a clock. Called again in
    the same test it opens the same data once more, as another process would.

    Attributes:
        is_durable: what was committed is found by whoever opens the same data.
        is_queueing: work is applied by a thread of the store's own, and may wait for it.
        has_one_server: the data bear one server at a time.
    """
