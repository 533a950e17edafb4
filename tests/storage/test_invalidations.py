"""What one process changes, another learns from the database."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import make_url, select, text

from fedinode.storage import invalidations
from fedinode.storage.database import Database, Session, open_url
from fedinode.storage.models import Invalidation, NodeFact
from fedinode.storage.sealing import Sealer
from tests.storage.sample_rows import NOW, add


@pytest.fixture
def other(database_url: str, sealer: Sealer) -> Iterator[Database]:
    """The same database, opened by what stands for another process."""
    opened = open_url(database_url, sealer)
    opened.poll_invalidations()
    yield opened
    opened.close()


def collect(poll: Callable[[], tuple[str, ...]], wanted: int) -> list[str]:
    """Poll until this many keys came, or for 10 seconds."""
    end = time.monotonic() + 10
    found: list[str] = []
    while len(found) < wanted and time.monotonic() < end:
        found += poll()
    return found


def record(*keys: str) -> Callable[[Session], None]:
    return lambda session: invalidations.record(session, keys, NOW)


def test_another_process_learns_which_keys_are_old(database: Database, other: Database) -> None:
    database.write_now(record("post:1", "page:/"))
    assert sorted(collect(other.poll_invalidations, 2)) == ["page:/", "post:1"]
    database.write_now(record("post:2"))
    assert collect(other.poll_invalidations, 1) == ["post:2"]


def test_one_s_own_changes_are_learned_too(database: Database) -> None:
    database.poll_invalidations()
    database.write_now(record("post:1"))
    assert collect(database.poll_invalidations, 1) == ["post:1"]


def test_what_was_undone_is_not_told(database: Database, other: Database) -> None:
    def fail(session: Session) -> None:
        invalidations.record(session, ["never"], NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write_now(fail)
    database.write_now(record("then"))
    assert collect(other.poll_invalidations, 1) == ["then"]


def test_what_was_changed_before_the_start_is_not_told(
    database: Database, database_url: str, sealer: Sealer
) -> None:
    database.write_now(record("before"))
    late = open_url(database_url, sealer)
    late.poll_invalidations()
    database.write_now(record("after"))
    assert collect(late.poll_invalidations, 1) == ["after"]
    late.close()


def test_a_change_without_notes_tells_nothing(database: Database, other: Database) -> None:
    database.write_now(lambda session: add(session, NodeFact, name="a", value="b"))
    database.write_now(record())
    database.write_now(record("note"))
    assert collect(other.poll_invalidations, 1) == ["note"]


def test_a_key_is_noted_once_a_transaction(database: Database) -> None:
    database.write_now(record("same", "same"))
    assert database.read_now(lambda session: session.scalars(select(Invalidation.key)).all()) == ["same"]


def test_old_notes_are_pruned(database: Database) -> None:
    database.write_now(record("old"))
    later = NOW + timedelta(hours=1)
    database.write_now(lambda session: invalidations.record(session, ["new"], later))
    assert database.write_now(lambda session: invalidations.prune(session, later)) == 1
    assert database.read_now(lambda session: session.scalars(select(Invalidation.key)).all()) == ["new"]


def test_asking_again_and_again_costs_next_to_nothing(database: Database) -> None:
    database.poll_invalidations()
    # What this thread worked, not how long a busy machine let it wait.
    began = time.thread_time()
    for _ in range(1000):
        database.poll_invalidations()
    assert time.thread_time() - began < 0.1


def test_a_listener_whose_session_broke_comes_back(
    database: Database, other: Database, database_url: str
) -> None:
    if make_url(database_url).get_backend_name() == "sqlite":
        # There is no session to break: it is the same file.
        return
    database.write_now(
        lambda session: session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        ).all()
    )
    database.write_now(record("meanwhile"))
    assert collect(other.poll_invalidations, 1) == ["meanwhile"]
