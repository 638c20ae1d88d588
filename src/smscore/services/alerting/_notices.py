"""
What a receiver is told at a time: as JSON for programs, as a mail for people.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs

from smscore.domain.alerts import AlertKind, Condition, News, Turn

__all__ = ["Notice", "remedy", "trial"]

_WORDS = {Turn.RAISED: "", Turn.REMINDED: "still: ", Turn.CLEARED: "over: "}
_TITLES = {
    AlertKind.CHANNEL_DOWN: "channel {} is down",
    AlertKind.QUEUE_AGE: "messages wait too long for {}",
    AlertKind.STORE_FAILING: "the store fails",
    AlertKind.LOW_CREDIT: "account {} has little credit",
    AlertKind.SIM_FULL: "the SIM store of {} is almost full",
    AlertKind.DEAD_LETTERS: "webhooks were given up",
    AlertKind.PHONE_SILENT: "phone {} is silent",
}
_REMEDIES = {
    AlertKind.CHANNEL_DOWN: "smscore channel list",
    AlertKind.QUEUE_AGE: "smscore channel list",
    AlertKind.STORE_FAILING: "look at the disk or the database server, and at the log",
    AlertKind.LOW_CREDIT: "smscore account credit {} CREDITS --why WHY",
    AlertKind.SIM_FULL: "smscore modem inbox {}",
    AlertKind.DEAD_LETTERS: "smscore check",
    AlertKind.PHONE_SILENT: "is it on, and connected? 'smscore device list' shows all",
}
_TRIAL = "this is a trial: nothing is wrong, and nothing has to be done"


@attrs.frozen(kw_only=True)
class Notice:
    """Some news for one receiver; ``sequence`` counts what it was told, from 1."""

    news: Sequence[News]
    sequence: int
    at: datetime
    is_trial: bool = False

    @property
    def id(self) -> str:
        """The same for the same news, so that whoever hears it twice can tell."""
        said = repr([(self.sequence, one.turn, _alert_id(one)) for one in self.news])
        if self.is_trial:
            said = f"trial {self.at.isoformat()}"
        return f"notice_{_hash(said)}"

    @property
    def body(self) -> bytes:
        """As JSON."""
        document = {
            "event": "alerts",
            "id": self.id,
            "sequence": self.sequence,
            "sent_at": _told(self.at),
            "trial": self.is_trial,
            "alerts": [
                {
                    "id": _alert_id(one),
                    "state": one.turn.value,
                    "kind": one.condition.kind.value,
                    "subject": one.condition.subject,
                    "title": _title(one.condition),
                    "detail": one.detail or None,
                    "remedy": remedy(one.condition),
                    "raised_at": _told(one.raised_at),
                }
                for one in self.news
            ],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def subject(self) -> str:
        """One line."""
        if self.is_trial:
            return "smscore: a trial"
        first = self.news[0]
        more = f", and {len(self.news) - 1} more" if len(self.news) > 1 else ""
        return f"smscore: {_WORDS[first.turn]}{_title(first.condition)}{more}"

    @property
    def text(self) -> str:
        """A paragraph for each of the news."""
        if self.is_trial:
            return f"{_TRIAL}.\n"
        return "\n".join(_paragraph(one) for one in self.news)


def _alert_id(news: News) -> str:
    """The same from when it was raised until it is cleared, and never again."""
    condition = news.condition
    said = f"{condition.kind.value} {news.raised_at.isoformat()} {condition.subject}"
    return f"alert_{_hash(said)}"


def trial(*, at: datetime) -> Notice:
    """What is sent to see whether it arrives."""
    return Notice(news=(), sequence=0, at=at, is_trial=True)


def _paragraph(one: News) -> str:
    lines = [f"{_WORDS[one.turn]}{_title(one.condition)}"]
    if one.detail and one.turn is not Turn.CLEARED:
        lines += [f"  {one.detail}", f"  to be done: {remedy(one.condition)}"]
    lines.append(f"  raised at {_told(one.raised_at)}")
    return "".join(f"{line}\n" for line in lines)


def remedy(condition: Condition) -> str:
    """What an operator does first."""
    return _REMEDIES[condition.kind].format(condition.subject)


def _title(condition: Condition) -> str:
    return _TITLES[condition.kind].format(condition.subject)


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _hash(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
