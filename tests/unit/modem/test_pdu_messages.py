from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._pdu import (
    Address,
    Coding,
    Deliver,
    DeliverReport,
    EnhancedValidity,
    MalformedPdu,
    NumberType,
    Parameters,
    RelativeValidity,
    Scheme,
    StatusReport,
    Submit,
    SubmitReport,
    TimeStamp,
    UserData,
    decode_deliver_report,
    decode_incoming,
    decode_submit,
    decode_submit_report,
    encode_deliver,
    encode_deliver_report,
    encode_status_report,
    encode_submit,
    encode_submit_report,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "ABCdef 123@€{"

octet = st.integers(0, 255)
schemes = st.builds(Scheme, octet=octet)
stamps = st.builds(TimeStamp, octets=st.binary(min_size=7, max_size=7))
numbers = st.builds(
    Address,
    value=st.text("0123456789*#abc", max_size=20),
    kind=st.sampled_from([kind for kind in NumberType if kind is not NumberType.ALPHANUMERIC]),
    plan=st.integers(0, 15),
)
names = st.builds(
    Address,
    value=st.text(NAME, max_size=5),
    kind=st.just(NumberType.ALPHANUMERIC),
    plan=st.integers(0, 15),
)
addresses = numbers | names
validities = st.one_of(
    st.none(),
    st.builds(RelativeValidity, octet=octet),
    st.builds(EnhancedValidity, octets=st.binary(min_size=7, max_size=7)),
    stamps,
)


@st.composite
def carried(draw: st.DrawFn, most: int = 140) -> dict[str, Any]:
    """User data and a scheme that goes with it."""
    scheme = draw(schemes)
    header = draw(st.binary(max_size=draw(st.sampled_from([0, 10, most - 1]))))
    left = most - (len(header) + 1 if header else 0)
    if scheme.coding is Coding.GSM7:
        content = bytes(draw(st.lists(st.integers(0, 127), max_size=left * 8 // 7)))
    else:
        content = draw(st.binary(max_size=left))
    data = UserData(coding=scheme.coding, content=content, header=header)
    return {"scheme": scheme, "user_data": data}


@st.composite
def parameters(draw: st.DrawFn, most: int) -> Parameters:
    fields: dict[str, Any] = draw(carried(most))
    if draw(st.booleans()):
        fields.pop("user_data")
    elif fields["user_data"].coding is Coding.GSM7 and draw(st.booleans()):
        fields.pop("scheme")
    return Parameters(protocol=draw(st.none() | octet), **fields)


submits = carried().flatmap(
    lambda fields: st.builds(
        partial(Submit, **fields),
        recipient=addresses,
        reference=octet,
        protocol=octet,
        validity=validities,
        wants_report=st.booleans(),
        rejects_duplicates=st.booleans(),
        has_reply_path=st.booleans(),
        centre=st.none() | numbers,
    )
)
delivers = carried().flatmap(
    lambda fields: st.builds(
        partial(Deliver, **fields),
        sender=addresses,
        sent_at=stamps,
        protocol=octet,
        has_more=st.booleans(),
        is_loop_prevented=st.booleans(),
        will_be_reported=st.booleans(),
        has_reply_path=st.booleans(),
        centre=st.none() | numbers,
    )
)
status_reports = st.builds(
    StatusReport,
    reference=octet,
    recipient=addresses,
    sent_at=stamps,
    finished_at=stamps,
    status=octet,
    parameters=parameters(131),
    has_more=st.booleans(),
    is_loop_prevented=st.booleans(),
    answers_command=st.booleans(),
    centre=st.none() | numbers,
)
deliver_reports = st.builds(
    DeliverReport, failure_cause=st.none() | octet, parameters=parameters(158)
)
submit_reports = st.builds(
    SubmitReport, taken_at=stamps, failure_cause=st.none() | octet, parameters=parameters(151)
)

Decode = Callable[[bytes], object]
DECODERS: tuple[Decode, ...] = (
    decode_incoming,
    decode_submit,
    partial(decode_deliver_report, is_failure=False),
    partial(decode_deliver_report, is_failure=True),
    partial(decode_submit_report, is_failure=False),
    partial(decode_submit_report, is_failure=True),
)


def octets_of(message: object) -> bytes:
    match message:
        case Submit():
            return encode_submit(message)
        case Deliver():
            return encode_deliver(message)
        case StatusReport():
            return encode_status_report(message)
        case DeliverReport():
            return encode_deliver_report(message)
        case SubmitReport():
            return encode_submit_report(message)
    raise AssertionError(message)


def decoder_of(message: object) -> Decode:
    match message:
        case Submit():
            return decode_submit
        case DeliverReport():
            return partial(decode_deliver_report, is_failure=message.failure_cause is not None)
        case SubmitReport():
            return partial(decode_submit_report, is_failure=message.failure_cause is not None)
    return decode_incoming


messages = st.one_of(submits, delivers, status_reports, deliver_reports, submit_reports)


# Both directions.


@given(messages)
def test_a_message_reads_as_it_was_written(message: object) -> None:
    assert decoder_of(message)(octets_of(message)) == message


@given(delivers | status_reports)
def test_a_centre_may_be_left_out_when_the_length_says_so(message: Deliver | StatusReport) -> None:
    pdu = octets_of(message)
    tpdu = pdu[pdu[0] + 1 :]

    read = decode_incoming(tpdu, tpdu_length=len(tpdu))

    assert read.centre is None
    assert octets_of(read) == b"\0" + tpdu
    assert decode_incoming(pdu, tpdu_length=len(tpdu)) == message


# Hostile and damaged octets.


@given(st.binary(max_size=300), st.none() | octet)
def test_any_octets_are_read_or_refused_as_malformed(pdu: bytes, length: int | None) -> None:
    for decode in (*DECODERS, partial(decode_incoming, tpdu_length=length)):
        with suppress(MalformedPdu):
            decode(pdu)


@given(messages)
def test_a_message_that_ends_anywhere_is_read_or_refused_where_it_ends(message: object) -> None:
    pdu = octets_of(message)
    decode = decoder_of(message)
    for length in range(len(pdu)):
        try:
            decode(pdu[:length])
        except MalformedPdu as error:
            assert 0 <= error.at <= length  # noqa: PT017  # most lengths raise, not all
            assert str(error).startswith(f"octet {error.at}: ")  # noqa: PT017  # as above


@given(messages, st.data())
def test_a_message_with_a_wrong_octet_is_read_or_refused(message: object, draw: Any) -> None:
    pdu = bytearray(octets_of(message))
    pdu[draw.draw(st.integers(0, len(pdu) - 1))] ^= draw.draw(st.integers(1, 255))

    for decode in DECODERS:
        with suppress(MalformedPdu):
            decode(bytes(pdu))


@given(delivers | submits | status_reports)
def test_what_was_read_can_be_written_again(message: object) -> None:
    pdu = octets_of(message)
    decode = decoder_of(message)
    for length in range(len(pdu)):
        with suppress(MalformedPdu):
            read = decode(pdu[:length])
            assert decode(octets_of(read)) == read


@pytest.mark.parametrize(
    ("pdu", "at", "reason"),
    [
        ("", 0, "the length of the service centre is missing"),
        ("0791", 1, "the service centre needs 7 octets, and 1 are left"),
        ("00", 1, "the first octet of the message is missing"),
        ("0001", 1, "message type 1 does not come from a centre"),
        ("0004", 2, "the length of an address is missing"),
        ("0004FF91", 2, "an address has at most 20 semi-octets, not 255"),
        ("0004039121", 4, "the value of an address needs 2 octets, and 1 are left"),
        ("00040291210000123456", 7, "the time stamp needs 7 octets, and 3 are left"),
        ("0006", 2, "the reference is missing"),
        ("0006000291" + "21" + "11" * 14, 20, "the status is missing"),
        (
            "00440291210004" + "11" * 7 + "020500",
            15,
            "the header has 5 octets, but 1 of the user data follow",
        ),
    ],
)
def test_a_malformed_pdu_says_what_is_wrong_at_which_octet(pdu: str, at: int, reason: str) -> None:
    with pytest.raises(MalformedPdu) as caught:
        decode_incoming(bytes.fromhex(pdu))

    assert (caught.value.at, caught.value.reason) == (at, reason)
    assert str(caught.value) == f"octet {at}: {reason}"


@pytest.mark.parametrize(
    ("pdu", "at", "reason"),
    [
        ("07911326040000F004", 8, "message type 0 is not an SMS-SUBMIT"),
        ("0004", 1, "message type 0 is not an SMS-SUBMIT"),
        # A header is announced, and so are its octets, but none came.
        ("02912141000291210000" + "05", 11, "the header is missing"),
        ("02912141000291210004" + "05", 11, "the header is missing"),
        (
            "02912141000291210000" + "050500",
            11,
            "the header has 5 octets, but 1 of the user data follow",
        ),
    ],
)
def test_a_malformed_submission_says_so_at_the_octet_of_the_whole_pdu(
    pdu: str, at: int, reason: str
) -> None:
    with pytest.raises(MalformedPdu) as caught:
        decode_submit(bytes.fromhex(pdu))

    assert (caught.value.at, caught.value.reason) == (at, reason)


# What the fields say.


def a_text(text: bytes = b"hi", header: bytes = b"") -> UserData:
    return UserData(coding=Coding.GSM7, content=text, header=header)


@pytest.mark.parametrize(
    ("field", "bit"),
    [("wants_report", 0x20), ("rejects_duplicates", 0x04), ("has_reply_path", 0x80)],
)
def test_each_flag_of_a_submission_has_its_bit(field: str, bit: int) -> None:
    submit = Submit(recipient="1", user_data=a_text(), **{field: True})

    assert encode_submit(submit)[1] == 0x01 | bit


@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("has_more", 0x00),  # 23.040, 9.2.3.2: 0 says that there are more
        ("is_loop_prevented", 0x0C),
        ("will_be_reported", 0x24),
        ("has_reply_path", 0x84),
    ],
)
def test_each_flag_of_a_delivery_has_its_bit(field: str, first: int) -> None:
    deliver = Deliver(sender="1", user_data=a_text(), sent_at=NOON, **{field: True})

    assert encode_deliver(deliver)[1] == first


@pytest.mark.parametrize(
    ("validity", "first", "octets"),
    [
        (None, 0x01, ""),
        (timedelta(hours=1), 0x11, "0B"),
        (NOON, 0x19, "62301021000000"),
        (EnhancedValidity.of(timedelta(seconds=3)), 0x09, "02030000000000"),
    ],
)
def test_the_form_of_the_validity_has_its_bits(
    validity: timedelta | datetime | EnhancedValidity | None, first: int, octets: str
) -> None:
    pdu = encode_submit(Submit(recipient="1", user_data=a_text(b""), validity=validity))

    assert pdu[1] == first
    assert pdu[8:-1].hex().upper() == octets


@pytest.mark.parametrize(("coding", "octet"), [(Coding.GSM7, 0x10), (Coding.UCS2, 0x18)])
def test_a_message_to_be_shown_at_once_has_class_0(coding: Coding, octet: int) -> None:
    data = UserData(coding=coding, content=b"\0x")

    pdu = encode_submit(Submit(recipient="1", user_data=data, scheme=Scheme.of(coding, 0)))

    assert pdu[7] == octet


def test_the_reserved_type_is_read_as_a_delivery() -> None:
    # 23.040, 9.2.3.1.
    pdu = bytearray(encode_deliver(Deliver(sender="1", user_data=a_text(), sent_at=NOON)))
    pdu[1] |= 0b11

    assert isinstance(decode_incoming(bytes(pdu)), Deliver)


@pytest.mark.parametrize("protocol", [0x40, 0x41, 0x47, 0x5F, 0x7F])
def test_a_silent_or_replacing_message_is_read_like_any_other(protocol: int) -> None:
    deliver = Deliver(sender="1", user_data=a_text(), sent_at=NOON, protocol=protocol)

    assert decode_incoming(encode_deliver(deliver)) == deliver


# Reports and what they may carry.

REPORT = "00060102912" + "1" + "62301021000000" * 2 + "00"


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ("", Parameters()),
        ("00", Parameters()),
        ("0140", Parameters(protocol=0x40)),
        ("0211", Parameters(scheme=Scheme(octet=0x11))),
        ("0402E834", Parameters(user_data=a_text())),
        (
            "07000802" + "0041",
            Parameters(
                protocol=0,
                scheme=Scheme(octet=8),
                user_data=UserData(coding=Coding.UCS2, content=b"\0A"),
            ),
        ),
        # 23.040, 9.2.3.27: reserved bits announce something behind the user data; bit 7 another
        # octet of the indicator.
        ("7940FFFF", Parameters(protocol=0x40)),
        ("8180" + "0040", Parameters(protocol=0x40)),
        ("80", Parameters()),
    ],
)
def test_a_report_carries_what_its_indicator_announces(parameters: str, read: Parameters) -> None:
    report = decode_incoming(bytes.fromhex(REPORT + parameters))

    assert isinstance(report, StatusReport)
    assert report.parameters == read


@pytest.mark.parametrize("parameters", ["80", "01", "03" + "00", "04", "0405E8", "FF"])
def test_a_report_survives_parameters_that_are_cut(parameters: str) -> None:
    report = decode_incoming(bytes.fromhex(REPORT + parameters))

    assert isinstance(report, StatusReport)
    assert (report.reference, report.status) == (1, 0)
    assert report.parameters.is_cut


def test_a_delivery_is_acknowledged_in_two_octets() -> None:
    assert encode_deliver_report(DeliverReport()).hex() == "0000"
    assert decode_deliver_report(b"\0\0", is_failure=False) == DeliverReport()


def test_a_delivery_is_refused_with_a_cause() -> None:
    # 23.040, 9.2.3.22: 0xD3 is "memory capacity exceeded".
    report = DeliverReport(failure_cause=0xD3)

    assert encode_deliver_report(report).hex() == "00d300"
    assert decode_deliver_report(b"\0\xd3\0", is_failure=True) == report


def test_a_submission_is_acknowledged_with_a_time() -> None:
    assert encode_submit_report(SubmitReport(taken_at=NOON)).hex() == "0100" + "62301021000000"


@pytest.mark.parametrize("decode", DECODERS[2:])
def test_a_report_of_another_type_is_malformed(decode: Decode) -> None:
    with pytest.raises(MalformedPdu, match="octet 0: message type 2 is not"):
        decode(b"\x02\0\0")


# How much user data each holds (23.040, 9.2.2).


def of_octets(count: int) -> Parameters:
    data = UserData(coding=Coding.BINARY, content=bytes(count))
    return Parameters(scheme=Scheme.of(Coding.BINARY), user_data=data)


def a_status_report(parameters: Parameters) -> StatusReport:
    return StatusReport(
        reference=1,
        recipient="1",
        sent_at=NOON,
        finished_at=NOON,
        status=0,
        parameters=parameters,
    )


Build = Callable[[Parameters], Any]
ROOM: tuple[tuple[Build, int], ...] = (
    (lambda parameters: DeliverReport(parameters=parameters), 159),
    (lambda parameters: DeliverReport(parameters=parameters, failure_cause=1), 158),
    (lambda parameters: SubmitReport(taken_at=NOON, parameters=parameters), 152),
    (lambda parameters: SubmitReport(taken_at=NOON, parameters=parameters, failure_cause=1), 151),
    (a_status_report, 131),
)


@pytest.mark.parametrize(("build", "most"), ROOM)
def test_a_report_holds_so_many_octets_and_no_more(build: Build, most: int) -> None:
    report = build(of_octets(most))

    assert decoder_of(report)(octets_of(report)) == report
    with pytest.raises(ValueError, match=f"{most + 1} octets of user data do not fit into {most}"):
        build(of_octets(most + 1))


@pytest.mark.parametrize(("build", "most"), ROOM)
def test_a_report_is_read_as_far_as_it_may_hold_something(build: Build, most: int) -> None:
    full = build(of_octets(most))
    octets = octets_of(full)
    start = len(octets) - most - 1

    overfull = octets[:start] + bytes((most + 1,)) + bytes(most + 1)

    read: Any = decoder_of(full)(overfull)
    assert read.parameters == of_octets(most)
    assert read.parameters.is_cut


# What cannot be written.


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: Submit(recipient="1", user_data=a_text(), reference=256), "reference is 0 to 255"),
        (lambda: Submit(recipient="1", user_data=a_text(), protocol=-1), "protocol identifier is"),
        (lambda: Submit(recipient="", user_data=a_text()), "an address is empty"),
        (lambda: Submit(recipient="1", user_data=a_text(b"x" * 161)), "do not fit"),
        (lambda: Deliver(sender="1", user_data=a_text(b"x" * 161), sent_at=NOON), "do not fit"),
        (
            lambda: Deliver(sender="1", user_data=a_text(), sent_at=NOON, protocol=256),
            "protocol identifier is 0 to 255, not 256",
        ),
        (
            lambda: Deliver(sender="1", user_data=a_text(), sent_at=NOON, scheme=Scheme(octet=4)),
            "is gsm7, but the coding scheme 0x04 says binary",
        ),
        (
            lambda: StatusReport(
                reference=1, recipient="1", sent_at=NOON, finished_at=NOON, status=256
            ),
            "status of a report is 0 to 255, not 256",
        ),
        (lambda: DeliverReport(failure_cause=256), "failure cause is 0 to 255, not 256"),
        (lambda: Parameters(protocol=256), "protocol identifier is 0 to 255, not 256"),
        (
            lambda: DeliverReport(
                failure_cause=1, parameters=Parameters(user_data=a_text(b"x" * 181))
            ),
            "159 octets of user data do not fit into 158",
        ),
    ],
)
def test_what_does_not_fit_into_a_pdu_is_refused_on_construction(
    build: Callable[[], object], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        build()


@pytest.mark.parametrize("validity", [5, 5.0, "5"])
def test_a_validity_without_a_unit_is_refused_on_construction(validity: Any) -> None:
    with pytest.raises(TypeError, match=f"a validity is a duration, .* not {validity!r}"):
        Submit(recipient="1", user_data=a_text(), validity=validity)
