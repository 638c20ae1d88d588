"""
The access log: one line a request, and nothing in it with which one could log in.
"""

import pytest


@pytest.fixture
def lines(caplog):
    caplog.set_level("INFO", logger="smscore.http.access")

    def read():
        return [
            record.getMessage() for record in caplog.records if record.name == "smscore.http.access"
        ]

    return read


def test_a_request_is_one_line(site, lines):
    site.client.get("/v1/account", headers=site.bearer)

    (line,) = lines()
    assert line.startswith("GET /v1/account 200 ")
    assert line.endswith(" ms")


def test_no_secret_reaches_any_log(site, caplog):
    caplog.set_level("DEBUG")
    site.api_php("GET", text="private words")
    site.api_php("GET", password="guessed-word", text="private words")
    site.client.get(f"/api/{site.token}/get_messages")
    site.client.get(f"/api/{site.token}")
    site.client.get(f"/api/{site.token}/")
    site.client.get(f"/elsewhere/{site.token}/queue")
    site.queue([{"phone": "x", "message": "private words"}])
    site.send(message="private words")
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("smscore")
    )

    assert "/api/***/get_messages" in ours
    for secret in ("secret-word", "guessed-word", "private words", site.token, site.key):
        assert secret not in ours


@pytest.mark.parametrize(
    "path",
    [
        "/api.php&username=demo&password=geheim123",
        "/state.php/username/demo/password/geheim123",
        "/state.php%3Fpassword=geheim123",
        "/x/geheim123",
        "/api/geheim123",
        "/api/download/geheim123",
        "/v1/messages/geheim123",
        "/v1/geheim123",
        "/geheim123",
    ],
)
def test_a_login_in_the_wrong_place_reaches_no_log(site, caplog, path):
    caplog.set_level("DEBUG")

    site.client.get(path, headers=site.bearer)

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("smscore")]
    assert len(ours) == 1
    assert "geheim123" not in ours[0]


def test_a_made_up_method_reaches_no_log(site, lines):
    site.client.request("GEHEIM123", "/api.php")

    (line,) = lines()
    assert line.startswith("(unknown) /api.php 405 ")


def test_a_path_cannot_write_lines_of_its_own(site, lines):
    site.client.get("/x%0AGET%20/admin%20200")

    (line,) = lines()
    assert "\n" not in line


def test_an_id_of_a_message_may_be_shown(site, lines):
    site.client.get("/v1/messages/msg_0000000000000001", headers=site.bearer)

    (line,) = lines()
    assert line.startswith("GET /v1/messages/msg_0000000000000001 404 ")


def test_without_listeners_no_line_is_made(site, caplog):
    caplog.set_level("WARNING", logger="smscore.http.access")

    site.client.get("/health/live")

    assert not [record for record in caplog.records if record.name == "smscore.http.access"]
