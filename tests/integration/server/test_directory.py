"""
The commands about contacts and groups.
"""

import json
from pathlib import Path

import pytest

from smscore import GatewayConfig, build
from smscore.domain.links import Link
from smscore.domain.numbers import PhoneNumber
from smscore.testing import NOON
from smscore_server._transfers import Progress

SHOP = ("--account", "shop")
CSV = "name,number,groups\nanna,0170 1234567,oncall all\nbert,,\n"


@pytest.fixture(autouse=True)
def shop(answer):
    return answer("account", "create", "shop", "--country", "DE")


@pytest.fixture
def anna(answer):
    return answer("contact", "add", "anna", "--number", "0170 1234567", *SHOP)


def test_a_contact_is_added_shown_changed_and_deleted(answer, anna):
    assert anna == {
        "id": 1,
        "name": "anna",
        "number": "+491701234567",
        "email": None,
        "notes": None,
        "links": [],
        "groups": [],
    }
    assert answer("contact", "show", "1", *SHOP) == anna

    changed = answer(
        "contact", "set", "anna", "--name", "anna.m", "--number", "None", "--email", "a@b",
        "--notes", "night", *SHOP,
    )  # fmt: skip

    assert changed == {**anna, "name": "anna.m", "number": None, "email": "a@b", "notes": "night"}
    assert answer("contact", "delete", "anna.m", *SHOP)["id"] == 1
    assert answer("contact", "list", *SHOP) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("contact", "show", "carl", *SHOP), "there is no contact 'carl'; 'smscore contact list'"),
        (("contact", "add", "anna", *SHOP), "there is a contact 'anna' with the id 1 already"),
        (("contact", "add", "Anna Müller", *SHOP), "use 1 to 64 letters"),
        (("contact", "list", "--account", "nobody"), "there is no account 'nobody'"),
        (("group", "join", "oncall", "carl", *SHOP), "there is no contact 'carl'"),
        (("group", "join", "oncall", "--group", "1", *SHOP), "it would contain itself"),
        (("group", "leave", "oncall", "anna", *SHOP), "is not directly in group 'oncall'"),
    ],
)
def test_a_refusal_is_one_line(command, answer, anna, arguments, said):
    answer("group", "add", "oncall", *SHOP)

    result = command(*arguments)

    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_contacts_are_listed_in_pages_and_searched(command, answer, anna):
    answer("contact", "add", "bert", "--email", "bert@example.org", *SHOP)

    first = command("contact", "list", "--limit", "1", *SHOP)
    rest = command("contact", "list", "--after", "1", *SHOP)
    found = answer("contact", "list", "--search", "EXAMPLE", *SHOP)

    assert first.stdout.splitlines() == [
        "ID  NAME  NUMBER         EMAIL  LINKS",
        "1   anna  +491701234567  -      -",
    ]
    assert first.stderr == "These are 1; there may be more: --after 1\n"
    assert rest.stdout.splitlines()[1:] == ["2   bert  -       bert@example.org  -"]
    assert [one["name"] for one in found] == ["bert"]


def test_the_links_of_a_number_are_those_of_its_contacts(command, answer, anna):
    link = Link(
        channel="telegram", number=PhoneNumber("+491701234567"), address="7", linked_at=NOON,
        name="Anna M.",
    )  # fmt: skip
    with build(GatewayConfig.from_toml(Path("smscore.toml"))) as gateway:
        gateway.store.run(lambda work: work.links.put(link)).result()

    shown = answer("contact", "show", "anna", *SHOP)

    assert shown["links"] == [
        {"channel": "telegram", "name": "Anna M.", "linked_at": "2026-03-01T12:00:00Z"}
    ]
    assert "links   telegram (Anna M.)" in command("contact", "show", "anna", *SHOP).stdout
    assert command("contact", "list", *SHOP).stdout.endswith("  telegram\n")


def test_a_group_tells_whom_it_reaches(command, answer, anna):
    for name in ("all", "oncall"):
        answer("group", "add", name, *SHOP)
    answer("group", "join", "oncall", "anna", *SHOP)
    joined = answer("group", "join", "all", "--group", "oncall", *SHOP)

    assert joined == {
        "id": 1, "name": "all", "contacts": [], "groups": ["oncall"], "within": [],
    }  # fmt: skip
    assert answer("group", "show", "all", *SHOP) == {**joined, "reaches": ["anna"]}
    assert answer("contact", "show", "anna", *SHOP)["groups"] == ["oncall"]
    assert command("group", "show", "oncall", *SHOP).stdout.splitlines() == [
        "id        2",
        "name      oncall",
        "contacts  anna",
        "groups    -",
        "within    all",
        "reaches   anna",
    ]


def test_who_is_in_a_group_is_deleted_only_after_leaving_it(command, answer, anna):
    answer("group", "add", "oncall", *SHOP)
    answer("group", "join", "oncall", "anna", *SHOP)

    refused = command("contact", "delete", "anna", *SHOP)
    answer("group", "leave", "oncall", "anna", *SHOP)
    deleted = command("contact", "delete", "anna", *SHOP)

    assert "contact 'anna' is in oncall" in refused.stderr
    assert deleted.stdout == "contact anna deleted\n"
    assert answer("group", "delete", "oncall", *SHOP) == {"id": 1, "name": "oncall"}


def test_a_group_is_renamed(answer):
    answer("group", "add", "oncall", *SHOP)

    assert answer("group", "rename", "oncall", "night", *SHOP)["name"] == "night"
    assert answer("group", "list", *SHOP) == [{"id": 1, "name": "night"}]


@pytest.mark.parametrize(
    "arguments",
    [("contact", "set", "anna"), ("group", "join", "oncall"), ("group", "leave", "oncall")],
)
def test_a_command_that_would_change_nothing_is_a_usage_error(command, arguments):
    assert command(*arguments, *SHOP).exit_code == 2


# Files.


def test_a_dry_run_tells_what_would_change(command, answer, anna):
    result = command("contact", "import", "-", "--dry-run", *SHOP, stdin=CSV + "carl,+4940,\n")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "add contact bert: no number",
        "add contact carl: +4940",
        "add group oncall",
        "add group all",
        "put contact anna into oncall",
        "put contact anna into all",
        (
            "would be: 2 contacts added, 0 changed, 1 unchanged; 2 groups added, "
            "2 members put into groups"
        ),
    ]
    assert [one["name"] for one in answer("contact", "list", *SHOP)] == ["anna"]


def test_an_import_says_what_it_did(command, answer, installation: Path):
    (installation / "people.csv").write_text(CSV)

    first = answer("contact", "import", "people.csv", *SHOP)
    second = command("contact", "import", "people.csv", *SHOP)

    assert first == {
        "done": True,
        "added": ["anna", "bert"],
        "changed": [],
        "unchanged": 0,
        "groups_added": ["oncall", "all"],
        "joined": [
            {"group": "oncall", "contact": "anna"},
            {"group": "all", "contact": "anna"},
        ],
        "faults": [],
        "ignored_columns": [],
    }
    assert second.stdout == (
        "0 contacts added, 0 changed, 2 unchanged; 0 groups added, 0 members put into groups\n"
    )


def test_a_change_is_told_with_what_was_there_before(command, anna):
    text = "name;Telefon;number;notes\nanna;x;110;=1+1\n"

    result = command("contact", "import", "-", "--dry-run", *SHOP, stdin=text)

    assert result.stdout.splitlines()[0] == (
        "change contact anna: number +491701234567 > 110, notes - > =1+1"
    )
    assert result.stderr == "ignored columns: 'Telefon'\n"


def test_one_fault_keeps_a_whole_file_out_and_each_is_told(command, answer):
    text = "name,number\nanna,1\nAnna Müller,2\nbert,call me\n"

    told = command("contact", "import", "-", *SHOP, stdin=text)
    found = command("contact", "import", "-", "--json", *SHOP, stdin=text)

    assert told.exit_code == 1
    assert told.stdout == ""
    assert [line.partition(":")[0] for line in told.stderr.splitlines()] == [
        "line 3", "line 4", "2 faults",
    ]  # fmt: skip
    assert found.exit_code == 1
    assert [one["line"] for one in json.loads(found.stdout)["faults"]] == [3, 4]
    assert answer("contact", "list", *SHOP) == []


def test_only_the_first_of_many_faults_are_told(command):
    text = "name\n" + "bad name\n" * 30

    lines = command("contact", "import", "-", *SHOP, stdin=text).stderr.splitlines()

    assert len(lines) == 22
    assert lines[20] == "and 10 more; --json shows all"


def test_a_file_in_another_encoding_is_refused(command):
    result = command("contact", "import", "-", *SHOP, stdin="name\nä".encode("iso-8859-1"))

    assert result.exit_code == 1
    assert "line 2 is not valid UTF-8" in result.stderr


@pytest.mark.parametrize("kind", ["csv", "vcard", "vcard4", "vcard2.1"])
def test_what_is_exported_can_be_imported_into_another_account(command, answer, kind):
    answer("account", "create", "other")
    command("contact", "import", "-", *SHOP, stdin=CSV)
    command("contact", "set", "bert", "--notes", "Grüße, 👋", *SHOP)
    before = answer("contact", "export", *SHOP)

    file = command("contact", "export", "--format", kind, *SHOP).stdout_bytes
    result = command("contact", "import", "-", "--account", "other", stdin=file)

    assert result.exit_code == 0
    assert answer("contact", "export", "--account", "other") == before


def test_a_spreadsheet_that_expects_semicolons_gets_them(command, anna):
    lines = command("contact", "export", "--semicolons", *SHOP).stdout.splitlines()

    assert lines == ["id;kind;name;number;email;notes;groups", "1;contact;anna;'+491701234567;;;"]


def test_the_progress_of_a_long_import_is_said_once_a_second(capsys: pytest.CaptureFixture[str]):
    times = iter([0.0, 0.5, 1.0, 1.5, 2.5])
    progress = Progress(2000, lambda: next(times))

    for done in (500, 1000, 1500, 2000):
        progress(done)

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "1000 of 2000 so far\n"
