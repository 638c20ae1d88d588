"""
How a virtual modem passes on what arrives, with and without acknowledgement.
"""

import pytest
from bench import Bench

from smscore_modem._pdu import Coding, Deliver, Scheme, StatusReport, UserData
from smscore_modem.simulator import VirtualModem
from smscore_modem.simulator._stores import CAPACITIES


@pytest.fixture
def bench() -> Bench:
    return Bench()


def arrive(bench: Bench, *, text: bytes = b"hello", message_class: int | None = None) -> list[str]:
    data = UserData(coding=Coding.GSM7, content=text)
    scheme = Scheme.of(Coding.GSM7, message_class)
    message = Deliver(sender="+491701", user_data=data, scheme=scheme, sent_at=bench.now())
    bench.network.deliver(bench.modem, message)
    return bench.heard()


def report(bench: Bench) -> list[str]:
    bench.modem.report(
        StatusReport(
            reference=1,
            recipient="+491701234567",
            status=0,
            sent_at=bench.now(),
            finished_at=bench.now(),
        )
    )
    return bench.heard()


def test_what_was_passed_on_is_acknowledged_once(bench: Bench) -> None:
    bench.type("AT+CSMS=1", "AT+CNMI=2,2,0,1,0")

    assert arrive(bench)[0].startswith("+CMT: ,")
    assert bench.type("AT+CNMA", "AT+CNMA") == ["OK", "+CMS ERROR: 340"]
    assert report(bench)[0].startswith("+CDS:")
    assert bench.type("AT+CNMA") == ["OK"]


def test_without_that_service_nothing_is_acknowledged(bench: Bench) -> None:
    bench.type("AT+CNMI=2,2,0,1,0")
    arrive(bench)

    assert bench.type("AT+CNMA") == ["+CMS ERROR: 340"]


def test_the_next_one_waits_until_the_one_before_is_acknowledged(bench: Bench) -> None:
    bench.type("AT+CSMS=1", "AT+CNMI=2,2,0,1,0")
    arrive(bench)

    assert arrive(bench) == []
    assert bench.type("AT+CNMA")[0].startswith("+CMT: ,")


def test_without_acknowledgement_messages_are_stored_from_then_on(bench: Bench) -> None:
    bench.type("AT+CSMS=1", "AT+CNMI=2,2,0,1,0")
    arrive(bench)
    arrive(bench)
    bench.wait(20)

    assert bench.type("AT+CNMI?", "AT+CPMS?") == [
        *("+CNMI: 2,0,0,0,0", "OK"),
        *('+CPMS: "SM",2,30,"SM",2,30,"SM",2,30', "OK"),
    ]


def test_an_acknowledgement_in_time_keeps_the_routing(bench: Bench) -> None:
    bench.type("AT+CSMS=1", "AT+CNMI=2,2,0,1,0")
    arrive(bench)
    bench.wait(14)
    bench.type("AT+CNMA")
    bench.wait(14)

    assert bench.type("AT+CNMI?") == ["+CNMI: 2,2,0,1,0", "OK"]


def test_a_report_that_nobody_asked_for_is_lost(bench: Bench) -> None:
    bench.type("AT+CNMI=2,1,0,0,0")

    assert report(bench) == []
    assert bench.type('AT+CPMS="SR"', "AT+CMGL=4")[2:] == ["OK"]


def test_what_is_stored_but_not_announced_is_found_by_listing(bench: Bench) -> None:
    bench.type("AT+CNMI=2,0,0,0,0")

    assert arrive(bench) == []
    assert bench.type("AT+CMGL=4")[0].startswith("+CMGL: 1,0")


def test_what_was_held_back_is_dropped_if_the_client_says_so(bench: Bench) -> None:
    bench.type("AT+CNMI=0,1,0,0,0")
    arrive(bench)

    assert bench.type("AT+CNMI=2,1,0,0,1") == ["OK"]
    assert bench.type("AT+CMGL=4")[0].startswith("+CMGL: 1,0")


def test_at_most_a_hundred_announcements_are_held_back(bench: Bench) -> None:
    bench.type('AT+CPMS="ME","ME","ME"', "AT+CNMI=0,1,0,0,0")
    for _ in range(120):
        arrive(bench)

    assert bench.type("AT+CNMI=2,1,0,0,0")[0] == '+CMTI: "ME",21'


def test_messages_are_kept_when_the_power_is_lost_and_settings_are_not(bench: Bench) -> None:
    bench.type('AT+CPMS="ME","ME","ME"', "AT+CNMI=2,1,0,1,0")
    arrive(bench)
    bench.restart()

    assert bench.type("AT+CNMI?", "AT+CPMS?") == [
        *("+CNMI: 0,0,0,0,0", "OK"),
        *('+CPMS: "SM",0,30,"SM",0,30,"SM",0,30', "OK"),
    ]
    assert bench.type('AT+CPMS="ME"')[0].startswith("+CPMS: 1,255")


def test_nothing_arrives_while_it_is_off(bench: Bench) -> None:
    bench.type("AT+CNMI=2,1,0,1,0")
    bench.modem.switch_off()
    assert arrive(bench) == []

    bench.restart(seconds=5)
    assert bench.type('AT+CPMS="SM"')[0].startswith("+CPMS: 1,30")


def test_octets_that_are_no_message_are_passed_on_like_one(bench: Bench) -> None:
    bench.type("AT+CNMI=2,2,0,1,0")
    bench.network.deliver_pdu(bench.modem, b"\0\xff")
    assert bench.heard() == ["+CMT: ,1", "00FF"]

    bench.type("AT+CNMI=2,1,0,1,0")
    bench.network.deliver_pdu(bench.modem, b"\0\xff")
    assert bench.heard() == ['+CMTI: "SM",1']
    assert bench.type("AT+CMGR=1") == ["+CMGR: 0,,1", "00FF", "OK"]


def test_octets_that_are_no_message_cannot_be_shown_as_text(bench: Bench) -> None:
    bench.type("AT+CNMI=2,2,0,1,0", "AT+CMGF=1")
    bench.network.deliver_pdu(bench.modem, b"\0\xff")

    assert "ERROR" in bench.type("AT+CMGR=1")[-1]


def test_a_message_for_the_sim_goes_there_even_when_it_should_be_passed_on(bench: Bench) -> None:
    bench.type('AT+CPMS="ME","ME","ME"', "AT+CNMI=2,2,0,1,0")

    assert arrive(bench, message_class=2) == ['+CMTI: "SM",1']


def test_stores_are_as_large_as_they_are_made() -> None:
    bench = Bench()
    modem = VirtualModem(
        number="+1", submit=bench.network.submit, capacities={**CAPACITIES, "SM": 2}
    )

    assert modem.stores.usage("SM") == "0,2"
