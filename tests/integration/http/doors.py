"""
The doors of the three surfaces through which one message is submitted, with a key or without.

``PLACES`` are all places in which each surface looks for a key; ``refusals`` are what it says.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import httpx2

from smscore.domain.routes import Route

__all__ = [
    "BY_NAME",
    "DOORS",
    "PLACES",
    "Door",
    "at_once",
    "everybody",
    "queue_batch",
    "to_the_network",
]

_REFUSED = "Error. See Gateway logs for more information."


@attrs.frozen(kw_only=True)
class Door:
    """How one surface takes a text and a key, and what it says when it does not."""

    name: str
    surface: str
    place: str  # of the key: header, query or body
    conflict: tuple[int, str]
    unavailable: tuple[int, str]
    no_credits: tuple[int, str]

    def request(
        self, site: Any, key: str | bytes | None = None, *, text: str = "once", to: str = "0170123"
    ) -> Mapping[str, Any]:
        """The request, in the words of an HTTP client."""
        headers: dict[str, Any] = {}
        params: dict[str, Any] = {}
        if key is not None and self.place == "header":
            headers["Idempotency-Key"] = key
        if key is not None and self.place == "query":
            params["idempotency_key"] = key
        match self.surface:
            case "gateway":
                form = {"username": "apiuser", "password": "secret-word", "to": to, "text": text}
                if key is not None and self.place == "body":
                    form["idempotency_key"] = key
                sent: dict[str, Any] = {"url": "/api.php", "data": form}
            case "queue":
                sent = {"url": f"/api/{site.token}/queue", "json": [{"phone": to, "message": text}]}
            case _:
                number = f"+49{to.removeprefix('0')}"
                sent = {"url": "/v1/messages", "json": {"to": number, "message": text}}
                headers.update(site.bearer)
        return {"method": "POST", "params": params, "headers": headers, **sent}

    def send(
        self, site: Any, key: str | bytes | None = None, *, text: str = "once", to: str = "0170123"
    ) -> Any:
        """Send it with the site's own client."""
        return site.client.request(**self.request(site, key, text=text, to=to))

    def ids(self, reply: httpx2.Response) -> list[int]:
        """The ids of the messages in an acknowledgement."""
        assert reply.status_code == 200, reply.text
        match self.surface:
            case "gateway":
                lines = reply.text.split("\n")
                assert lines[0] == "OK"
                return [int(line.removeprefix("ID: "), 16) for line in lines[1:]]
            case "queue":
                return [int(item["hash"], 16) for item in reply.json()["items"]]
            case _:
                return [int(reply.json()["message_id"].removeprefix("msg_"), 16)]


def _coded(error: str, code: str) -> str:
    return f'{{"error":"{error}","code":"{code}"}}'


def _provided(code: str, message: str) -> str:
    return f'{{"success":false,"error":{{"code":"{code}","message":"{message}"}}}}'


_SURFACES: dict[str, dict[str, Any]] = {
    "gateway": {
        "conflict": (400, _REFUSED),
        "unavailable": (408, "FAILED - Timeout or see Gateway logs for more information."),
        "no_credits": (400, _REFUSED),
    },
    "queue": {
        "conflict": (409, _coded("Idempotency key reused", "idempotency_conflict")),
        "unavailable": (503, _coded("Service unavailable", "service_unavailable")),
        "no_credits": (402, _coded("Insufficient credits", "insufficient_credits")),
    },
    "provider": {
        "conflict": (
            409,
            _provided("idempotency_conflict", "Idempotency key was used for another request"),
        ),
        "unavailable": (503, _provided("service_unavailable", "Service unavailable")),
        "no_credits": (
            402,
            _provided("insufficient_credits", "Your account has insufficient credits"),
        ),
    },
}

PLACES = [
    Door(name=f"{surface} {place}", surface=surface, place=place, **_SURFACES[surface])
    for surface, places in (
        ("gateway", ("header", "query", "body")),
        ("queue", ("header", "query")),
        ("provider", ("header",)),
    )
    for place in places
]
DOORS = [door for door in PLACES if door.place == "header"]
BY_NAME = {door.surface: door for door in DOORS}


def queue_batch(site: Any, key: str, *items: Any) -> Any:
    """Queue a batch under a key."""
    return site.queue(list(items), headers={"Idempotency-Key": key})


def to_the_network(site: Any, **rule: Any) -> None:
    """All messages go out over the network, but for those that a rule of the test is for."""
    site.keep_old_rules(
        Route(**{"name": "rule", "channels": ("fake",), **rule}),
        Route(name="others", channels=("fake",)),
    )


def at_once(site: Any, requests: Sequence[Mapping[str, Any]]) -> list[httpx2.Response]:
    """The answers to requests that are all under way before the first is answered."""

    async def send() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(site.client.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.request(**one) for one in requests))

    return asyncio.run(send())


def everybody(site: Any) -> None:
    """A directory: three people with numbers, one without, groups of them."""
    account, directory = site.account.id, site.gateway.directory
    directory.contacts.add(account, "anna", number="0170 1111111")
    directory.contacts.add(account, "bob", number="+44 7700 900123")
    directory.contacts.add(account, "mail", email="mail@example.org")
    directory.contacts.add(account, "2", number="+491702222222")  # an id that bob has
    for group in ("on-call", "night", "empty"):
        directory.groups.add(account, group)
    directory.groups.join(account, "night", contacts=["anna", "mail"])
    directory.groups.join(account, "on-call", contacts=["anna", "bob", "4"], groups=["night"])
