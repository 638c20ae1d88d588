"""
The bundled server over networks that are no farther than its own memory. Its user may do all that
the examples do, and read its metrics.

Called with a directory, for its database, and what its modem hears in dBm, or ``nothing``. Says in
one line of JSON where it is.
"""

import json
import socket
import sys
from functools import partial
from pathlib import Path

import smscore
from smscore.domain.credentials import Permission, User
from smscore.domain.links import Link
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.ports.storage import UnitOfWork
from smscore.ports.transport import ChannelHealth
from smscore.testing import NOON, FakeTransport
from smscore_server._entrances import Entrance
from smscore_server._server import run


class Modem(FakeTransport):
    """A network in memory that is heard well, or not."""

    def __init__(self, heard: str) -> None:
        super().__init__()
        self._dbm = None if heard == "nothing" else int(heard)

    def health(self) -> ChannelHealth:
        return ChannelHealth(
            is_ready=self._dbm is not None, detail="", signal_dbm=self._dbm, has_radio=True
        )


def furnish(gateway: smscore.Gateway) -> None:
    """The user of the examples, whose recipient is on Telegram as well."""
    operator = gateway.administration
    account = operator.create_account("acme", home_country="DE", tariff="unlimited")
    gateway.rules.apply([Route(name="all", channels=("modem",))])
    number = PhoneNumber.parse("+491701234567")
    link = Link(channel="chat", number=number, address="17", linked_at=NOON)
    # Their password is shorter than we let anybody choose.
    user = User(
        name="apiuser",
        account=account.id,
        password_hash=gateway.authenticator.hash_password("secret"),
        permissions=frozenset({Permission.API_SEND, Permission.METRICS}),
    )

    def work(work: UnitOfWork) -> None:
        work.links.put(link)
        work.credentials.add_user(user)

    gateway.store.run(work).result()


directory, heard = Path(sys.argv[1]), sys.argv[2]
config = smscore.GatewayConfig.from_mapping({"http": {"metrics": "login"}}, directory=directory)
smscore.migrate(config)
transports = {"modem": Modem(heard), "chat": FakeTransport(media=(Medium.TELEGRAM,))}
listener = socket.create_server(("127.0.0.1", 0))
with smscore.build(config, transports=transports) as gateway:
    furnish(gateway)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    tell = partial(print, json.dumps(url), flush=True)
    run(gateway, entrances=[Entrance(listener, None)], on_started=tell)
