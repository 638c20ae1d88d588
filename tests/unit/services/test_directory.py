import pytest

from smscore import Gateway
from smscore.domain.directory import Contact, ContactChanges
from smscore.domain.messages import AccountId
from smscore.errors import Conflict, InvalidNumber, InvalidRequest, NotFound

ACME = AccountId(1)


@pytest.fixture
def directory(gateway: Gateway):
    return gateway.directory


# Contacts.


def test_contacts_get_small_consecutive_ids_of_their_account(gateway, directory):
    gateway.administration.create_account("other")

    ids = [directory.contacts.add(ACME, name).id for name in ("anna", "bert")]

    assert ids == [1, 2]
    assert directory.contacts.add(AccountId(2), "anna").id == 1


def test_the_id_of_a_deleted_contact_is_not_given_again(directory):
    directory.contacts.add(ACME, "anna")
    directory.contacts.delete(ACME, "anna")

    assert directory.contacts.add(ACME, "bert").id == 2


def test_a_number_is_kept_in_normal_form(directory):
    contact = directory.contacts.add(ACME, "anna", number="0170 / 123-4567")

    assert contact.number.value == "+491701234567"
    assert directory.contacts.get(ACME, "anna") == contact


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"name": "Anna Müller"}, InvalidRequest, "letters, digits, dots, hyphens or _"),
        ({"name": ""}, InvalidRequest, "cannot name a contact"),
        ({"number": "call me"}, InvalidNumber, "is not a telephone number"),
        ({"email": "anna"}, InvalidRequest, "is not an e-mail address"),
        ({"email": "anna@ex ample.org"}, InvalidRequest, "is not an e-mail address"),
        ({"email": "anna@\ud800.org"}, InvalidRequest, "is not an e-mail address"),
        ({"notes": "x" * 2001}, InvalidRequest, "at most 2000 characters, not 2001"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(directory, values, error, said):
    with pytest.raises(error, match=said):
        directory.contacts.add(ACME, **{"name": "anna", **values})

    assert not directory.contacts.find(ACME)


def test_notes_that_no_store_can_keep_are_made_storable(directory):
    assert directory.contacts.add(ACME, "anna", notes="a\0b\ud800").notes == "a\ufffdb\ufffd"


def test_a_name_is_given_once(directory):
    directory.contacts.add(ACME, "anna")

    with pytest.raises(Conflict, match="there is a contact 'anna' with the id 1 already"):
        directory.contacts.add(ACME, "anna")


def test_digits_are_an_id_first_and_then_a_name(directory):
    by_id = directory.contacts.add(ACME, "2")
    by_name = directory.contacts.add(ACME, "1701")

    assert directory.contacts.get(ACME, "1") == by_id
    assert directory.contacts.get(ACME, "2") == by_name
    assert directory.contacts.get(ACME, "1701") == by_name


def test_digits_that_no_id_is_written_with_are_a_name(directory):
    first = directory.contacts.add(ACME, "anna")
    agent = directory.contacts.add(ACME, "001")

    assert directory.contacts.get(ACME, "001") == agent
    assert directory.contacts.get(ACME, "1") == first


@pytest.mark.parametrize("to", ["bert", "7", "01", "", " anna", "9" * 40, "１", "an\0na", "\ud800"])
def test_who_is_not_there_is_not_found(directory, to):
    directory.contacts.add(ACME, "anna")

    with pytest.raises(NotFound, match="smscore contact list"):
        directory.contacts.get(ACME, to)
    with pytest.raises(NotFound, match="smscore group list"):
        directory.groups.get(ACME, to)


def test_only_what_is_given_changes(directory):
    before = directory.contacts.add(ACME, "anna", number="0170 1", email="a@b", notes="n")

    after = directory.contacts.change(ACME, "1", ContactChanges(number=None, notes="m"))

    assert after == Contact(
        id=before.id, account=ACME, name="anna", number=None, email="a@b", notes="m"
    )
    assert directory.contacts.get(ACME, "anna") == after


def test_a_contact_in_a_group_cannot_be_deleted_and_the_groups_are_named(directory):
    directory.contacts.add(ACME, "anna")
    for name in ("oncall", "all"):
        directory.groups.add(ACME, name)
        directory.groups.join(ACME, name, contacts=["anna"])

    with pytest.raises(Conflict, match="contact 'anna' is in oncall, all, and so cannot"):
        directory.contacts.delete(ACME, "anna")

    directory.groups.leave(ACME, "oncall", contacts=["anna"])
    directory.groups.leave(ACME, "all", contacts=["1"])
    directory.contacts.delete(ACME, "anna")
    assert not directory.contacts.find(ACME)


# Groups.


def test_a_group_tells_what_is_in_it_and_what_it_is_in(directory):
    directory.contacts.add(ACME, "anna")
    for name in ("all", "oncall", "night"):
        directory.groups.add(ACME, name)
    directory.groups.join(ACME, "all", groups=["oncall"])

    membership = directory.groups.join(ACME, "oncall", contacts=["anna"], groups=["night"])

    assert membership == directory.groups.get(ACME, "oncall")
    assert [one.name for one in membership.contacts] == ["anna"]
    assert [one.name for one in membership.groups] == ["night"]
    assert [one.name for one in membership.within] == ["all"]


def test_joining_is_all_or_nothing(directory):
    directory.contacts.add(ACME, "anna")
    directory.groups.add(ACME, "oncall")

    with pytest.raises(NotFound, match="'bert'"):
        directory.groups.join(ACME, "oncall", contacts=["anna", "bert"])

    assert not directory.groups.members(ACME, "oncall")


def test_two_groups_of_one_request_cannot_make_a_circle(directory):
    for name in ("a", "b"):
        directory.groups.add(ACME, name)
    directory.groups.join(ACME, "a", groups=["b"])

    with pytest.raises(InvalidRequest, match=r"\(b > a > b\)"):
        directory.groups.join(ACME, "b", groups=["a"])

    assert not directory.groups.get(ACME, "b").groups


def test_who_is_not_in_a_group_cannot_leave_it(directory):
    directory.contacts.add(ACME, "anna")
    directory.groups.add(ACME, "oncall")

    with pytest.raises(NotFound, match="contact 'anna' is not directly in group 'oncall'"):
        directory.groups.leave(ACME, "oncall", contacts=["anna"])


def test_a_group_is_renamed_and_keeps_its_id(directory):
    group = directory.groups.add(ACME, "oncall")

    renamed = directory.groups.rename(ACME, "oncall", "night")

    assert (renamed.id, renamed.name) == (group.id, "night")
    assert list(directory.groups.all(ACME)) == [renamed]


def test_a_group_within_another_cannot_be_deleted(directory):
    for name in ("all", "oncall"):
        directory.groups.add(ACME, name)
    directory.groups.join(ACME, "all", groups=["oncall"])

    with pytest.raises(Conflict, match="group 'oncall' is in all, and so cannot"):
        directory.groups.delete(ACME, "oncall")

    directory.groups.delete(ACME, "all")
    assert [one.name for one in directory.groups.all(ACME)] == ["oncall"]


# Numbers.


def test_a_contact_stands_for_its_number(directory):
    directory.contacts.add(ACME, "anna", number="0170 1234567")

    assert list(directory.contact_numbers(ACME, "anna")) == ["+491701234567"]
    assert list(directory.contact_numbers(ACME, "1")) == ["+491701234567"]


def test_a_contact_without_a_number_stands_for_none(directory):
    directory.contacts.add(ACME, "anna")

    with pytest.raises(InvalidRequest, match="contact 'anna' has no number"):
        directory.contact_numbers(ACME, "anna")


def test_who_is_reached_through_several_groups_is_one_recipient(directory):
    directory.contacts.add(ACME, "anna", number="0170 1234567")
    directory.contacts.add(ACME, "bert", number="+491709999999")
    directory.contacts.add(ACME, "anna.at.work", number="+491701234567")
    directory.contacts.add(ACME, "carl")
    for name in ("all", "north", "south"):
        directory.groups.add(ACME, name)
    directory.groups.join(ACME, "north", contacts=["anna", "bert"])
    directory.groups.join(ACME, "south", contacts=["anna", "carl", "anna.at.work"])
    directory.groups.join(ACME, "all", groups=["north", "south"], contacts=["bert"])

    assert list(directory.group_numbers(ACME, "all")) == ["+491701234567", "+491709999999"]
    assert [one.name for one in directory.groups.members(ACME, "all")] == [
        "anna", "bert", "anna.at.work", "carl",
    ]  # fmt: skip


@pytest.mark.parametrize("members", [(), ("carl",)])
def test_a_group_in_which_nobody_has_a_number_is_refused(directory, members):
    directory.contacts.add(ACME, "carl")
    directory.groups.add(ACME, "empty")
    directory.groups.join(ACME, "empty", contacts=members)

    with pytest.raises(InvalidRequest, match="nobody in group 'empty' has a number"):
        directory.group_numbers(ACME, "empty")


def test_the_directory_of_another_account_is_not_found(gateway, directory):
    gateway.administration.create_account("other")
    directory.contacts.add(ACME, "anna", number="0170 1234567")
    directory.groups.add(ACME, "oncall")

    for look_up in (directory.contact_numbers, directory.group_numbers):
        with pytest.raises(NotFound):
            look_up(AccountId(2), "1")
