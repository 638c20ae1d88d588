"""
The commands about rules: which messages go to which channels, written down in files.
"""

from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.routes import Revision
from smscore.rulebook import Rulebook, as_document, as_toml, difference, read_rulebook
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import instant, several, show_json, show_table
from smscore_server._rule_trials import backtest_rules, try_rules

__all__ = ["rules"]

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def rules() -> None:
    """
    Say which messages go to which channels.

    The first rule whose conditions hold decides which channels may carry a message, in order, or
    that it is refused. Without one, messages of the queue API go to the account's phones and all
    others to every configured channel. docs/routing.md explains each key.

    \b
    A file of rules:
      [[routes]]
      name = "germany"
      prefixes = ["+49"]
      channels = ["modem-1", "phones"]
    """


rules.add_command(try_rules)
rules.add_command(backtest_rules)


@rules.command("export")
@click.option("--revision", type=WholeNumber(min=0), metavar="N", help="As they were then.")
@json_option
@config_option
def export_rules(*, revision: int | None, as_json: bool, config_file: Path) -> None:
    """
    Print the rules, in the form in which 'plan' and 'apply' take them.

    The file says from which revision it is: should somebody else change the rules before you apply
    yours, you are told so. Without that line they are replaced whatever they are.

    \b
    Example: smscore rules export > rules.toml
    JSON keys: revision; routes, inbound: lists of rules with the keys that they have in files
    """
    with opened(config_file) as gateway:
        found = gateway.rules.current() if revision is None else gateway.rules.revision(revision)
    if as_json:
        show_json(as_document(Rulebook.of(found)))
        return
    click.echo(as_toml(Rulebook.of(found)), nl=False)
    if not found.routes:
        click.echo("# no rules for what goes out: queue API to phones, others to all channels")


@rules.command("plan")
@_file
@json_option
@config_option
def plan_rules(*, file: Path, as_json: bool, config_file: Path) -> None:
    """
    Show what 'apply' would change, and change nothing.

    All that 'apply' would refuse is refused here, too.

    \b
    Example: smscore rules plan rules.toml
    JSON keys: revision (in force), is_changed, difference: a list of lines
    """
    with opened(config_file) as gateway:
        book, now = read_rulebook(file), gateway.rules.current()
        gateway.rules.check(book.routes, inbound=book.inbound, expected=book.revision)
    lines = difference(Rulebook.of(now), book)
    if as_json:
        show_json({"revision": now.number, "is_changed": bool(lines), "difference": lines})
    else:
        click.echo("\n".join(lines) or f"nothing would change; revision {now.number} is the same")


@rules.command("apply")
@_file
@click.option("--why", callback=check_text, default="", metavar="TEXT", help="For the history.")
@json_option
@config_option
def apply_rules(*, file: Path, why: str, as_json: bool, config_file: Path) -> None:
    """
    Replace the rules by those of a TOML file.

    A running server follows within a second; messages accepted before keep their way. If the rules
    are the same, nothing changes.

    \b
    Example: smscore rules apply rules.toml --why "SIMs for Austria"
    JSON keys: revision; routes: as of 'smscore rules export --json'
    """
    with opened(config_file) as gateway:
        book = read_rulebook(file)
        made = gateway.rules.apply(
            book.routes, inbound=book.inbound, expected=book.revision, why=why
        )
    _show_revision(made, as_json=as_json)


@rules.command("rollback")
@click.argument("revision", type=WholeNumber(min=0), required=False)
@json_option
@config_option
def rollback_rules(*, revision: int | None, as_json: bool, config_file: Path) -> None:
    """
    Put the rules of an earlier revision in force again.

    They become a revision of their own, so that this can be taken back as well. Without a REVISION
    it is the one before.

    \b
    Example: smscore rules rollback 3
    JSON keys: revision; routes: as of 'smscore rules export --json'
    """
    with opened(config_file) as gateway:
        number = _one_before(gateway) if revision is None else revision
        made = gateway.rules.rollback(number)
    _show_revision(made, as_json=as_json)


@rules.command("history")
@json_option
@config_option
def list_revisions(*, as_json: bool, config_file: Path) -> None:
    """
    List the revisions of the rules, newest first.

    \b
    Example: smscore rules history
    JSON: a list with revision, at, rules (how many), why
    """
    with opened(config_file) as gateway:
        found = gateway.rules.revisions()
    rows = [(one.number, instant(one.at), one.count, one.why or None) for one in found]
    columns = ("revision", "at", "rules", "why")
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        show_table(columns, rows)


def _one_before(gateway: Gateway) -> int:
    return max(0, gateway.rules.current().number - 1)


def _show_revision(made: Revision, *, as_json: bool) -> None:
    if as_json:
        show_json(as_document(Rulebook.of(made)))
    else:
        click.echo(f"{several(made.count, 'rule')} in force, revision {made.number}")
