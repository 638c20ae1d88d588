import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.errors import InvalidNumber


@pytest.mark.parametrize(
    ("written", "home", "normal"),
    [
        ("+49 170 1234567", "DE", "+491701234567"),
        ("00491701234567", "DE", "+491701234567"),
        ("00491701234567", None, "+491701234567"),
        ("0170/123-4567", "DE", "+491701234567"),
        ("01701234567", None, "01701234567"),
        ("4917012345678", "DE", "+4917012345678"),
        ("1234567890", "DE", "1234567890"),
        ("11833", "DE", "11833"),
        ("2025550123", "US", "+12025550123"),
        ("0612345678", "IT", "+390612345678"),
        ("+1234567890", "DE", "+1234567890"),
        ("+49 (0) 170 1234567", None, "+491701234567"),
        ("0049 (0)170/1234567", "AT", "+491701234567"),
        ("+4901701234567", None, "+491701234567"),
        ("+440207946000", "DE", "+44207946000"),
        ("+39 06 98123456", "DE", "+390698123456"),
        ("+225 01 23 45 67 89", "DE", "+2250123456789"),
        ("+99900170123", "DE", "+99900170123"),
        ("+490017012345", "DE", "+490017012345"),
        ("12345678901234567890", "DE", "12345678901234567890"),
    ],
)
def test_a_number_has_one_normal_form(written: str, home: str | None, normal: str) -> None:
    assert PhoneNumber.parse(written, home=home).value == normal


@pytest.mark.parametrize("written", ["", "+", "abc", "12a", "+49\n", "٠١٢٣٤٥", "1" * 21, "++49"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidNumber):
        PhoneNumber.parse(written, home="DE")


@given(st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True), st.sampled_from([None, "DE", "US", "IT"]))
def test_any_row_of_digits_is_a_number_and_its_normal_form_is_stable(
    written: str, home: str | None
) -> None:
    once = PhoneNumber.parse(written, home=home)

    assert PhoneNumber.parse(once.value, home=home) == once


@given(st.from_regex(r"\+(?:49|44|39|7|225|241)0[0-9]{0,14}", fullmatch=True))
def test_a_zero_behind_the_country_code_is_left_out_once_and_for_all(written: str) -> None:
    once = PhoneNumber.parse(written)

    assert PhoneNumber.parse(once.value) == once


def test_a_report_may_name_the_national_form_of_a_number() -> None:
    assert PhoneNumber("+491701234567").is_same_line(PhoneNumber("01701234567"))
    assert not PhoneNumber("+491701234567").is_same_line(PhoneNumber("+491701234568"))


def test_short_codes_are_the_same_line_only_if_equal() -> None:
    assert PhoneNumber("11833").is_same_line(PhoneNumber("11833"))
    assert not PhoneNumber("11833").is_same_line(PhoneNumber("11834"))


@pytest.mark.parametrize("sender", ["ACME", "My Shop-1", "a_b", "+491701234567", "12345"])
def test_a_sender_is_a_name_or_a_number(sender: str) -> None:
    assert SenderId.parse(sender).value == sender


@pytest.mark.parametrize("sender", ["", "twelve chars", "ümlaut", "a\nb", "+12"])
def test_what_cannot_be_a_sender_is_refused(sender: str) -> None:
    with pytest.raises(InvalidNumber):
        SenderId.parse(sender)
