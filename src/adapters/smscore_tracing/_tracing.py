"""
From what a gateway tells to spans: of requests, tries to send and their parts, reports, calls of
endpoints.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import Link, SpanKind

from smscore.domain.events import Event
from smscore.domain.messages import MessageId
from smscore.domain.routing import PHONES
from smscore.domain.traces import caller_of
from smscore.domain.webhooks import Attempt, Posting
from smscore.ports.measurement import Answered, Exchange
from smscore_tracing._spans import Record, Spans, link_to, link_to_root

__all__ = ["TRACED", "Tracing"]

_BEGUN = "message.sending"
_RESULTS = {
    "message.sent": "sent",
    "message.retried": "retried",
    "message.rerouted": "rerouted",
    "message.resent": "resent",
    "message.failed": "failed",
    "message.indeterminate": "indeterminate",
}
_REPORTED = ("message.delivered", "message.failed", "message.reported")
_BAD = frozenset({"failed", "indeterminate"})

TRACED = frozenset({"message.queued", "message.scheduled", _BEGUN, *_RESULTS, *_REPORTED})
"""The kinds of events that :meth:`Tracing.happened` wants to hear of."""

_MOST_BEGUN = 10_000  # tries whose end is awaited; phones may take days


@attrs.frozen
class _Try:
    began: datetime
    channel: str
    number: int


class Tracing:
    """
    A :class:`smscore.ports.measurement.Meter`, and :meth:`happened` is an observer.

    ``processor`` gets the spans, and must not block; it is closed with this. ``ratio`` is how many
    of the messages are traced. No span holds a text, a number, an address or an account's name.
    """

    def __init__(
        self, processor: SpanProcessor, *, service: str = "smscore", ratio: float = 1.0
    ) -> None:
        self._spans = Spans(processor, service=service, ratio=ratio)
        self._answered: deque[Answered] = deque()
        self._tries: OrderedDict[MessageId, _Try] = OrderedDict()
        self._lock = threading.Lock()  # of the exchanges, told by the threads of channels
        self._exchanges: OrderedDict[MessageId, list[Exchange]] = OrderedDict()

    def submitted(self, answered: Answered) -> None:
        # Somebody waits, and these may be thousands: written down with the first event of them,
        # or by :meth:`catch_up`.
        if answered.messages:
            self._answered.append(answered)

    def exchanged(self, exchange: Exchange) -> None:
        # Written down with the try that it belongs to, when that is over.
        with self._lock:
            self._exchanges.setdefault(exchange.message, []).append(exchange)
            if len(self._exchanges) > _MOST_BEGUN:
                self._exchanges.popitem(last=False)

    def called(self, posting: Posting, attempt: Attempt) -> None:
        told: dict[str, str | int] = {
            "smscore.event": posting.event,
            "smscore.attempt": attempt.number,
        }
        if attempt.status is not None:
            told["http.response.status_code"] = attempt.status
        error = None if attempt.is_success else str(attempt.status or "no_answer")
        self._spans.below(
            Record(
                name="webhook",
                message=posting.message,
                begins=attempt.at,
                ends=attempt.at + timedelta(seconds=attempt.seconds),
                kind=SpanKind.CLIENT,
                attributes=told,
                error=error,
            )
        )

    def committed(self, *, units: int, seconds: float) -> None:
        """Commits are of many messages, and no part of the trace of one."""

    def stumbled(self) -> None:
        """Neither are failures of the store."""

    def happened(self, event: Event) -> None:
        """Write down what an event ends. To be called by one thread."""
        self.catch_up()
        if event.kind == _BEGUN:
            self._begin(event)
        elif self._is_report(event):
            # A part's report may be faster than the next part is sent: the try goes on.
            if event.kind != "message.reported":
                # Of what phones have fetched nothing else is heard.
                self._end(event, result="failed" if event.kind == "message.failed" else "sent")
            self._report(event)
        elif (result := _RESULTS.get(event.kind)) is not None:
            self._end(event, result=result)

    def close(self) -> None:
        """Hand over what was not handed over yet."""
        self.catch_up()
        self._spans.close()

    def catch_up(self) -> None:
        """
        Write down the requests since the last time; any thread may call.

        A process that hears of no events has to, now and then: they would pile up.
        """
        while self._answered:
            try:
                answered = self._answered.popleft()
            except IndexError:
                return  # another thread was faster
            self._request(answered)

    def _request(self, answered: Answered) -> None:
        caller = caller_of(answered.traceparent) if answered.traceparent else None
        links: tuple[Link, ...] = () if caller is None else (link_to(caller),)
        for message in answered.messages:
            self._spans.root(
                Record(
                    name="request",
                    message=message,
                    begins=answered.began,
                    ends=answered.began + timedelta(seconds=answered.seconds),
                    kind=SpanKind.SERVER,
                    attributes={"smscore.surface": answered.surface.value},
                    links=links,
                )
            )
            if message == answered.messages[0]:
                links = (*links, link_to_root(message))  # the others came by the same request

    def _is_report(self, event: Event) -> bool:
        if event.kind == "message.failed":  # which a channel may have said at once
            return "outcome" in event.detail or event.message not in self._tries
        return event.kind in _REPORTED

    def _begin(self, event: Event) -> None:
        self._tries[event.message] = _Try(
            event.at, _channel(event.detail), int(event.detail.get("attempt") or 1)
        )
        if len(self._tries) > _MOST_BEGUN:
            self._tries.popitem(last=False)

    def _end(self, event: Event, *, result: str) -> None:
        begun = self._tries.pop(event.message, None)
        if begun is None:
            return  # it was begun before we listened, or never: it waited for another channel
        send = self._spans.below(
            Record(
                name="send",
                message=event.message,
                begins=begun.began,
                ends=max(begun.began, event.at),
                kind=SpanKind.PRODUCER,
                attributes={
                    "smscore.channel": begun.channel,
                    "smscore.attempt": begun.number,
                    "smscore.result": result,
                },
                error=result if result in _BAD else None,
                sequence=event.sequence,
            )
        )
        for exchange in self._exchanges_of(event.message, since=begun.began, until=event.at):
            self._spans.below(_pdu(exchange), parent=send)

    def _exchanges_of(
        self, message: MessageId, *, since: datetime, until: datetime
    ) -> Sequence[Exchange]:
        """Those of one try. Earlier ones have no span, later ones wait for theirs."""
        with self._lock:
            known = self._exchanges.pop(message, [])
            if later := [one for one in known if one.began > until]:
                self._exchanges[message] = later
        return [one for one in known if since <= one.began <= until]

    def _report(self, event: Event) -> None:
        outcome = str(event.detail.get("outcome") or event.kind.removeprefix("message."))
        self._spans.below(
            Record(
                name="report",
                message=event.message,
                begins=event.at,
                ends=event.at,
                kind=SpanKind.CONSUMER,
                attributes={"smscore.channel": _channel(event.detail), "smscore.outcome": outcome},
                error=outcome if outcome in _BAD else None,
                sequence=event.sequence,
            )
        )


def _channel(detail: Mapping[str, str | int | None]) -> str:
    """Without the name of an account, which the queue of its phones has."""
    name = str(detail.get("channel") or "")
    return PHONES if name.startswith(f"{PHONES}/") else name


def _pdu(exchange: Exchange) -> Record:
    """The span of a part and its answer."""
    told: dict[str, str | int] = {"smscore.part": exchange.part}
    if exchange.answer is not None:
        told["smscore.answer"] = exchange.answer
    if exchange.reference is not None:
        told["smscore.reference"] = exchange.reference
    return Record(
        name="pdu",
        message=exchange.message,
        begins=exchange.began,
        ends=exchange.began + timedelta(seconds=exchange.seconds),
        kind=SpanKind.CLIENT,
        attributes=told,
        error=None if exchange.is_accepted else (exchange.answer or "no_answer"),
    )
