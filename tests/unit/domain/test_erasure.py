from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.erasure import ERASED, Person, masked
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress

ANNA = Person(number=PhoneNumber("+491701234567"))
SPELLINGS = [
    "+491701234567",
    "00491701234567",
    "491701234567",
    "01701234567",
    "+49 170 1234567",
    "+49 (0) 170 / 123 45 67",
    "0170-1234567",
    "(0170) 1234567",
    "0170.12.34.567",
]


@pytest.mark.parametrize("written", [one for one in SPELLINGS if "(0)" not in one])
def test_an_address_is_theirs_however_it_is_written(written: str) -> None:
    assert ANNA.is_at(written)


@pytest.mark.parametrize(
    "written",
    ["+491701234568", "+4917012345678", "1701234567", "+431701234567", "bank", "", "telegram:1"],
)
def test_other_addresses_are_not_theirs(written: str) -> None:
    assert not ANNA.is_at(written)


def test_what_is_dialled_in_another_country_is_somebody_elses() -> None:
    assert ANNA.is_at("01701234567", home="DE")
    assert not ANNA.is_at("01701234567", home="AT")


def test_an_address_in_another_network_is_theirs() -> None:
    anna = Person(number=ANNA.number, addresses=frozenset({"telegram:17"}))

    assert anna.is_at("telegram:17")
    assert not anna.is_at("telegram:170")


@pytest.mark.parametrize("written", SPELLINGS)
@pytest.mark.parametrize("around", ["{}", "call {}!", "tel:{},x", '{{"to":"{}"}}', "?to=%2B{}&"])
def test_a_text_names_them_in_every_spelling(written: str, around: str) -> None:
    text = around.format(written)

    assert ANNA.is_named_in(text)
    without = ANNA.left_out_of(text)
    assert ERASED in without
    assert "1234567" not in without.translate(str.maketrans("", "", " -./()"))


@pytest.mark.parametrize(
    "text",
    [
        "order 9491701234567",
        "order 4917012345678",
        "1701234567 items",
        "+43 170 1234567",
        "0170 123 456",
        "at 17:01, 23 April 567",
        "",
    ],
)
def test_other_digits_do_not_name_them(text: str) -> None:
    assert not ANNA.is_named_in(text)
    assert ANNA.left_out_of(text) == text


def test_what_stands_around_a_number_stays() -> None:
    assert ANNA.left_out_of("Anna, 0170 1234567, rang (+491701234567).") == (
        f"Anna, {ERASED}, rang ({ERASED})."
    )


def test_a_blank_that_an_address_writes_in_digits_does_not_hide_a_number() -> None:
    assert ANNA.is_named_in("https://example.org/?q=call%20491701234567")


def test_a_number_is_found_in_what_was_percent_encoded() -> None:
    spellings = ("+49 170 1234567", "(0170) 123-45.67", "0049\u00a0170/1234567", "0170 1234567")
    forms = [
        quote(f"call {one} ü", safe="", encoding=coding)
        for one in spellings
        for coding in ("utf-8", "latin-1")
    ]
    dense = [form.replace("-", "%2D").replace(".", "%2E") for form in forms]

    assert [form for form in (*forms, *dense) if not ANNA.is_named_in(form)] == []
    assert [form for form in dense if ANNA.is_named_in(ANNA.left_out_of(form))] == []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+12025550123", "(202) 555-0123"),
        ("+12025550123", "1-202-555-0123"),
        ("+390612345678", "06 1234 5678"),
        ("+79161234567", "8 916 123-45-67"),
        ("+88212345678", "+882 12345678"),
    ],
)
def test_a_number_is_known_as_it_is_dialled_in_its_country(number: str, text: str) -> None:
    assert Person(number=PhoneNumber(number)).is_named_in(f"call {text} now")


def test_a_short_code_is_an_address_and_no_word() -> None:
    service = Person(number=PhoneNumber("11833"))

    assert service.is_at("11833")
    assert not service.is_named_in("you won 11833 points")


def test_a_number_as_it_was_dialled_is_only_that() -> None:
    somebody = Person(number=PhoneNumber("1234567890"))

    assert somebody.is_at("1234567890")
    assert somebody.is_named_in("call 1234567890")
    assert not somebody.is_named_in("call 11234567890")


def test_a_message_as_a_modem_writes_it_names_them() -> None:
    assert ANNA.is_in_pdu("0791947101670000040C9194711032547600001182")
    assert ANNA.is_in_pdu("040B811007214365F7000011")
    assert not ANNA.is_in_pdu("040C91947110325486")


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+491701234567", "+49…67"), ("01701234567", "…67"), ("11833", "*****")],
)
def test_a_masked_number_tells_its_country_and_how_it_ends(number: str, shown: str) -> None:
    assert masked(PhoneNumber(number)) == shown


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.text(), st.text())
def test_whoever_is_named_is_so_no_more_when_left_out(number: str, before: str, after: str) -> None:
    person = Person(number=PhoneNumber(number))
    text = f"{before} {number} {after}"

    assert person.is_at(number)
    assert person.is_named_in(text)
    assert not person.is_named_in(person.left_out_of(text))


MAIL = Person(number=EmailAddress("anna.b@example.org"))


@pytest.mark.parametrize("written", ["anna.b@example.org", "Anna.B@Example.ORG"])
def test_an_e_mail_address_is_theirs_however_its_letters_are_written(written: str) -> None:
    assert MAIL.is_at(written)
    assert MAIL.left_out_of(f"mail <{written}>, or call") == f"mail <{ERASED}>, or call"


@pytest.mark.parametrize(
    "written",
    [
        "joanna.b@example.org",
        "anna.b@example.org.au",
        "anna_b@example.org",
        "+491701234567",
        "anna",
    ],
)
def test_other_e_mail_addresses_are_not_theirs(written: str) -> None:
    assert not MAIL.is_at(written)
    assert not MAIL.is_named_in(f"mail {written} now")
    assert not MAIL.is_in_pdu(written)


def test_an_e_mail_address_at_the_end_of_a_sentence_names_them() -> None:
    assert MAIL.is_named_in("Write to anna.b@example.org.")
    assert MAIL.is_named_in("https://example.org/?to=anna.b%40example.org&x=1")


def test_of_an_e_mail_address_its_domain_may_be_written_down() -> None:
    assert masked(MAIL.number) == "…@example.org"
