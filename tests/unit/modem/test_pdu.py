from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import encode_gsm7
from smscore.domain.inbound import Coding, Concatenation
from smscore_modem._fields import Scheme, read_scheme, read_validity, write_validity
from smscore_modem._pdu import (
    Deliver,
    MalformedPdu,
    StatusReport,
    Submit,
    UserData,
    concatenated,
    decode_incoming,
    decode_submit,
    encode_deliver,
    encode_status_report,
    encode_submit,
)
from smscore_modem._septets import pack_septets, unpack_septets

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

numbers = st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True)
septets = st.lists(st.integers(0, 127), max_size=150).map(bytes)
places = st.builds(
    Concatenation,
    reference=st.integers(0, 255),
    total=st.just(255),
    number=st.integers(1, 255),
    is_wide=st.booleans(),
)
user_data = st.one_of(
    st.builds(UserData, coding=st.just(Coding.GSM7), content=septets),
    st.builds(
        UserData,
        coding=st.sampled_from([Coding.UCS2, Coding.BINARY]),
        content=st.binary(max_size=130),
        message_class=st.none() | st.integers(0, 3),
    ),
)
parts = st.one_of(user_data, st.builds(concatenated, user_data, places))
zones = st.integers(-48, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.builds(
    lambda seconds, zone: (NOON + timedelta(seconds=seconds)).astimezone(zone),
    st.integers(-800_000_000, 2_000_000_000),
    zones,
)


def a_text(text: str) -> UserData:
    return UserData(coding=Coding.GSM7, content=encode_gsm7(text))


# Septets.


@given(st.lists(st.integers(0, 127), max_size=160).map(bytes))
def test_packed_septets_unpack_to_themselves(value: bytes) -> None:
    assert unpack_septets(pack_septets(value), len(value)) == value


@given(st.lists(st.integers(0, 127), max_size=160).map(bytes))
def test_packing_puts_each_septet_seven_bits_further(value: bytes) -> None:
    bits = sum(septet << 7 * place for place, septet in enumerate(value))

    assert int.from_bytes(pack_septets(value), "little") == bits


def test_fewer_octets_than_announced_give_fewer_septets() -> None:
    assert unpack_septets(pack_septets(b"abcdefgh"), 160) == b"abcdefgh"


# Out.


def test_a_submit_is_written_as_in_the_standard() -> None:
    pdu = encode_submit(Submit(recipient="+46708251358", user_data=a_text("hellohello")))

    assert pdu.hex().upper() == "0001000B916407281553F800000AE8329BFD4697D9EC37"


def test_a_submit_asks_for_a_report_and_limits_its_life() -> None:
    pdu = encode_submit(
        Submit(
            recipient="12345",
            user_data=a_text("x"),
            wants_report=True,
            validity=timedelta(hours=1),
        )
    )

    assert pdu.hex().upper() == "0031000581214" + "3F5" + "00000B0178"


@given(numbers, parts, st.booleans())
def test_a_submit_reads_as_it_was_written(recipient: str, data: UserData, wants: bool) -> None:  # noqa: FBT001
    submit = Submit(
        recipient=recipient, user_data=data, wants_report=wants, validity=timedelta(days=2)
    )

    assert decode_submit(encode_submit(submit)) == submit


@given(st.timedeltas(timedelta(seconds=1), timedelta(weeks=63)))
def test_validity_is_rounded_up_and_by_no_more_than_its_step(validity: timedelta) -> None:
    granted = read_validity(write_validity(validity))

    step = timedelta(minutes=5)
    if granted > timedelta(days=30):
        step = timedelta(weeks=1)
    elif granted > timedelta(hours=24):
        step = timedelta(days=1)
    elif granted > timedelta(hours=12):
        step = timedelta(minutes=30)
    # Between 30 days and 5 weeks the standard has no value at all.
    assert validity <= granted
    assert granted - validity < step or granted == timedelta(weeks=5)


def test_a_validity_beyond_the_longest_is_the_longest() -> None:
    assert write_validity(timedelta(days=1000)) == 255


def test_a_message_to_be_shown_at_once_has_class_0() -> None:
    data = UserData(coding=Coding.UCS2, content=b"\0x", message_class=0)

    pdu = encode_submit(Submit(recipient="1", user_data=data))

    assert pdu[7] == 0x18


def test_user_data_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        encode_submit(Submit(recipient="1", user_data=a_text("x" * 161)))


# In.


@given(numbers, parts, moments)
def test_a_delivery_reads_as_it_was_written(sender: str, data: UserData, sent_at: datetime) -> None:
    deliver = Deliver(sender=sender, user_data=data, sent_at=sent_at)

    pdu = encode_deliver(deliver, centre="+491710760000")

    assert decode_incoming(pdu) == deliver
    assert decode_incoming(pdu[8:], tpdu_length=len(pdu) - 8) == deliver


@given(st.text(alphabet="ABCabc 123-€", min_size=1, max_size=5).filter(lambda name: "A" in name))
def test_a_sender_may_be_a_name(name: str) -> None:
    deliver = Deliver(sender=name, user_data=a_text("hi"), sent_at=NOON)

    assert decode_incoming(encode_deliver(deliver)) == deliver


def test_a_name_of_seven_characters_gains_no_at_sign() -> None:
    # Seven octets announced as 14 semi-octets, of which only 13 are meant.
    name = "00" + "04" + "0ED0" + pack_septets(b"Newsbox").hex()
    pdu = bytes.fromhex(name + "0000" + "62301021000000" + "00")

    message = decode_incoming(pdu)

    assert isinstance(message, Deliver)
    assert message.sender == "Newsbox"


def test_a_delivery_of_a_real_network_is_read() -> None:
    pdu = bytes.fromhex("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37")

    message = decode_incoming(pdu)

    assert isinstance(message, Deliver)
    assert message.sender == "27838890001"
    assert message.user_data.content == b"hellohello"
    assert message.sent_at == datetime(2099, 3, 29, 15, 16, 59, tzinfo=timezone(timedelta(hours=2)))


@given(st.integers(0, 255), st.sampled_from([0x00, 0x20, 0x46]), moments, moments)
def test_a_report_reads_as_it_was_written(
    reference: int, status: int, sent_at: datetime, finished_at: datetime
) -> None:
    report = StatusReport(
        reference=reference,
        recipient="+491701234567",
        status=status,
        sent_at=sent_at,
        finished_at=finished_at,
    )

    assert decode_incoming(encode_status_report(report)) == report


def test_a_time_stamp_that_is_no_time_is_left_out() -> None:
    pdu = encode_deliver(Deliver(sender="1", user_data=a_text("hi"), sent_at=NOON))
    broken = pdu.replace(bytes.fromhex("62301021000000"), b"\xff" * 7)

    message = decode_incoming(broken)

    assert isinstance(message, Deliver)
    assert message.sent_at is None


def test_user_data_that_came_short_is_read_as_far_as_it_goes() -> None:
    pdu = encode_deliver(Deliver(sender="1", user_data=a_text("hello world"), sent_at=NOON))

    message = decode_incoming(pdu[:-4])

    assert isinstance(message, Deliver)
    assert message.user_data.is_cut
    assert b"hello world".startswith(message.user_data.content)


@pytest.mark.parametrize(
    ("octet", "scheme"),
    [
        (0x00, Scheme(coding=Coding.GSM7)),
        (0x0C, Scheme(coding=Coding.GSM7)),
        (0x10, Scheme(coding=Coding.GSM7, message_class=0)),
        (0x18, Scheme(coding=Coding.UCS2, message_class=0)),
        (0x24, Scheme(coding=Coding.BINARY)),
        (0x48, Scheme(coding=Coding.UCS2)),
        (0x80, Scheme(coding=Coding.GSM7)),
        (0xC8, Scheme(coding=Coding.GSM7)),
        (0xD0, Scheme(coding=Coding.GSM7)),
        (0xE0, Scheme(coding=Coding.UCS2)),
        (0xF1, Scheme(coding=Coding.GSM7, message_class=1)),
        (0xF6, Scheme(coding=Coding.BINARY, message_class=2)),
    ],
)
def test_a_coding_scheme_is_read_by_its_group(octet: int, scheme: Scheme) -> None:
    assert read_scheme(octet) == scheme


@pytest.mark.parametrize(
    "header",
    ["000307", "00030700" + "01", "0003070200", "0003070203", "0804" + "0007" + "0001", "00ff"],
)
def test_a_place_that_makes_no_sense_is_ignored(header: str) -> None:
    data = UserData(coding=Coding.BINARY, content=b"", header=bytes.fromhex(header))

    assert data.concatenation is None


def test_unknown_header_elements_are_skipped_by_their_length() -> None:
    data = UserData(
        coding=Coding.BINARY, content=b"", header=bytes.fromhex("7002abcd" + "0804123402" + "01")
    )

    assert data.concatenation == Concatenation(reference=0x1234, total=2, number=1, is_wide=True)


@given(st.binary(max_size=200), st.none() | st.integers(0, 255))
def test_hostile_octets_are_read_or_refused_as_malformed(pdu: bytes, length: int | None) -> None:
    for decode in (decode_incoming, decode_submit):
        with suppress(MalformedPdu):
            decode(pdu, tpdu_length=length)


@given(parts, st.data())
def test_a_damaged_pdu_is_read_or_refused_as_malformed(data: UserData, draw: st.DataObject) -> None:
    pdu = bytearray(encode_deliver(Deliver(sender="+491701", user_data=data, sent_at=NOON)))
    pdu[draw.draw(st.integers(0, len(pdu) - 1))] = draw.draw(st.integers(0, 255))

    with suppress(MalformedPdu):
        decode_incoming(bytes(pdu[: draw.draw(st.integers(0, len(pdu)))]))
