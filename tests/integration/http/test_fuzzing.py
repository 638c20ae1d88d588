"""
The gateway API under requests that nobody has thought of: 200 on each path, 5 000 with --nightly.
"""

import asyncio
import re
from collections import Counter
from random import Random

import pytest
from doors import everybody
from fuzzing import PATHS, odd_request

from smscore.domain.messages import Medium
from smscore.testing import FakeTransport

PATIENCE = 10.0
STATUSES = {200, 400, 401, 403, 404, 405, 413}
_ID = re.compile(rb"[0-7][0-9a-f]{15}")


@pytest.fixture
def furnished(make_site):
    """A site on which everything can be sent that the API knows."""
    transports = {
        medium.value: FakeTransport(media=(medium,)) for medium in (Medium.TELEGRAM, Medium.VOICE)
    }
    site = make_site(transports=transports, credits=10**9)
    everybody(site)
    return site


async def answer(app, request):
    """Status, headers and body of what the application says."""
    said = []

    async def receive():
        return {"type": "http.request", "body": request.body}

    async def send(message):
        said.append(message)

    scope = {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "query_string": request.query,
        "headers": request.headers,
        "client": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(app(scope, receive, send), PATIENCE)
    start, body = said
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize("path", PATHS)
def test_no_request_breaks_it_and_what_is_refused_is_not_stored(furnished, path, request):
    count = 5000 if request.config.getoption("nightly") else 200
    acknowledged = set()
    seen = Counter()

    async def fuzz():
        for number in range(count):
            odd = odd_request(Random(f"{path} {number}"), path)
            status, headers, body = await answer(furnished.client.app, odd)
            assert status in STATUSES, (number, odd, body)
            assert status != 500, (number, odd, body)
            assert all(b"\r" not in one and b"\n" not in one for one in headers.values()), odd
            seen[status] += 1
            if status == 200 and path in ("/api.php", "/api/messages"):
                acknowledged.update(_ID.findall(body))

    asyncio.run(fuzz())

    stored = furnished.store.read(lambda view: view.outbox.find(limit=10**6))
    assert {b"%016x" % tracked.message.id for tracked in stored} == acknowledged
    assert seen[200] > count / 10, seen
    assert seen.keys() & {400, 404, 405}, seen
