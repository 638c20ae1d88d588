"""
How messages leave and arrive: what a transport promises, and what it is given in return.

Longer than most modules: it is all that authors of transports have to read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from smscore.domain.deliveries import DeliveryReport
from smscore.domain.inbound import InboundPart
from smscore.domain.links import Link
from smscore.domain.messages import Medium, MessageId, Priority
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.domain.recipients import Recipient
from smscore.domain.segments import Segments
from smscore.errors import PermanentFailure
from smscore.ports.measurement import Exchange

__all__ = [
    "CallAnswer",
    "Capabilities",
    "ChannelHealth",
    "Journal",
    "Limited",
    "Operable",
    "Postal",
    "Reachable",
    "SendJob",
    "SendReceipt",
    "Transport",
    "TransportSink",
]


@attrs.frozen(kw_only=True)
class Capabilities:
    """
    What a transport can do, declared and not guessed.

    ``cut`` makes of a text the messages in which it goes out, and always the same; None: it is cut
    as an SMS is. ``needs_device`` says that a channel belongs to the host that its device is in.
    """

    delivery_reports: bool = False
    flash: bool = False
    inbound: bool = False
    sender_id: bool = False
    max_parts: int = 255
    media: tuple[Medium, ...] = (Medium.SMS,)  # never AUTOMATIC, which is a decision
    cut: Callable[[str], Sequence[str]] | None = None
    operations: tuple[str, ...] = ()  # what :class:`Operable` offers
    needs_device: bool = False


@attrs.frozen(kw_only=True)
class SendReceipt:
    """The network took all parts: one reference each in order, None where it gave none."""

    references: tuple[str | None, ...]


@attrs.frozen(kw_only=True)
class SendJob:
    """
    One message for one channel, cut into its parts.

    ``text`` is the whole of it; a call and an e-mail are one part, whatever the text. ``address``
    is that of the recipient's link to the channel, if the medium goes by links.
    """

    message: MessageId
    recipient: Recipient  # an e-mail address if the medium is EMAIL, else a number
    text: str
    segments: Segments
    concat_reference: int  # the same for all parts and all tries; 0 to 255, or to 65535 if wide
    sender: SenderId | None = None
    flash: bool = False
    priority: Priority = Priority.NORMAL
    expires_at: datetime | None = None
    accepted: tuple[int, ...] = ()  # numbers, from 1, of parts that the network has already
    medium: Medium = Medium.SMS
    address: str | None = None

    @property
    def number(self) -> PhoneNumber:
        """
        The recipient's number.

        Raises:
            PermanentFailure: it has none; only a channel of e-mail gets such a job.
        """
        if isinstance(self.recipient, PhoneNumber):
            return self.recipient
        raise PermanentFailure(f"{self.recipient.hint} is no telephone number")

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers, from 1 and in order, of the parts that the network does not have yet."""
        numbers = range(1, self.segments.count + 1)
        return tuple(number for number in numbers if number not in self.accepted)

    def receipt(self, references: Mapping[int, str | None]) -> SendReceipt:
        """The receipt for all parts, given the ``references`` of those that were sent just now."""
        return SendReceipt(references=tuple(map(references.get, range(1, self.segments.count + 1))))


@attrs.frozen(kw_only=True)
class ChannelHealth:
    """
    How a channel is, in one word and one sentence.

    ``is_alarming`` says that only a person can help; ``facts`` are what else is known of it, in the
    transport's words, and among them, as ``remedy``, what that person can do. While it is ready,
    messages below ``least_priority`` wait or go elsewhere. ``has_radio`` says that it needs a SIM
    and a network's signal, whether or not it has them now. ``is_tentative`` says that something
    will be heard within seconds which may put it into question that it is ready. ``fullness`` is
    how full its own store of what arrives is, from 0 to 1, such as a SIM.
    """

    is_ready: bool
    detail: str
    least_priority: Priority = Priority.LOW
    signal_dbm: int | None = None
    identity: str | None = None
    is_alarming: bool = False
    has_radio: bool = False
    is_without_sim: bool = False
    is_tentative: bool = False
    fullness: float | None = None
    facts: Mapping[str, str] = attrs.field(factory=dict)


class TransportSink(Protocol):
    """
    Where a transport puts what arrives. Any thread may call, also before ``send`` returns.

    A call that returns means *stored*: only now may the network's or modem's copy be deleted. One
    that raises means *keep it and offer it again*.
    """

    def received(self, part: InboundPart) -> None: ...

    def reported(self, report: DeliveryReport) -> None: ...

    def linked(self, link: Link) -> None:
        """
        The owner of a number may be written to at the link's address.

        It takes the place of every link of the channel that has the same number or address.
        """
        ...

    def unlinked(self, *, channel: str, address: str) -> None:
        """The address is not to be written to any more. Whether it ever was does not matter."""
        ...


class Journal(Protocol):
    """What must be durable while a message is being sent: a mark is when its call returns."""

    def submitting(self, job: SendJob, part: int) -> None:
        """
        Part ``part`` (from 1) is about to leave: from here on a crash leaves it in doubt.

        Raises:
            NotReady: it must not leave, for that could not be stored. ``send`` raises it, too.
        """
        ...

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        """
        The network took the part and called it ``reference``.

        Raises:
            Indeterminate: that could not be stored. ``send`` raises it, too.
        """
        ...

    def refused(self, job: SendJob, part: int) -> None:
        """The part certainly did not leave: the doubt is lifted, or stays if that fails."""
        ...

    def exchanged(self, exchange: Exchange) -> None:
        """
        Tell whoever measures the gateway of a part and its answer, before that is marked.

        Nothing is stored, and nothing raised. A transport need not call it.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """What :meth:`put` kept under the key for this channel."""
        ...

    def put(self, key: str, value: bytes) -> None: ...


class Transport(Protocol):
    """
    Something that carries messages: one instance per channel.

    ``send`` is called by one thread at a time. It blocks until the network took **all** parts, or
    raises :class:`~smscore.errors.TemporaryFailure`, :class:`~smscore.errors.PermanentFailure` or
    :class:`~smscore.errors.Indeterminate`, and never anything else. It marks each part in the
    journal before and after, and sends those of ``job.missing`` only. With a temporary or permanent
    failure the part that was marked last did certainly not leave.
    """

    def open(self, sink: TransportSink, journal: Journal) -> None:
        """Begin to work. May return before the network is up; called once."""
        ...

    def send(self, job: SendJob) -> SendReceipt: ...

    def health(self) -> ChannelHealth:
        """
        How the channel is right now, without touching the line.

        While it is not ready, nothing is claimed for it, and nothing below its least priority.
        """
        ...

    def close(self) -> None:
        """Stop, and join all threads. May be called twice, and while ``send`` blocks."""
        ...


class Operable(Protocol):
    """A transport that a person may ask for more than sending, such as a modem's balance."""

    def operate(self, operation: str, arguments: Mapping[str, str]) -> Mapping[str, object]:
        """
        Do one of the operations that its capabilities name; the answer is fit for JSON. Blocks.

        Raises:
            InvalidRequest: an argument is missing or wrong.
            TransportError: it could not be done.
        """
        ...


@runtime_checkable
class Postal(Protocol):
    """A transport that can also deliver a mail beside its queue, and without the store."""

    def post(self, *, to: str, subject: str, text: str, mail_id: str) -> None:
        """
        Hand a mail over at once, whether or not the channel is open; blocks, for a minute at most.

        What has the same ``mail_id`` is the same mail, tried again.

        Raises:
            TransportError: it was not taken, or nobody knows.
        """
        ...


class Limited(Protocol):
    """A transport that carries only so much, such as a SIM under its contract."""

    @property
    def daily_parts(self) -> float | None:
        """How many parts a day by its options; None: as many as there are."""
        ...


@attrs.frozen(kw_only=True)
class CallAnswer:
    """What a network hears that has called by HTTP."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@runtime_checkable
class Reachable(Protocol):
    """
    A transport that its network calls by HTTP, ``POST``, at an address that nobody else knows.

    Whoever has a web server finds it by :meth:`smscore.Gateway.reachable`.
    """

    def reachable_at(self, address: str) -> None:
        """
        Learn where calls come in: at this address, a slash and the :attr:`segment`.

        Called before ``open``, if the configuration says where the gateway is.
        """
        ...

    @property
    def segment(self) -> str | None:
        """What nobody can guess, of ASCII and without a slash; None: it is not to be called now."""
        ...

    def answer(self, headers: Mapping[str, str], body: bytes) -> CallAnswer:
        """
        Hear a call; the names of headers are in lower case. Returns when it is stored. Blocks.

        Any thread may call, and several at once. Whatever is raised becomes an error of HTTP.

        Raises:
            PermissionDenied: it is not from the network.
            InvalidRequest: it cannot be understood.
            TransportError: not now.
        """
        ...
