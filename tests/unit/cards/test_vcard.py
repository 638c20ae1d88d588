import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.cards import Card, CardKind
from smscore.domain.directory import Contact, ContactChanges, ContactId
from smscore.domain.messages import AccountId
from smscore.domain.settings import UNCHANGED
from smscore_cards import VcardVersion, read_vcards, write_vcards

names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=100) | st.text(
    "\\n,;:=\n \"'a0D", max_size=100
)
emails = st.from_regex(r"[a-z=+',;ü\\-]{1,9}@[a-zß.-]{1,90}", fullmatch=True) | st.just("")


def as_kept(card: Card) -> Card:
    """What of the notes a contact keeps; the number is always in normal form."""
    kept = ContactChanges(notes=card.notes).apply(
        Contact(id=ContactId(1), account=AccountId(1), name="x"), home=None
    )
    return Card(line=1, name=card.name, number=card.number, email=card.email, notes=kept.notes)


contacts = st.builds(
    Card,
    line=st.just(1),
    name=names,
    number=st.none() | st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True),
    email=emails,
    notes=texts,
).map(as_kept)


def seen(card: Card):
    return (
        card.kind,
        card.name,
        card.number if isinstance(card.number, str) else None,
        card.email if isinstance(card.email, str) else "",
        card.notes if isinstance(card.notes, str) else "",
        card.groups,
    )


def read(*lines: str, version: str = "3.0") -> Card:
    text = "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))
    reading = read_vcards(text)
    assert not reading.faults
    (card,) = reading.cards
    return card


@pytest.mark.parametrize("version", VcardVersion)
@given(written=st.lists(contacts, max_size=3))
def test_what_is_written_is_read_again(version, written):
    reading = read_vcards("".join(write_vcards(written, version=version)))

    assert not reading.faults
    assert [seen(one) for one in reading.cards] == [seen(one) for one in written]


@pytest.mark.parametrize("version", VcardVersion)
def test_groups_are_written_with_those_that_they_are_in(version):
    group = Card(line=1, kind=CardKind.GROUP, name="oncall", groups=("all", "b.c"))
    text = "".join(write_vcards([group], version=version))

    assert f"VERSION:{version}\r\n" in text
    assert [seen(one) for one in read_vcards(text).cards] == [seen(group)]


@pytest.mark.parametrize("version", VcardVersion)
def test_no_line_is_longer_than_76_octets(version):
    card = Card(line=1, name="anna", notes="größer, 👩‍🚒 " * 50)
    text = "".join(write_vcards([card], version=version))

    assert max(len(line) for line in text.encode().split(b"\r\n")) <= 76


def test_an_address_books_card_of_3_0_is_read():
    card = read(
        "N:Müller;Anna;;Dr.;",
        "FN:Anna Müller",
        "ORG:Example, Inc.",
        "TEL;TYPE=FAX,WORK:+49 40 1",
        "TEL;TYPE=HOME,VOICE:+49 40 2",
        "item1.TEL;TYPE=CELL:+49 (170) 123-4567",
        "item1.X-ABLabel:_$!<Mobile>!$_",
        "EMAIL;TYPE=INTERNET;TYPE=pref:anna@example.org",
        "NOTE:one\\, two\\; three\\nfour, and",
        "  five",
        "CATEGORIES:oncall,* Night shift,***",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRg==",
    )

    assert card == Card(
        line=1,
        name="Anna.Muller",
        number="+49 (170) 123-4567",
        email="anna@example.org",
        notes="Anna Müller\none, two; three\nfour, and five",
        groups=("oncall", "Night.shift"),
    )


def test_a_card_of_4_0_is_read():
    card = read(
        "FN:anna",
        'TEL;VALUE=uri;PREF=2;TYPE="voice,home":tel:+49-40-2',
        'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+49-170-1234567;ext=5',
        version="4.0",
    )

    assert card == Card(line=1, name="anna", number="+49-170-1234567")


def test_a_card_of_2_1_is_read():
    card = read(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Anna",
        "TEL;HOME:040 2",
        "TEL;CELL;PREF:0170 1234567",
        "NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Gr=FC=DFe, C:\\new=0D=0A=",
        "zweite Zeile",
        "AGENT:",
        "BEGIN:VCARD",
        "FN:somebody else",
        "TEL:1",
        "END:VCARD",
        "PHOTO;JPEG;ENCODING=BASE64:",
        " /9j/4AAQSkZJRg==",
        "",
        version="2.1",
    )

    assert card.name == "Anna.Muller"
    assert card.number == "0170 1234567"
    assert card.notes == "Anna Müller\nGrüße, C:\\new\nzweite Zeile"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("FN:anna",), "anna"),
        (("FN:Анна", "NICKNAME:Аня,anna.m"), "anna.m"),
        (("FN:Jørgen Æbelø-Łoś",), "Jorgen.Aebelo-Los"),
        (("N:Doe;John;Q.",), "John.Doe"),
        (("ORG:Straßen & Wege",), "Strassen.Wege"),
        (("FN:" + "x" * 70,), "x" * 64),
    ],
)
def test_a_name_is_made_of_what_somebody_is_called(lines, name):
    assert read(*lines).name == name


@pytest.mark.parametrize(
    ("kind", "member"),
    [("KIND", "MEMBER"), ("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER")],
)
def test_the_members_that_a_group_names_are_put_into_it(kind, member):
    cards = [
        ("FN:anna", "UID:A1", "CATEGORIES:all"),
        ("FN:oncall", f"{kind}:group", f"{member}:urn:uuid:a1", f"{member}:urn:uuid:b2"),
        ("FN:bert", "UID:urn:uuid:B2"),
        ("FN:carl",),
    ]
    text = "".join("\n".join(("BEGIN:VCARD", *card, "END:VCARD", "")) for card in cards)

    assert [(one.name, one.groups) for one in read_vcards(text).cards] == [
        ("anna", ("all", "oncall")),
        ("oncall", ()),
        ("bert", ("oncall",)),
        ("carl", ()),
    ]


def test_what_a_card_does_not_say_stays_as_it_is():
    card = read("FN:anna")

    assert (card.number, card.email, card.notes) == (UNCHANGED, UNCHANGED, UNCHANGED)


GOOD = "BEGIN:VCARD\nVERSION:3.0\nFN:anna\nEND:VCARD\n"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("BEGIN:VCARD\nFN:bert\nno property\nEND:VCARD\n", "a line that says nothing"),
        ("BEGIN:VCARD\nFN:Анна\nEND:VCARD\n", "no name can be made of 'Анна'"),
        ("BEGIN:VCARD\nTEL:1\nEND:VCARD\n", "no name can be made of ''"),
        ("name,number\n", "this is no vCard"),
        ("END:VCARD\n", "this is no vCard"),
        ("BEGIN:VCARD\nNOTE;CHARSET=X;ENCODING=QUOTED-PRINTABLE:a\nEND:VCARD\n", "unknown encod"),
        ("BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:=FF\nEND:VCARD\n", "cannot be decoded"),
    ],
)
def test_a_bad_card_is_named_by_its_line_and_spoils_no_other(bad, said):
    reading = read_vcards(f"{GOOD}\n{bad}\n{GOOD}")

    assert [one.line for one in reading.cards] == [1, 8 + bad.count("\n") - 1]
    (fault,) = reading.faults
    assert fault.line == 6
    assert said in fault.reason


def test_a_card_that_does_not_end_is_a_fault():
    (fault,) = read_vcards("BEGIN:VCARD\nFN:anna\n").faults

    assert str(fault) == "line 1: this vCard has no END:VCARD"


@pytest.mark.parametrize("sign", ["=", ",b", "=b", ";a", ";a=b", "\n ,b"])
def test_a_hostile_line_costs_no_more_than_another(sign):
    hostile = f'BEGIN:VCARD\nTEL;a={sign * 200}"\nEND:VCARD\n'
    began = time.process_time()

    read_vcards(hostile)

    assert time.process_time() - began < 1


@given(st.text(max_size=300) | st.text('BEGIN:VCARDN;=",\n\\ ', max_size=300))
def test_whatever_is_read_gives_cards_or_faults(text):
    read_vcards(text)
    read_vcards(f"BEGIN:VCARD\n{text}\nEND:VCARD")
