"""
What the model of custody keeps: channels, messages, parts.
"""

from datetime import datetime, timedelta

import attrs

from smscore.ids import first_of


@attrs.frozen
class Channel:
    price: int
    in_doubt: str
    tries: int
    delay: int  # seconds


@attrs.define
class Part:
    state: str  # doubt, accepted, delivered, failed
    at: datetime  # when it was begun or accepted
    channel: str = ""
    reference: str | None = None

    def nearness(self, when: datetime) -> tuple[int, bool, timedelta]:
        """How near it is to what a network's clock says; one without a word is nearer."""
        away = abs(self.at - when)
        return away // timedelta(seconds=2), self.state in ("delivered", "failed"), away


@attrs.define(kw_only=True)
class Message:
    id: int
    account: str
    to: str
    legs: list[str]
    size: int
    charged: int
    accepted_at: datetime
    priority: int = 1
    status: str = "queued"
    begins: datetime | None = None  # as its customer has asked
    due: datetime | None = None
    expires: datetime | None = None
    tries: int = 0
    had_phone: str | None = None  # whose phones ever had it
    claims: int = 0  # how often phones were given it since they last had it no more
    is_refused: bool = False  # whether a phone has said that it could not send it
    is_retry: bool = False
    parts: dict[int, Part] = attrs.field(factory=dict)
    sent_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def place(self) -> int:
        """In a queue: as old as what was accepted when it may leave."""
        return self.id if self.begins is None else first_of(self.begins)

    @property
    def missing(self) -> list[int]:
        """The parts that the network does not have for certain."""
        has = {number for number, part in self.parts.items() if part.state != "doubt"}
        return [number for number in range(1, self.size + 1) if number not in has]
