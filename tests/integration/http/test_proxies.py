"""
Requests that come by a proxy: who is slowed down, and which addresses answers hold.
"""

import pytest

# The address of the client that the tests have: it is no address, so it is called what it is.
TRUSTED = {"trusted_proxies": ["10.0.0.0/8"]}
WRONG = "401 Unauthorized - Username or Password wrong"


@pytest.fixture
def behind(make_site):
    """A site, and a way to call it by a proxy for somebody."""

    def behind(http=TRUSTED, *, peer="10.0.0.1"):
        site = make_site(http=http)
        site.client._transport.client = (peer, 50_000)
        site.authenticator.is_forgetful = True
        return site

    return behind


def guess(site, address, number):
    reply = site.client.post(
        "/api.php",
        params={
            "username": "apiuser",
            "password": f"guessed-word {number}",
            "to": "1",
            "text": "x",
        },
        headers={"X-Forwarded-For": address},
    )
    assert reply.text == WRONG
    return reply.headers.get("retry-after")


def test_each_client_of_a_proxy_makes_its_own_mistakes(behind):
    site = behind()
    waits = [guess(site, "198.51.100.7", number) for number in range(11)]

    assert waits[-1] is not None
    assert guess(site, "198.51.100.8", 0) is None


def test_who_invents_addresses_is_slowed_down_nevertheless(behind):
    site = behind()

    waits = [guess(site, f"203.0.113.{number}, 198.51.100.7", number) for number in range(11)]

    assert waits[-1] is not None


def test_what_somebody_says_who_is_no_proxy_counts_for_nothing(behind):
    site = behind(peer="192.0.2.1")

    waits = [guess(site, f"198.51.100.{number}", number) for number in range(11)]

    assert waits[-1] is not None


def server_of(site, **headers):
    return site.client.get("/openapi.json", headers=headers).json()["servers"][0]["url"]


def test_addresses_in_answers_have_the_scheme_that_the_client_speaks(behind):
    headers = {"Host": "sms.example.org", "X-Forwarded-Proto": "https"}

    assert server_of(behind(), **headers) == "https://sms.example.org"
    assert server_of(behind(peer="192.0.2.1"), **headers) == "http://sms.example.org"


def test_the_configured_address_counts_more_than_what_a_proxy_says(behind):
    site = behind({**TRUSTED, "public_url": "https://sms.example.org/gateway/"})
    headers = {"Host": "inner:8080", "X-Forwarded-Proto": "http"}

    assert server_of(site, **headers) == "https://sms.example.org/gateway"
    version = site.client.get("/api/app-version", headers=headers)
    assert "inner" not in version.text
    collection = site.client.get("/postman/collection", headers=headers).text
    assert "https://sms.example.org/gateway/api" in collection
    assert "inner" not in collection


@pytest.mark.parametrize("value", ["", ",", "[::", '"', "for=", "\xff", "1.2.3.4.5", "a" * 5000])
def test_a_header_that_is_none_breaks_nothing(behind, value):
    site = behind()
    headers = {
        "X-Forwarded-For": value.encode("latin-1"),
        "X-Forwarded-Proto": value.encode("latin-1"),
        "Forwarded": value.encode("latin-1"),
    }

    assert site.client.get("/health/live", headers=headers).status_code == 200
    assert site.client.get("/openapi.json", headers=headers).status_code == 200
