"""
The page for people: it is served, it is what was taken over, and it trusts nobody else.
"""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import smscore_http
from smscore_http import create_app
from smscore_http.documents import PAGE_FILES

FOLDER = Path(smscore_http.__file__).with_name("docs")
ABOUT_ITSELF = {"/openapi.json", *PAGE_FILES}


@pytest.fixture
def vendored():
    return tomllib.loads((FOLDER / "vendored.toml").read_text())


def test_the_page_and_all_that_it_names_is_served(site):
    page = site.client.get("/docs")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    for name in named:
        if not name.startswith("data:"):
            assert site.client.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize("path", PAGE_FILES)
def test_nothing_of_the_page_comes_from_elsewhere_or_is_made_up_while_it_runs(site, path):
    policy = site.client.get(path).headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_what_others_wrote_is_as_they_published_it(vendored):
    found = {
        name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        for name in vendored["sha256"]
    }

    assert found == vendored["sha256"]


def test_every_file_beside_the_page_is_ours_or_accounted_for(vendored):
    ours = {"index.html", "start.js", "vendored.toml"}

    assert {path.name for path in FOLDER.iterdir()} == ours | set(vendored["sha256"])


def test_the_licence_is_beside_what_it_is_for(vendored):
    assert vendored["license"] == "Apache-2.0"
    assert "Apache License" in (FOLDER / "swagger-ui.LICENSE.txt").read_text()


def test_where_it_is_not_wanted_there_is_no_page(make_site):
    client = make_site(http={"docs": False}).client

    assert {client.get(path).status_code for path in ABOUT_ITSELF} == {404}


def test_page_and_description_are_there_where_the_application_is_mounted(site):
    host = TestClient(Starlette(routes=[Mount("/sms", create_app(site.gateway))]))

    page = host.get("/sms/docs").text
    for name in re.findall(r'(?:src|href)="([^":]+)"', page):
        assert host.get(f"/sms/{name}").status_code == 200, name
    assert host.get("/sms/openapi.json").json()["servers"] == [{"url": "http://testserver/sms"}]
