import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import (
    EmailAddress,
    is_same_recipient,
    number_in,
    parse_recipient,
    recipient_of,
)
from smscore.errors import InvalidNumber, InvalidRequest


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("anna@example.org", "anna@example.org"),
        (" Anna.Lee@Example.ORG ", "Anna.Lee@example.org"),
        ("+49170@x.example", "+49170@x.example"),
        ("o'neil+tag/a=b@x", "o'neil+tag/a=b@x"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("anna@x。example", "anna@x.example"),
        ("jürgen@x.example", "jürgen@x.example"),
        ("ju\u0308rgen@x.example", "jürgen@x.example"),
        ("a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 61, None),
    ],
)
def test_an_address_has_one_normal_form(written: str, normal: str | None) -> None:
    assert EmailAddress.parse(written).value == (normal or written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "anna",
        "@x.example",
        "anna@",
        "anna@x..example",
        "anna@.example",
        "anna@x.example.",
        "anna@-x.example",
        "anna@x_y.example",
        "an na@x.example",
        "an\u00a0na@x.example",
        "an\u200bna@x.example",
        ".anna@x.example",
        "an..na@x.example",
        "an@na@x.example",
        '"an na"@x.example',
        "anna@[192.0.2.1]",
        "Anna <anna@x.example>",
        "anna@x.example,bob@x.example",
        "anna@x.example\r\nBcc: bob@x.example",
        "anna\r\n@x.example",
        "anna@x.example\n",
        "anna\x00@x.example",
        "\ud800@x.example",
        "a" * 65 + "@x.example",
        "ü" * 33 + "@x.example",
        "a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 62,
        "anna@" + "b" * 64 + ".example",
        "anna@" + "ü" * 5000,
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest):
        EmailAddress.parse(written)


def test_an_atom_holds_all_of_ascii_that_rfc_5322_lists() -> None:
    atoms = []
    for one in map(chr, range(0x80)):
        with suppress(InvalidRequest):
            atoms.append(EmailAddress.parse(f"a{one}b@x.example").value[1])

    assert set(atoms) == {*string.ascii_letters, *string.digits, *"!#$%&'*+-/=?^_`{|}~", "."}


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_an_address_stays_the_same_and_fits_into_one_line(
    local: str, domain: str
) -> None:
    try:
        address = EmailAddress.parse(f"{local}@{domain}")
    except InvalidRequest:
        return

    assert EmailAddress.parse(address.value) == address
    assert address.value.isprintable()
    assert not set(address.value) & set(' \r\n<>,;:"()[]\\')
    assert address.domain.isascii()
    assert f"{address.local_part}@{address.domain}" == address.value


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ("0170 1234567", PhoneNumber("+491701234567")),
        ("Anna@Example.ORG", EmailAddress("Anna@example.org")),
        ("0170@x.example", EmailAddress("0170@x.example")),
    ],
)
def test_what_has_an_at_sign_is_an_address(
    written: str, recipient: PhoneNumber | EmailAddress
) -> None:
    parsed = parse_recipient(written, home="DE")

    assert parsed == recipient
    assert recipient_of(parsed.value) == parsed


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(InvalidNumber):
        parse_recipient("anna")


def test_rules_see_no_number_in_an_address() -> None:
    assert number_in(EmailAddress("+49170@x.example")) == ""
    assert number_in(PhoneNumber("+49170")) == "+49170"


def test_two_spellings_of_a_number_are_one_recipient_and_two_addresses_are_two() -> None:
    assert is_same_recipient(PhoneNumber("+491701234567"), PhoneNumber("01701234567"))
    assert is_same_recipient(EmailAddress("a@x.example"), EmailAddress("a@x.example"))
    assert not is_same_recipient(EmailAddress("a@x.example"), EmailAddress("b@x.example"))
    assert not is_same_recipient(EmailAddress("1701234567@x"), PhoneNumber("01701234567"))


def test_a_log_is_told_little_of_a_recipient() -> None:
    assert EmailAddress("anna@example.org").hint == "…@example.org"
    assert PhoneNumber("+491701234567").hint == "+49170…"
