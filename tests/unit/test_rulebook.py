"""
Rules as files: what is written is read again, and mistakes are named.
"""

import tomllib

import pytest
from hypothesis import given
from rule_strategies import rule_sets

from smscore.errors import ConfigurationError
from smscore.rulebook import as_document, as_toml, difference, read_rulebook, rulebook_of


@given(rule_sets)
def test_rules_are_read_as_they_were_written(routes):
    text = as_toml(routes, revision=3)

    book = rulebook_of(tomllib.loads(text))

    assert book.routes == routes
    assert book.revision == 3
    assert as_toml(book.routes, revision=3) == text


@given(rule_sets)
def test_documents_are_read_as_they_were_written(routes):
    assert rulebook_of(as_document(routes)).routes == routes


@given(rule_sets, rule_sets)
def test_only_other_rules_make_a_difference(some, others):
    assert (difference(some, others) == []) is (as_toml(some) == as_toml(others))


RULE = "[[routes]]\nname = 'x'\nchannels = ['a']\n"


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
    ],
)
def test_a_mistake_is_named(tmp_path, content, complaint):
    file = tmp_path / "rules.toml"
    file.write_text(content)

    with pytest.raises(ConfigurationError) as refusal:
        read_rulebook(file)
    assert complaint in str(refusal.value)
    assert str(file) in str(refusal.value)


def test_a_file_says_from_which_revision_it_is_or_does_not(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(RULE)

    assert read_rulebook(file).revision is None
