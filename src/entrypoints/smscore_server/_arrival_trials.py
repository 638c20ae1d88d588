"""
Inbound rules tried by commands: what would become of a message that arrives, in words.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from smscore.domain.destinations import Destination, Forward
from smscore.domain.inbound import InboundKind
from smscore.domain.matching import NearMiss
from smscore.rulebook import asked_as_toml, read_rulebook
from smscore.services._forwarding import Outcome
from smscore.services.inbound_trials import Applied, InboundVerdict
from smscore_server._opening import opened
from smscore_server._output import printable, several, show_fields, show_json
from smscore_server._times import When

__all__ = [
    "applied_as_document",
    "miss_as_document",
    "tell_applied",
    "tell_miss",
    "try_arrival",
]


def try_arrival(
    file: Path | None,
    *,
    sender: str,
    text: str,
    kind: InboundKind,
    account: str | None,
    channel: str,
    at: When | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """Show what would become of a message that arrives."""
    book = None if file is None else read_rulebook(file)
    with opened(config_file) as gateway:
        verdict = gateway.inbound_trials.consider(
            sender=sender,
            text=text,
            kind=kind,
            account=account,
            channel=channel,
            at=at.begin(gateway.clock.now()) if at else None,
            routes=None if book is None else book.routes,
            inbound=None if book is None else book.inbound,
        )
    if as_json:
        show_json(_verdict_as_document(verdict))
    else:
        show_fields(_tell_verdict(verdict))


def miss_as_document(miss: NearMiss) -> dict[str, str]:
    """A rule that nearly matched, for programs."""
    return {
        "rule": miss.rule,
        "failed": miss.failed,
        "asked": asked_as_toml(miss.condition, miss.failed),
    }


def tell_miss(miss: NearMiss) -> str:
    """The same for people."""
    return printable(f"rule {miss.rule}, but for {asked_as_toml(miss.condition, miss.failed)}")


def applied_as_document(applied: tuple[Applied, ...] | None) -> list[dict[str, object]] | None:
    """What rules do to a message, for programs."""
    if applied is None:
        return None
    return [
        {"rule": one.rule, "destinations": [_label(to) for to in one.destinations]}
        for one in applied
    ]


def tell_applied(applied: tuple[Applied, ...] | None) -> str:
    """The same for people."""
    if applied is None:
        return "unknown"
    told = (f"{one.rule}: {', '.join(map(_label, one.destinations)) or 'stop'}" for one in applied)
    return printable("; ".join(told)) or "nothing"


def _label(destination: Destination) -> str:
    if isinstance(destination, Forward):
        return f"{destination.label} by {destination.by}"
    return destination.label


def _tell_verdict(verdict: InboundVerdict) -> Iterator[tuple[str, object]]:
    for matched, outcomes in verdict.matched:
        yield "rule", matched.rule.name
        if matched.rule.replace is not None:
            yield "text", matched.text
        for outcome in outcomes:
            yield from _tell_outcome(outcome)
        if matched.rule.stop:
            yield "stop", "rules that follow are not asked"
    if not verdict.matched:
        yield "rule", "none matches: it is kept, and that is all"
    for miss in verdict.near_misses:
        yield "nearly", tell_miss(miss)


def _tell_outcome(outcome: Outcome) -> Iterator[tuple[str, object]]:
    label = _label(outcome.destination)
    who = f"{label} ({outcome.member})" if outcome.member else label
    if outcome.refusal is not None:
        yield "not", f"{who}: {outcome.refusal}"
    elif (plan := outcome.plan) is None:
        yield "calls", who
    else:
        channels = plan.way.channels.replace(", ", ", else ")
        yield "to", f"{who}: {plan.message.recipient}, {channels}, {several(plan.charge, 'credit')}"
        yield "reads", plan.message.text


def _verdict_as_document(verdict: InboundVerdict) -> dict[str, object]:
    return {
        "matched": [
            {
                "rule": matched.rule.name,
                "text": matched.text,
                "outcomes": [_outcome_as_document(one) for one in outcomes],
            }
            for matched, outcomes in verdict.matched
        ],
        "near_misses": _misses(verdict.near_misses),
    }


def _misses(misses: Sequence[NearMiss]) -> list[dict[str, str]]:
    return [miss_as_document(one) for one in misses]


def _outcome_as_document(outcome: Outcome) -> dict[str, object]:
    plan, refusal = outcome.plan, outcome.refusal
    return {
        "destination": _label(outcome.destination),
        "member": outcome.member or None,
        "to": plan and plan.message.recipient.value,
        "text": plan and plan.message.text,
        "channels": plan and [leg.channel for leg in plan.route],
        "credits": plan and plan.charge,
        "refusal": refusal and {"code": refusal.code, "error": str(refusal)},
    }
