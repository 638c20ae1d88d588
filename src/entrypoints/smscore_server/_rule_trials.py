"""
The commands that try rules: on a message that nobody sends, and on those that were accepted.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from smscore.domain.inbound import InboundKind
from smscore.domain.messages import Medium, Priority, Surface
from smscore.domain.routes import Route
from smscore.rulebook import read_rulebook
from smscore.services.trials import Decision, Verdict
from smscore_server._arrival_trials import (
    applied_as_document,
    miss_as_document,
    tell_applied,
    tell_miss,
    try_arrival,
)
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import printable, several, show_fields, show_json
from smscore_server._replay_report import ReplayReport
from smscore_server._times import When, parse_ago, parse_ahead

__all__ = ["backtest_rules", "try_rules"]

_file = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)


@click.command("test")
@_file
@click.option(
    "--account", callback=check_text, metavar="NAME", help="Who sends it, or whose channel it is."
)
@click.option("--to", callback=check_text, metavar="RECIPIENT", help="To whom.")
@click.option("--text", required=True, callback=check_text, help="What it would say.")
@click.option("--from", "sender", callback=check_text, metavar="SENDER", help="Who sends it.")
@click.option(
    "--surface",
    type=click.Choice([one.value for one in Surface]),
    help=f"The door by which it would come; {Surface.COMMAND.value}, if not given.",
)
@click.option(
    "--priority",
    type=click.Choice([one.name.lower() for one in Priority]),
    help=f"{Priority.NORMAL.name.lower()}, if not given.",
)
@click.option(
    "--medium",
    type=click.Choice([one.value for one in Medium]),
    help=f"{Medium.SMS.value}, if not given.",
)
@click.option(
    "--kind",
    type=click.Choice([one.value for one in InboundKind]),
    help=f"As what it arrives; {InboundKind.SMS.value}, if not given.",
)
@click.option("--channel", callback=check_text, metavar="NAME", help="Where it arrives.")
@click.option("--at", callback=parse_ahead, metavar="TIME", help="When; now, if not given.")
@json_option
@config_option
def try_rules(
    *,
    file: Path | None,
    account: str | None,
    to: str | None,
    text: str,
    sender: str | None,
    surface: str | None,
    priority: str | None,
    medium: str | None,
    kind: str | None,
    channel: str | None,
    at: When | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Say what would become of a message, and why; nothing is sent or stored.

    With --to it would go out, and --account sends it; without, it would arrive --from somebody, on
    a channel of --account or of nobody.

    By the rules of FILE, or those in force. Rules that nearly matched are shown with the one thing
    that did not hold. Exit status 1 if the message would be refused.

    \b
    Example: smscore rules test --account shop --to +491701234567 --text "Your code is 123456"
             smscore rules test --account shop --from +491701234567 --text "ALARM 7: fire"
    JSON keys: rule, channels: a list; credits, parts; refusal: code, error;
               near_misses: a list of rule, failed, asked.
               Of what arrives: matched: a list of rule, text, outcomes: a list of destination,
               member, to, text, channels, credits, refusal; near_misses
    """
    if to is None:
        _check_unneeded(surface=surface, priority=priority, medium=medium)
        if sender is None:
            raise click.UsageError("say --to for one that goes out, or --from for one that arrives")
        try_arrival(
            file,
            sender=sender,
            text=text,
            kind=InboundKind(kind or InboundKind.SMS),
            account=account,
            channel=channel or "",
            at=at,
            as_json=as_json,
            config_file=config_file,
        )
        return
    _check_unneeded(kind=kind, channel=channel)
    if account is None:
        raise click.UsageError("say with --account who sends it")
    with opened(config_file) as gateway:
        verdict = gateway.trials.consider(
            account=account,
            to=to,
            text=text,
            sender=sender,
            surface=Surface(surface or Surface.COMMAND),
            priority=Priority[(priority or Priority.NORMAL.name).upper()],
            medium=Medium(medium or Medium.SMS),
            at=at.begin(gateway.clock.now()) if at else None,
            routes=_routes(file),
        )
    if as_json:
        show_json(_verdict_as_document(verdict))
    else:
        show_fields(_tell_verdict(verdict))
    if verdict.refusal is not None:
        raise click.exceptions.Exit(1)


@click.command("backtest")
@_file
@click.option(
    "--since",
    required=True,
    callback=parse_ago,
    metavar="TIME",
    help="Messages since then: a day in UTC, a time, or like 2h.",
)
@click.option(
    "--limit",
    type=WholeNumber(0, 100_000),
    default=20,
    show_default=True,
    help="Show so many of those that would differ.",
)
@json_option
@config_option
def backtest_rules(
    *, file: Path | None, since: When, limit: int, as_json: bool, config_file: Path
) -> None:
    """
    Decide once more about the messages of the past, and say what would differ.

    About those that were accepted, and those that arrived.

    By the rules of FILE, or those in force: with unchanged rules and channels nothing differs. What
    was refused was not stored, and is not looked at.

    \b
    Example: smscore rules backtest rules.toml --since 7d
    JSON keys: messages, different, unknown (their story is not whole any more);
               changes: a list of was, would_be, messages (how many);
               examples: a list of id, account, at, was, would_be;
               each of these: rule, channels, credits, refusal;
               inbound: the same of messages that arrived, by lists of rule, destinations
    """
    out = ReplayReport("message", limit=limit, tell=_tell, as_document=_decision_as_document)
    arrived = ReplayReport(
        "message that arrived",
        plural="messages that arrived",
        limit=limit,
        tell=tell_applied,
        as_document=applied_as_document,
    )
    with opened(config_file) as gateway:
        book, names = None if file is None else read_rulebook(file), account_names(gateway)
        routes, inbound = (None, None) if book is None else (book.routes, book.inbound)
        if book is not None:
            gateway.rules.check(book.routes, inbound=book.inbound)
        begin = since.begin(gateway.clock.now())
        for one in gateway.trials.replay(since=begin, routes=routes):
            out.add(one.message, account=one.account, at=one.at, was=one.was, would_be=one.would_be)
        for other in gateway.inbound_trials.replay(since=begin, inbound=inbound):
            arrived.add(
                other.message.id,
                account=other.message.account,
                at=other.message.received_at,
                was=other.was,
                would_be=other.would_be,
            )
    if as_json:
        show_json({**out.as_document(names), "inbound": arrived.as_document(names)})
        return
    out.show(names)
    if arrived.total:
        arrived.show(names)


def _check_unneeded(**options: str | None) -> None:
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(f"--{name} says nothing of a message in this direction")


def _routes(file: Path | None) -> Sequence[Route] | None:
    return None if file is None else read_rulebook(file).routes


def _tell_verdict(verdict: Verdict) -> Iterator[tuple[str, object]]:
    if (plan := verdict.plan) is not None:
        yield "rule", printable(plan.rule) or "none: it goes where the number is linked"
        yield "channels", plan.way.channels.replace(", ", ", else ")
        yield "price", several(plan.charge, "credit")
        yield "parts", plan.segments.count
    else:
        yield "refused", printable(str(verdict.refusal))
    for miss in verdict.near_misses:
        yield "nearly", tell_miss(miss)


def _verdict_as_document(verdict: Verdict) -> dict[str, object]:
    plan, refusal = verdict.plan, verdict.refusal
    return {
        "rule": plan and plan.rule,
        "channels": plan and [leg.channel for leg in plan.route],
        "credits": plan and plan.charge,
        "parts": plan and plan.segments.count,
        "refusal": refusal and {"code": refusal.code, "error": str(refusal)},
        "near_misses": [miss_as_document(miss) for miss in verdict.near_misses],
    }


def _decision_as_document(decision: Decision | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {
        "rule": decision.rule,
        "channels": decision.channels.split(", ") if decision.channels else [],
        "credits": decision.credits,
        "refusal": decision.refusal,
    }


def _tell(decision: Decision | None) -> str:
    if decision is None:
        return "unknown"
    if decision.refusal is not None:
        return f"refused: {printable(decision.refusal)}"
    return f"{printable(decision.rule)}: {decision.channels}, {several(decision.credits, 'credit')}"
