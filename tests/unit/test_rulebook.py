"""
Rules as files: what is written is read again, and mistakes are named.
"""

import json
import tomllib

import pytest
from hypothesis import given
from rule_strategies import rulebooks

from smscore.errors import ConfigurationError
from smscore.rulebook import as_document, as_toml, difference, read_rulebook, rulebook_of


@given(rulebooks)
def test_rules_are_read_as_they_were_written(book):
    text = as_toml(book)

    read = rulebook_of(tomllib.loads(text))

    assert read == book
    assert as_toml(read) == text


@given(rulebooks)
def test_documents_are_read_as_they_were_written(book):
    assert rulebook_of(json.loads(json.dumps(as_document(book)))) == book


@given(rulebooks, rulebooks)
def test_only_other_rules_make_a_difference(some, others):
    are_same = (some.routes, some.inbound) == (others.routes, others.inbound)

    assert (difference(some, others) == []) is are_same


def test_a_difference_shows_that_a_password_changes_and_not_to_what():
    before, after = (
        rulebook_of({"inbound": [{"name": "x", "destinations": [
            {"kind": "isms_push", "url": "http://10.0.0.9/", "password": password},
            {"kind": "isms_push", "url": "http://10.0.0.8/", "password": "push-word"},
        ]}]})
        for password in ("push-word", "hush-word")
    )  # fmt: skip

    changed = [line for line in difference(before, after) if line[:2] in ("- ", "+ ")]

    assert [line[line.index("***") :][:5] for line in changed] == ["*** 1", "*** 2"]
    assert "hush-word" in as_toml(after)


RULE = "[[routes]]\nname = 'x'\nchannels = ['a']\n"
INBOUND = "[[inbound]]\nname = 'x'\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("revison = 1\n", "did you mean 'revision'?"),
        ("revision = 'x'\n", "revision"),
        ("[[route]]\nname = 'x'\n", "did you mean 'routes'?"),
        ("[[routes]]\nname = 'x'\nchanels = ['a']\n", "did you mean 'channels'?"),
        (f"{RULE}prefixs = ['+49']\n", "did you mean 'prefixes'?"),
        (f"{RULE}any_of = [{{ countrys = ['DE'] }}]\n", "did you mean 'countries'?"),
        (f"{RULE}any_of = [{{ none_of = [{{ x = 1 }}] }}]\n", "any_of.0.none_of.0"),
        (f"{RULE}time_windows = [{{ zon = 'UTC' }}]\n", "did you mean 'zone'?"),
        (f"{RULE}time_windows = [{{ begins = '08:00' }}]\n", "'zone' is missing"),
        (f"{RULE}time_windows = [{{ zone = 'UTC', weekdays = ['monday'] }}]\n", "mon, tue"),
        (f"{RULE}time_windows = [{{ zone = 'Mars' }}]\n", "Mars"),
        (f"{RULE}priorities = ['urgent']\n", "low, normal, high"),
        (f"{RULE}surfaces = ['web']\n", "provider"),
        (f"{RULE}any_of = []\n", "empty list"),
        (f"{RULE}any_of = [{{ prefixes = [] }}]\n", "empty list"),
        (f"{RULE}any_of = {{ prefixes = ['+49'] }}\n", "any_of"),
        (f"{RULE}any_of = ['x']\n", "any_of"),
        (f"{RULE}countries = 'DE'\n", "must be a list"),
        (f"{RULE}min_length = '5'\n", "whole number"),
        (f"{RULE}weights = {{ a = 0 }}\n", "1 is the least"),
        (f"{RULE}choice = 'any'\n", "sticky, weighted"),
        ("[[routes]]\nname = 'x'\n", "names no channels"),
        ("[[routes]]\nchannels = ['a']\n", "'name' is missing"),
        ("routes = ['a']\n", "[[routes]]"),
        (f"{RULE}any_of = {'[{any_of = ' * 20}[{{ sender = 'a' }}]{'}]' * 20}\n", "nested more"),
        (f"{RULE}any_of = {'[{any_of = ' * 3000}[{{ sender = 'a' }}]{'}]' * 3000}\n", "too deep"),
        ("[[routes", "cannot be read"),
        (f"{INBOUND}destinatons = ['+49']\n", "did you mean 'destinations'?"),
        (f"{INBOUND}stop = true\nprefixes = ['+49']\n", "for what goes out"),
        ("[[inbund]]\nname = 'x'\n", "did you mean 'inbound'?"),
        ("[[inbound]]\nname = 'x'\n", "no destinations"),
        (f"{INBOUND}stopp = true\n", "did you mean 'stop'?"),
        (f"{INBOUND}replace = {{ patern = 'x' }}\n", "did you mean 'pattern'?"),
        (f"{INBOUND}replace = 'x'\n", "replace"),
        (f"{INBOUND}destinations = []\n", "empty list"),
        (f"{INBOUND}destinations = ['anna']\n", "destinations.0"),
        (f"{INBOUND}destinations = {{ kind = 'http' }}\n", "list of tables"),
        (f"{INBOUND}destinations = [{{ to = 'anna' }}]\n", "kind"),
        (f"{INBOUND}destinations = [{{ kind = ['http'] }}]\n", "contact, group, number, email"),
        (f"{INBOUND}destinations = [{{ kind = 'http', ulr = 'x' }}]\n", "did you mean 'url'?"),
        (f"{INBOUND}destinations = [{{ kind = 'contact' }}]\n", "'to' is missing"),
        (f"{INBOUND}destinations = [{{ kind = 'contact', to = 'a b' }}]\n", "names no contact"),
        (f"{INBOUND}destinations = [{{ kind = 'number', to = 'anna' }}]\n", "telephone number"),
        (f"{INBOUND}destinations = [{{ kind = 'auto_reply', text = '' }}]\n", "text is empty"),
        (f"{INBOUND}destinations = [{{ kind = 'group', to = 'a', by = 'fax' }}]\n", "automatic"),
        (f"{INBOUND}destinations = [{{ kind = 'group', to = 'a', per_hour = 0 }}]\n", "1 to 1000"),
    ],
)
def test_a_mistake_is_named(tmp_path, content, complaint):
    file = tmp_path / "rules.toml"
    file.write_text(content)

    with pytest.raises(ConfigurationError) as refusal:
        read_rulebook(file)
    assert complaint in str(refusal.value)
    assert str(file) in str(refusal.value)


def test_rules_may_be_saved_as_editors_of_windows_save_them(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_bytes(b"\xef\xbb\xbf" + f"{RULE}message = 'für'\n".replace("\n", "\r\n").encode())
    other = tmp_path / "other.toml"
    other.write_bytes("# für\n".encode("latin-1"))

    assert read_rulebook(file).routes[0].message == "für"
    with pytest.raises(ConfigurationError, match=r"other\.toml: line 1 is not valid UTF-8"):
        read_rulebook(other)


def test_a_file_says_from_which_revision_it_is_or_does_not(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(RULE)

    assert read_rulebook(file).revision is None
