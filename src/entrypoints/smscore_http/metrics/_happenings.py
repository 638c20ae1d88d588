"""
What is counted as it happens: as a meter of this process, and as an observer of messages.
"""

from collections.abc import Collection

from smscore import errors
from smscore.domain.deliveries import ReportOutcome
from smscore.domain.events import Event
from smscore.domain.inbound import InboundKind
from smscore.domain.messages import Surface
from smscore.domain.routing import PHONES
from smscore.domain.webhooks import Attempt, Posting
from smscore.ports.measurement import Answered, Exchange
from smscore_http.metrics import _families as families
from smscore_http.metrics._counting import Counts, Distribution
from smscore_http.metrics._families import Family

__all__ = ["OTHER", "TOLD", "Happenings", "family_of_channels"]

OTHER = "other"
"""Whatever is not of a bounded set."""

_OURS = ("accepted", "replayed", "overloaded", "too_late", "store_unavailable", "error")
_OUTCOMES = frozenset({*_OURS, *(getattr(errors, name).code for name in errors.__all__)})
_RESULTS = {
    "message.sent": "sent",
    "message.retried": "retried",
    "message.rerouted": "rerouted",
    "message.resent": "resent",
    "message.failed": "failed",
    "message.indeterminate": "indeterminate",
}
_ENDS = {
    "message.delivered": "delivered",
    "message.failed": "failed",
    "message.expired": "expired",
    "message.cancelled": "cancelled",
}
_REPORTED = ("message.delivered", "message.failed", "message.reported")
_RECEIVED = "message.received"

TOLD = frozenset({*_RESULTS, *_ENDS, *_REPORTED, _RECEIVED})
"""The kinds of events that are counted: not those that each message has anyway."""

_ANSWERS = ("2xx", "3xx", "4xx", "5xx", "no_answer")


class Happenings:
    """
    A :class:`smscore.ports.measurement.Meter`, and :meth:`happened` is an observer.

    What can be told of the channels in advance begins with 0: whoever asks how fast something
    grows would not see the first one otherwise.
    """

    def __init__(self, channels: Collection[str]) -> None:
        self._channels = frozenset(channels)
        self.counts = {
            family: Counts() for family in families.FAMILIES if family.kind is families.Kind.COUNTER
        }
        self.distributions = {
            family: Distribution(family.bounds)
            for family in families.FAMILIES
            if family.kind is families.Kind.HISTOGRAM
        }
        self._begin()

    def submitted(self, answered: Answered) -> None:
        surface, outcome = answered.surface.value, answered.outcome
        self._count(families.SUBMISSIONS, surface, outcome if outcome in _OUTCOMES else OTHER)
        self._count(families.ACCEPTED, surface, by=len(answered.messages))
        self.distributions[families.SUBMISSION_SECONDS].add(answered.seconds)

    def exchanged(self, _: Exchange) -> None:
        """Of messages their sends are counted, and not each of their parts."""

    def called(self, _: Posting, attempt: Attempt) -> None:
        kind = "no_answer" if attempt.status is None else f"{attempt.status // 100}xx"
        self._count(families.ATTEMPTS, kind if kind in _ANSWERS else OTHER)
        self.distributions[families.ATTEMPT_SECONDS].add(attempt.seconds)

    def committed(self, *, units: int, seconds: float) -> None:
        self.distributions[families.BATCH_UNITS].add(units)
        self.distributions[families.COMMIT_SECONDS].add(seconds)

    def stumbled(self) -> None:
        self._count(families.STUMBLES)

    def happened(self, event: Event) -> None:
        """Count what an event tells."""
        kind = event.kind
        if (end := _ENDS.get(kind)) is not None:
            self._count(families.ENDED, end)
        told = event.detail.get("channel")
        if told is None:
            return
        channel = family_of_channels(str(told), known=self._channels)
        if kind == _RECEIVED:
            self._count(families.RECEIVED, channel, str(event.detail.get("kind")))
        elif (outcome := _reported(event, channel)) is not None:
            self._count(families.REPORTS, channel, outcome)
        elif (result := _RESULTS.get(kind)) is not None:
            self._count(families.SENDS, channel, result)

    def _count(self, family: Family, *labels: str, by: int = 1) -> None:
        self.counts[family].add(*labels, by=by)

    def _begin(self) -> None:
        self._count(families.STUMBLES, by=0)
        for surface in Surface:
            self._count(families.SUBMISSIONS, surface.value, "accepted", by=0)
            self._count(families.ACCEPTED, surface.value, by=0)
        for end in _ENDS.values():
            self._count(families.ENDED, end, by=0)
        for answer in _ANSWERS:
            self._count(families.ATTEMPTS, answer, by=0)
        for channel in self._channels:
            for result in _RESULTS.values():
                self._count(families.SENDS, channel, result, by=0)
            for outcome in ReportOutcome:
                self._count(families.REPORTS, channel, outcome.value, by=0)
            self._count(families.RECEIVED, channel, InboundKind.SMS.value, by=0)


def family_of_channels(name: str, *, known: Collection[str]) -> str:
    """The channel, or what it is one of: accounts have phone queues, and may be many."""
    if name in known:
        return name
    return PHONES if name.startswith(f"{PHONES}/") else OTHER


def _reported(event: Event, channel: str) -> str | None:
    """What was reported of a message; None: the event is of another kind."""
    if event.kind not in _REPORTED:
        return None
    if (outcome := event.detail.get("outcome")) is not None:
        return str(outcome)
    # What becomes of a message in a phone's hands is known from its reports alone.
    return event.kind.removeprefix("message.") if channel == PHONES else None
