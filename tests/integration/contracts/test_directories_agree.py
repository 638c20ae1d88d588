"""
Whatever is done with a directory, the store in memory and that on SQLite say the same.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.cards import Card, CardKind
from smscore.domain.directory import ContactChanges
from smscore.domain.messages import AccountId
from smscore.errors import Rejected
from smscore.services._auditing import Auditor
from smscore.services._settings import Settings
from smscore.services.directory import Directory
from smscore.testing import ManualClock, MemoryStore, an_account
from smscore_sqlmodel import SqlStore, migrate

names = st.sampled_from(["a", "b", "A", "1", "2", "bad name", ""])
called = st.sampled_from(["a", "b", "A", "1", "2", "3", "\ud800", "ä\0", "9" * 30])
some = st.lists(called, max_size=2)
steps = st.one_of(
    st.tuples(st.just("contacts.add"), st.tuples(names), st.just({"number": "0170 1"})),
    st.tuples(st.just("contacts.add"), st.tuples(names), st.just({"email": "Ä@b", "notes": "n"})),
    st.tuples(
        st.just("contacts.change"),
        st.tuples(called, st.builds(ContactChanges, name=st.sampled_from(["a", "b", "c"]))),
        st.just({}),
    ),
    st.tuples(st.sampled_from(["contacts.delete", "contacts.get"]), st.tuples(called), st.just({})),
    st.tuples(st.just("contacts.find"), st.just(()), st.fixed_dictionaries({"matching": called})),
    st.tuples(st.just("groups.add"), st.tuples(names), st.just({})),
    st.tuples(st.just("groups.rename"), st.tuples(called, names), st.just({})),
    st.tuples(
        st.sampled_from(["groups.delete", "groups.get", "groups.members", "group_numbers"]),
        st.tuples(called),
        st.just({}),
    ),
    st.tuples(
        st.sampled_from(["groups.join", "groups.join", "groups.leave"]),
        st.tuples(called),
        st.fixed_dictionaries({"contacts": some, "groups": some}),
    ),
    st.tuples(
        st.sampled_from(["take_over", "preview"]),
        st.tuples(
            st.lists(
                st.builds(
                    Card,
                    line=st.integers(1, 9),
                    kind=st.sampled_from(CardKind),
                    name=names,
                    id=st.none() | st.integers(0, 9),
                    groups=st.lists(names, max_size=2).map(tuple),
                ),
                max_size=3,
            )
        ),
        st.just({}),
    ),
)


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Directory]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('agree')}/smscore.db"
    migrate(url)
    stores = [MemoryStore(), SqlStore(url)]
    yield [
        Directory(store=store, auditor=Auditor(ManualClock()), settings=Settings(store))
        for store in stores
    ]
    for store in stores:
        store.close()


accounts = iter(range(1, 10**6))


def outcome(directory: Directory, name: str, *arguments: Any, **options: Any) -> object:
    does: Any = directory
    for part in name.split("."):
        does = getattr(does, part)
    try:
        found = does(*arguments, **options)
    except Rejected as refusal:
        return type(refusal), str(refusal)
    return list(found) if isinstance(found, list | tuple) else found


@given(st.lists(steps, max_size=12))
def test_both_stores_give_the_same_answers(directories, done):
    number = next(accounts)
    account = an_account(id=AccountId(number), name=f"a{number}", home_country="DE")
    for directory in directories:
        directory._store.run(lambda work: work.accounts.add(account)).result()

    for name, arguments, options in done:
        said = [outcome(one, name, account.id, *arguments, **options) for one in directories]
        assert said[0] == said[1]

    assert list(directories[0].cards(account.id)) == list(directories[1].cards(account.id))
