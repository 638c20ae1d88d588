"""
The collection and the environment for Postman: who gets them, and that they are what it imports.
"""

import json
import re
from typing import Any, Literal

import msgspec
import pytest
from msgspec import Struct

# The format v2.1, as far as the collection uses it: what is required, and what fields may hold.


class Script(Struct, forbid_unknown_fields=True):
    type: Literal["text/javascript"]
    exec: list[str]


class Event(Struct, forbid_unknown_fields=True):
    listen: Literal["prerequest", "test"]
    script: Script


class Pair(Struct, forbid_unknown_fields=True):
    key: str
    value: str
    description: str = ""


class Url(Struct, forbid_unknown_fields=True):
    raw: str
    host: list[str]
    path: list[str]
    query: list[Pair] = []


class Body(Struct, forbid_unknown_fields=True):
    mode: Literal["raw"]
    raw: str
    options: dict[str, Any]


class Asked(Struct, forbid_unknown_fields=True):
    method: Literal["GET", "HEAD", "POST"]
    header: list[Pair]
    url: Url
    body: Body | None = None
    description: str = ""


class Item(Struct, forbid_unknown_fields=True):
    name: str
    event: list[Event]
    request: Asked


class Folder(Struct, forbid_unknown_fields=True):
    name: str
    description: str
    item: list[Item]
    event: list[Event] = []


class Info(Struct, forbid_unknown_fields=True):
    postman_id: str = msgspec.field(name="_postman_id")
    name: str
    description: str
    schema: Literal["https://schema.getpostman.com/json/collection/v2.1.0/collection.json"]


class Collection(Struct, forbid_unknown_fields=True):
    info: Info
    item: list[Folder]
    event: list[Event]
    variable: list[Pair]


class Setting(Struct, forbid_unknown_fields=True):
    key: str
    value: str
    type: Literal["default", "secret"]
    enabled: bool


class Environment(Struct, forbid_unknown_fields=True):
    id: str
    name: str
    values: list[Setting]
    scope: Literal["environment"] = msgspec.field(name="_postman_variable_scope")


BOTH = pytest.mark.parametrize("name", ["collection", "environment"])


def ask(site, name, **options):
    return site.client.get(f"/postman/{name}", **options)


@pytest.fixture
def collection(site):
    return msgspec.json.decode(ask(site, "collection").content, type=Collection)


@pytest.fixture
def items(collection):
    return [item for folder in collection.item for item in folder.item]


def base_url(site, name, **options):
    content = ask(site, name, **options).json()
    [found] = [
        one["value"]
        for one in content["variable" if name == "collection" else "values"]
        if one["key"] == "base_url"
    ]
    return found


@BOTH
def test_everybody_may_download_it_as_a_file(site, name):
    reply = ask(site, name)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == (
        f'attachment; filename="smscore.postman_{name}.json"'
    )
    assert reply.text == json.dumps(reply.json(), separators=(",", ":"), ensure_ascii=False)


@BOTH
def test_a_head_gets_the_headers(site, name):
    head, get = site.client.head(f"/postman/{name}"), ask(site, name)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


@BOTH
def test_it_calls_whom_it_was_downloaded_from(site, name):
    assert base_url(site, name) == "http://testserver/api"
    assert base_url(site, name, headers={"Host": "[::1]:8080"}) == "http://[::1]:8080/api"
    assert base_url(site, name, headers={"Host": 'a",b'}) == "http://testserver:80/api"


@BOTH
def test_it_calls_the_public_address_if_there_is_one(make_site, name):
    site = make_site(http={"public_url": "https://sms.example.org/"})

    assert base_url(site, name) == "https://sms.example.org/api"


@BOTH
def test_no_token_is_in_it(site, name):
    assert site.token not in ask(site, name).text
    assert not re.search(r"[0-9a-f]{17,}", ask(site, name).text)


@pytest.mark.parametrize("path", ["/postman", "/postman/", "/postman/collection/", "/postman/x"])
def test_nothing_else_is_there(site, path):
    reply = site.client.get(path, follow_redirects=False)

    assert (reply.status_code, reply.text) == (404, '{"error":"Not found","code":"not_found"}')


def test_the_environment_is_one_of_postmans(site):
    content = msgspec.json.decode(ask(site, "environment").content, type=Environment)

    assert {one.key: (one.value, one.type) for one in content.values} == {
        "base_url": ("http://testserver/api", "default"),
        "api_token": ("", "secret"),
    }


def test_the_collection_has_every_call_of_the_api(items):
    calls = {
        (item.request.method, re.sub(r"(?<=/download/)\{.*", "CODE", item.request.url.raw))
        for item in items
    }

    assert calls >= {
        ("GET", "{{base_url}}/app-version"),
        ("GET", "{{base_url}}/app-versions"),
        ("GET", "{{origin}}/download/app.apk"),
        ("GET", "{{base_url}}/download/CODE"),
        ("POST", "{{base_url}}/{{api_token}}/queue"),
        ("GET", "{{base_url}}/{{api_token}}/get_messages?limit=200"),
        ("POST", "{{base_url}}/{{api_token}}/status"),
    }


def test_an_address_in_pieces_is_the_address(items):
    for item in items:
        url = item.request.url
        query = "&".join(f"{one.key}={one.value}" for one in url.query)
        assert url.raw == "/".join([*url.host, *url.path]) + (f"?{query}" if query else "")


def test_every_call_is_tested(items):
    for item in items:
        tests = ["\n".join(one.script.exec) for one in item.event if one.listen == "test"]
        assert len(tests) == 1, item.name
        assert "pm.test(" in tests[0], item.name
        assert "have.status(" in tests[0], item.name


def test_no_two_calls_have_the_same_name(items):
    assert len({item.name for item in items}) == len(items)


def test_every_variable_is_set_somewhere(collection, items):
    text = msgspec.json.encode(collection).decode()
    used = set(re.findall(r"\{\{(\w+)\}\}", text))
    known = {one.key for one in collection.variable}
    known |= set(re.findall(r'ariables\.set\(\\"(\w+)\\"', text))

    assert used <= known
