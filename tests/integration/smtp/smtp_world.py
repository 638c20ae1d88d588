"""
A gateway in memory with its SMTP door open on a free port of this machine.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

import attrs
from measured import measured

import smscore
from smscore import GatewayConfig
from smscore.domain.credentials import Permission
from smscore.errors import StoreError
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator
from smscore_smtp import SmtpDoor

DOMAIN = "sms.example.org"
NUMBER = f"00491701234567@{DOMAIN}"
NAME = "mailer.example.org"


class FailingStore(MemoryStore):
    """Raises what it is told to, instead of changing anything."""

    fault: StoreError | None = None

    def run(self, work: Callable[[Any], Any], **options: Any) -> Future[Any]:
        if self.fault is not None:
            raise self.fault
        return super().run(work, **options)


@attrs.frozen(kw_only=True)
class Place:
    """The door, and what one needs to look behind it."""

    door: SmtpDoor
    gateway: smscore.Gateway
    store: FailingStore
    clock: ManualClock

    def connect(self) -> smtplib.SMTP:
        """A mailer of Python's own."""
        host, port = self.door.address
        return smtplib.SMTP(host, port, local_hostname=NAME, timeout=10)

    def send(self, mail: EmailMessage | bytes, *to: str, sender: str = "alarm@example.org") -> str:
        """Hand a mail over, and return the last answer: of the first that is none of 250."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        with self.connect() as mailer:
            mailer.ehlo()
            answers = [mailer.mail(sender), *(mailer.rcpt(one) for one in to or (NUMBER,))]
            if all(code == 250 for code, _ in answers):
                answers.append(mailer.data(content))
        code, text = next((one for one in answers if one[0] != 250), answers[-1])
        return f"{code} {text.decode()}"

    def talk(self) -> "Talk":
        """A connection without a library."""
        return Talk(self.door.address)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Who is to get what, oldest first."""
        found = self.gateway.inquiry.messages(limit=1000)
        return [(one.message.recipient.value, one.message.text) for one in reversed(found)]


class Talk:
    """Says octets, hears lines."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def say(self, *lines: str | bytes) -> None:
        octets = [line.encode() if isinstance(line, str) else line for line in lines]
        self._socket.sendall(b"".join(line + b"\r\n" for line in octets))

    def say_raw(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def hear(self) -> str:
        """One answer, its lines but for the last without what follows; empty at the end."""
        while (line := self._lines.readline().decode())[3:4] == "-":
            pass
        return line.rstrip("\r\n")

    def encrypt(self, context: ssl.SSLContext) -> None:
        """What comes after the answer to STARTTLS."""
        self._lines.close()
        self._socket = context.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._lines = self._socket.makefile("rb")

    def begin(self, *to: str, sender: str = "alarm@example.org") -> None:
        """All up to the mail itself."""
        self.say(f"EHLO {NAME}", f"MAIL FROM:<{sender}>")
        self.say(*(f"RCPT TO:<{one}>" for one in to or (NUMBER,)), "DATA")
        heard = [self.hear() for _ in range(4 + len(to or (NUMBER,)))]
        assert heard[-1].startswith("354"), heard


@contextmanager
def open_place(
    *, account: dict[str, Any] | None = None, plugins: Sequence[Any] = (), **options: Any
) -> Iterator[Place]:
    """The gateway with one account and its user, and the door, until the block ends."""
    table = {"domains": [DOMAIN], "clients": [{"account": "acme"}], "port": 0, **options}
    clock = ManualClock()
    store = FailingStore(clock=clock)
    with smscore.build(
        GatewayConfig.from_mapping({"smtp": table, "plugins": {"enabled": ["policy"]}}),
        store=store,
        transports={"sim": FakeTransport()},
        authenticator=PlainAuthenticator(store, clock=clock),
        clock=clock,
        plugins=plugins,
    ) as gateway:
        operator = gateway.administration
        given = {"tariff": "unlimited", "credits": 1000, "home_country": "DE", **(account or {})}
        operator.create_account("acme", **given)
        operator.create_user(
            "mailer", account="acme", password="secret-word", permissions=[Permission.API_SEND]
        )
        with measured(gateway), SmtpDoor(gateway).running() as door:
            yield Place(door=door, gateway=gateway, store=store, clock=clock)


def a_mail(body: str = "The pump has stopped.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "alarm@example.org"
    mail["Subject"] = "Pump"
    mail["Message-ID"] = "<1@example.org>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail
