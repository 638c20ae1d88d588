"""
The examples of the description: each request is made, and answered with what the example says.

They are one story. Only ids, times, secrets and names of channels may be others, and an id is the
same one wherever it comes again. Examples without a request show the words of refusals, which the
contract tests have byte for byte.
"""

import base64
import json
import re
from hashlib import sha256

import pytest
from test_provider_api_inbound import keep

from smscore.testing import FakeSender, an_app_manifest

# What others need comes first, what takes it away comes last.
TURNS = {"createWebhook": -1, "deleteWebhook": 1}
ID = re.compile(r"(?<![0-9a-f])[0-7][0-9a-f]{15}(?![0-9a-f])")
VOLATILE = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)"), "TIME"),
    (re.compile(r"(whsec_)[A-Za-z0-9+/]{43}="), "SECRET"),
    (re.compile(r'(?<="route":")[^"]*'), "CHANNEL"),
    (re.compile(r'(?<="name":")channel [^}]*'), "CHANNEL"),
    (re.compile(r'(?<="jwt":")[^"]*'), "JWT"),
    (re.compile(r'(?<="expireAt":)\d+'), "TIME"),
    (re.compile(r"(?m)^(total|signal|load|time|disk|uptime): .*"), r"\1: …"),
]
APP = bytes(1_024_000)


class Story:
    """What has happened so far: which id stands for which."""

    def __init__(self, site):
        self._site = site
        self._ids = {}

    def ask(self, path, method, call, name):
        """The answer to one of a call's examples."""
        self._site.clock.move(seconds=1)
        while self._site.gateway.run_pending():
            pass
        given = {
            one["name"]: (one["in"], one["examples"][name]["value"])
            for one in call.get("parameters", ())
            if name in one.get("examples", ())
        }
        path = path.replace("{token}", self._site.token)
        query, headers = self._login(call)
        for parameter, (place, value) in given.items():
            match place:
                case "path":
                    path = path.replace(f"{{{parameter}}}", self._real(value))
                case "query":
                    query[parameter] = self._real(value)
                case "header":
                    headers[parameter] = self._real(value)
        return self._site.client.request(
            method, path, params=query, headers=headers, **self._body(call, name)
        )

    def _body(self, call, name):
        content = call.get("requestBody", {"content": {}})["content"]
        for kind, body in content.items():
            if name in body.get("examples", ()):
                value = self._real(body["examples"][name]["value"])
                return {"json" if kind == "application/json" else "data": value}
        return {}

    def _login(self, call):
        for scheme in call["security"][:1]:
            if "provider_key" in scheme:
                return {}, dict(self._site.bearer)
            if "gateway_username" in scheme:
                return {"username": "apiuser", "password": "secret-word"}, {}
            if "gateway_session" in scheme:
                basic = base64.b64encode(b"apiuser:secret-word").decode()
                return {}, {"Authorization": f"Basic {basic}"}
        return {}, {}

    def _real(self, value):
        text = ID.sub(lambda found: self._ids.get(found[0], found[0]), json.dumps(value))
        return json.loads(text)

    def compare(self, said, reply):
        """The text of an answer, and what it should be."""
        if reply.headers["content-type"] == "application/json":
            said = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
        self._ids.update(zip(ID.findall(said), ID.findall(reply.text), strict=False))
        return self._steady(reply.text), self._steady(
            ID.sub(lambda found: self._ids.get(found[0], found[0]), said)
        )

    def _steady(self, text):
        for pattern, word in VOLATILE:
            text = pattern.sub(word, text)
        return text


@pytest.fixture
def site(make_site, tmp_path):
    """An account with some credits, a published app, and a message that came in."""
    site = make_site(
        http={"public_url": "https://sms.example.com"},
        apps={"directory": str(tmp_path)},
        webhook_sender=FakeSender(),
        tariff="enterprise",
        credits=1230,
    )
    digest = sha256(APP).hexdigest()
    site.gateway.config.app_file(digest).write_bytes(APP)
    site.gateway.apps.publish(
        an_app_manifest(code=5, version="1.2.0"),
        digest=digest,
        size=len(APP),
        notes="- Bug fixes",
        activate=True,
    )
    keep(site, 26, text="Thank you")
    return site


@pytest.fixture
def calls(site):
    """All calls, in the order in which they make sense."""
    paths = site.client.get("/openapi.json").json()["paths"]
    described = [
        (path, method, call) for path, calls in paths.items() for method, call in calls.items()
    ]
    return sorted(described, key=lambda one: TURNS.get(one[2]["operationId"], 0))


def answers_of(call):
    """The examples of a call that can be asked for: name, status, what is said."""
    bodies = call.get("requestBody", {"content": {}})["content"].values()
    asked = {name for part in (*call.get("parameters", ()), *bodies) for name in examples_of(part)}
    for status, response in call["responses"].items():
        for content in response.get("content", {}).values():
            for name, example in examples_of(content).items():
                if name in asked or status == "200":
                    yield name, int(status), example["value"]


def examples_of(part):
    return part.get("examples", {})


def test_every_example_is_answered_as_it_says(site, calls):
    story = Story(site)
    for path, method, call in calls:
        for name, status, said in answers_of(call):
            reply = story.ask(path, method, call, name)

            where = f"{method} {path}, example {name}"
            assert reply.status_code == status, f"{where}: {reply.text}"
            answered, expected = story.compare(said, reply)
            assert answered == expected, where


def test_every_call_has_an_example(calls):
    without = {call["operationId"] for _, _, call in calls if not list(answers_of(call))}

    # Files, which are no examples of anything.
    assert without == {
        "downloadApp",
        "downloadAppVersion",
        "getPostmanCollection",
        "getPostmanEnvironment",
    }
