"""
The public calls of the queue API: the app for phones, and its downloads.
"""

import asyncio
from hashlib import sha256

import pytest

from smscore.errors import StoreUnavailable
from smscore.testing import an_app_manifest
from smscore_http import Endpoint, Surfaces

APK = bytes(range(256)) * 4000  # sixteen pieces
TYPE = "application/vnd.android.package-archive"
GONE = '{"error":"Service unavailable","code":"service_unavailable"}'


@pytest.fixture
def site(make_site, tmp_path):
    return make_site(apps={"directory": str(tmp_path)})


@pytest.fixture
def publish(site):
    """Publishes a version whose file has this content."""

    def publish(code, version="1.2.0", *, content=APK, **options):
        digest = sha256(content).hexdigest()
        path = site.gateway.config.app_file(digest)
        path.write_bytes(content)
        manifest = an_app_manifest(code=code, version=version)
        return site.gateway.apps.publish(manifest, digest=digest, size=len(content), **options)

    return publish


def downloads(site):
    return {one.code: one.downloads for one in site.gateway.apps.all()}


def test_the_active_version_is_told_with_exactly_these_bytes(site, publish):
    publish(5, notes="- Bug fixes\n- Performance improvements", activate=True)

    reply = site.client.get("/api/app-version")

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.text == (
        '{"version":"1.2.0","versionCode":5,"downloadUrl":"http://testserver/download/app.apk",'
        '"releaseNotes":"- Bug fixes\\n- Performance improvements","fileSize":1024000,'
        '"publishedAt":"2026-03-01T12:00:00+00:00"}'
    )


def test_published_versions_are_listed_with_exactly_these_bytes(site, publish):
    publish(5, activate=True)
    publish(10, "1.3.0", notes="ü", content=b"other")

    assert site.client.get("/api/app-versions").text == (
        '{"versions":['
        '{"version":"1.3.0","versionCode":10,"isActive":false,'
        '"downloadUrl":"http://testserver/api/download/10",'
        '"releaseNotes":"ü","fileSize":5,"publishedAt":"2026-03-01T12:00:00+00:00"},'
        '{"version":"1.2.0","versionCode":5,"isActive":true,'
        '"downloadUrl":"http://testserver/api/download/5",'
        '"releaseNotes":"","fileSize":1024000,"publishedAt":"2026-03-01T12:00:00+00:00"}]}'
    )


def test_what_is_published_but_not_active_is_told_to_no_phone(site, publish):
    publish(5)

    for path in ("/api/app-version", "/download/app.apk"):
        reply = site.client.get(path)
        assert reply.status_code == 404
        assert reply.text == '{"error":"No active version available","code":"no_active_version"}'


def test_addresses_begin_with_the_configured_public_url(make_site, tmp_path):
    site = make_site(http={"public_url": "https://sms.example.org/"})
    site.gateway.apps.publish(an_app_manifest(), digest="d" * 64, size=1, activate=True)

    active = site.client.get("/api/app-version").json()
    (listed,) = site.client.get("/api/app-versions").json()["versions"]

    assert active["downloadUrl"] == "https://sms.example.org/download/app.apk"
    assert listed["downloadUrl"] == "https://sms.example.org/api/download/1"


@pytest.mark.parametrize("path", ["/download/app.apk", "/api/download/5"])
def test_a_file_is_downloaded_with_these_headers(site, publish, path):
    version = publish(5, activate=True)

    reply = site.client.get(path)

    assert reply.status_code == 200
    assert reply.content == APK
    assert dict(reply.headers) == {
        "content-type": TYPE,
        "content-disposition": 'attachment; filename="app-v1.2.0.apk"',
        "accept-ranges": "bytes",
        "etag": f'"{version.digest}"',
        "cache-control": "no-cache",
        "content-length": "1024000",
    }


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("2.0-beta_1", "app-v2.0-beta_1.apk"),
        ('1"\r\nX: y', "app-v1-X-y.apk"),
        ("../../etc", "app-vetc.apk"),
        ("ü", "app-v7.apk"),
    ],
)
def test_whatever_a_version_is_called_the_name_of_its_file_is_one(site, publish, version, name):
    publish(7, version)

    said = site.client.get("/api/download/7").headers["content-disposition"]

    assert said == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    "code", ["6", "05", "5 ", "+5", "-5", "5.0", "\u0665", "x", "9" * 5000, "99999999999", "%00"]
)
def test_any_other_code_is_not_found(site, publish, code):
    publish(5)

    reply = site.client.get(f"/api/download/{code}")

    assert reply.status_code == 404
    assert reply.text == '{"error":"Version not found","code":"version_not_found"}'


def test_a_withdrawn_version_is_not_there(site, publish):
    publish(5, activate=True)
    site.gateway.apps.withdraw(5)

    assert site.client.get("/api/app-versions").text == '{"versions":[]}'
    for path in ("/api/app-version", "/download/app.apk", "/api/download/5"):
        assert site.client.get(path).status_code == 404


# Ranges.


def test_a_range_is_served(site, publish):
    publish(5)

    reply = site.client.get("/api/download/5", headers={"range": "bytes=1000-300999"})

    assert reply.status_code == 206
    assert reply.content == APK[1000:301000]
    assert reply.headers["content-range"] == "bytes 1000-300999/1024000"
    assert reply.headers["content-length"] == "300000"
    assert reply.headers["content-type"] == TYPE


def test_a_range_behind_the_end_is_refused(site, publish):
    publish(5)

    reply = site.client.get("/api/download/5", headers={"range": "bytes=1024000-"})

    assert reply.status_code == 416
    assert reply.text == '{"error":"Range not satisfiable","code":"range_not_satisfiable"}'
    assert reply.headers["content-range"] == "bytes */1024000"


def test_a_client_that_has_the_file_is_told_so_without_a_body(site, publish):
    version = publish(5)

    reply = site.client.get("/api/download/5", headers={"if-none-match": f'"{version.digest}"'})

    assert reply.status_code == 304
    assert reply.content == b""
    assert dict(reply.headers) == {
        "accept-ranges": "bytes",
        "etag": f'"{version.digest}"',
        "cache-control": "no-cache",
    }


def test_a_download_is_not_gone_on_with_in_another_file(site, publish):
    tag = publish(5).digest
    newer = bytes(reversed(APK))
    publish(5, content=newer, force=True)

    headers = {"range": "bytes=1000-", "if-range": f'"{tag}"'}
    reply = site.client.get("/api/download/5", headers=headers)

    assert reply.status_code == 200
    assert reply.content == newer


def test_androids_download_manager_is_told_that_the_file_is_another_one(site, publish):
    tag = publish(5).digest
    newer = publish(5, content=bytes(reversed(APK)), force=True)

    headers = {"range": "bytes=1000-", "if-match": f'"{tag}"'}
    reply = site.client.get("/api/download/5", headers=headers)

    assert reply.status_code == 412
    assert reply.text == '{"error":"Precondition failed","code":"precondition_failed"}'
    assert reply.headers["etag"] == f'"{newer.digest}"'
    assert downloads(site) == {5: 0}


# Counting.


def test_each_complete_download_counts_once_whatever_its_address(site, publish):
    publish(5, activate=True)

    site.client.get("/download/app.apk")
    site.client.get("/api/download/5")

    assert downloads(site) == {5: 2}


def test_the_ranges_of_one_download_count_once_together(site, publish):
    publish(5)

    for first in (500_000, 0, 250_000, 750_000):
        last = min(first + 249_999, len(APK) - 1) if first < 750_000 else ""
        site.client.get("/api/download/5", headers={"range": f"bytes={first}-{last}"})

    assert downloads(site) == {5: 1}


def test_what_is_no_download_does_not_count(site, publish):
    version = publish(5, activate=True)

    site.client.head("/download/app.apk")
    site.client.head("/api/download/5", headers={"range": "bytes=0-"})
    site.client.get("/api/download/5", headers={"if-none-match": f'"{version.digest}"'})
    site.client.get("/api/download/5", headers={"range": "bytes=9999999-"})
    site.client.get("/api/download/5", headers={"range": "bytes=-100"})
    site.client.post("/download/app.apk")

    assert downloads(site) == {5: 0}


def test_a_head_has_the_headers_of_the_whole_file(site, publish):
    publish(5, activate=True)

    reply = site.client.head("/download/app.apk", headers={"range": "bytes=0-9"})

    assert reply.status_code == 200
    assert reply.content == b""
    assert reply.headers["content-length"] == "1024000"
    assert reply.headers["accept-ranges"] == "bytes"


class Leaver:
    """A client at the application's own door, which leaves after so many pieces."""

    def __init__(self, patience):
        self._patience = patience
        self._left = asyncio.Event()
        self.taken = b""

    async def receive(self):
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if self._left.is_set():
            return  # as servers do
        self.taken += message.get("body", b"")
        self._patience -= message["type"] == "http.response.body"
        if not self._patience:
            self._left.set()


def a_scope(**headers):
    return {
        "type": "http",
        "method": "GET",
        "path": "/api/download/5",
        "query_string": b"",
        "scheme": "http",
        "server": ("testserver", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def leave_after(gateway, pieces, **headers):
    """The bytes that a client took which left after so many pieces."""

    async def visit():
        client, surfaces = Leaver(pieces), Surfaces(gateway)
        await Endpoint(surfaces)(a_scope(**headers), client.receive, client.send)
        surfaces.close()
        return client.taken

    return asyncio.run(visit())


@pytest.mark.parametrize("pieces", [1, 2, 15])
def test_a_download_that_was_given_up_is_not_read_to_its_end_and_does_not_count(
    site, publish, pieces
):
    publish(5)

    taken = leave_after(site.gateway, pieces)

    assert taken == APK[: 65_536 * pieces]
    assert downloads(site) == {5: 0}


def test_whoever_leaves_with_the_last_piece_may_not_have_it(site, publish):
    publish(5)

    assert leave_after(site.gateway, 16) == APK
    assert downloads(site) == {5: 0}


class Slow:
    """A client at the application's own door, which takes one piece until it may take more."""

    def __init__(self):
        self.has_begun, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.taken = b""
        self.status = 0
        self.headers = {}

    async def receive(self):
        await asyncio.Event().wait()

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.headers |= dict(message.get("headers", ()))
        self.taken += message.get("body", b"")
        if message["type"] == "http.response.body":
            self.has_begun.set()
            await self.may_go_on.wait()


def test_a_crowd_that_takes_its_time_keeps_others_from_the_files_only_and_while_it_is_there(
    site, publish
):
    publish(5)

    async def begin(surfaces, tasks):
        client = Slow()
        door = Endpoint(surfaces)
        tasks.create_task(door(a_scope(), client.receive, client.send))
        await client.has_begun.wait()
        return client

    async def visit():
        surfaces = Surfaces(site.gateway)
        async with asyncio.TaskGroup() as tasks:
            crowd = [await begin(surfaces, tasks) for _ in range(200)]
            refused = await begin(surfaces, tasks)
            for client in (*crowd, refused):
                client.may_go_on.set()
        async with asyncio.TaskGroup() as tasks:
            served = await begin(surfaces, tasks)
            served.may_go_on.set()
        surfaces.close()
        return crowd, refused, served

    crowd, refused, served = asyncio.run(visit())

    assert all(client.taken == APK for client in crowd)
    assert (refused.status, refused.taken) == (503, GONE.encode())
    assert refused.headers[b"retry-after"] == b"5"
    assert served.taken == APK


# Faults.


def test_a_file_that_is_gone_or_damaged_is_not_served(site, publish, caplog):
    version = publish(5)
    path = site.gateway.config.app_file(version.digest)
    path.write_bytes(APK[:-1])
    assert site.client.get("/api/download/5").text == GONE

    path.unlink()
    reply = site.client.get("/api/download/5")

    assert reply.status_code == 503
    assert reply.text == GONE
    assert reply.headers["retry-after"] == "5"
    assert "version code 5: its file is damaged" in caplog.text
    assert "version code 5: its file cannot be read: No such file or directory" in caplog.text


def test_a_store_that_takes_nothing_does_not_spoil_a_download(site, publish, caplog):
    publish(5)
    site.store.fail(StoreUnavailable("the disk is full"))

    assert site.client.get("/api/download/5").content == APK
    assert "a download of version code 5 is not counted: the disk is full" in caplog.text
