from email.message import EmailMessage

import pytest
from smtp_world import DOMAIN, NUMBER, a_mail

from smscore import hookimpl
from smscore.domain.messages import Surface
from smscore.domain.routes import Route
from smscore.errors import Overloaded, StoreUnavailable
from smscore.services.consent import Wish

TEXT = "The pump has stopped."


def test_a_mail_to_a_number_is_a_message_when_it_is_answered_with_250(place):
    with place.connect() as mailer:
        refused = mailer.send_message(a_mail(TEXT), "alarm@example.org", [NUMBER])

    assert refused == {}
    assert place.texts == [("+491701234567", TEXT)]


@pytest.mark.parametrize(
    "local", ["+491701234567", "01701234567", "0170-1234567", '"0170 1234567"']
)
def test_numbers_are_understood_as_people_write_them(place, local):
    place.send(a_mail(), f"{local}@{DOMAIN}")

    assert place.texts == [("+491701234567", TEXT)]


@pytest.mark.parametrize("local", ["1", "anna", "team"])
def test_contacts_and_groups_are_called_by_id_or_name(place, local):
    directory, account = place.gateway.directory, place.gateway.inquiry.account_named("acme").id
    anna = directory.contacts.add(account, "anna", number="0170 1234567")
    team = directory.groups.add(account, "team")
    directory.groups.join(account, team.name, contacts=[anna.name])

    assert place.send(a_mail(), f"{local}@{DOMAIN}").startswith("250 2.0.0 accepted as ")
    assert place.texts == [("+491701234567", TEXT)]


@pytest.mark.parametrize("local", ["nobody", "112", "postmaster"])
def test_who_is_not_known_is_refused_by_name(place, local):
    answer = place.send(a_mail(), f"{local}@{DOMAIN}")

    assert answer.startswith(f"550 5.1.1 '{local}' is neither a number")
    assert place.texts == []


def test_a_mail_to_several_is_a_message_to_each_of_them_once(place):
    answer = place.send(a_mail(), NUMBER, f"+491701234567@{DOMAIN}", f"00491701234568@{DOMAIN}")

    assert answer.endswith("and 1 more")
    assert [number for number, _ in place.texts] == ["+491701234567", "+491701234568"]


def test_recipients_that_are_refused_leave_the_others_alone(place):
    with place.connect() as mailer:
        refused = mailer.send_message(a_mail(), "a@example.org", [f"nobody@{DOMAIN}", NUMBER])

    assert list(refused) == [f"nobody@{DOMAIN}"]
    assert place.texts == [("+491701234567", TEXT)]


def test_what_cannot_be_sent_to_one_is_sent_to_none(place):
    place.gateway.rules.apply(
        [
            Route(name="no", prefixes=("+491709",), refuse="not to there"),
            Route(name="rest", channels=("sim",)),
        ]
    )

    answer = place.send(a_mail(), NUMBER, f"00491709999999@{DOMAIN}")

    assert answer.startswith("550 5.7.1 ")
    assert "not to there" in answer
    assert place.texts == []


def test_rules_know_what_came_by_mail(place):
    place.gateway.rules.apply(
        [
            Route(name="mail", surfaces=(Surface.EMAIL,), refuse="no mails today"),
            Route(name="rest", channels=("sim",)),
        ]
    )

    assert "no mails today" in place.send(a_mail())


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_a_body_is_read_however_it_is_encoded(place, encoding):
    mail = EmailMessage()
    mail.set_content("Grüße, 5 €", cte=encoding)

    place.send(mail)

    assert place.texts == [("+491701234567", "Grüße, 5 €")]


def test_html_is_read_where_there_is_nothing_else(place):
    mail = EmailMessage()
    mail.set_content("<h1>Pump</h1><p>It has <b>stopped</b>.</p>", subtype="html")

    place.send(mail)

    assert place.texts == [("+491701234567", "Pump\n\nIt has stopped.")]


def test_attachments_are_left_out_and_the_answer_says_so(place):
    mail = a_mail()
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="pump.pdf")

    assert place.send(mail).endswith(", without 1 attachment")
    assert place.texts == [("+491701234567", TEXT)]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"text": "subject"}, "Grüße"),
        ({"text": "both"}, f"Grüße\n{TEXT}"),
        ({"text": "both", "separator": ": "}, f"Grüße: {TEXT}"),
    ],
)
def test_the_subject_is_sent_where_that_is_wanted(opened, options, text):
    place = opened(**options)

    place.send(a_mail(Subject="Grüße"))

    assert place.texts == [("+491701234567", text)]


def test_a_mail_without_a_text_is_refused(place):
    assert place.send(a_mail("\n")).startswith("554 5.6.0 the mail has no text: its body is empty")


def test_a_text_that_is_too_long_is_refused_with_numbers(opened):
    place = opened(longest=10)

    answer = place.send(a_mail("eleven char"))

    assert answer == "552 5.2.3 the text has 11 characters, at most 10 allowed"


def test_a_mail_that_comes_again_is_the_same_message(place):
    first, second = place.send(a_mail()), place.send(a_mail())

    assert first == second
    assert len(place.texts) == 1


def test_a_mail_to_a_group_that_has_grown_is_the_same_too(place):
    directory, account = place.gateway.directory, place.gateway.inquiry.account_named("acme").id
    directory.groups.add(account, "team")
    for number in ("0170 1234567", "0170 1234568"):
        contact = directory.contacts.add(account, f"c{number[-1]}", number=number)
        directory.groups.join(account, "team", contacts=[contact.name])
        place.send(a_mail(), f"team@{DOMAIN}")

    assert [number for number, _ in place.texts] == ["+491701234567"]


@pytest.mark.parametrize(
    "other",
    [a_mail("Now it runs."), a_mail(Message_ID="<2@example.org>")],
)
def test_another_mail_is_another_message(place, other):
    place.send(a_mail())
    place.send(other)

    assert len(place.texts) == 2


def test_without_an_id_a_mail_is_known_by_all_of_it_if_it_has_a_date(place):
    for second in (1, 1, 2):
        place.send(f"Date: Mon, 23 Nov 2026 02:00:0{second} +0000\r\n\r\nhello".encode())

    assert len(place.texts) == 2


def test_a_device_that_writes_neither_id_nor_date_means_each_of_its_mails(place):
    for _ in range(2):
        place.send(b"Subject: x\r\n\r\nhello")

    assert len(place.texts) == 2


@pytest.mark.parametrize("fault", [Overloaded("full"), StoreUnavailable("the disk is gone")])
def test_a_store_in_trouble_is_a_reason_to_try_again(place, fault):
    place.store.fault = fault

    assert place.send(a_mail()).startswith("451 4.3.0 ")

    place.store.fault = None
    assert place.send(a_mail()).startswith("250 ")
    assert len(place.texts) == 1


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        ({"credits": 0}, "550 5.7.1 "),
        ({"monthly_limit": 0}, "452 4.2.2 "),
    ],
)
def test_an_account_that_has_nothing_left_is_told_apart_by_whether_that_passes(
    opened, account, answer
):
    assert opened(account=account).send(a_mail()).startswith(answer)


def test_a_message_can_be_asked_where_it_came_from(place):
    place.send(a_mail())

    (found,) = place.gateway.inquiry.messages(limit=1)
    assert found.message.surface is Surface.EMAIL


def test_who_wants_no_messages_gets_none_by_mail(place):
    place.gateway.consent.hold([Wish(number="+491701234567")])

    answer = place.send(a_mail(), f"0170-1234567@{DOMAIN}")

    assert answer.startswith("550 5.7.1 ")
    assert place.texts == []


def test_a_group_is_sent_to_but_for_those_who_want_no_messages(place):
    directory, account = place.gateway.directory, place.gateway.inquiry.account_named("acme").id
    directory.groups.add(account, "team")
    for name, number in (("anna", "0170 1234567"), ("ben", "0170 1234568")):
        directory.contacts.add(account, name, number=number)
        directory.groups.join(account, "team", contacts=[name])
    place.gateway.consent.hold([Wish(number="+491701234567")])

    answer = place.send(a_mail(), f"team@{DOMAIN}")

    assert answer.endswith(", without 1 member")
    assert place.texts == [("+491701234568", TEXT)]


def test_a_group_needs_a_mail_of_its_own(place):
    directory, account = place.gateway.directory, place.gateway.inquiry.account_named("acme").id
    directory.contacts.add(account, "anna", number="0170 1234567")
    directory.groups.add(account, "team")
    directory.groups.join(account, "team", contacts=["anna"])

    assert place.send(a_mail(), NUMBER, f"team@{DOMAIN}").startswith("452 4.5.3 ")


class BrokenRules:
    """A plugin whose screen says no in its own way."""

    @hookimpl
    def smscore_screens(self):
        return [lambda message: False]


def test_a_screen_that_is_broken_is_told_to_the_operator_and_the_mail_comes_again(opened, caplog):
    place = opened(plugins=[BrokenRules()])

    assert place.send(a_mail()).startswith("451 4.3.5 ")

    assert place.texts == []
    assert "the plugin 'BrokenRules' in smscore_screens" in caplog.text
