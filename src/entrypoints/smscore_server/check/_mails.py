"""
What is right and wrong with the door for mails.
"""

from collections.abc import Container, Iterator
from ipaddress import ip_network
from typing import TYPE_CHECKING

from smscore import Gateway
from smscore.errors import GatewayError
from smscore_server.check._findings import Finding, note, ok, wrong

if TYPE_CHECKING:
    from smscore_smtp import SmtpOptions

__all__ = ["mails"]


def mails(gateway: Gateway) -> Iterator[Finding]:
    """Whether it can be opened, who may send, and whether their accounts exist."""
    if not gateway.config.smtp:
        return
    # Loaded here: not everybody has mails.
    from smscore_smtp import check_installed, options_of

    try:
        check_installed()
        options = options_of(gateway.config.smtp)
        accounts = {one.name for one in gateway.inquiry.accounts()}
    except GatewayError as fault:
        yield wrong("smtp", str(fault), remedy="correct [smtp]; docs/email.md explains each key")
        return
    faults = [*_accounts(options, known=accounts), *_strangers(options)]
    yield from faults
    where = f"for {', '.join(options.domains)} on {options.host}:{options.port}"
    has_logins = options.certificate is not None or options.login_without_tls
    if not (faults or options.clients or has_logins):
        yield note("smtp", f"{where}: only programs on this machine can log in")
    elif not faults:
        yield ok("smtp", where)


def _accounts(options: "SmtpOptions", *, known: Container[str]) -> Iterator[Finding]:
    named = {*(one.account for one in options.clients), *filter(None, options.inboxes.values())}
    for name in sorted(named):
        if name not in known:
            yield wrong(
                "smtp",
                f"mails are for {name!r}, which is no account",
                remedy=f"smscore account create {name}, or correct [smtp]",
            )


def _strangers(options: "SmtpOptions") -> Iterator[Finding]:
    for client in options.clients:
        if any(ip_network(network).prefixlen == 0 for network in client.networks):
            yield wrong(
                "smtp",
                f"whoever reaches it may send for {client.account!r}, from anywhere",
                remedy="name the networks of your mailers in [[smtp.clients]], or have them log in",
            )
