import pytest

from smscore_modem._line._commands import (
    Listed,
    listed_messages,
    message_reference,
    read_message,
    registration,
    signal_dbm,
    stores_for_receiving,
)
from smscore_modem._traffic._intake import outcome_of


def test_the_reference_may_be_followed_by_an_acknowledgement() -> None:
    assert message_reference(("+CMGS: 17,0011",)) == 17
    assert message_reference(()) is None


def test_a_list_is_read_in_pairs_of_lines() -> None:
    lines = ("+CMGL: 0,1,,22", "AA", "+CMGL: 900,2,,23", "BB")

    assert listed_messages(lines) == (
        Listed(index=0, status=1, pdu="AA", length=22),
        Listed(index=900, status=2, pdu="BB", length=23),
    )


def test_only_what_came_in_is_received() -> None:
    assert [
        Listed(index=1, status=status, pdu="", length=0).is_received for status in range(4)
    ] == [True, True, False, False]


def test_an_empty_place_gives_no_message() -> None:
    assert read_message(1, ()) is None
    assert read_message(1, ('+CMGR: 1,"",22', "AA")) == Listed(
        index=1, status=1, pdu="AA", length=22
    )


@pytest.mark.parametrize(
    ("answer", "stores"),
    [
        ('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")', ("SM", "ME")),
        ('+CPMS: (("SM","ME"),("SM","ME"),("SM"))', ("SM",)),
        ('+CPMS: ("SM"),("SM"),()', ("SM",)),
        ("+CPMS:", ()),
    ],
)
def test_the_stores_are_read_however_they_are_listed(answer: str, stores: tuple[str, ...]) -> None:
    assert stores_for_receiving((answer,)) == stores


@pytest.mark.parametrize(
    ("text", "is_answer", "expected"),
    [
        ('2,1,"00A1","0B"', True, True),
        ("0,2", True, False),
        ("5", False, True),
        ("3", False, False),
        ("6", False, True),
        ("", False, None),
        ("x", True, None),
    ],
)
def test_a_registration_is_read_with_and_without_n(
    text: str,
    is_answer: bool,  # noqa: FBT001
    expected: bool | None,  # noqa: FBT001
) -> None:
    assert registration(text, is_answer=is_answer) is expected


def test_a_signal_out_of_range_is_unknown() -> None:
    assert signal_dbm(("+CSQ: 20,99",)) == -73
    assert signal_dbm(("+CSQ: 99,99",)) is None
    assert signal_dbm(("+CSQ: 57,0",)) is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0x00, "delivered"),
        (0x01, "pending"),
        (0x20, "pending"),
        (0x46, "failed"),
        (0x63, "failed"),
        (0x80, "pending"),
    ],
)
def test_only_receipt_and_failure_settle_a_message(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome
