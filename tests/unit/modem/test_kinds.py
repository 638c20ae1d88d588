from datetime import UTC, datetime

import pytest

from smscore.domain.headers import (
    Concatenation,
    Element,
    Ports,
    concatenation_element,
    ports_element,
    write_elements,
)
from smscore.domain.inbound import InboundKind
from smscore.domain.user_data import Coding, UserData
from smscore_modem._pdu import Deliver, Scheme
from smscore_modem._traffic._kinds import kind_of

PLACE = concatenation_element(Concatenation(reference=7, total=2, number=1))
PORTS = ports_element(Ports(destination=2948, source=9200))
SPECIAL = Element(identifier=0x01, value=b"\x80\x03")


def a_delivery(*elements: Element, **changes: object) -> Deliver:
    data = UserData(coding=Coding.GSM7, content=b"hello", header=write_elements(*elements))
    return Deliver(
        **{
            "sender": "+491701234567",
            "user_data": data,
            "sent_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (a_delivery(), InboundKind.SMS),
        (a_delivery(PLACE), InboundKind.SMS),
        (a_delivery(protocol=0x40), InboundKind.SILENT),
        (a_delivery(protocol=0x41), InboundKind.REPLACEMENT),
        (a_delivery(protocol=0x47), InboundKind.REPLACEMENT),
        (a_delivery(protocol=0x48), InboundKind.SMS),
        (a_delivery(PORTS), InboundKind.PORT),
        (a_delivery(PLACE, PORTS), InboundKind.PORT),
        (a_delivery(SPECIAL), InboundKind.WAITING),
        (a_delivery(scheme=Scheme.at(0xC8)), InboundKind.WAITING),
        (a_delivery(scheme=Scheme.at(0xD8)), InboundKind.WAITING),
    ],
)
def test_what_is_not_meant_for_reading_is_told_from_texts(
    message: Deliver, kind: InboundKind
) -> None:
    assert kind_of(message) is kind
