"""What only PostgreSQL does: it asks for a job again, and it ends what takes too long."""

import os
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from fedinode.errors import Busy, DatabaseLocked
from fedinode.storage.database import Session
from fedinode.storage.models import NodeFact
from fedinode.storage.postgresql import PostgresStore
from fedinode.storage.sealing import Sealer
from tests.conftest import PostgresPool
from tests.storage.sample_rows import add


@pytest.fixture
def store(postgres_pool: PostgresPool) -> Iterator[PostgresStore]:
    url = postgres_pool.take()
    opened = PostgresStore(make_url(url), Sealer(os.urandom(32)), queue_jobs=3)
    yield opened
    opened.close()
    postgres_pool.give_back(url)


def add_facts(store: PostgresStore, *names: str) -> None:
    for name in names:
        store.write(partial(add, model=NodeFact, name=name, value="0"), keep=False).result()


def increase(session: Session, name: str) -> None:
    session.execute(text("UPDATE node_facts SET value = value || '+' WHERE name = :name"), {"name": name})


def value_of(store: PostgresStore, name: str) -> str:
    return store.read(lambda session: session.get_one(NodeFact, name).value).result()


def test_two_jobs_in_a_deadlock_both_succeed(store: PostgresStore) -> None:
    add_facts(store, "a", "b")
    both_hold_one = threading.Barrier(2)
    tries = []

    def increase_both(first: str, second: str) -> None:
        def job(session: Session) -> None:
            tries.append(first)
            increase(session, first)
            if len(tries) <= 2:
                both_hold_one.wait(30)
            increase(session, second)

        store.write(job, keep=False).result(30)

    threads = [threading.Thread(target=increase_both, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (value_of(store, "a"), value_of(store, "b")) == ("0++", "0++")
    assert len(tries) == 3


def test_a_job_that_was_overtaken_is_run_again(store: PostgresStore) -> None:
    add_facts(store, "a")
    tries = []

    def read_then_write(session: Session) -> None:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
        session.get_one(NodeFact, "a")
        tries.append(1)
        if len(tries) == 1:
            store.write(lambda other: increase(other, "a"), keep=False).result(30)
        increase(session, "a")

    store.write(read_then_write, keep=False).result(30)
    assert len(tries) == 2
    assert value_of(store, "a") == "0++"


def test_a_job_that_never_succeeds_ends(store: PostgresStore) -> None:
    tries = []

    def always_overtaken(session: Session) -> None:
        tries.append(1)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DBAPIError, match="again"):
        store.write(always_overtaken, keep=False).result(60)
    assert len(tries) == 8


def test_rows_that_are_held_too_long_are_given_up(store: PostgresStore) -> None:
    add_facts(store, "a")
    holds, done = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        increase(session, "a")
        holds.set()
        done.wait(30)

    held = store.write(hold, keep=False)
    assert holds.wait(30)
    with pytest.raises(DatabaseLocked, match="holds rows"):
        store.write(lambda session: increase(session, "a"), keep=False).result(30)
    done.set()
    held.result(30)


def test_sessions_have_limits(store: PostgresStore) -> None:
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "transaction_isolation")
    found = store.write(
        lambda session: [session.execute(text(f"SHOW {name}")).scalar() for name in names], keep=False
    ).result()
    assert found == ["10s", "2s", "read committed"]


def test_more_jobs_than_the_queue_holds_are_refused(store: PostgresStore) -> None:
    done = threading.Event()
    held = [store.write(lambda session: done.wait(30), keep=False) for _ in range(3)]
    with pytest.raises(Busy, match="Too many"):
        add_facts(store, "one too many")
    kept = store.write(lambda session: add(session, NodeFact, name="kept", value="").name, keep=True)
    done.set()
    assert kept.result(30) == "kept"
    assert all(each.result(30) for each in held)
    add_facts(store, "later")
