from collections.abc import Callable
from datetime import UTC, datetime

import attrs
import pytest
import serial

from smscore.domain.headers import (
    Concatenation,
    Ports,
    concatenation_element,
    ports_element,
    ports_of,
    write_elements,
)
from smscore.ports.transport import Transport
from smscore.testing.fakes import RecordingSink
from smscore_modem._pdu import (
    Coding,
    Deliver,
    Scheme,
    Submit,
    TimeStamp,
    UserData,
    decode_incoming,
    encode_submit,
)
from smscore_modem.simulator import ModemSimulator

PATIENCE = 5.0
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OpenChannel = Callable[..., Transport]


def a_delivery(header: bytes = b"", *, coding: Coding = Coding.GSM7) -> Deliver:
    data = UserData(coding=coding, content=b"hello", header=header)
    return Deliver(sender="Newsbox", user_data=data, sent_at=NOON)


def a_part() -> Deliver:
    place = Concatenation(reference=7, total=2, number=1)
    return a_delivery(write_elements(concatenation_element(place)))


@pytest.mark.parametrize(("message", "fingerprints"), [(a_part(), 1), (a_delivery(), 2)])
def test_only_a_part_that_is_repeated_elsewhere_is_the_same(
    open_channel: OpenChannel,
    modem_simulator: ModemSimulator,
    sink: RecordingSink,
    message: Deliver,
    fingerprints: int,
) -> None:
    # A whole text may be sent twice in one second; a part has its number.
    for _ in range(2):
        assert modem_simulator.modems[0].deliver(message)
    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 2)
    assert len({part.fingerprint for part in sink.parts}) == fingerprints


def test_octets_for_an_application_arrive_with_their_header(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink
) -> None:
    ports = Ports(destination=2948, source=9200)
    header = write_elements(ports_element(ports))
    modem_simulator.modems[0].deliver(a_delivery(header, coding=Coding.BINARY))
    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    (part,) = sink.parts
    assert (part.coding, part.user_data, ports_of(part.header)) == (Coding.BINARY, b"hello", ports)


@pytest.mark.parametrize("octet", [0x10, 0x40, 0xC8, 0xD8, 0x84])
def test_a_message_of_any_scheme_and_protocol_and_without_a_time_arrives(
    open_channel: OpenChannel, modem_simulator: ModemSimulator, sink: RecordingSink, octet: int
) -> None:
    odd = attrs.evolve(
        a_delivery(),
        scheme=Scheme(octet=octet),
        protocol=0x40,
        sent_at=TimeStamp(octets=b"\xff" * 7),
    )
    modem_simulator.modems[0].deliver(odd)
    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    (part,) = sink.parts
    assert (part.sender, part.user_data, part.sent_at) == ("Newsbox", b"hello", None)


def test_what_was_submitted_is_delivered_with_its_scheme_header_and_protocol(
    modem_simulator: ModemSimulator,
) -> None:
    header = write_elements(ports_element(Ports(destination=2948, source=9200)))
    submit = Submit(
        recipient=modem_simulator.numbers[1],
        user_data=UserData(coding=Coding.UCS2, content="grüße".encode("utf-16-be"), header=header),
        scheme=Scheme.of(Coding.UCS2, 2),
        protocol=0x42,
        has_reply_path=True,
    )
    pdu = encode_submit(submit)
    with serial.Serial(modem_simulator.ports[0], timeout=PATIENCE) as sender:
        sender.write(f"ATE0;+CMGS={len(pdu) - 1}\r".encode())
        sender.read_until(b"> ")
        sender.write(pdu.hex().encode() + b"\x1a")
        assert sender.read_until(b"OK\r\n").endswith(b"OK\r\n")
    with serial.Serial(modem_simulator.ports[1], timeout=PATIENCE) as receiver:
        receiver.write(b"ATE0\r")
        receiver.read_until(b"OK\r\n")
        receiver.write(b"AT+CMGR=1\r")
        answer = receiver.read_until(b"OK\r\n").decode()

    message = decode_incoming(bytes.fromhex(answer.split()[-2]))
    assert isinstance(message, Deliver)
    assert (message.user_data, message.scheme) == (submit.user_data, submit.scheme)
    assert (message.protocol, message.has_reply_path) == (0x42, True)
    assert str(message.sender) == modem_simulator.numbers[0]
