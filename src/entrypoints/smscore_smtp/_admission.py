"""
Who may send what to whom through the door: decided from addresses alone, without a look at a store.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import attrs
from msgspec import Struct

from smscore_smtp._options import LOOPBACK, SmtpOptions

__all__ = ["Admission", "Inbox", "Mailbox", "Peer", "looks_like_a_number"]

_NUMBER = re.compile(r"\+?[0-9]{7,20}|00[0-9]{1,18}|\+[0-9]{1,20}")
_PUNCTUATION = str.maketrans("", "", " -./()")


class Mailbox(Struct, frozen=True, kw_only=True):
    """An address, parted at its last @; the domain in lower case."""

    local: str
    domain: str

    @classmethod
    def parse(cls, address: str) -> "Mailbox | None":
        """The two parts; None if there are not two."""
        local, at, domain = address.rpartition("@")
        if not (local and at and domain):
            return None
        return cls(local=_unquoted(local), domain=domain.lower())

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class Inbox(Struct, frozen=True, kw_only=True):
    """An address whose mails are received; ``account`` is whose they are, None nobody's."""

    address: str
    account: str | None


@attrs.frozen(kw_only=True)
class Peer:
    """Who is speaking: from where, and as whom it sends; an empty sender is a machine's report."""

    address: str
    sender: str = ""


class Admission:
    """What the configuration allows."""

    def __init__(self, options: SmtpOptions) -> None:
        self._options = options
        self._domains = {domain.lower() for domain in options.domains}
        self._inboxes = {
            address.lower(): Inbox(address=address.lower(), account=account or None)
            for address, account in options.inboxes.items()
        }

    def may_speak(self, peer: Peer) -> bool:
        """Whether anything at all is taken from there."""
        networks = self._options.networks
        return networks is None or _is_within(peer.address, networks)

    def may_log_in(self, peer: Peer, *, is_encrypted: bool) -> bool:
        """Whether a password may be said; on the way from this machine nobody listens."""
        return is_encrypted or self._options.login_without_tls or _is_within(peer.address, LOOPBACK)

    def may_send(self, peer: Peer) -> bool:
        """Whether the sender's mails are taken at all."""
        if _is_listed(peer.sender, self._options.deny):
            return False
        return self._options.allow is None or _is_listed(peer.sender, self._options.allow)

    def is_ours(self, mailbox: Mailbox) -> bool:
        """Whether recipients in this domain are ours; for all others we would be a relay."""
        return mailbox.domain in self._domains or str(mailbox).lower() in self._inboxes

    def inbox(self, mailbox: Mailbox) -> Inbox | None:
        """Where the mail is received, if it is to be."""
        return self._inboxes.get(str(mailbox).lower())

    def account_of(self, peer: Peer, mailbox: Mailbox) -> str | None:
        """The account for which the peer may send to there without a login; None: for none."""
        for client in self._options.clients:
            if (
                _is_within(peer.address, client.networks)
                and (client.senders is None or _is_listed(peer.sender, client.senders))
                and (client.domains is None or _is_one_of(mailbox.domain, client.domains))
            ):
                return client.account
        return None


def looks_like_a_number(local: str) -> bool:
    """
    Whether what stands before the @ is a number, and not the id or name of a contact.

    Fewer than seven digits are an id: nobody's mistyped id may call an emergency number.
    """
    return _NUMBER.fullmatch(local.translate(_PUNCTUATION)) is not None


def _unquoted(local: str) -> str:
    """RFC 5321, 4.1.2: a quoted string means what is in it."""
    if len(local) > 1 and local[0] == local[-1] == '"':
        return re.sub(r"\\(.)", r"\1", local[1:-1])
    return local


def _is_listed(sender: str, entries: Iterable[str]) -> bool:
    lowered = sender.lower()
    domain = "@" + lowered.rpartition("@")[2]
    return any(entry.lower() in (lowered, domain) for entry in entries)


def _is_one_of(domain: str, domains: Iterable[str]) -> bool:
    return domain in {one.lower() for one in domains}


def _is_within(address: str, networks: Iterable[str]) -> bool:
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return any(parsed in ip_network(network) for network in networks)
