import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
import trustme

from smscore.domain.recipients import EmailAddress
from smscore.ports.transport import SendJob
from smscore.testing import a_job
from smscore.testing.fakes import ManualClock, RecordingJournal, RecordingSink
from smscore_email import EmailOptions
from smscore_email._channel import EmailChannel
from smscore_email.testing import FakeRelay


@attrs.frozen
class Certificates:
    """Of a relay on loopback, and the authority that vouches for it."""

    server: ssl.SSLContext
    ca_file: str


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as relay:
        yield relay


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def journal() -> RecordingJournal:
    return RecordingJournal()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_channel(
    sink: RecordingSink, journal: RecordingJournal
) -> Iterator[Callable[..., EmailChannel]]:
    """Opens a channel over a relay, with whatever options a test cares about."""
    opened: list[EmailChannel] = []

    def open_it(relay: FakeRelay, **options: Any) -> EmailChannel:
        clock, kept = options.pop("clock", None), options.pop("journal", journal)
        table = {**relay.table, "reconnect_delay": 0.02, "timeout": 5.0, **options}
        del table["transport"]
        channel = EmailChannel("mail", EmailOptions(**table), clock=clock)
        opened.append(channel)
        channel.open(sink, kept)
        return channel

    yield open_it
    for channel in opened:
        channel.close()


@pytest.fixture
def job() -> Callable[..., SendJob]:
    """Makes a message to Ada, or whom a test names."""

    def job(*parts: str, to: str = "ada@reader.example", **changes: Any) -> SendJob:
        return a_job(*parts, recipient=EmailAddress(to), **changes)

    return job


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Certificates(server, str(path))


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor.submit
