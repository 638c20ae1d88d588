import pytest

from smscore_smtp._admission import Admission, Mailbox, Peer, looks_like_a_number
from smscore_smtp._options import Client, SmtpOptions

INSIDE, OUTSIDE = "10.1.2.3", "192.0.2.1"


def admission(**options) -> Admission:
    return Admission(SmtpOptions(**{"domains": ("sms.example.org",), **options}))


def a_peer(address: str = INSIDE, sender: str = "a@example.org") -> Peer:
    return Peer(address=address, sender=sender)


def mailbox(address: str = "1@sms.example.org") -> Mailbox:
    found = Mailbox.parse(address)
    assert found is not None
    return found


def test_an_address_is_parted_at_its_last_sign():
    assert mailbox('"a@b"@SMS.Example.org') == Mailbox(local="a@b", domain="sms.example.org")


@pytest.mark.parametrize("address", ["", "a", "@b", "a@"])
def test_half_an_address_is_none(address):
    assert Mailbox.parse(address) is None


@pytest.mark.parametrize(
    ("local", "is_number"),
    [
        ("00491701234567", True),
        ("+491701234567", True),
        ("01701234567", True),
        ("0170-123 45/67", True),
        ("1234567", True),
        ("0049112", True),
        ("123456", False),
        ("112", False),
        ("", False),
        ("anna", False),
        ("1" * 21, False),
        ("12345678a", False),
    ],
)
def test_short_digits_are_an_id_and_long_ones_a_number(local, is_number):
    assert looks_like_a_number(local) is is_number


def test_domains_are_ours_whatever_their_case():
    assert admission(domains=("SMS.example.org",)).is_ours(mailbox("a@sms.EXAMPLE.org"))
    assert not admission().is_ours(mailbox("a@example.org"))
    assert not admission().is_ours(mailbox("a@x.sms.example.org"))


def test_nobody_is_a_client_by_default():
    assert admission().account_of(a_peer("127.0.0.1"), mailbox()) is None


@pytest.mark.parametrize(
    ("address", "account"), [("127.0.0.1", "shop"), ("::1", "shop"), (OUTSIDE, None), ("", None)]
)
def test_a_client_is_on_this_machine_unless_it_names_networks(address, account):
    found = admission(clients=(Client(account="shop"),))

    assert found.account_of(a_peer(address), mailbox()) == account


def test_an_address_of_the_old_kind_may_come_in_the_form_of_the_new():
    found = admission(clients=(Client(account="shop"),))

    assert found.account_of(a_peer("::ffff:127.0.0.1"), mailbox()) == "shop"


@pytest.mark.parametrize(
    ("peer", "to", "account"),
    [
        (a_peer(), "1@a.example", "first"),
        (a_peer(sender="b@example.org"), "1@a.example", "second"),
        (a_peer(sender="x@Mail.example"), "1@b.example", "third"),
        (a_peer(sender="x@sub.mail.example"), "1@b.example", None),
        (a_peer(OUTSIDE), "1@a.example", None),
    ],
)
def test_the_first_client_that_suits_counts(peer, to, account):
    networks = ("10.0.0.0/8",)
    found = admission(
        domains=("a.example", "b.example"),
        clients=(
            Client(account="first", networks=networks, senders=("A@example.org",)),
            Client(account="second", networks=networks, domains=("A.example",)),
            Client(account="third", networks=networks, senders=("@mail.example",)),
        ),
    )

    assert found.account_of(peer, mailbox(to)) == account


def test_senders_may_be_allowed_or_denied_and_no_wins():
    found = admission(allow=("@example.org",), deny=("spam@example.org",))

    assert found.may_send(a_peer())
    assert not found.may_send(a_peer(sender="SPAM@example.org"))
    assert not found.may_send(a_peer(sender="a@example.com"))
    assert not found.may_send(a_peer(sender=""))


def test_from_where_anything_is_taken_can_be_said():
    found = admission(networks=("10.0.0.0/8",))

    assert found.may_speak(a_peer(INSIDE))
    assert not found.may_speak(a_peer(OUTSIDE))


@pytest.mark.parametrize(
    ("address", "is_encrypted", "options", "may"),
    [
        (OUTSIDE, True, {}, True),
        (OUTSIDE, False, {}, False),
        ("127.0.0.1", False, {}, True),
        (OUTSIDE, False, {"login_without_tls": True}, True),
    ],
)
def test_passwords_are_said_where_nobody_listens(address, is_encrypted, options, may):
    assert admission(**options).may_log_in(a_peer(address), is_encrypted=is_encrypted) is may


def test_an_inbox_is_found_whatever_its_case():
    found = admission(inboxes={"Inbox@example.com": "shop"}).inbox(mailbox("inBOX@example.COM"))

    assert found is not None
    assert (found.address, found.account) == ("inbox@example.com", "shop")
