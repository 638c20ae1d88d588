"""
The commands that try rules: on a message that nobody sends, and on those that were accepted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from smscore.domain.messages import AccountId, Medium, Priority, Surface
from smscore.domain.routes import NearMiss, Route
from smscore.rulebook import asked_as_toml, read_rulebook
from smscore.services.trials import Decision, Replayed, Verdict
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import (
    WholeNumber,
    account_option,
    check_text,
    config_option,
    json_option,
)
from smscore_server._output import (
    instant,
    printable,
    several,
    show_fields,
    show_json,
    show_table,
)
from smscore_server._times import When, parse_ago, parse_ahead

__all__ = ["backtest_rules", "miss_as_document", "tell_miss", "try_rules"]

_file = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)


@click.command("test")
@_file
@account_option
@click.option("--to", required=True, callback=check_text, metavar="NUMBER", help="The recipient.")
@click.option("--text", required=True, callback=check_text, help="What it would say.")
@click.option("--from", "sender", callback=check_text, metavar="SENDER", help="Who sends it.")
@click.option(
    "--surface",
    type=click.Choice([one.value for one in Surface]),
    default=Surface.COMMAND.value,
    show_default=True,
    help="The door by which it would come.",
)
@click.option(
    "--priority",
    type=click.Choice([one.name.lower() for one in Priority]),
    default=Priority.NORMAL.name.lower(),
    show_default=True,
)
@click.option(
    "--medium",
    type=click.Choice([one.value for one in Medium]),
    default=Medium.SMS.value,
    show_default=True,
)
@click.option("--at", callback=parse_ahead, metavar="TIME", help="When; now, if not given.")
@json_option
@config_option
def try_rules(
    *,
    file: Path | None,
    account: str,
    to: str,
    text: str,
    sender: str | None,
    surface: str,
    priority: str,
    medium: str,
    at: When | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Say what would become of a message, and why; nothing is sent or stored.

    By the rules of FILE, or those in force. Rules that nearly matched are shown with the one thing
    that did not hold. Exit status 1 if the message would be refused.

    \b
    Example: smscore rules test --account shop --to +491701234567 --text "Your code is 123456"
    JSON keys: rule, channels: a list; credits, parts; refusal: code, error;
               near_misses: a list of rule, failed, asked
    """
    with opened(config_file) as gateway:
        verdict = gateway.trials.consider(
            account=account,
            to=to,
            text=text,
            sender=sender,
            surface=Surface(surface),
            priority=Priority[priority.upper()],
            medium=Medium(medium),
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
    help="Messages accepted since then: a day in UTC, a time, or like 2h.",
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
    Decide once more about the messages that were accepted, and say what would differ.

    By the rules of FILE, or those in force: with unchanged rules and channels nothing differs. What
    was refused was not stored, and is not looked at.

    \b
    Example: smscore rules backtest rules.toml --since 7d
    JSON keys: messages, different, unknown (their story is not whole any more);
               changes: a list of was, would_be, messages (how many);
               examples: a list of id, account, at, was, would_be;
               each of these: rule, channels, credits, refusal
    """
    report = _Report(limit=limit)
    with opened(config_file) as gateway:
        routes, names = _routes(file), account_names(gateway)
        if routes is not None:
            gateway.rules.check(routes)
        for one in gateway.trials.replay(since=since.begin(gateway.clock.now()), routes=routes):
            report.add(one)
    if as_json:
        show_json(report.as_document(names))
    else:
        report.show(names)


class _Report:
    """What would differ: how many messages of each kind, and some of them."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._total = self._unknown = 0
        self._changes: Counter[tuple[Decision | None, Decision | None]] = Counter()
        self._examples: list[Replayed] = []

    def add(self, one: Replayed) -> None:
        self._total += 1
        self._unknown += one.was is None
        if one.is_different:
            self._changes[one.was, one.would_be] += 1
            if len(self._examples) < self._limit:
                self._examples.append(one)

    def as_document(self, names: Mapping[AccountId, str]) -> dict[str, object]:
        changes = self._changes.most_common()
        return {
            "messages": self._total,
            "different": self._changes.total(),
            "unknown": self._unknown,
            "changes": [{**_change_as_document(*pair), "messages": n} for pair, n in changes],
            "examples": [
                {
                    "id": f"{one.message:016x}",
                    "account": names.get(one.account),
                    "at": instant(one.at),
                    **_change_as_document(one.was, one.would_be),
                }
                for one in self._examples
            ],
        }

    def show(self, names: Mapping[AccountId, str]) -> None:
        count = f"{self._changes.total()} of {several(self._total, 'message')}"
        click.echo(f"{count} would be decided otherwise")
        if self._unknown:
            click.echo(f"{several(self._unknown, 'message')} could not be compared")
        changes = self._changes.most_common()
        if changes:
            rows = [(n, _tell(was), _tell(would_be)) for (was, would_be), n in changes]
            show_table(["MESSAGES", "WAS", "WOULD BE"], rows)
        if self._examples:
            click.echo()
            examples = [
                (f"{one.message:016x}", names.get(one.account), instant(one.at))
                for one in self._examples
            ]
            show_table(["ID", "ACCOUNT", "AT"], examples)


def miss_as_document(miss: NearMiss) -> dict[str, str]:
    """A rule that nearly matched, for programs."""
    return {
        "rule": miss.route.name,
        "failed": miss.failed,
        "asked": asked_as_toml(miss.route, miss.failed),
    }


def tell_miss(miss: NearMiss) -> str:
    """The same for people."""
    return printable(f"rule {miss.route.name}, but for {asked_as_toml(miss.route, miss.failed)}")


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


def _change_as_document(was: Decision | None, would_be: Decision | None) -> dict[str, object]:
    return {"was": _decision_as_document(was), "would_be": _decision_as_document(would_be)}


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
