"""
One message, three surfaces: the same identity and status everywhere.
"""

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient


@pytest.fixture(params=["memory", "postgresql"])
def store(request):
    return request.param


def state(site, uid):
    given = {"username": "apiuser", "password": "secret-word", "uid": uid}
    return site.client.get("/state.php", params=given).text


def shown(site, uid):
    return site.client.get(f"/v1/messages/msg_{uid}", headers=site.bearer).json()["status"]


def by_api_php(site):
    return site.api_php().text.removeprefix("OK\nID: ")


def by_queue(site):
    return site.queue({"phone": "0712345678", "message": "m"}).json()["items"][0]["hash"]


def by_provider(site):
    return site.send().json()["message_id"].removeprefix("msg_")


@pytest.mark.parametrize("submit", [by_api_php, by_queue, by_provider])
def test_a_message_of_one_surface_is_seen_on_the_others(everything_to_phones, submit):
    site = everything_to_phones
    uid = submit(site)

    assert (state(site, uid), shown(site, uid)) == ("Status : queued", "queued")

    assert [item["hash"] for item in site.fetch().json()] == [uid]
    assert (state(site, uid), shown(site, uid)) == ("Status : queued", "queued")

    site.tell({"messages": [{"hash": uid, "status": 2}]})
    assert (state(site, uid), shown(site, uid)) == ("Status : delivered", "delivered")


def test_the_application_works_wherever_it_is_mounted(site):
    host = TestClient(Starlette(routes=[Mount("/sms", app=site.client.app)]))
    login = "username=apiuser&password=secret-word&to=0170123&text=hi"

    assert host.get(f"/sms/api.php?{login}").status_code == 200
    assert host.get(f"/sms/api/{site.token}/get_messages").status_code == 200
    assert host.get("/sms/v1/account", headers=site.bearer).status_code == 200
    assert host.get("/sms/health/live").status_code == 200
    assert host.get(f"/sms/api/{site.token}/get_messages/").status_code == 404


def test_the_application_can_be_started_and_stopped_again(site):
    for _ in range(2):
        with TestClient(site.client.app) as client:
            assert client.get("/v1/account", headers=site.bearer).status_code == 200


def test_there_are_no_web_sockets(site):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), site.client.websocket_connect("/v1/messages"):
        pass
