"""
What happened to a message, told to people: one sentence for each event.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from smscore.domain.events import Event
from smscore.domain.messages import Surface
from smscore.domain.routing import PHONES
from smscore.ports.storage import Tracked
from smscore_server._output import instant, printable, several

__all__ = ["tell"]

Detail: TypeAlias = Mapping[str, str | int | None]

_QUEUES = f"{PHONES}/"
_DOORS = {
    Surface.GATEWAY: "by the gateway API",
    Surface.QUEUE: "by the queue API",
    Surface.PROVIDER: "by the provider API",
    Surface.LIBRARY: "from the program that embeds smscore",
    Surface.COMMAND: "by 'smscore send'",
    Surface.EMAIL: "by e-mail",
    Surface.AGENT: "from the server that 'smscore agent' works for",
    Surface.CONSENT: "as the answer to a word of the recipient",
    Surface.RULES: "from a rule for what arrives",
}


def tell(tracked: Tracked, events: Sequence[Event]) -> Sequence[str]:
    """A sentence for each event, in their order."""
    teller = _Teller(tracked)
    return [printable(teller.sentence(event)) for event in events]


class _Teller:
    """Remembers what later events leave out: the channels in their order, and who has it."""

    def __init__(self, tracked: Tracked) -> None:
        self._tracked = tracked
        self._channels: list[str] = []
        self._ways: Mapping[str, Callable[[Detail], str]] = {
            "message.queued": lambda _: "its time has come: it waits for its channel",
            "message.sending": _sending,
            "message.sent": _sent,
            "message.retried": self._retried,
            "message.rerouted": self._rerouted,
            "message.recovered": _recovered,
            "message.released": lambda detail: f"{_channel(detail)} gives it back; it waits again",
            "message.resent": self._resent,
            "message.requeued": _requeued,
            "message.reported": _reported,
            "message.accepted_late": _accepted_late,
            "message.delivered": _delivered,
            "message.failed": _failed,
            "message.expired": lambda _: "expired: its time was over before it was sent",
            "message.cancelled": _cancelled,
            "message.indeterminate": _indeterminate,
        }

    def sentence(self, event: Event) -> str:
        detail = event.detail
        if event.sequence == 1:
            return self._accepted(event)
        way = self._ways.get(event.kind)
        said = way(detail) if way else _plain(event)
        if refunded := detail.get("refunded"):
            said = f"{said}; {several(int(refunded), 'credit')} given back"
        return said

    def _accepted(self, event: Event) -> str:
        self._remember(event.detail)
        said = f"accepted {_DOORS[self._tracked.message.surface]}"
        if left_out := event.detail.get("left_out"):
            said = f"{said}, without {left_out}"
        if event.kind == "message.scheduled":
            time = event.detail.get("turn") or instant(self._tracked.message.not_before)
            return f"{said}, not to be sent before {time}"
        return f"{said}; it waits for {self._first()}"

    def _retried(self, detail: Detail) -> str:
        time = f" at {detail['again_at']}" if detail.get("again_at") else ""
        return f"not sent by {_channel(detail)}{_because(detail)}; it is to be tried again{time}"

    def _rerouted(self, detail: Detail) -> str:
        following = detail.get("to") or self._after(detail.get("channel")) or "the next channel"
        channel, because = _channel(detail), _because(detail)
        match detail.get("why"):
            case None if channel.startswith(_QUEUES):
                said = f"{_phone(detail)} could not send it"
            case "in_doubt":
                said = f"nobody knows whether {channel} sent it{because}"
            case "too_late":
                said = f"{channel} does not get it through{because}"
            case None if detail.get("to"):
                said = f"{channel} cannot send it{because}"
            case _:
                said = f"{channel} refuses it{because}"
        return f"{said}; {following} is next"

    def _resent(self, detail: Detail) -> str:
        if "rule" in detail:
            self._remember(detail)
            paid = int(detail.get("credits") or 0)
            price = f" and {several(paid, 'credit')} taken" if paid else ""
            return (
                f"an operator has it sent again: {_chosen(detail.get('rule'))}{self._first()} "
                f"chosen{price}"
            )
        if "channel" in detail:
            return (
                f"nobody knows whether {_channel(detail)} sent it{_because(detail)}; "
                "it is sent again, as the channel's in_doubt says"
            )
        return "an operator put it back: it waits for a phone again"

    def _remember(self, detail: Detail) -> None:
        self._channels = [one for one in str(detail.get("channels") or "").split(", ") if one]

    def _first(self) -> str:
        return self._channels[0] if self._channels else "its channel"

    def _after(self, channel: object) -> str | None:
        following = self._channels[1:]
        return next(
            (b for a, b in zip(self._channels, following, strict=False) if a == channel), None
        )


def _sending(detail: Detail) -> str:
    if _channel(detail).startswith(_QUEUES):
        return f"{_phone(detail)} fetched it from {detail['channel']}"
    attempt = detail.get("attempt")
    again = f", attempt {attempt}" if attempt not in (None, 1) else ""
    return f"{_channel(detail)} begins to send it{again}"


def _requeued(detail: Detail) -> str:
    if detail.get("why") == "lease":
        return (
            f"{detail.get('error')}, and the account's lease for that is over: "
            "it waits for a phone again"
        )
    return "an operator put it back: it waits for a phone again"


def _phone(detail: Detail) -> str:
    return f"the phone {detail['device']}" if detail.get("device") else "a phone"


def _accepted_late(detail: Detail) -> str:
    return f"{_channel(detail)} has accepted it after all: the recipient may get it twice"


def _sent(detail: Detail) -> str:
    references = str(detail.get("references") or "").split(", ")
    known = [one for one in references if one not in ("", "-")]
    named = f", under the reference{'' if len(known) == 1 else 's'} {', '.join(known)}"
    return f"sent: the network has taken it from {_channel(detail)}{named if known else ''}"


def _recovered(detail: Detail) -> str:
    stopped = f"the server had stopped while {_channel(detail)} held it"
    if "error" in detail:
        doubt = "it waits again, part in doubt included, as the channel's in_doubt says"
        return f"{stopped}{_because(detail)}; {doubt}"
    return f"{stopped}; it waits again, for what has not been sent"


def _reported(detail: Detail) -> str:
    if "part" in detail:
        return _report(detail)
    return f"{_phone(detail)} could not send it; another one may have it, or get it"


def _report(detail: Detail) -> str:
    said = f" ({detail['report']})" if detail.get("report") else ""
    return f"a report for part {detail.get('part')}: {detail.get('outcome', 'unknown')}{said}"


def _delivered(detail: Detail) -> str:
    if "outcome" in detail:
        return f"delivered: {_report(detail)}"
    if device := detail.get("device"):
        return f"delivered, says the phone {device}"
    return "delivered"


def _failed(detail: Detail) -> str:
    whose = f" (part {detail['part']})" if detail.get("part") else ""
    return f"failed{_because(detail)}{whose}"


def _cancelled(detail: Detail) -> str:
    if detail.get("why") in ("recipient_opted_out", "no_route"):
        return f"withheld: {detail.get('error')}"
    return "called back: it will not be sent"


def _indeterminate(detail: Detail) -> str:
    return (
        f"nobody knows whether {_channel(detail)} sent it{_because(detail)}; "
        "it is not sent again unasked"
    )


def _plain(event: Event) -> str:
    told = "; ".join(
        f"{name} {value}" for name, value in event.detail.items() if value not in (None, "")
    )
    return f"{event.kind}: {told}" if told else event.kind


def _channel(detail: Detail) -> str:
    return str(detail.get("channel") or "its channel")


def _because(detail: Detail) -> str:
    return f": {detail['error']}" if detail.get("error") else ""


def _chosen(rule: object) -> str:
    return "" if rule in (None, "", "default") else f"rule {rule} applied, "
