import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.cards import Card, CardKind
from smscore.errors import InvalidRequest
from smscore_cards import decoded, read_csv, write_csv

names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=50) | st.text(
    "'=+-@\t\r\n\",;a", max_size=10
)
cards = st.builds(
    Card,
    line=st.just(1),
    kind=st.just(CardKind.CONTACT),
    name=names,
    id=st.none() | st.integers(1, 10**9),
    number=st.none() | st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True),
    email=st.from_regex(r"[a-z=+'-]{1,9}@[a-z-]{1,9}", fullmatch=True) | st.just(""),
    notes=texts,
    groups=st.lists(names, unique=True, max_size=3).map(tuple),
)


def a_card(**changes):
    return Card(**{"line": 2, "name": "anna", "number": None, "email": "", "notes": "", **changes})


def read(*lines: str):
    return read_csv("\n".join(lines))


@given(st.lists(cards, max_size=5), st.sampled_from([",", ";"]))
def test_what_is_written_is_read_again(written, separator):
    reading = read_csv("".join(write_csv(written, separator=separator)))

    assert not reading.faults
    assert not reading.ignored
    assert [_without_line(one) for one in reading.cards] == [_without_line(one) for one in written]


def _without_line(card: Card):
    return (card.kind, card.name, card.id, card.number, card.email, card.notes, card.groups)


@given(cards)
def test_no_cell_begins_as_a_formula_does(card):
    rows = list(csv.reader(io.StringIO("".join(write_csv([card])), newline="")))

    assert not [cell for cell in rows[1] if cell[:1] in set("=+-@\t\r\n＝＋－＠")]


def test_the_plus_sign_of_a_number_survives_a_spreadsheet():
    (line,) = list(write_csv([a_card(number="+491701234567")]))[1:]

    assert line == ",contact,anna,'+491701234567,,,\r\n"
    assert read("name,number", "anna,'+491701234567").cards[0].number == "+491701234567"
    assert read("name,number", "anna,+491701234567").cards[0].number == "+491701234567"


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''=1+1", "'", "'a", "-", "@a", "+", "\t=1"])
def test_apostrophes_are_put_in_front_and_taken_off_again(text):
    written = "".join(write_csv([a_card(notes=text)]))

    assert read_csv(written).cards[0].notes == text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_line_ends_are_those_of_the_first_line(separator, end):
    rows = [("Name", "Phone", "Note"), ("anna", "0170 1", "a,b;c"), ("bert", "", "")]
    text = end.join(separator.join(f'"{cell}"' for cell in row) for row in rows)

    reading = read_csv(text)

    assert [(one.line, one.name, one.number, one.notes) for one in reading.cards] == [
        (2, "anna", "0170 1", "a,b;c"),
        (3, "bert", None, ""),
    ]


def test_columns_that_are_not_there_leave_things_unchanged():
    (card,) = read("name", "anna").cards

    assert card == Card(line=2, name="anna")


def test_columns_that_mean_nothing_here_are_told():
    assert read("name,Ort,Straße,", "anna,Kiel,,").ignored == ("Ort", "Straße")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("",), "the first line must name the columns, and one of them must be 'name'"),
        (("anna,+491701234567",), "one of them must be 'name'"),
        (("name,phone,mobile",), "'phone' and 'mobile' both mean number"),
    ],
)
def test_a_file_without_named_columns_is_refused(lines, said):
    with pytest.raises(InvalidRequest, match=said):
        read(*lines)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Anna Müller,,,", "'Anna Müller' cannot be a name; 'Anna.Muller' could"),
        ("anna,,robot,", "the kind 'robot' is neither contact nor group"),
        ("anna,,,seven", "the id 'seven' is not a number from 1 on"),
        ("anna,,,0", "the id '0' is not a number from 1 on"),
        ("anna", "this line has 1 cells, and the first one 4"),
        ('anna,"x"y,,', "this is not CSV"),
        ('anna,"x,,', "this is not CSV"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(row, said):
    reading = read("name,notes,kind,id", 'bert,"two\nlines",,', "", row)

    assert [one.name for one in reading.cards] == ["bert"]
    (fault,) = reading.faults
    assert fault.line == 5
    assert said in fault.reason


def test_groups_are_named_with_any_separator():
    (card,) = read("name,groups", 'anna,"a b, c;d|e"').cards

    assert card.groups == ("a", "b", "c", "d", "e")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_not_part_of_the_text(mark):
    assert decoded(mark + "name\nä".encode()) == "name\nä"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name\nä".encode("iso-8859-1"), "line 2 is not valid UTF-8"),
        ("name".encode("utf-16"), "the file is in UTF-16"),
    ],
)
def test_another_encoding_is_refused_with_the_way_out(content, said):
    with pytest.raises(InvalidRequest, match=f"{said}; save"):
        decoded(content)


@given(st.text(max_size=200) | st.text("name,number;\"'\r\n\t=+1a", max_size=200))
def test_whatever_is_read_gives_cards_or_faults(text):
    for content in (text, f"name,number,notes\n{text}"):
        try:
            reading = read_csv(content)
        except InvalidRequest:
            continue
        assert len(reading.cards) + len(reading.faults) <= len(content)
