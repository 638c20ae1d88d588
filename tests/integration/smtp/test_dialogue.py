import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from smtp_world import DOMAIN, NAME, NUMBER, a_mail

from smscore_smtp._intake import LARGEST

A_MAIL = (b"Subject: x", b"", b"hello")


def answers(talk, *lines):
    talk.say(*lines)
    return [talk.hear() for _ in lines]


def test_what_the_server_can_is_announced(place):
    with place.connect() as mailer:
        mailer.ehlo()

        assert mailer.esmtp_features.keys() == {
            "size", "8bitmime", "smtputf8", "pipelining", "enhancedstatuscodes", "auth",
        }  # fmt: skip
        assert mailer.esmtp_features["size"] == str(LARGEST)
        assert mailer.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]


def test_it_greets_by_its_name(opened):
    with opened(hostname="sms-gate.example.org").talk() as talk:
        assert talk.hear() == "220 sms-gate.example.org smscore"


def test_ten_megabytes_are_refused_when_they_are_announced(place):
    with place.connect() as mailer:
        mailer.ehlo()

        code, text = mailer.mail("a@example.org", [f"SIZE={10 * 1024 * 1024}"])

    assert code == 552
    assert text.startswith(b"5.3.4 ")


def test_ten_megabytes_are_refused_when_they_come_unannounced(place):
    line = b"x" * 998 + b"\r\n"

    answer = place.send(b"Subject: x\r\n\r\n" + line * (10 * 1024 * 1024 // len(line) + 1))

    assert answer == f"552 5.3.4 the mail has more than {LARGEST} octets"
    assert place.texts == []


def test_a_mail_that_just_fits_is_taken_and_its_attachment_left_out(place):
    mail = a_mail()
    mail.add_attachment(b"x" * 7_000_000, maintype="image", subtype="png", filename="x.png")

    assert place.send(mail).endswith(", without 1 attachment")


def test_a_mail_of_one_endless_line_is_refused_as_well(place):
    with place.talk() as talk:
        talk.begin()
        for _ in range(11):
            talk.say_raw(b"x" * 1_000_000)
        talk.say("", ".")

        assert talk.hear().startswith("552 5.3.4 ")
        assert answers(talk, "NOOP") == ["250 OK"]


def test_long_lines_are_taken(place):
    place.send(b"Subject: x\r\n\r\n" + b"x" * 1500 + b"\r\n")

    assert [len(text) for _, text in place.texts] == [1500]


def test_dots_that_were_added_are_taken_away(place):
    place.send(b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n")

    assert place.texts == [("+491701234567", ".\n..\n.a")]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\0\n."])
def test_nothing_is_smuggled_behind_an_end_that_is_none(place, end):
    smuggled = f"MAIL FROM:<a@example.org>\r\nRCPT TO:<{NUMBER}>\r\nDATA\r\nmore\r\n.\r\n"
    with place.talk() as talk:
        talk.begin()
        talk.say_raw(b"Subject: x\r\n\r\nhello" + end + smuggled.encode())

        assert talk.hear() == "554 5.6.0 bare CR or LF in the mail: its lines have to end with CRLF"
        assert talk.hear() == ""
    assert place.texts == []


def test_commands_may_come_at_once(place):
    with place.talk() as talk:
        talk.say(f"EHLO {NAME}", "MAIL FROM:<a@example.org>", f"RCPT TO:<{NUMBER}>", "DATA")
        talk.say(*A_MAIL, ".", "NOOP", "QUIT")

        heard = [talk.hear()[:3] for _ in range(8)]

    assert heard == ["220", "250", "250", "250", "354", "250", "250", "221"]
    assert place.texts == [("+491701234567", "hello")]


def test_several_mails_may_come_by_one_connection(place):
    with place.talk() as talk:
        talk.begin()
        talk.say(*A_MAIL, ".")
        assert talk.hear()[:3] == "250"
        assert answers(talk, "DATA") == ["503 5.5.1 name a recipient first"]
        assert answers(talk, "MAIL FROM:<a@example.org>", f"RCPT TO:<{NUMBER}>")[1][:3] == "250"


def test_what_was_begun_can_be_forgotten(place):
    with place.talk() as talk:
        talk.say(f"EHLO {NAME}", "MAIL FROM:<a@example.org>", f"RCPT TO:<{NUMBER}>", "RSET", "DATA")

        assert [talk.hear()[:3] for _ in range(6)] == ["220", "250", "250", "250", "250", "503"]


def test_a_mail_without_a_return_path_is_taken(place):
    assert place.send(a_mail(), sender="").startswith("250 ")


def test_addresses_may_be_utf_8(place):
    with place.connect() as mailer:
        mailer.ehlo()
        code, _ = mailer.mail("müller@exämple.org", ["SMTPUTF8", "BODY=8BITMIME"])

        assert code == 250


@pytest.mark.parametrize("path", ["<>", "<@>", "<x>", "x y", "<a b@c>", "<" + "x" * 300 + ">"])
def test_what_is_no_address_is_no_recipient(place, path):
    with place.talk() as talk:
        talk.say(f"EHLO {NAME}", "MAIL FROM:<a@example.org>", f"RCPT TO:{path}")

        assert [talk.hear() for _ in range(4)][-1][:3] in {"550", "553", "555"}


@pytest.mark.parametrize(
    "elsewhere", ["a@example.com", f"a%example.com@{DOMAIN}", f"{DOMAIN}!a@example.com"]
)
def test_nothing_is_passed_on_to_elsewhere(place, elsewhere):
    assert re.match("550 5.(1.1|7.1) ", place.send(a_mail(), elsewhere))


def test_whoever_is_no_client_has_to_log_in(opened):
    place = opened(clients=[{"account": "acme", "networks": ["10.0.0.0/8"]}])

    assert place.send(a_mail()) == "530 5.7.0 log in first: this address and sender need it"


def test_who_is_denied_is_refused_and_so_is_who_only_says_it_in_the_header(opened):
    place = opened(deny=["@spam.example"])

    assert place.send(a_mail(), sender="x@spam.example").startswith("550 5.7.1 mails of")
    assert place.send(a_mail(From="x@spam.example")).startswith("550 5.7.1 mails of")


def test_from_other_networks_nothing_is_taken(opened):
    with opened(networks=["10.0.0.0/8"]).talk() as talk:
        assert talk.hear() == "554 5.7.1 no mail is taken from this network"
        assert talk.hear() == ""


def test_an_account_that_is_missing_is_no_reason_to_lose_a_mail(opened):
    place = opened(clients=[{"account": "shop"}])

    assert place.send(a_mail()).startswith("451 4.3.5 ")


def test_recipients_of_two_accounts_are_two_mails(opened):
    other = "sms.example.com"
    place = opened(
        domains=[DOMAIN, other],
        clients=[{"account": "acme", "domains": [DOMAIN]}, {"account": "shop"}],
    )
    place.gateway.administration.create_account("shop", tariff="unlimited", home_country="DE")
    second = f"00491701234568@{other}"

    with place.connect() as mailer:
        refused = mailer.send_message(a_mail(), "a@example.org", [NUMBER, second])
        assert refused[second][0] == 452
        assert mailer.send_message(a_mail(), "a@example.org", [second]) == {}

    accounts = [one.message.account for one in place.gateway.inquiry.messages(limit=9)]
    assert len(set(accounts)) == 2


def test_too_many_connections_are_told_to_come_back(opened):
    place = opened(connections=1)
    with place.talk() as first:
        first.hear()
        with place.talk() as second:
            assert second.hear() == "421 4.3.2 too many connections; try again later"
            assert second.hear() == ""
        assert answers(first, "NOOP") == ["250 OK"]


def test_who_says_nothing_is_sent_away(opened):
    with opened(timeout=0.1).talk() as talk:
        talk.hear()

        assert talk.hear() == "421 4.4.2 nothing was heard for too long"
        assert talk.hear() == ""


def test_who_is_idle_when_the_door_closes_hears_of_it(place):
    with place.talk() as talk:
        talk.hear()
        place.door.close()

        assert talk.hear() == "421 4.3.2 the server stops; try again later"


def test_a_mail_under_way_is_taken_before_the_door_closes(place):
    with place.talk() as talk, place.talk() as idle, ThreadPoolExecutor(1) as elsewhere:
        idle.hear()
        talk.begin()
        closing = elsewhere.submit(place.door.close)
        assert idle.hear() == "421 4.3.2 the server stops; try again later"
        talk.say(*A_MAIL, ".")

        assert talk.hear()[:3] == "250"
        assert talk.hear() == "421 4.3.2 the server stops; try again later"
        closing.result()
    assert place.texts == [("+491701234567", "hello")]


def test_a_closed_door_can_be_opened_again(place):
    place.door.close()
    place.door.close()
    place.door.start()

    assert place.send(a_mail()).startswith("250 ")


def test_no_number_is_logged(place, caplog):
    with caplog.at_level("DEBUG"):
        place.send(a_mail())
        place.send(a_mail(), f"00491701234568999999999999999@{DOMAIN}")

    assert "1701234" not in caplog.text
    assert "mail from 127.0.0.1" in caplog.text
