"""
The description of the surfaces: it is there, it is whole, and nothing in it is not so.
"""

import json
import re
from pathlib import Path

import pytest

import smscore_http
from smscore_http import Surfaces
from smscore_http.documents import PAGE_FILES
from smscore_http.openapi import description

# They describe and show the others.
ABOUT_ITSELF = {"/openapi.json", *PAGE_FILES}


@pytest.fixture
def document(site):
    return site.client.get("/openapi.json").json()


def described(document):
    return {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }


def test_every_call_is_described_and_every_described_call_is_there(site, document):
    routes = Surfaces(site.gateway).routes

    served = {
        (path, method)
        for path, methods in routes.items()
        for method in methods
        if method != "HEAD" and path not in ABOUT_ITSELF
    }
    assert described(document) == served


@pytest.mark.parametrize(
    ("module", "method", "path"),
    [
        ("_api_php.py", "get", "/api.php"),
        ("_state_php.py", "get", "/state.php"),
        ("_check_php.py", "get", "/check.php"),
    ],
)
def test_every_parameter_that_is_looked_up_is_described(document, module, method, path):
    source = (Path(smscore_http.__file__).parent / "gateway_api" / module).read_text()
    call = document["paths"][path][method]

    looked_up = set(re.findall(r'\.(?:get|required|is_on|is_off)\("(\w+)"\)', source))
    logins = {
        document["components"]["securitySchemes"][scheme]["name"]
        for one in call["security"]
        for scheme in one
    }
    queries = {one["name"] for one in call["parameters"] if one["in"] == "query"}
    assert queries | logins == looked_up


def test_a_server_and_the_command_line_show_the_same(site, document):
    (server,) = document["servers"]

    assert server["url"] == "http://testserver"
    assert json.loads(description(server="http://testserver")) == document


def test_the_description_is_at_the_configured_address(make_site):
    site = make_site(http={"public_url": "https://sms.example.com/api"})

    document = site.client.get("/openapi.json").json()

    assert document["servers"] == [{"url": "https://sms.example.com"}]


def test_where_it_is_not_wanted_there_is_no_description(make_site):
    site = make_site(http={"docs": False})

    assert site.client.get("/openapi.json").status_code == 404


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            yield from ([part["$ref"]] if "$ref" in part else [])
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                yield from references(one)

    for reference in set(references(document)):
        place = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


def test_no_two_calls_share_a_name(document):
    names = [call["operationId"] for path in document["paths"].values() for call in path.values()]

    assert len(names) == len(set(names))
