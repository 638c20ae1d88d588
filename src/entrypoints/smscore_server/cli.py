"""
The command line: every command by its name, loaded when it is called.
"""

import gc
import importlib
from collections.abc import Sequence

import click

from smscore_server._output import Failure, end_mute, is_of_output

__all__ = ["main", "smscore"]

_COMMANDS = {
    "demo": ("demo", "Try everything: a gateway, two simulated modems and a phone."),
    "init": ("setup", "Write a commented smscore.toml and create the database and the key file."),
    "migrate": ("setup", "Bring the database up to date after smscore was upgraded."),
    "serve": ("serve", "Run the gateway: the HTTP surfaces and the configured channels."),
    "agent": ("agent", "Send for another server: fetch its messages, tell what became of them."),
    "check": ("check", "Say what is wrong with an installation, and how to mend it."),
    "account": ("accounts", "Create accounts, look at them, change what they may spend and do."),
    "user": (
        "users",
        "Create system users, who log in with a password, and change what they may do.",
    ),
    "token": ("access", "Show or renew the token with which an account's phones log in."),
    "key": ("access", "Issue keys of the provider API, list them and take them back."),
    "contact": ("contacts", "Keep contacts: people whom an account writes to by name."),
    "group": ("groups", "Keep groups of contacts: one name for several people."),
    "send": ("sending", "Send one text and print its id."),
    "estimate": ("estimate", "Say what a text would cost, and why."),
    "messages": (
        "messages",
        "List messages, resend them, call them back; see what arrived.",
    ),
    "status": ("messages", "Say how far a message got."),
    "explain": ("explaining", "Tell the whole story of a message."),
    "queue": ("phones", "Put back what phones were handed and have said nothing of."),
    "device": ("phones", "List the phones that poll and report; forget one."),
    "channel": ("channels", "Pause channels, let them run empty, resume them; see what waits."),
    "servers": ("servers", "List the servers on the store: who lives, and what each of them does."),
    "modem": (
        "modem",
        "Look at modems and try them: signal, SIM, inbox, balance, one text.",
    ),
    "rules": ("rules", "Say which messages go to which channels."),
    "consent": ("consent", "See and say who must not be written to."),
    "webhooks": ("webhooks", "See who is told what happened, what became of it; tell it again."),
    "alerts": ("alerts", "See what is wrong and who has heard of it; send a trial."),
    "app": ("apps", "Publish the app for phones: its versions, which of them is active."),
    "audit": ("auditing", "Show what people did: who, when, what, to what; the newest first."),
    "prune": ("upkeep", "Drop messages that ended long ago, and what was received then."),
    "erase": ("erasing", "Erase a person: every text and number of theirs, wherever it is kept."),
    "backup": ("upkeep", "Copy the database and the key file into a directory."),
    "openapi": ("openapi", "Print the description of the HTTP surfaces in OpenAPI 3.1."),
    "plugins": ("plugins", "List the installed plugins."),
    "simulate": ("simulate", "Run simulated modems on pseudo-terminals until stopped."),
}
"""By name: the module that has the command, and its first sentence, for a quick ``--help``."""


class _LazyGroup(click.Group):
    """A group whose commands are imported one by one, when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"smscore_server.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except _ours() as refusal:
            raise Failure(str(refusal)) from refusal


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="smscore", message="%(package)s %(version)s")
def smscore() -> None:
    """
    An SMS gateway: try it, set it up, run it, look into it.

    \b
    First steps:
      smscore demo                        see messages travel, without any hardware
      smscore init && smscore check       set up an installation of your own
      smscore serve                       run it

    Every command explains itself with --help and takes --config FILE; those that show something
    print JSON with --json. They work beside a running server.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 refused or failed, 2 called wrongly."""
    # Importing makes much that stays and little garbage: without its collector a server starts a
    # fifth faster. Whatever runs for long turns it on again.
    gc.disable()
    try:
        smscore.main(args=arguments, prog_name="smscore")
    except OSError as fault:
        if not is_of_output(fault):
            raise
        end_mute(fault)


def _ours() -> type[Exception]:
    # Python asks for this only once something was raised: the core is slow to import for --help.
    from smscore.errors import GatewayError

    return GatewayError
