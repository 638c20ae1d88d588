"""
How the gateway of a world is set up: its channels, its account, and its rules.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.routes import Route

__all__ = [
    "ATTEMPTS",
    "CREDITS",
    "DEAR",
    "FAILING",
    "HOSTS",
    "POLICIES",
    "PREFIXES",
    "PRICES",
    "REFUSED",
    "Credentials",
    "config",
    "furnish",
]

CREDITS = 1_000_000
ATTEMPTS = {"modem-1": 2, "modem-2": 6, "modem-3": 2}
POLICIES = {"modem-1": "indeterminate", "modem-2": "resend", "modem-3": "fail"}
PRICES = {"modem-1": 1, "modem-2": 2, "modem-3": 3}
PREFIXES = {"modem-1": "+49170", "modem-2": "+49171", "modem-3": "+49172"}
HOSTS = {"modem-1": "channels-1", "modem-2": "channels-2", "modem-3": "channels-2"}
DEAR = "+49174"  # charged for the dearest channel, carried by the cheapest
REFUSED = "+99905"  # by every modem
FAILING = "+99901"  # taken, and reported as failed

_CONFIG = """
[store]
url = "{store}"

[http]
access_log = false
explain = true
"""
_CHANNEL = """
[channels.{name}]
transport = "{transport}"
port = "{port}"
gap = 0
price = {price}
account = "acme"
in_doubt = "{policy}"
retry = {{ max_attempts = {attempts}, first_delay = 0.1, factor = 1.0 }}
"""
_GROUP = """
[groups.modems]
channels = ["modem-1", "modem-2", "modem-3"]
"""


@attrs.frozen(kw_only=True)
class Credentials:
    """What the three surfaces ask for."""

    user: str
    password: str
    token: str
    key: str


def config(
    *, store: str, transport: str, ports: Sequence[str], hosts: Mapping[str, str] | None = None
) -> str:
    """
    That of a gateway on this store with a channel of this kind on each port.

    ``hosts`` are the only servers that may run a channel.
    """
    channels = [
        _CHANNEL.format(
            name=channel,
            transport=transport,
            port=port,
            price=PRICES[channel],
            policy=policy,
            attempts=ATTEMPTS[channel],
        )
        + (f'runs_on = "{hosts[channel]}"\n' if hosts and channel in hosts else "")
        for (channel, policy), port in zip(POLICIES.items(), ports, strict=True)
    ]
    return "".join([_CONFIG.format(store=store), *channels, _GROUP])


def furnish(path: Path) -> Credentials:
    """Make what the configuration in this file names, with an account that may do everything."""
    smscore.migrate(smscore.GatewayConfig.from_toml(path))
    with smscore.build(smscore.GatewayConfig.from_toml(path)) as gateway:
        operator = gateway.administration
        operator.create_account("acme", tariff="unlimited", credits=CREDITS, home_country="DE")
        operator.create_user(
            "apiuser", account="acme", password="correct horse", permissions=[Permission.API_SEND]
        )
        gateway.rules.apply(_rules())
        return Credentials(
            user="apiuser",
            password="correct horse",
            token=operator.token("acme").secret,
            key=operator.create_key("acme").secret,
        )


def _rules() -> list[Route]:
    return [
        *(
            Route(name=f"to-{channel}", prefixes=(prefix,), channels=(channel,))
            for channel, prefix in PREFIXES.items()
        ),
        Route(name="dear", prefixes=(DEAR,), channels=("modem-1", "modem-3")),
        Route(name="others", prefixes=(REFUSED, FAILING), channels=("modems",)),
    ]
