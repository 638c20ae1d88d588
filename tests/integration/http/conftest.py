"""
A gateway behind its HTTP application, with one account and all its credentials.

In memory, or on one of the stores that the server uses: in a directory it can be closed and made
again in the same place; modules whose fixture ``store`` says so are tried on PostgreSQL as well.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest
from databases import new_database
from measured import Measured
from postgres import PostgresCluster
from starlette.testclient import TestClient

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.links import Link
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Revision, Route
from smscore.errors import Overloaded, StoreError
from smscore.ports.storage import Store, Tracked
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator
from smscore_http import create_app
from smscore_sqlmodel import SqlStore

# The doors are a module beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))


class StubbornStore(MemoryStore):
    """A store that refuses submissions, or never gets round to them, when it is told to."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock)
        self.is_full = False
        self.is_stuck = False
        self.is_busy = False  # stuck after it has begun
        self.stuck: list[Future[Any]] = []
        self.has_stuck = threading.Event()
        self.may_read = threading.Event()  # on the threads of the surfaces
        self.may_read.set()
        self.waiting_reads = 0
        self._fault: StoreError | None = None
        self._fails_at_once = False

    def fail(self, fault: StoreError | None, *, at_once: bool = False) -> None:
        """From now on every change fails, before it is queued or afterwards; None: no more."""
        self._fault, self._fails_at_once = fault, at_once

    def read(self, work: Callable[[Any], Any]) -> Any:
        if threading.current_thread().name.startswith("smscore http"):
            self.waiting_reads += 1
            self.may_read.wait(60)
            self.waiting_reads -= 1
        return super().read(work)

    def run(self, work: Callable[[Any], Any], **options: Any) -> Future[Any]:
        if self.is_full:
            raise Overloaded("the store cannot keep up")
        if self._fault is not None:
            return self._failed(self._fault)
        if self.is_stuck:
            self.stuck.append(Future())
            if self.is_busy:
                self.stuck[-1].set_running_or_notify_cancel()
            self.has_stuck.set()
            return self.stuck[-1]
        return super().run(work, **options)

    def _failed(self, fault: StoreError) -> Future[Any]:
        if self._fails_at_once:
            raise fault
        failed: Future[Any] = Future()
        failed.set_exception(fault)
        return failed


class MoodyAuthenticator(PlainAuthenticator):
    """Breaks, or makes password checks wait, when it is told to."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        super().__init__(store, clock=clock)
        self.is_broken = False
        self.is_forgetful = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def recall(self, username: str, password: str) -> Any:
        if self.is_forgetful or not self.may_answer.is_set():
            return None
        return super().recall(username, password)

    def password(self, username: str, password: str) -> Any:
        self.may_answer.wait(5)
        if self.is_broken:
            raise RuntimeError("out of order")
        return super().password(username, password)

    def key(self, secret: str) -> Any:
        if self.is_broken:
            raise RuntimeError("out of order")
        return super().key(secret)

    def token(self, secret: str) -> Any:
        if self.is_broken:
            raise RuntimeError("out of order")
        return super().token(secret)


@attrs.frozen(kw_only=True)
class Site:
    """The application and what one needs to use it."""

    gateway: smscore.Gateway
    client: TestClient
    store: Any
    authenticator: MoodyAuthenticator
    transport: FakeTransport
    clock: ManualClock
    key: str
    token: str
    ends: ExitStack

    @property
    def account(self) -> Any:
        """The account as it is now."""
        return self.gateway.inquiry.account_named("acme")

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def api_php(self, method: str = "POST", **parameters: str) -> Any:
        """api.php with all that is required, but for what the test says."""
        given = {
            "username": "apiuser",
            "password": "secret-word",
            "to": "00491701234567",
            "text": "Test",
            **parameters,
        }
        return self.client.request(method, "/api.php", params=given)

    def send(self, **fields: Any) -> Any:
        """POST /v1/messages."""
        content = {"to": "+491701234567", "message": "hello", **fields}
        return self.client.post("/v1/messages", json=content, headers=self.bearer)

    def queue(self, content: Any, **options: Any) -> Any:
        """POST queue."""
        return self.client.post(f"/api/{self.token}/queue", json=content, **options)

    def fetch(self, **parameters: Any) -> Any:
        """GET get_messages."""
        return self.client.get(f"/api/{self.token}/get_messages", params=parameters)

    def tell(self, content: Any) -> Any:
        """POST status."""
        return self.client.post(f"/api/{self.token}/status", json=content)

    def keep_old_rules(self, *rules: Route) -> None:
        """Rules from before the configuration lost their channels."""
        number = self.gateway.rules.current().number + 1
        revision = Revision(number=number, at=self.gateway.clock.now(), routes=rules)
        self.store.run(lambda work: work.routing.add(revision)).result()

    def stored(self) -> list[Tracked]:
        """All messages, oldest first."""
        return list(reversed(self.gateway.inquiry.messages(limit=1000)))

    def close(self) -> None:
        """End it in order; its files stay."""
        self.authenticator.may_answer.set()
        if isinstance(self.store, StubbornStore):
            self.store.is_full = self.store.is_stuck = False
            self.store.may_read.set()
            self.store.fail(None)
        self.ends.close()


@pytest.fixture
def store() -> str:
    """Where a site is that was not told: in ``memory``, on ``sqlite`` or on ``postgresql``."""
    return "memory"


@pytest.fixture
def make_site(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Site]]:
    usual = store
    sites: list[Site] = []

    def open_store(kind: str, directory: Path | None, clock: ManualClock) -> Any:
        if directory is not None or kind == "sqlite":
            return _store_in(directory or tmp_path, clock)
        if kind == "postgresql":
            cluster: PostgresCluster = request.getfixturevalue("postgres")
            return SqlStore(cluster.new_store(), clock=clock)
        return StubbornStore(clock)

    def make(
        *,
        http: dict[str, Any] | None = None,
        apps: dict[str, Any] | None = None,
        alerts: dict[str, Any] | None = None,
        permission: str = "api.send",
        on: str | None = None,
        directory: Path | None = None,
        clock: ManualClock | None = None,
        transports: dict[str, Any] | None = None,
        webhook_sender: Any = None,
        plugins: Sequence[Any] = (),
        **account: Any,
    ) -> Site:
        clock = clock or ManualClock()
        store = open_store(on or usual, directory, clock)
        authenticator = MoodyAuthenticator(store, clock)
        transport = FakeTransport()
        gateway = smscore.build(
            smscore.GatewayConfig.from_mapping(
                {
                    "http": http or {},
                    "apps": apps or {},
                    "alerts": alerts or {},
                    "plugins": {"enabled": ["policy"]},
                }
            ),
            store=store,
            transports={"fake": transport, **(transports or {})},
            authenticator=authenticator,
            webhook_sender=webhook_sender,
            clock=clock,
            plugins=plugins,
        )
        operator = gateway.administration
        if not gateway.inquiry.accounts():
            _furnish(operator, permission, account)
        ends = ExitStack()
        ends.enter_context(gateway)
        names = ("acme", "apiuser", "491701234567", "key-1")
        ends.callback(Measured(gateway, names=names).search)
        client = TestClient(create_app(gateway), raise_server_exceptions=False)
        ends.callback(client.close)
        ends.enter_context(client)  # one loop for all requests, and an end for the threads
        site = Site(
            gateway=gateway,
            client=client,
            store=store,
            authenticator=authenticator,
            transport=transport,
            clock=clock,
            key="key-1",
            token=operator.token("acme").secret,
            ends=ends,
        )
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.close()


def _store_in(directory: Path, clock: ManualClock) -> SqlStore:
    path = directory / "smscore.db"
    if not path.exists():
        new_database(path)
    return SqlStore(f"sqlite:///{path}", clock=clock)


def _furnish(operator: Any, permission: str, account: dict[str, Any]) -> None:
    operator.create_account(
        "acme", **{"tariff": "unlimited", "credits": 1000, "home_country": "DE", **account}
    )
    operator.create_user(
        "apiuser",
        account="acme",
        password="secret-word",
        permissions=[Permission(permission)] if permission else [],
    )
    assert operator.create_key("acme").secret == "key-1"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def everything_to_phones(site: Site) -> Site:
    """Messages of all surfaces wait for phones."""
    site.gateway.rules.apply([Route(name="all", channels=("phones",))])
    return site


@pytest.fixture
def linked(make_site: Callable[..., Site]) -> Site:
    """The number that :meth:`Site.api_php` sends to is linked to the channel ``chat``."""
    site = make_site(transports={"chat": FakeTransport(media=(Medium.TELEGRAM,))})
    number = PhoneNumber.parse("+491701234567")
    link = Link(channel="chat", number=number, address="17", linked_at=site.clock.now())
    site.store.run(lambda work: work.links.put(link)).result()
    return site


@pytest.fixture
def with_voice(make_site: Callable[..., Site]) -> Site:
    """The channel ``caller`` can make a telephone ring."""
    return make_site(transports={"caller": FakeTransport(media=(Medium.VOICE,))})
