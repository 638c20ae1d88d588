import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alphabets import GSM7, alphabet
from smscore.domain.headers import (
    Concatenation,
    Element,
    Ports,
    alphabet_of,
    concatenation_element,
    concatenation_of,
    locking_element,
    ports_element,
    ports_of,
    read_elements,
    single_element,
    write_elements,
)
from smscore.domain.languages import Language

elements = st.builds(Element, identifier=st.integers(0, 255), value=st.binary(max_size=20))
octet = st.integers(0, 255)


@st.composite
def places(draw: st.DrawFn) -> Concatenation:
    is_wide = draw(st.booleans())
    total = draw(st.integers(1, 255))
    return Concatenation(
        reference=draw(st.integers(0, 0xFFFF if is_wide else 0xFF)),
        total=total,
        number=draw(st.integers(1, total)),
        is_wide=is_wide,
    )


@st.composite
def ports(draw: st.DrawFn) -> Ports:
    is_wide = draw(st.booleans())
    port = st.integers(0, 0xFFFF if is_wide else 0xFF)
    return Ports(destination=draw(port), source=draw(port), is_wide=is_wide)


@given(st.lists(elements, max_size=10))
def test_elements_are_read_as_they_were_written(written: list[Element]) -> None:
    assert read_elements(write_elements(*written)) == tuple(written)


@given(st.binary(max_size=200))
def test_any_octets_can_be_looked_into(header: bytes) -> None:
    read_elements(header)
    concatenation_of(header)
    ports_of(header)
    alphabet_of(header)


@given(places())
def test_a_place_is_read_as_it_was_written(place: Concatenation) -> None:
    assert concatenation_of(write_elements(concatenation_element(place))) == place


@given(ports())
def test_ports_are_read_as_they_were_written(written: Ports) -> None:
    assert ports_of(write_elements(ports_element(written))) == written


@given(st.none() | st.sampled_from(Language), st.none() | st.sampled_from(Language))
def test_national_tables_are_read_as_they_were_written(
    locking: Language | None, single: Language | None
) -> None:
    header = write_elements(
        *([single_element(single)] if single else []),
        *([locking_element(locking)] if locking else []),
    )

    assert alphabet_of(header) is alphabet(locking=locking, single=single)


# 23.040, 9.2.3.24: identifier, length, value.
@pytest.mark.parametrize(
    ("element", "octets"),
    [
        (concatenation_element(Concatenation(reference=0xA7, total=3, number=1)), "0003a70301"),
        (
            concatenation_element(Concatenation(reference=0x1234, total=2, number=2, is_wide=True)),
            "080412340202",
        ),
        (ports_element(Ports(destination=2948, source=9200)), "05040b8423f0"),
        (ports_element(Ports(destination=240, source=0, is_wide=False)), "0402f000"),
        (single_element(Language.TURKISH), "240101"),
        (locking_element(Language.URDU), "25010d"),
    ],
)
def test_an_element_has_the_octets_of_the_standard(element: Element, octets: str) -> None:
    assert element.to_octets().hex() == octets


def test_unknown_elements_are_passed_over_by_their_length() -> None:
    header = bytes.fromhex("7003aabbcc0003a703017100")

    assert concatenation_of(header) == Concatenation(reference=0xA7, total=3, number=1)
    assert [one.identifier for one in read_elements(header)] == [0x70, 0x00, 0x71]


def test_an_element_that_overruns_the_header_is_left_out() -> None:
    assert read_elements(bytes.fromhex("7001ff0003a7")) == (
        Element(identifier=0x70, value=b"\xff"),
    )
    assert concatenation_of(bytes.fromhex("0003a703")) is None


@pytest.mark.parametrize("octets", ["0003a70001", "0003a70300", "0003a70304", "0002a701"])
def test_a_place_that_makes_no_sense_is_none(octets: str) -> None:
    assert concatenation_of(bytes.fromhex(octets)) is None


def test_the_last_of_repeated_elements_counts() -> None:
    header = bytes.fromhex("0003010201080412340202")

    assert concatenation_of(header) == Concatenation(
        reference=0x1234, total=2, number=2, is_wide=True
    )


@pytest.mark.parametrize("octets", ["240100", "24010e", "2501ff", "24020101"])
def test_a_language_that_is_not_defined_counts_as_none(octets: str) -> None:
    assert alphabet_of(bytes.fromhex(octets)) is GSM7


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"reference": 256}, "reference is 0 to 255, not 256"),
        ({"reference": 65536, "is_wide": True}, "reference is 0 to 65535, not 65536"),
        ({"reference": -1}, "reference is 0 to 255, not -1"),
        ({"total": 256}, "total is 0 to 255, not 256"),
        ({"number": -1}, "number is 0 to 255, not -1"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(place: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Concatenation(**{"reference": 1, "total": 2, "number": 1} | place)


def test_ports_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match="source is a port of 0 to 255, not 300"):
        Ports(destination=1, source=300, is_wide=False)


def test_a_header_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 255 octets, these elements 258"):
        write_elements(*[Element(identifier=0x70, value=bytes(127))] * 2)


def test_a_place_without_sense_does_not_hide_one_that_has_it() -> None:
    header = bytes.fromhex("0003a703010003a70300")

    assert concatenation_of(header) == Concatenation(reference=0xA7, total=3, number=1)


@pytest.mark.parametrize("octets", ["0502f000", "04040b8423f0"])
def test_ports_of_the_wrong_length_are_none(octets: str) -> None:
    assert ports_of(bytes.fromhex(octets)) is None


def test_a_header_may_have_255_octets() -> None:
    elements = [
        Element(identifier=0x70, value=bytes(126)),
        Element(identifier=0x71, value=bytes(125)),
    ]

    assert len(write_elements(*elements)) == 255


def test_an_element_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 255 octets, not 300"):
        Element(identifier=0, value=bytes(300))
    with pytest.raises(ValueError, match="identifier is 0 to 255, not 256"):
        Element(identifier=256, value=b"")
