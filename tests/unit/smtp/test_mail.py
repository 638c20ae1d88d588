from contextlib import suppress
from email.charset import BASE64, QP, Charset
from email.message import EmailMessage
from email.mime.nonmultipart import MIMENonMultipart

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.errors import InvalidRequest, MessageTooLong
from smscore_smtp._mail import Mail, read_mail


def headed(*headers: str, body: str = "text") -> bytes:
    return "\r\n".join([*headers, "", body]).encode()


def encoded(text: str, *, charset: str, encoding: int | None) -> bytes:
    """A mail whose body is in a charset, and encoded for its way."""
    kind = Charset(charset)
    kind.body_encoding = encoding
    part = MIMENonMultipart("text", "plain")
    part.set_payload(text, kind)
    return part.as_bytes()


def test_a_plain_body_is_the_text():
    mail = read_mail(headed("Subject: Pump", "From: A <a@example.org>", body="It stopped.\r\n"))

    assert (mail.subject, mail.body, mail.sender) == ("Pump", "It stopped.", "a@example.org")


def test_a_body_of_8_bits_is_read():
    content = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe"

    assert read_mail(content).body == "Grüße"


@pytest.mark.parametrize("encoding", [QP, BASE64])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "windows-1252"])
def test_an_encoded_body_is_read(encoding, charset):
    assert read_mail(encoded("5 € für Öl", charset=charset, encoding=encoding)).body == "5 € für Öl"


@pytest.mark.parametrize(
    "header",
    [
        "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        "=?utf-8?B?R3LDvMOfZQ==?=",
        "=?iso-8859-1?q?Gr=FC=DFe?=",
        "=?utf-8?q?Gr=C3=BC?=\r\n =?utf-8?q?=C3=9Fe?=",
        "Grüße",
    ],
)
def test_an_encoded_subject_is_read(header):
    assert read_mail(headed(f"Subject: {header}")).subject == "Grüße"


def test_a_folded_subject_is_one_line():
    assert read_mail(headed("Subject: one\r\n two")).subject == "one two"


@pytest.mark.parametrize(
    "charset", ["nonsense", "x\0y", "unicode-1-1-utf-7", "Punycode", "unicode_escape"]
)
def test_an_unknown_charset_is_taken_for_utf_8(charset):
    header = f'Content-Type: text/plain; charset="{charset}"'

    assert read_mail(headed(header, body="Grüße")).body == "Grüße"


def test_octets_that_are_no_utf_8_are_read_as_windows_does():
    assert read_mail(b"Subject: x\r\n\r\n5 \x80").body == "5 €"


def test_plain_text_is_preferred_to_html():
    mail = EmailMessage()
    mail.set_content("plain")
    mail.add_alternative("<p>rich</p>", subtype="html")

    assert read_mail(mail.as_bytes()) == Mail(subject="", body="plain")


def test_html_alone_becomes_text():
    mail = EmailMessage()
    mail.set_content("<p>It <b>stopped</b>.</p><p>See&nbsp;to it.</p>", subtype="html")

    assert read_mail(mail.as_bytes()).body == "It stopped.\n\nSee\u00a0to it."


def test_an_empty_plain_text_does_not_hide_the_html():
    mail = EmailMessage()
    mail.set_content("\n")
    mail.add_alternative("<p>rich</p>", subtype="html")

    assert read_mail(mail.as_bytes()).body == "rich"


def test_attachments_are_counted_and_left_alone():
    mail = EmailMessage()
    mail.set_content("see there")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment("also text", filename="notes.txt")
    mail.add_attachment(EmailMessage())

    read = read_mail(mail.as_bytes())

    assert (read.body, read.attachments) == ("see there", 3)


def test_a_signature_is_cut_off_and_a_quotation_stays():
    body = "Yes.\r\n\r\n> Really?\r\n-- \r\nAnna, head of pumps\r\n"

    assert read_mail(headed("Subject: x", body=body)).body == "Yes.\n\n> Really?"


def test_paragraphs_that_flow_are_on_one_line_again():
    header = "Content-Type: text/plain; format=flowed"

    mail = read_mail(headed(header, body="one \r\ntwo\r\n three\r\n-- \r\nsignature"))

    assert mail.body == "one two\nthree"


def test_paragraphs_may_flow_without_blanks():
    header = "Content-Type: text/plain; format=flowed; delsp=yes"

    assert read_mail(headed(header, body="on \r\ne\r\ntwo")).body == "one\ntwo"


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; x=y", "Precedence: bulk"],
)
def test_a_machine_says_that_it_is_one(header):
    assert read_mail(headed(header)).is_automatic


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: first-class", "X: y"])
def test_other_mails_were_written_by_people(header):
    assert not read_mail(headed(header)).is_automatic


def test_parts_within_parts_have_an_end():
    lines = [
        f'Content-Type: multipart/mixed; boundary="{depth}"\r\n\r\n--{depth}\r\n'
        for depth in range(1900)
    ]

    with pytest.raises(InvalidRequest, match="deep"):
        read_mail("".join(lines).encode())


def test_lines_without_number_are_refused_at_once():
    with pytest.raises(InvalidRequest, match="lines"):
        read_mail(b"Subject: x\r\n" * 250_001)


def test_a_text_without_end_is_refused_before_it_is_looked_at():
    with pytest.raises(MessageTooLong, match="octets"):
        read_mail(headed("Content-Type: text/html", body="x" * 1_000_001))


def test_blanks_without_end_are_read_at_once():
    assert read_mail(headed(body=f"{' ' * 900_000}x \t\r\ny ")).body == f"{' ' * 900_000}x\ny"


@pytest.mark.parametrize("name", ["Content-Type", "content-disposition"])
@pytest.mark.parametrize("value", [f'x; y="{";" * 200_000}', "x;\r\n y=" * 101, "x" * 4000])
def test_parameters_without_end_are_refused_before_they_are_looked_at(name, value):
    with pytest.raises(InvalidRequest, match="parameters"):
        read_mail(f"Subject: x\r\n{name}: {value}\r\n\r\n".encode())


def test_parts_without_number_are_refused_before_they_are_looked_at():
    with pytest.raises(InvalidRequest, match="parts"):
        read_mail(b"Content-Type: text/plain\r\n\r\n" * 2001)


def test_a_long_name_of_a_file_is_none_too_many():
    sections = "".join(f'; filename*{n}="{"x" * 60}"' for n in range(40))

    assert read_mail(headed(f"Content-Disposition: attachment{sections}")).attachments == 1


def test_a_sender_in_parentheses_without_end_is_none():
    assert read_mail(headed("From: " + "(" * 9000)).sender == ""


def test_a_header_that_makes_no_sense_is_told():
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_mail(headed("Content-Disposition: x; filename*0*=\0utf-8''%ff"))


@given(st.binary(max_size=400))
def test_any_octets_are_some_mail(content):
    assert isinstance(read_mail(content), Mail)


HEADERS = st.sampled_from(
    [b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Subject", b"From"]
)
PIECES = (
    b"text/html|multipart/alternative|; boundary=x|; charset=|=?utf-8?q?|?=|base64|a|<|@|;|\r\n "
    b"|quoted-printable|x-uuencode|attachment|; filename*0*=|\"|utf-8''%ff|\0|\xff|; format=flowed"
).split(b"|")
VALUES = st.lists(st.sampled_from(PIECES), max_size=5).map(b"".join)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=5), st.binary(max_size=60))
def test_headers_of_any_kind_do_no_harm(headers, body):
    lines = [name + b": " + value for name, value in headers]

    with suppress(InvalidRequest):
        mail = read_mail(b"\r\n".join([*lines, b"", b"--x\r\n", body]))

        assert "\n" not in mail.subject


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from([QP, BASE64]))
def test_a_text_arrives_as_it_was_written(text, encoding):
    text = f"<{text}>"

    assert read_mail(encoded(text, charset="utf-8", encoding=encoding)).body == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1))
def test_a_subject_arrives_as_it_was_written(text):
    mail = EmailMessage()
    mail["Subject"] = text

    assert read_mail(mail.as_bytes()).subject == text
