from contextlib import closing

from postgres import QUICK, a_cluster

from smscore.domain.messages import MessageId
from smscore.ports.storage import Lane, Store
from smscore.testing._store_everything import change_everything, look_at_everything
from smscore.testing._store_kit import an_event
from smscore.testing.builders import an_account
from smscore_sqlmodel import SqlStore

PATIENCE = 30.0


def newest_after_another(store: Store) -> int:
    event = an_event(message=MessageId(99))
    store.run(lambda work: work.events.add(event), lane=Lane.CUSTODY).result(PATIENCE)
    return store.read(lambda view: view.events.newest())


def test_what_was_dumped_and_restored_is_all_of_it_and_goes_on() -> None:
    with a_cluster(**QUICK) as cluster:
        url, restored = cluster.new_store(), cluster.new_database()
        with closing(SqlStore(url)) as store:
            account = an_account(credits=1)
            store.run(lambda work: work.accounts.add(account)).result(PATIENCE)
            store.run(change_everything).result(PATIENCE)
            before = store.read(look_at_everything)
            newest = store.read(lambda view: view.events.newest())
        dump = cluster.directory / "dump"

        cluster.run("pg_dump", "--format=custom", f"--file={dump}", url)
        cluster.run("pg_restore", "--no-owner", f"--dbname={restored}", dump)

        with closing(SqlStore(restored)) as store:
            assert store.read(look_at_everything) == before
            assert newest_after_another(store) == newest + 1
