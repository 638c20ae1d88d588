"""
Where answers say that the surfaces are.
"""

import pytest

from smscore_http._origin import origin
from smscore_http._proxies import Proxies
from smscore_http._requests import Request


async def nothing():
    return {}


def request(host=b"sms.example.org", **scope):
    headers = [] if host is None else [(b"host", host)]
    given = {"method": "GET", "headers": headers, "server": ("192.0.2.1", 8080), **scope}
    return Request(given, nothing, path="/", proxies=Proxies(()))


def test_the_configured_address_wins_and_loses_its_last_slash():
    assert origin(request(), "https://public.example/sms/") == "https://public.example/sms"


@pytest.mark.parametrize("end", ["/api", "/api/"])
def test_an_origin_never_ends_as_the_base_url_of_collections_does(end):
    assert origin(request(), f"https://public.example{end}") == "https://public.example"


@pytest.mark.parametrize("host", [b"sms.example.org", b"localhost:8080", b"[::1]:8080", b"a_b.c"])
def test_without_one_it_is_what_the_request_was_sent_to(host):
    asked = request(host, scheme="https")

    assert origin(asked, None) == f"https://{host.decode()}"


@pytest.mark.parametrize(
    "host", [None, b"", b"a/b", b"a b", b'a"b', b"a@b", b"a:b", b"\xff", b"a?b", b"a\\b", b"::1"]
)
def test_a_host_that_is_none_comes_into_no_address(host):
    assert origin(request(host), None) == "http://192.0.2.1:8080"


@pytest.mark.parametrize(
    ("server", "expected"),
    [(("::1", 80), "http://[::1]:80"), (None, "http://localhost"), (("a", None), "http://a")],
)
def test_without_a_host_it_is_the_servers_own_address(server, expected):
    assert origin(request(None, server=server), None) == expected


def test_it_ends_where_the_application_is_mounted():
    assert origin(request(root_path="/sms/"), None) == "http://sms.example.org/sms"
