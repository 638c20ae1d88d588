"""
What goes wrong is told in the shape of its surface: unknown paths, methods, sizes, faults.
"""

import asyncio

import pytest

TEXT_404 = "404 Not Found"
QUEUE_404 = '{"error":"Not found","code":"not_found"}'
PROVIDER_404 = '{"success":false,"error":{"code":"not_found","message":"Resource not found"}}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", TEXT_404),
        ("/nowhere", TEXT_404),
        ("/api.php/", TEXT_404),
        ("/state.php/", TEXT_404),
        ("/health", TEXT_404),
        ("/health/live/", TEXT_404),
        ("/api", QUEUE_404),
        ("/api/", QUEUE_404),
        ("/api/TOKEN", QUEUE_404),
        ("/api/TOKEN/queue/", QUEUE_404),
        ("/api/TOKEN/other", QUEUE_404),
        ("/api/app-version/", QUEUE_404),
        ("/api/download/", QUEUE_404),
        ("/api/download/5/", QUEUE_404),
        ("/api/signin/", QUEUE_404),
        ("/api/messages/", QUEUE_404),
        ("/api/messages/queue", QUEUE_404),
        ("/check.php/", TEXT_404),
        ("/download/other.apk", QUEUE_404),
        ("/v1", PROVIDER_404),
        ("/v1/", PROVIDER_404),
        ("/v1/messages/", PROVIDER_404),
        ("/v1/messages/msg_0000000000000001/", PROVIDER_404),
        ("/v1/webhooks/", PROVIDER_404),
        ("/v1/webhooks/wh_0000000000000001/", PROVIDER_404),
        ("/v1/webhooks/wh_0000000000000001/deliveries/", PROVIDER_404),
        ("/v1/account/", PROVIDER_404),
    ],
)
def test_an_unknown_path_is_not_found_and_never_redirected(site, path, body):
    reply = site.client.get(path.replace("TOKEN", site.token), follow_redirects=False)

    assert (reply.status_code, reply.text) == (404, body)


NOT_ALLOWED_TEXT = "405 Method Not Allowed"
NOT_ALLOWED_QUEUE = '{"error":"Method not allowed","code":"method_not_allowed"}'
NOT_ALLOWED_PROVIDER = (
    '{"success":false,"error":{"code":"method_not_allowed","message":"Method not allowed"}}'
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "FOO")
PATHS = [
    ("/api.php", "GET, POST", NOT_ALLOWED_TEXT),
    ("/check.php", "GET, HEAD", NOT_ALLOWED_TEXT),
    ("/state.php", "GET, HEAD", NOT_ALLOWED_TEXT),
    ("/api/signin", "POST", NOT_ALLOWED_QUEUE),
    ("/api/messages", "POST", NOT_ALLOWED_QUEUE),
    ("/health/live", "GET, HEAD", NOT_ALLOWED_TEXT),
    ("/api/TOKEN/queue", "POST", NOT_ALLOWED_QUEUE),
    ("/api/TOKEN/get_messages", "GET", NOT_ALLOWED_QUEUE),
    ("/api/TOKEN/status", "POST", NOT_ALLOWED_QUEUE),
    ("/api/app-versions", "GET, HEAD", NOT_ALLOWED_QUEUE),
    ("/api/download/5", "GET, HEAD", NOT_ALLOWED_QUEUE),
    ("/v1/messages", "POST, GET, HEAD", NOT_ALLOWED_PROVIDER),
    ("/v1/messages/msg_0000000000000001", "GET, HEAD, DELETE", NOT_ALLOWED_PROVIDER),
    ("/v1/messages/estimate", "POST", NOT_ALLOWED_PROVIDER),
]


@pytest.mark.parametrize(
    ("method", "path", "allowed", "body"),
    [(method, *row) for row in PATHS for method in METHODS if method not in row[1].split(", ")],
)
def test_a_method_that_a_path_does_not_have_is_not_allowed(site, method, path, allowed, body):
    reply = site.client.request(method, path.replace("TOKEN", site.token), headers=site.bearer)

    assert reply.status_code == 405
    assert reply.headers["allow"] == allowed
    assert reply.headers["content-length"] == str(len(body))
    assert reply.text == ("" if method == "HEAD" else body)
    assert "access-control-allow-origin" not in reply.headers
    assert site.stored() == []


@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/api.php?username=apiuser&password=secret-word&to=0170123&text=hi",
            "413 Payload Too Large",
        ),
        *(
            (path, '{"error":"Payload too large","code":"payload_too_large"}')
            for path in ("/api/TOKEN/queue", "/api/signin", "/api/messages")
        ),
        (
            "/api/TOKEN/status",
            '{"error":"Payload too large","code":"payload_too_large"}',
        ),
        (
            "/v1/messages",
            '{"success":false,"error":{"code":"payload_too_large","message":"Payload too large"}}',
        ),
        (
            "/v1/messages/estimate",
            '{"success":false,"error":{"code":"payload_too_large","message":"Payload too large"}}',
        ),
    ],
)
def test_a_body_of_2_mib_is_too_large(site, path, body, is_announced):
    content = b" " * (2 << 20)
    sent = content if is_announced else (content[i : i + 65_536] for i in range(0, 2 << 20, 65_536))

    reply = site.client.post(path.replace("TOKEN", site.token), content=sent, headers=site.bearer)

    assert (reply.status_code, reply.text) == (413, body)
    assert site.stored() == []


def test_1_mib_is_not_too_large(site):
    body = b'{"to":"+1234567890","message":"hello"}'.ljust(1 << 20)

    reply = site.client.post("/v1/messages", content=body, headers=site.bearer)

    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api.php?username=x&password=y&to=0170123&text=hi", "500 Internal Server Error"),
        ("/api/TOKEN/get_messages", '{"error":"Internal error","code":"internal_error"}'),
        (
            "/v1/account",
            '{"success":false,"error":{"code":"internal_error","message":"Internal error"}}',
        ),
    ],
)
def test_a_fault_tells_an_id_and_nothing_else(site, caplog, path, body):
    site.authenticator.is_broken = True

    reply = site.client.get(path.replace("TOKEN", site.token), headers=site.bearer)

    assert (reply.status_code, reply.text) == (500, body)
    assert reply.headers["x-correlation-id"] in caplog.text
    assert "out of order" in caplog.text
    assert "out of order" not in str(reply.headers)


def test_absurdly_many_parameters_are_refused(site):
    many = "&".join(f"p{number}=1" for number in range(2000))

    assert site.client.get(f"/api.php?{many}").status_code == 400
    assert site.client.get(f"/v1/messages?{many}", headers=site.bearer).status_code == 400
    assert site.client.post(f"/api/{site.token}/queue?{many}", json=[]).status_code == 422


def test_absurdly_many_parameters_of_get_messages_claim_nothing(everything_to_phones):
    site = everything_to_phones
    site.queue({"phone": "+1234567890", "message": "hello"})
    many = "&".join(f"p{number}=1" for number in range(101))

    reply = site.client.get(f"/api/{site.token}/get_messages?{many}")

    assert reply.status_code == 422
    assert reply.text == '{"error":"more than 100 parameters","code":"invalid_request"}'
    assert len(site.fetch().json()) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/health/live", "431 Request Header Fields Too Large"),
        ("/nowhere", "431 Request Header Fields Too Large"),
        (
            "/api/TOKEN/get_messages",
            '{"error":"Request header fields too large","code":"request_header_fields_too_large"}',
        ),
        (
            "/v1/account",
            (
                '{"success":false,"error":{"code":"request_header_fields_too_large",'
                '"message":"Request header fields too large"}}'
            ),
        ),
    ],
)
@pytest.mark.parametrize("size", [70_000, 700])
def test_more_headers_than_64_kib_are_too_large(site, path, body, size):
    headers = {f"x-{number}": "x" * size for number in range(70_000 // size)}

    reply = site.client.get(path.replace("TOKEN", site.token), headers={**site.bearer, **headers})

    assert (reply.status_code, reply.text) == (431, body)


def test_headers_of_60_kib_are_not_too_large(site):
    reply = site.client.get("/v1/account", headers={**site.bearer, "x-long": "x" * 60_000})

    assert reply.status_code == 200


def test_a_client_that_goes_away_is_not_answered(site):
    app = site.client.app
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/messages",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {site.key}".encode())],
    }

    asyncio.run(app(scope, receive, send))

    assert sent == []
    assert site.stored() == []
