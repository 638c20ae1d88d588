import pytest
from smtp_world import DOMAIN, NUMBER, a_mail

from smscore.domain.destinations import By, Forward, Recipients
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule

INBOX = f"inbox@{DOMAIN}"


@pytest.fixture
def place(opened):
    return opened(clients=[], inboxes={INBOX: "acme", "all@elsewhere.example": ""})


def test_a_mail_to_an_inbox_is_received_and_no_message(place):
    answer = place.send(a_mail("Where is my parcel?", From="Anna <anna@example.org>"), INBOX)

    (found,) = place.gateway.inquiry.inbound()
    assert answer == "250 2.0.0 received"
    assert (found.kind, found.channel) == (InboundKind.EMAIL, INBOX)
    assert (found.sender, found.text) == ("anna@example.org", "Where is my parcel?")
    assert found.account == place.gateway.inquiry.account_named("acme").id
    assert place.texts == []


def test_an_inbox_may_belong_to_nobody_and_be_anywhere(place):
    place.send(a_mail(), "ALL@elsewhere.example")

    (found,) = place.gateway.inquiry.inbound()
    assert found.account is None


def test_a_mail_that_comes_again_is_received_once(place):
    place.send(a_mail(), INBOX)
    place.send(a_mail(), INBOX)

    assert len(place.gateway.inquiry.inbound()) == 1


def test_mails_that_cannot_be_told_apart_are_all_received(place):
    place.send(b"Subject: x\r\n\r\nhello", INBOX)
    place.send(b"Subject: x\r\n\r\nhello", INBOX)

    assert len(place.gateway.inquiry.inbound()) == 2


def test_without_a_header_the_sender_is_who_handed_it_over(place):
    place.send(b"Subject: x\r\n\r\nhello", INBOX, sender="pump@example.org")

    (found,) = place.gateway.inquiry.inbound()
    assert found.sender == "pump@example.org"


def test_a_sender_is_written_in_its_normal_form(place):
    place.send(a_mail(From="Anna@EXAMPLE.org"), INBOX)

    (found,) = place.gateway.inquiry.inbound()
    assert found.sender == "Anna@example.org"


def test_a_mail_may_be_from_nobody(place):
    place.send(b"Subject: x\r\n\r\nhello", INBOX, sender="")

    (found,) = place.gateway.inquiry.inbound()
    assert found.sender == "<>"


def test_a_mail_without_a_body_is_its_subject(place):
    place.send(a_mail("\n", Subject="The pump"), INBOX)

    (found,) = place.gateway.inquiry.inbound()
    assert found.text == "The pump"


def test_an_inbox_and_a_number_are_two_mails(opened):
    place = opened(inboxes={INBOX: "acme"})
    with place.connect() as mailer:
        refused = mailer.send_message(a_mail(), "a@example.org", [INBOX, NUMBER])

    assert refused[NUMBER][0] == 452


def test_the_subject_is_told_in_the_story(place):
    place.send(a_mail("It has stopped.", Subject="Pumpe für Öl"), INBOX)

    (found,) = place.gateway.inquiry.inbound()
    events = place.store.read(lambda view: view.events.of(found.id))
    assert events[0].detail["subject"] == "Pumpe für Öl"


def test_rules_pass_on_what_is_received_and_ask_for_its_kind_sender_and_text(place):
    alarm = InboundRule(
        name="alarm",
        kinds=(InboundKind.EMAIL,),
        sender="pump@example.org",
        message="stopped",
        destinations=(
            Forward(kind=Recipients.NUMBER, to="+491701234567", by=By.SMS, text="$NUMBER$: $TXT$"),
        ),
        account="acme",
    )
    place.gateway.rules.apply([], inbound=[alarm])

    place.send(a_mail("It runs.", From="pump@example.org"), INBOX)
    place.send(a_mail("It has stopped.", From="pump@example.org"), INBOX)
    place.send(a_mail("I have stopped.", From="anna@example.org"), INBOX)

    assert place.texts == [("+491701234567", "pump@example.org: It has stopped.")]
